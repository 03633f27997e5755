"""The copies that are put aside before each writer's first write: which there are, and which are never thrown away."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from groupform.config.diagnostics import Refused
from groupform.state.document import Applied, Binding, SetApplies, SetAttestation, SetBinding
from groupform.state.store import Holder, StateKey, Store
from state.backends import KEY, Backend

ME = Holder("me@here", os.getpid(), "2026-01-01T00:00:00Z", "apply")

pytestmark = pytest.mark.anyio


def bind(number: int) -> SetBinding:
    return SetBinding(
        address=f"shop/room.r{number}", binding=Binding(type="room", id=f"!{number}", applied={"name": "群"})
    )


async def write(store: Store, *entries: SetBinding | SetApplies | SetAttestation) -> int:
    """One writer's one write; the serial before it."""
    async with store.open(KEY, ME) as writer:
        serial = writer.document.serial
        await writer.commit(entries)
        return serial


@pytest.fixture
def keeping(backend: Backend) -> Backend:
    if backend.name == "http":
        pytest.skip("the protocol keeps one document an address: see test_http_says_that_it_keeps_no_copies")
    return backend


async def test_each_writer_leaves_a_copy_of_what_was_there_before_it(keeping: Backend) -> None:
    assert list(await keeping.store().history(KEY)) == []
    for number in range(4):
        await write(keeping.store(), bind(number))
    found = await keeping.store().history(KEY)
    assert [each.serial for each in found] == [3, 2, 1]
    assert all(each.when.endswith("+00:00") for each in found)
    for each in found:
        document = await each.document()
        assert document.serial == each.serial
        assert set(document.bindings) == {f"shop/room.r{number}" for number in range(each.serial)}


async def test_the_copy_from_before_an_apply_outlives_any_number_of_other_writes(keeping: Backend) -> None:
    await write(keeping.store(), bind(0))
    serial = await write(
        keeping.store(), bind(1), SetApplies(applies=(Applied(plan="p", serial=1, when="2026-01-01", who="me"),))
    )
    assert serial == 1
    for number in range(13):
        await write(keeping.store(), SetAttestation(step=f"step-{number}", attestation=None))
    found = await keeping.store().history(KEY)
    assert [each.serial for each in found] == [*range(14, 4, -1), 1]
    assert set((await found[-1].document()).bindings) == {"shop/room.r0"}


async def test_another_documents_copies_are_not_among_them(keeping: Backend) -> None:
    for number in range(2):
        await write(keeping.store(), bind(number))
    assert list(await keeping.store().history(StateKey("shop", "staging"))) == []


async def test_http_says_that_it_keeps_no_copies(backend: Backend) -> None:
    if backend.name != "http":
        pytest.skip("this one keeps copies")
    await write(backend.store(), bind(0))
    with pytest.raises(Refused) as refused:
        await backend.store().history(KEY)
    assert [each.code for each in refused.value.diagnostics] == ["state-no-history"]


async def test_a_copy_that_was_damaged_is_not_trusted(keeping: Backend, tmp_path: Path) -> None:
    if keeping.name != "local":
        pytest.skip("only here can a test reach for the file")
    for number in range(2):
        await write(keeping.store(), bind(number))
    [copy] = await keeping.store().history(KEY)
    [file] = keeping.root.rglob("backups/*.json")
    file.write_text("{", encoding="utf-8")
    with pytest.raises(Refused) as refused:
        await copy.document()
    assert [each.code for each in refused.value.diagnostics] == ["state-corrupt"]
