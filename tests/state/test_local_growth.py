"""A growing document: what is written stays in proportion to what is said, and reads back whatever it holds."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from groupform.state.document import Binding, SetBinding
from groupform.state.local import LocalStore
from groupform.state.store import Holder, StateKey

KEY = StateKey("shop", "production")
HOLDER = Holder("me@here", os.getpid(), "2026-01-01T00:00:00Z", "apply")

pytestmark = pytest.mark.anyio


def bind(number: int, name: str = "群") -> SetBinding:
    return SetBinding(
        address=f"shop/room.r{number}", binding=Binding(type="room", id=f"!{number}", applied={"n": name})
    )


async def test_whole_writes_grow_with_the_document_not_with_its_square(tmp_path: Path) -> None:
    whole: list[str] = []
    store = LocalStore(tmp_path, checkpoint=4, step=lambda step: whole.append(step) if "rename" in step else None)
    async with store.open(KEY, HOLDER) as writer:
        for number in range(256):
            await writer.commit([bind(number)])
    # 4, 8, 16 … 256 lines, and the first and the last write; every fourth commit would make 64.
    assert 3 <= len(whole) <= 14
    found = await store.read(KEY)
    assert found is not None and len(found.bindings) == 256


async def test_half_a_surrogate_pair_does_not_make_the_state_unwritable(tmp_path: Path) -> None:
    store = LocalStore(tmp_path, checkpoint=1)
    async with store.open(KEY, HOLDER) as writer:
        await writer.commit([bind(1, "宠\ud83d")])
        await writer.commit([bind(2)])
    found = await store.read(KEY)
    assert found is not None and found.bindings["shop/room.r1"].applied == {"n": "宠\ud83d"}
