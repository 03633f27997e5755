"""An undo of an edit of everything, killed and answered badly at its points: it goes on, the old files are content."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from faults.extent import every
from faults.killing import Reaper, dying
from faults.rig import Loaded, Rig, project
from faults.stories import first, second
from groupform.engine.plan import Action, DeploymentPlan
from groupform.engine.undoing import latest
from groupform.providers.memory.world import Fault, Request

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def no_power_cuts(monkeypatch: pytest.MonkeyPatch) -> None:
    """These deaths leave the machine running: what was written is there, synced or not, and syncing is slow."""
    monkeypatch.setattr(os, "fsync", lambda handle: None)


@pytest.fixture
def stories(tmp_path: Path) -> tuple[Loaded, Loaded]:
    return project(tmp_path / "first", first()), project(tmp_path / "second", second())


async def edited(folder: Path, stories: tuple[Loaded, Loaded]) -> Rig:
    """A rig on which everything was made and then edited, with people in every room."""
    rig = Rig(folder)
    for loaded in stories:
        assert not (await rig.apply(loaded)).failed
    for each in rig.there.living("room"):
        each.people = 4
    return rig


async def back(rig: Rig, loaded: Loaded) -> DeploymentPlan:
    return await rig.plan(loaded, undo=latest(await rig.document()))


async def content(rig: Rig, loaded: Loaded, rooms: set[str]) -> None:
    """The old files find nothing to do, nothing is open, and every room that people were in is still there."""
    plan = await rig.plan(loaded)
    assert not plan.changes, [(each.address, each.action.value, each.attributes) for each in plan.changes]
    assert not plan.conflicts and not plan.unreadable and not plan.drift
    document = await rig.document()
    assert not document.intents and document.progress is None
    assert {each.id for each in document.bindings.values()} <= {each.id for each in rig.there.living()}
    assert rooms <= {each.id for each in rig.there.living("room") if each.people}


def sat_in(rig: Rig) -> set[str]:
    return {each.id for each in rig.there.living("room") if each.people}


async def test_killed_at_every_request_and_every_durable_write(tmp_path: Path, stories: tuple[Loaded, Loaded]) -> None:
    before, after = stories
    rig = await edited(tmp_path / "all", stories)
    plan, rooms = await back(rig, after), sat_in(rig)
    assert not [each for each in plan.changes if each.action is Action.delete and each.type == "room"]
    rig.reaper = Reaper()
    assert not (await rig.carry_out(plan, after)).failed
    points = list(rig.reaper.names)
    await content(rig, before, rooms)
    tried = range(1, len(points) + 1, every(4))
    for at in tried:
        rig = await edited(tmp_path / f"{at}", stories)
        plan, rooms = await back(rig, after), sat_in(rig)
        rig.reaper = Reaper(at)
        with dying():
            await rig.carry_out(plan, after)
        assert rig.reaper.dead
        rig.reaper = Reaper()
        await rig.somebody_looks()
        document = await rig.document()
        try:
            if document.progress is not None or document.applies[-1].undo is None:
                report = await rig.carry_out(await back(rig, after), after, approve=rig.looked_at)
                assert not report.failed, report.failed
                assert not report.blocked
            await content(rig, before, rooms)
        except BaseException as error:
            error.add_note(f"killed at {at} of {len(points)}: {points[at - 1]}")
            raise
    print(f"undo: killed at {len(tried)} of {len(points)} points")


@pytest.mark.parametrize("fault", list(Fault))
async def test_every_request_goes_wrong_once(tmp_path: Path, stories: tuple[Loaded, Loaded], fault: Fault) -> None:
    before, after = stories
    rig = await edited(tmp_path / "all", stories)
    plan = await back(rig, after)
    begun = len(rig.there.requests)
    await rig.carry_out(plan, after)
    count = len(rig.there.requests) - begun
    for number in range(1, count + 1, every(7)):
        rig = await edited(tmp_path / f"{number}", stories)
        plan, rooms = await back(rig, after), sat_in(rig)
        wrong = len(rig.there.requests) + number

        def befalls(request: Request, wrong: int = wrong) -> Fault | None:
            return fault if request.number == wrong else None

        rig.there.fault = befalls
        try:
            await rig.carry_out(plan, after)
        except Exception as error:  # a plan that could not be made again is refused, with nothing written
            assert type(error).__name__ == "Refused", error
        rig.there.fault = lambda request: None
        await rig.somebody_looks()
        document = await rig.document()
        try:
            if document.progress is not None or document.applies[-1].undo is None:
                report = await rig.carry_out(await back(rig, after), after, approve=rig.looked_at)
                assert not report.failed, report.failed
            await content(rig, before, rooms)
        except BaseException as error:
            error.add_note(f"request {number} of {count}: {fault}")
            raise
