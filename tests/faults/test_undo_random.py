"""Random edits, undone: the old files then find nothing to do, and nobody was put out, whenever it was killed."""

from __future__ import annotations

import os
import random
from collections import Counter
from pathlib import Path

import pytest

from engine.applying_rig import Stage, address, resource
from faults.extent import ALL
from faults.killing import KilledError, Reaper, dying
from groupform.compile.address import Address
from groupform.compile.resource import Resource
from groupform.config.diagnostics import Refused
from groupform.engine.plan import Action, DeploymentPlan
from groupform.engine.undoing import latest
from groupform.providers.memory.world import Fault
from groupform.state.document import Document
from groupform.state.local import LocalStore

pytestmark = pytest.mark.anyio

SEEDS = range(500 if ALL else 40)
ROOMS = ("a", "b", "c", "d")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def no_power_cuts(monkeypatch: pytest.MonkeyPatch) -> None:
    """These deaths leave the machine running: what was written is there, synced or not, and syncing is slow."""
    monkeypatch.setattr(os, "fsync", lambda handle: None)


def declaration(chance: random.Random, fates: dict[str, str]) -> list[Resource]:
    """Halls, rooms that swap their handles, notes and places that hang on them, all as chance will have it."""
    halls = [resource(f"hall.{key}", name=f"厅{key}{chance.randrange(2)}") for key in ("x", "y")]
    found = [each for each in halls if chance.random() < 0.8] or halls[:1]
    rooms = [key for key in ROOMS if chance.random() < 0.75]
    handles = chance.sample(ROOMS, len(ROOMS))
    for key, handle in zip(rooms, handles, strict=False):
        mine = {"name": f"群{key}{chance.randrange(3)}", "handle": handle, "kind": chance.choice(("chat", "forum"))}
        if chance.random() < 0.6:
            mine["topic"] = f"话题{chance.randrange(3)}"
        hall = str(chance.choice([each for each in found if each.address.type == "hall"]).address)
        found.append(
            resource(
                f"room.{key}",
                fates[key],
                hall=hall,
                powers={who: chance.choice((10, 50)) for who in ("lead", "host", "guest") if chance.random() < 0.6},
                tags=chance.sample(["一", "二", "三"], chance.randrange(4)),
                **mine,
            )
        )
        if chance.random() < 0.7:
            found.append(resource(f"note.{key}", room=address(f"room.{key}"), text=f"规则{chance.randrange(3)}"))
        if chance.random() < 0.7:
            found.append(resource(f"place.{key}", hall=hall, room=address(f"room.{key}"), order=str(len(found))))
    chance.shuffle(found)
    return found


def renamed(declared: list[Resource], chance: random.Random) -> list[Resource]:
    """The same with one room under a new key, and whatever speaks of it; as `previously` has it."""
    rooms = [each for each in declared if each.address.type == "room"]
    if not rooms or chance.random() < 0.5:
        return declared
    was = str(chance.choice(rooms).address)
    key = Address.parse(was).key

    def again(each: Resource) -> Resource:
        attributes = {name: was + "x" if value == was else value for name, value in each.attributes.items()}
        if each.address.key != key or each.address.type == "hall":
            return Resource(each.address, attributes, each.label, each.on_remove)
        moved = Address.parse(f"{each.address}x")
        return Resource(moved, attributes, each.label, each.on_remove, previously=(each.address,))

    return [again(each) for each in declared]


async def applied(stage: Stage, declared: list[Resource]) -> None:
    stage.declare(*declared)
    report = await stage.apply()
    assert not report.failed, report.failed
    await stage.settled()


async def another(stage: Stage, before: list[Resource], chance: random.Random, fates: dict[str, str]) -> list[Resource]:
    """An edit that changes something, and that can be made: a room that is let go keeps the name another one wants."""
    while True:
        after = renamed(before, chance) if chance.random() < 0.3 else declaration(chance, fates)
        stage.declare(*after)
        plan = await stage.plan()
        if plan.changes and not plan.conflicts:
            return after


async def going_back(stage: Stage) -> DeploymentPlan:
    return await stage.plan(undo=latest(await stage.document()))


def peopled(stage: Stage, chance: random.Random) -> None:
    """People come in, and strangers bring power and words of their own."""
    for each in stage.there.living("room"):
        each.people = each.people or chance.randrange(1, 9)
        if chance.random() < 0.5:
            each.attributes["powers"] = {**each.attributes["powers"], f"stranger{chance.randrange(9)}": 30}
        if chance.random() < 0.2:
            each.attributes["name"] = "别人改的"


def inside(stage: Stage) -> dict[str, int]:
    return {each.id: each.people for each in stage.there.living("room") if each.people}


def strangers(stage: Stage) -> dict[str, set[str]]:
    return {
        each.id: {who for who in each.attributes["powers"] if who.startswith("stranger")}
        for each in stage.there.living("room")
    }


def check(stage: Stage, document: Document, declared: list[Resource]) -> None:
    """What is declared is bound and there, once; whatever else lives was let go with its people, and has no twin."""
    assert {str(each.address) for each in declared} == set(document.bindings)
    assert {each.id for each in document.bindings.values()} <= {each.id for each in stage.there.living()}
    twice = [each for each, count in Counter(one.id for one in document.bindings.values()).items() if count > 1]
    assert not twice, twice
    bound = {each.id for each in document.bindings.values()}
    loose = [each for each in stage.there.living() if each.id not in bound]
    assert {each.type for each in loose} <= {"room"}, loose


@pytest.mark.parametrize("seed", SEEDS)
async def test_after_an_undo_the_old_files_find_nothing_to_do(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    stage = Stage(tmp_path)
    fates = {key: chance.choice(("forget", "delete")) for key in ROOMS}
    try:
        before = declaration(chance, fates)
        await applied(stage, before)
        peopled(stage, chance)
        await stage.apply()  # what strangers did to names is put right; their power stays
        after = await another(stage, before, chance, fates)
        await applied(stage, after)
        peopled(stage, chance)
        people, others = inside(stage), strangers(stage)
        plan = await going_back(stage)
        assert not any(each.action is Action.delete and each.type == "room" for each in plan.changes)
        stage.there.around = lambda request, moment: None
        report = await stage.apply(plan)
        assert not report.failed, report.failed
        assert inside(stage) == people
        assert all(others[room] <= strangers(stage)[room] for room in others)
        stage.declare(*before)
        await stage.settled()
        check(stage, await stage.document(), before)
        again = await going_back(stage)
        report = await stage.apply(again)
        assert not report.failed, report.failed
        stage.declare(*after)
        await stage.settled()
        check(stage, await stage.document(), after)
    except Exception as error:
        error.add_note(f"seed {seed}")
        raise


def trouble(stage: Stage, chance: random.Random) -> Reaper:
    """One thing goes wrong: a death at some point, or a bad answer to some request."""
    reaper = Reaper()
    stage.there.around = lambda request, moment: reaper.point(f"{moment} {request.verb}")
    stage.walk.store = LocalStore(stage.walk.folder / "state", step=reaper.point, now=stage.platform.now)
    if chance.random() < 0.6:
        reaper.at = chance.randrange(1, 120)
        return reaper
    wrong, fault = len(stage.there.requests) + chance.randrange(1, 25), chance.choice(list(Fault))
    stage.there.fault = lambda request: fault if request.number == wrong else None
    return reaper


def calm(stage: Stage) -> None:
    stage.there.around = lambda request, moment: None
    stage.there.fault = lambda request: None
    stage.walk.store = LocalStore(stage.walk.folder / "state", now=stage.platform.now)


async def disturbed(stage: Stage, chance: random.Random, plan: DeploymentPlan, told: list[str]) -> None:
    reaper = trouble(stage, chance)
    with dying():
        try:
            report = await stage.apply(plan)
            told.append(f"applied, {len(report.failed)} failed")
        except Refused as refused:
            told.append(str(refused))
    if reaper.dead:
        told.append(f"died: {reaper.names[-1]}")
    calm(stage)


@pytest.mark.parametrize("seed", SEEDS)
async def test_an_undo_that_was_broken_off_is_gone_on_with(tmp_path: Path, seed: int) -> None:
    chance = random.Random(f"broken off {seed}")
    stage = Stage(tmp_path)
    fates = {key: chance.choice(("forget", "delete")) for key in ROOMS}
    told: list[str] = []
    try:
        before = declaration(chance, fates)
        await applied(stage, before)
        after = await another(stage, before, chance, fates)
        await applied(stage, after)
        peopled(stage, chance)
        people = inside(stage)
        await disturbed(stage, chance, await going_back(stage), told)
        document = await stage.document()
        # Where nothing was left of it to do, the next one is an undo of it.
        through = document.progress is None and document.applies[-1].undo is not None
        report = await stage.apply(await going_back(stage))
        stage.declare(*(after if through else before))
        assert not report.failed, report.failed
        await stage.settled()
        check(stage, await stage.document(), list(stage.provider.declared))
        assert people.items() <= inside(stage).items()
    except (Exception, KilledError) as error:
        error.add_note(f"seed {seed}: {told}")
        raise


@pytest.mark.parametrize("seed", SEEDS)
async def test_an_apply_that_was_broken_off_is_undone(tmp_path: Path, seed: int) -> None:
    chance = random.Random(f"half {seed}")
    stage = Stage(tmp_path)
    fates = {key: chance.choice(("forget", "delete")) for key in ROOMS}
    told: list[str] = []
    try:
        before = declaration(chance, fates)
        await applied(stage, before)
        known = len((await stage.document()).applies)
        await another(stage, before, chance, fates)
        await disturbed(stage, chance, await stage.plan(), told)
        if len((await stage.document()).applies) > known:
            peopled(stage, chance)
            people = inside(stage)
            report = await stage.apply(await going_back(stage))
            assert not report.failed, report.failed
            assert people.items() <= inside(stage).items()
        stage.declare(*before)
        await stage.settled()
        check(stage, await stage.document(), before)
    except (Exception, KilledError) as error:
        error.add_note(f"seed {seed}: {told}")
        raise
