"""Measures plans and applies over live rooms, each against a bare loop that sends the very same requests."""

from __future__ import annotations

import itertools
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from groupform.engine.plan import DeploymentPlan
from groupform.providers.matrix.provider import MatrixProvider
from groupform.providers.matrix.session import CONCURRENCY

from .bare import Replay, client, read_all
from .measure import Row, Turns, against, seconds, take_turns_async
from .project import write_fleets
from .recording import Exchange, Recorder
from .rig import Rig, homeserver
from .terraform import no_op_plan

NAME = "fleet"
_PARTS = 2
FIRST = 300


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
        planned, routes = await _plans(rig, rooms, rounds)
        return Seen([*planned, *rows, await _first_plan(rig, FIRST)], routes)


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


async def _plans(rig: Rig, rooms: int, rounds: int) -> tuple[list[Row], Counter[str]]:
    """Cold with a cache that is empty, as the first plan of a machine; warm with what the plan before has kept."""
    numbers = itertools.count()

    def fresh() -> Path:
        return rig.root / ".groupform" / f"cache-{next(numbers)}"

    kept = fresh()
    cold, paths = await _captured(rig, kept)
    warm, few = await _captured(rig, kept)

    def ours(cache: Callable[[], Path]) -> Callable[[], Awaitable[None]]:
        async def work() -> None:
            _unchanged(await rig.plan(NAME, replace(rig.world(), cache=cache())))

        return work

    def floor(those: Sequence[str]) -> Callable[[], Awaitable[None]]:
        async def work() -> None:
            async with client(rig.base_url, rig.headers, CONCURRENCY) as http:
                await read_all(http, those, CONCURRENCY)

        return work

    # What somebody would write who asks for each room by itself: its state, and whether it is listed.
    each = [path for path in paths if path.endswith("/state")]
    naive = [*each, *(path.replace("/rooms/", "/directory/list/room/").removesuffix("/state") for path in each)]
    contenders = {
        "cold": ours(fresh),
        "floor": floor(paths),
        "naive": floor(naive),
        "warm": ours(lambda: kept),
        "few": floor(few),
    }
    terraform = no_op_plan(rig.root / "terraform", rooms)
    if terraform is not None:
        contenders["terraform"] = terraform
    turns = await take_turns_async(contenders, rounds)
    what = f"plan without changes, {rooms} rooms"
    beside = [
        against(f"{what}, {each} / terraform, as many null resources", turns, each, "terraform", 1.0)
        for each in ("cold", "warm")
        if terraform is not None
    ]
    return [
        against(f"{what}, cold / the same requests bare", turns, "cold", "floor", 1.2, str(len(paths))),
        against(f"{what}, cold / state and listing of each room bare", turns, "cold", "naive", 1.2, str(len(naive))),
        against(f"{what}, warm / the same requests bare", turns, "warm", "few", 1.2, str(len(few))),
        against(f"{what}, warm / the cold requests bare", turns, "warm", "floor", None, f"{len(few)} / {len(paths)}"),
        *beside,
    ], cold | warm


async def _captured(rig: Rig, cache: Path) -> tuple[Counter[str], list[str]]:
    """The requests of one plan without changes: by route, and the paths in order."""
    recorder = Recorder(CONCURRENCY)
    _unchanged(await rig.plan(NAME, replace(rig.world(MatrixProvider(recorder)), cache=cache)))
    exchanges = recorder.taken()
    return Counter(each.route for each in exchanges), _reads(exchanges)


async def _first_plan(rig: Rig, stores: int) -> Row:
    """How much is asked before anything is there: a plan of so many stores, none of them made."""
    write_fleets(rig.root, {NAME: 1, "first": stores})
    began = time.perf_counter()
    plan = await rig.plan("first")
    took = time.perf_counter() - began
    what = f"first plan, {stores} rooms to create"
    return Row(what, seconds(took), requests=f"{plan.requests} (then about {plan.predicted_requests})")


def _reads(exchanges: Sequence[Exchange]) -> list[str]:
    """What a plan asks for; one that writes is none."""
    assert all(each.method == "GET" for each in exchanges), "a plan wrote something"
    return [each.path for each in exchanges]


def _unchanged(plan: DeploymentPlan) -> None:
    if plan.changes or plan.unreadable:
        raise SystemExit(f"the plan is not empty: {[(each.key, each.action) for each in plan.changes[:5]]}")
