"""Random declarations, random deaths and random answers, one after the other in one world: always converges."""

from __future__ import annotations

import os
import random
from collections import Counter
from pathlib import Path

import pytest

from engine.applying_rig import Stage, address, resource
from faults.extent import ALL
from faults.killing import KilledError, Reaper, dying
from groupform.compile.resource import Resource
from groupform.config.diagnostics import Refused
from groupform.providers.memory.world import Fault, Request
from groupform.state.local import LocalStore

pytestmark = pytest.mark.anyio

SEEDS = range(400 if ALL else 15)
ROOMS = ("a", "b", "c", "d")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def no_power_cuts(monkeypatch: pytest.MonkeyPatch) -> None:
    """These deaths leave the machine running: what was written is there, synced or not, and syncing is slow."""
    monkeypatch.setattr(os, "fsync", lambda handle: None)


def declaration(chance: random.Random) -> list[Resource]:
    """Halls, rooms that swap their handles, notes that hang on them, all as chance will have it."""
    halls = [resource(f"hall.{key}", name=f"厅{key}") for key in ("x", "y")]
    found = [each for each in halls if chance.random() < 0.8] or halls[:1]
    rooms = [key for key in ROOMS if chance.random() < 0.75]
    handles = chance.sample(ROOMS, len(ROOMS))
    for key, handle in zip(rooms, handles, strict=False):
        found.append(
            resource(
                f"room.{key}",
                name=f"群{key}{chance.randrange(2)}",
                handle=handle,
                kind=chance.choice(("chat", "forum")),
                hall=str(chance.choice([each for each in found if each.address.type == "hall"]).address),
                powers={who: 50 for who in ("lead", "host", "guest") if chance.random() < 0.6},
                _protect=False,
            )
        )
        if chance.random() < 0.7:
            found.append(resource(f"note.{key}", room=address(f"room.{key}"), text=f"规则{chance.randrange(3)}"))
    chance.shuffle(found)
    return found


def trouble(stage: Stage, chance: random.Random) -> Reaper:
    """Lets one thing go wrong, or none: a death at some point, or a bad answer to some request."""
    reaper = Reaper()
    stage.there.around = lambda request, moment: reaper.point(f"{moment} {request.verb}")
    stage.walk.store = LocalStore(stage.walk.folder / "state", step=reaper.point, now=stage.platform.now)
    if chance.random() < 0.5:
        reaper.at = chance.randrange(1, 160)
        return reaper
    wrong, fault = len(stage.there.requests) + chance.randrange(1, 25), chance.choice(list(Fault))

    def befalls(request: Request) -> Fault | None:
        return fault if request.number == wrong else None

    stage.there.fault = befalls
    return reaper


def calm(stage: Stage) -> None:
    stage.there.around = lambda request, moment: None
    stage.there.fault = lambda request: None
    stage.walk.store = LocalStore(stage.walk.folder / "state", now=stage.platform.now)


@pytest.mark.parametrize("seed", SEEDS)
async def test_whatever_happens_it_converges(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    stage = Stage(tmp_path)
    told: list[str] = []
    try:
        for _ in range(6):
            declared = declaration(chance)
            stage.declare(*declared)
            reaper = trouble(stage, chance)
            with dying():
                try:
                    report = await stage.apply()
                    told.append(f"applied, {len(report.failed)} failed")
                except Refused as refused:
                    told.append(str(refused))
            if reaper.dead:
                told.append(f"died: {reaper.names[-1]}")
            calm(stage)
            await quiet_apply(stage, told)
            check(stage, declared)
            stranger(stage, chance)
    except (Exception, KilledError) as error:
        error.add_note(f"seed {seed}: {told}")
        raise


async def quiet_apply(stage: Stage, told: list[str]) -> None:
    """Run again with nothing going wrong: one run suffices, or two where what was under way is wanted no more."""
    for _ in range(2):
        report = await stage.apply()
        assert not report.failed, report.failed
        assert not report.blocked
        told.append("calm")
        if (await stage.plan()).empty:
            break
    await stage.settled()


def check(stage: Stage, declared: list[Resource]) -> None:
    """The world holds what is declared, once, and strangers hold what they held."""
    there = Counter(
        (each.type, each.attributes.get("name") or each.attributes.get("text")) for each in stage.there.living()
    )
    wanted = Counter(
        (each.address.type, each.attributes.get("name") or each.attributes.get("text")) for each in declared
    )
    assert there == wanted
    for each in declared:
        if each.address.type != "room":
            continue
        thing = stage.thing("room", handle=each.attributes["handle"])
        powers = {who: level for who, level in thing.attributes["powers"].items() if not who.startswith("stranger")}
        assert powers == each.attributes["powers"]
        assert thing.attributes["kind"] == each.attributes["kind"]


def stranger(stage: Stage, chance: random.Random) -> None:
    """Somebody else is in the rooms too."""
    for each in list(stage.there.living("room")):
        if chance.random() < 0.3:
            each.attributes["powers"][f"stranger{chance.randrange(9)}"] = 30
        if chance.random() < 0.1:
            each.attributes["name"] = "别人改的"
