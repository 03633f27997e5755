"""A document that takes the place of another: its history and all, in one durable write, on every backend."""

from __future__ import annotations

import os

import pytest

from groupform.state.document import Binding, Document, DropBinding, Restored, SetBinding
from groupform.state.store import Holder
from state.backends import KEY, Backend

ME = Holder("me@here", os.getpid(), "2026-01-01T00:00:00Z", "state push")

pytestmark = pytest.mark.anyio


def bind(number: int) -> SetBinding:
    return SetBinding(
        address=f"shop/room.r{number}", binding=Binding(type="room", id=f"!{number}", applied={"name": "群"})
    )


COPY = Document(
    lineage="the-copys-own",
    deployment="shop",
    environment="production",
    serial=40,
    bindings={"shop/room.r7": bind(7).binding},
)


@pytest.mark.parametrize("before", [0, 1, 3])
async def test_it_brings_its_history_and_later_writes_follow_it(backend: Backend, before: int) -> None:
    async with backend.store().open(KEY, ME) as writer:
        for number in range(before):
            await writer.commit([bind(number)])
        await writer.commit([Restored(document=COPY)])
        await writer.commit([bind(8)])
        mine = writer.document.model_copy(deep=True)
        during = await backend.store().read(KEY)
    after = await backend.store().read(KEY)
    assert during == after == mine
    assert after is not None
    assert (after.lineage, after.serial) == ("the-copys-own", before + 2)
    assert set(after.bindings) == {"shop/room.r7", "shop/room.r8"}


async def test_the_next_writer_goes_on_from_it(backend: Backend) -> None:
    async with backend.store().open(KEY, ME) as writer:
        await writer.commit([Restored(document=COPY)])
    async with backend.store().open(KEY, ME) as writer:
        assert writer.document.lineage == "the-copys-own"
        await writer.commit([DropBinding(address="shop/room.r7")])
    found = await backend.store().read(KEY)
    assert found is not None
    assert (found.lineage, found.bindings, found.serial) == ("the-copys-own", {}, 2)


async def test_the_copy_itself_stays_as_it_is(backend: Backend) -> None:
    async with backend.store().open(KEY, ME) as writer:
        await writer.commit([Restored(document=COPY)])
        await writer.commit([bind(9)])
    assert set(COPY.bindings) == {"shop/room.r7"}
