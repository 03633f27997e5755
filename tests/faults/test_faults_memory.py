"""Killed anywhere, answered badly anywhere, run again: converged, nothing twice, nothing lost."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from faults.extent import every
from faults.killing import Reaper, dying
from faults.rig import Loaded, Rig, project
from faults.stories import FORGOTTEN, first, second
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


async def began(folder: Path, stories: tuple[Loaded, Loaded], number: int) -> Rig:
    """A rig in which all stories before this one are done."""
    rig = Rig(folder)
    for loaded in stories[:number]:
        report = await rig.apply(loaded)
        assert not report.failed
    return rig


def step_of(number: int) -> int:
    """All points of all stories take long; by default every point of the first and a third of the second are tried."""
    return 1 if number == 0 else every(3)


@pytest.mark.parametrize("number", [0, 1])
async def test_killed_at_every_request_and_every_durable_write(
    tmp_path: Path, stories: tuple[Loaded, Loaded], number: int
) -> None:
    loaded, forgotten = stories[number], FORGOTTEN if number else frozenset()
    rig = await began(tmp_path / "all", stories, number)
    rig.reaper = Reaper()
    assert not (await rig.apply(loaded)).failed
    points = list(rig.reaper.names)
    await rig.converged(loaded, forgotten=forgotten)
    tried = range(1, len(points) + 1, step_of(number))
    for at in tried:
        rig = await began(tmp_path / f"{at}", stories, number)
        rig.reaper = Reaper(at)
        with dying():
            await rig.apply(loaded)
        assert rig.reaper.dead
        try:
            report = await rig.again(loaded)
            assert not report.failed, report.failed
            assert not report.blocked
            await rig.converged(loaded, forgotten=forgotten)
        except BaseException as error:
            error.add_note(f"killed at {at} of {len(points)}: {rig.reaper.names[-1:]} {points[at - 1]}")
            raise
    print(f"story {number + 1}: killed at {len(tried)} of {len(points)} points")


@pytest.mark.parametrize("number", [0, 1])
async def test_a_saved_plan_that_was_killed_half_way_resumes(
    tmp_path: Path, stories: tuple[Loaded, Loaded], number: int
) -> None:
    loaded, forgotten = stories[number], FORGOTTEN if number else frozenset()
    rig = await began(tmp_path / "all", stories, number)
    saved = await rig.plan(loaded)
    rig.reaper = Reaper()
    await rig.carry_out(saved, loaded)
    points = list(rig.reaper.names)
    tried = range(2, len(points) + 1, every(5))
    for at in tried:
        rig = await began(tmp_path / f"{at}", stories, number)
        saved = await rig.plan(loaded)
        rig.reaper = Reaper(at)
        with dying():
            await rig.carry_out(saved, loaded)
        rig.reaper = Reaper()
        await rig.somebody_looks()
        if await rig.finished(loaded):
            continue  # it died after its last write: there is nothing to resume, and the same plan is refused as done
        try:
            report = await rig.carry_out(saved, loaded, approve=rig.looked_at)
            assert not report.failed, report.failed
            await rig.converged(loaded, forgotten=forgotten)
        except BaseException as error:
            error.add_note(f"killed at {at} of {len(points)}: {points[at - 1]}")
            raise
    print(f"story {number + 1}: the same plan resumed after {len(tried)} deaths")


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("fault", list(Fault))
async def test_every_request_goes_wrong_once(
    tmp_path: Path, stories: tuple[Loaded, Loaded], number: int, fault: Fault
) -> None:
    loaded, forgotten = stories[number], FORGOTTEN if number else frozenset()
    rig = await began(tmp_path / "all", stories, number)
    plan = await rig.plan(loaded)
    begun = len(rig.there.requests)
    await rig.carry_out(plan, loaded)
    count = len(rig.there.requests) - begun
    tried = range(1, count + 1, every(4))
    for at in tried:
        rig = await began(tmp_path / f"{at}", stories, number)
        plan = await rig.plan(loaded)
        begun = len(rig.there.requests)

        def once(request: Request, wrong: int = begun + at) -> Fault | None:
            return fault if request.number == wrong else None

        rig.there.fault = once
        asked: list[Request] = []
        try:
            await rig.carry_out(plan, loaded)
        except Exception as error:
            # Nobody answered before anything was begun: that ends the command, and not by a defect.
            assert type(error).__name__ == "Refused", error
        asked = rig.there.requests[begun + at - 1 : begun + at]
        rig.there.fault = lambda request: None
        try:
            report = await rig.again(loaded)
            assert not report.failed, report.failed
            await rig.converged(loaded, forgotten=forgotten)
        except BaseException as error:
            error.add_note(f"{fault} at {at} of {count}: {asked}")
            raise
    print(f"story {number + 1}: {fault} at {len(tried)} of {count} requests")
