"""Measures plans and applies over live rooms, each against a bare loop that sends the very same requests."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from groupform.engine.plan import DeploymentPlan
from groupform.providers.matrix.provider import MatrixProvider
from groupform.providers.matrix.session import CONCURRENCY

from .bare import Replay, client, read_all
from .measure import Row, Turns, against, take_turns_async
from .project import write_fleets
from .recording import Exchange, Recorder
from .rig import Rig, homeserver

NAME = "fleet"
_PARTS = 2


@dataclass(frozen=True)
class Seen:
    """What a run over live rooms brought to light, for the smoke test as much as for the table."""

    rows: list[Row]
    routes: Counter[str]
    """The requests of a plan without changes, by route."""


async def bench_rooms(folder: Path, rooms: int, rounds: int = 3) -> Seen:
    """Applies `rooms` stores to a fresh homeserver in two parts, then plans them again and again."""
    with homeserver(folder / "sandbox") as running:
        rig = Rig(folder / "project", running)
        applies, sent = await _applies(rig, rooms)
        rows = [
            against(f"apply of {rooms} rooms", applies, "ours", "floor", 1.1, f"{sent} ({sent / rooms:.1f} a room)")
        ]
        plan_row, routes = await _plans(rig, rooms, rounds)
        return Seen([plan_row, *rows], routes)


async def _applies(rig: Rig, rooms: int) -> tuple[Turns, int]:
    """The fleet grows in parts; after each, a bare loop replays what was sent, in rooms of its own."""
    turns, replay, sent = Turns(), Replay("floor-"), 0
    for part in range(1, _PARTS + 1):
        write_fleets(rig.root, {NAME: rooms * part // _PARTS})
        plan = await rig.plan(NAME)
        recorder = Recorder(CONCURRENCY)
        began = time.perf_counter()
        await rig.apply(plan, NAME, rig.world(MatrixProvider(recorder)))
        turns.note("ours", time.perf_counter() - began)
        exchanges = recorder.taken()
        sent += len(exchanges)
        async with client(rig.base_url, rig.headers, CONCURRENCY) as http:
            began = time.perf_counter()
            await replay.run(http, exchanges, CONCURRENCY)
            turns.note("floor", time.perf_counter() - began)
    return turns, sent


async def _plans(rig: Rig, rooms: int, rounds: int) -> tuple[Row, Counter[str]]:
    recorder = Recorder(CONCURRENCY)
    plan = await rig.plan(NAME, rig.world(MatrixProvider(recorder)))
    _unchanged(plan)
    exchanges = recorder.taken()
    paths = _reads(exchanges)

    async def ours() -> None:
        _unchanged(await rig.plan(NAME))

    async def floor() -> None:
        async with client(rig.base_url, rig.headers, CONCURRENCY) as http:
            await read_all(http, paths, CONCURRENCY)

    turns = await take_turns_async({"ours": ours, "floor": floor}, rounds)
    row = against(f"plan without changes, {rooms} rooms, cold", turns, "ours", "floor", 1.2, str(len(exchanges)))
    return row, Counter(each.route for each in exchanges)


def _reads(exchanges: Sequence[Exchange]) -> list[str]:
    """What a plan asks for; one that writes is none."""
    assert all(each.method == "GET" for each in exchanges), "a plan wrote something"
    return [each.path for each in exchanges]


def _unchanged(plan: DeploymentPlan) -> None:
    if plan.changes or plan.unreadable:
        raise SystemExit(f"the plan is not empty: {[(each.key, each.action) for each in plan.changes[:5]]}")
