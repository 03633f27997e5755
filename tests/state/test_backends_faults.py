"""A store whose wire breaks at every request and at every answer, and one that goes away: nothing is lost, or twice."""

from __future__ import annotations

import os

import anyio
import pytest

from groupform.config.diagnostics import Refused
from groupform.state.store import Holder
from state.backends import KEY, Backend
from state.cutting import Cutter, What
from state.test_backends import bind, refused, there, written

BACKENDS = ("s3", "postgres", "http")
ME = Holder("me@here", os.getpid(), "2026-01-01T00:00:00Z", "apply")

pytestmark = pytest.mark.anyio


async def session(backend: Backend, acknowledged: list[int], first: int) -> str | None:
    """One apply's worth of commits. Returns why it stopped, if it did."""
    try:
        async with backend.store((0.02, 0.05, 0.1)).open(KEY, ME) as writer:
            for number in range(first, first + 4):
                await writer.commit([bind(number)])
                acknowledged.append(number)
    except Refused as problem:
        return next(iter(problem.diagnostics)).code
    return None


@pytest.mark.parametrize("what", ["request", "answer"])
async def test_the_wire_cut_at_every_point(backend: Backend, what: What) -> None:
    points = 0
    at = 0
    while True:
        at += 1
        place = backend.fresh(backend.root)
        await written(place, [bind(100)])
        acknowledged: list[int] = []
        with Cutter(backend.port, what, at) as cutter:
            stopped = await session(place.through(cutter.own), acknowledged, 0)
        found = await there(place)
        numbers = [int(each.rpartition("r")[2]) for each in found.bindings]
        # One cut is what patience is for: the apply goes on as if nothing had been, and writes nothing twice.
        assert stopped is None, f"{what} {at}: {stopped}"
        assert numbers == [100, 0, 1, 2, 3], f"{what} {at}"
        assert found.serial == 5, f"{what} {at}"
        await written(place, [bind(200)])
        if not cutter.cut:
            break
        points += 1
    assert points >= 6
    print(f"{backend.name}: cut at {points} {what}s")


@pytest.mark.parametrize("at", range(4))
async def test_a_store_that_goes_away_stops_the_writer_and_loses_nothing(backend: Backend, at: int) -> None:
    acknowledged: list[int] = []
    await written(backend, [bind(100)])
    async with backend.store((0.02, 0.05)).open(KEY, ME) as writer:
        for number in range(at):
            await writer.commit([bind(number)])
            acknowledged.append(number)
        backend.down()
        try:
            for _ in range(2):
                with pytest.raises(Refused) as caught:
                    await writer.commit([bind(50)])
                assert refused(caught) == ["state-store-lost"]
        finally:
            backend.up()
        # What became of the last write is not known: this writer must not go on as if it were.
        with pytest.raises(Refused) as caught:
            await writer.commit([bind(51)])
        assert refused(caught) == ["state-store-lost"]
    found = await there(backend)
    assert set(found.bindings) == {f"shop/room.r{each}" for each in (100, *acknowledged)}
    await written(backend, [bind(60)])
    assert len((await there(backend)).bindings) == at + 2


async def test_a_store_that_is_back_in_time_is_waited_for(backend: Backend) -> None:
    async with backend.store((0.1, 0.3, 1.0, 2.0, 4.0)).open(KEY, ME) as writer:
        await writer.commit([bind(1)])
        backend.down()
        async with anyio.create_task_group() as group:
            group.start_soon(writer.commit, [bind(2)])
            await anyio.sleep(0.3)
            await anyio.to_thread.run_sync(backend.up)
        await writer.commit([bind(3)])
    assert len((await there(backend)).bindings) == 3


async def test_a_store_out_of_reach_is_said_in_words(backend: Backend) -> None:
    with Cutter(backend.port) as gone:
        port = gone.own
    for attempt in ("read", "open"):
        with pytest.raises(Refused) as caught:
            store = backend.through(port).store((0.01,))
            if attempt == "read":
                await store.read(KEY)
            else:
                async with store.open(KEY, ME):
                    pass
        [found] = caught.value.diagnostics
        assert found.code == "state-store-lost"
        assert "not-a-secret" not in str(found.params)
        assert found.params["reason"]
