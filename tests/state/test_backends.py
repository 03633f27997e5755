"""One list for every backend: what is durable, who may write, what a lost lock means; on a real server of each kind."""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import count

import anyio
import pytest

from groupform.config.diagnostics import Refused
from groupform.state.document import (
    Binding,
    ClosedIntent,
    Document,
    DropBinding,
    Entry,
    OpenedIntents,
    OpenIntent,
    SetBinding,
)
from groupform.state.postgres_session import Session
from groupform.state.store import Holder, StateKey
from state.backends import KEY, Backend

ME = Holder("me@here", os.getpid(), "2026-01-01T00:00:00Z", "apply")
YOU = Holder("you@there", os.getpid(), "2026-01-02T00:00:00Z", "destroy")

pytestmark = pytest.mark.anyio


def bind(number: int, name: str = "群", key: StateKey = KEY) -> SetBinding:
    binding = Binding(type="room", id=f"!{number}", applied={"name": name})
    return SetBinding(address=f"{key.deployment}/room.r{number}", binding=binding)


def refused(caught: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [each.code for each in caught.value.diagnostics]


async def written(backend: Backend, *commits: Sequence[Entry], key: StateKey = KEY) -> Document:
    async with backend.store().open(key, ME) as writer:
        for each in commits:
            await writer.commit(each)
        return writer.document.model_copy(deep=True)


async def there(backend: Backend, key: StateKey = KEY) -> Document:
    found = await backend.store().read(key)
    assert found is not None
    return found


async def test_what_was_committed_is_read_back(backend: Backend) -> None:
    intent = OpenIntent(nonce="n", type="room", sent_at="t", plan="p", attributes={"name": "群"})
    after = await written(
        backend,
        [OpenedIntents(intents={"shop/room.r1": intent, "shop/room.r2": intent})],
        [bind(1), ClosedIntent(address="shop/room.r2")],
        [bind(3), DropBinding(address="shop/room.r3")],
    )
    found = await there(backend)
    assert found == after
    assert (found.serial, set(found.bindings), found.intents) == (3, {"shop/room.r1"}, {})
    assert await backend.store().list() == [KEY]


async def test_looking_leaves_no_document(backend: Backend) -> None:
    await written(backend)
    assert await backend.store().read(KEY) is None
    assert await backend.store().list() == []


async def test_every_commit_is_durable_at_once_for_everybody(backend: Backend) -> None:
    async with backend.store().open(KEY, ME) as writer:
        for number in range(5):
            await writer.commit([bind(number)])
            assert await there(backend) == writer.document


async def test_the_history_goes_on_from_apply_to_apply(backend: Backend) -> None:
    lineages = set()
    for number in range(14):
        document = await written(backend, [bind(number)], [bind(number, "新")])
        lineages.add(document.lineage)
    found = await there(backend)
    assert len(lineages) == 1
    assert (found.serial, len(found.bindings)) == (28, 14)


async def test_a_large_history_is_read_back_whole(backend: Backend) -> None:
    # Where one whole document is sent each time there is no history to be long, only a document to be large.
    at_once = 100 if backend.name == "http" else 10
    async with backend.store().open(KEY, ME) as writer:
        for first in range(0, 3000, at_once):
            await writer.commit([bind(number, "群" * 60) for number in range(first, first + at_once)])
        held = writer.document.model_copy(deep=True)
    assert await there(backend) == held
    assert len(held.bindings) == 3000


async def test_documents_are_apart(backend: Backend) -> None:
    other = StateKey("shop", "staging")
    await written(backend, [bind(1)])
    await written(backend, [bind(2)], key=other)
    assert set((await there(backend)).bindings) == {"shop/room.r1"}
    assert set((await there(backend, other)).bindings) == {"shop/room.r2"}
    assert list(await backend.store().list()) == [KEY, other]


async def test_both_may_be_written_side_by_side(backend: Backend) -> None:
    other = StateKey("shop", "staging")
    async with backend.store().open(KEY, ME) as one, backend.store().open(other, YOU) as two:
        await one.commit([bind(1)])
        await two.commit([bind(2)])
        await one.commit([bind(3)])
    assert len((await there(backend)).bindings) == 2


async def test_a_lock_that_was_given_back_is_free_at_once(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the server has not yet noticed that the connection of the one before has ended."""
    lingering: list[Session] = []

    async def linger(session: Session) -> None:
        lingering.append(session)

    close = Session.close
    monkeypatch.setattr(Session, "close", linger)
    try:
        for number in range(3):
            await written(backend, [bind(number)])
    finally:
        for each in lingering:
            await close(each)
    assert len((await there(backend)).bindings) == 3


async def test_a_second_writer_is_told_who_holds_the_lock(backend: Backend) -> None:
    await written(backend, [bind(1)])
    async with backend.store().open(KEY, ME) as writer:
        with pytest.raises(Refused) as caught:
            async with backend.store().open(KEY, YOU):
                pass
        await writer.commit([bind(2)])
    [found] = caught.value.diagnostics
    assert found.code == "state-locked"
    words = [found.params[name] for name in ("who", "pid", "since", "command")]
    assert words == ["me@here", os.getpid(), "2026-01-01T00:00:00Z", "apply"]
    await written(backend, [bind(3)])
    assert len((await there(backend)).bindings) == 3


async def test_a_lock_is_given_back_after_a_failure(backend: Backend) -> None:
    with pytest.raises(RuntimeError, match="ours"):
        async with backend.store().open(KEY, ME) as writer:
            await writer.commit([bind(1)])
            raise RuntimeError("ours")
    await written(backend, [bind(2)])


async def test_who_holds_an_unlocked_state_cannot_write_even_if_nobody_came(backend: Backend) -> None:
    async with backend.store().open(KEY, ME) as writer:
        await writer.commit([bind(1)])
        assert await backend.store().unlock(KEY) == ME
        with pytest.raises(Refused) as caught:
            await writer.commit([bind(2)])
        assert refused(caught) == ["state-lock-lost"]
        with pytest.raises(Refused) as caught:
            await writer.commit([bind(3)])
        assert refused(caught) == ["state-lock-lost"]
    assert set((await there(backend)).bindings) == {"shop/room.r1"}


async def test_who_holds_an_unlocked_state_cannot_write_beside_the_next_one(backend: Backend) -> None:
    async with backend.store().open(KEY, ME) as writer:
        await writer.commit([bind(1)])
        await backend.store().unlock(KEY)
        async with backend.store().open(KEY, YOU) as second:
            with pytest.raises(Refused) as caught:
                await writer.commit([bind(2)])
            await second.commit([bind(3)])
        # Giving back what is no longer its own must not take the next one's lock away.
    [found] = caught.value.diagnostics
    assert (found.code, found.params["who"]) == ("state-lock-lost", "you@there")
    assert set((await there(backend)).bindings) == {"shop/room.r1", "shop/room.r3"}


async def test_the_first_write_after_an_unlock_is_refused_as_well(backend: Backend) -> None:
    await written(backend, [bind(1)])
    async with backend.store().open(KEY, ME) as writer:
        await backend.store().unlock(KEY)
        with pytest.raises(Refused) as caught:
            await writer.commit([bind(2)])
    assert refused(caught) == ["state-lock-lost"]
    assert set((await there(backend)).bindings) == {"shop/room.r1"}


async def test_whoever_is_about_to_send_can_ask_whether_the_lock_is_still_theirs(backend: Backend) -> None:
    store = backend.store()
    if hasattr(store, "clock"):
        moments = count(step=60)
        store.clock = lambda: float(next(moments))
    async with store.open(KEY, ME) as writer:
        await writer.commit([bind(1)])
        await writer.check()
        await backend.store().unlock(KEY)
        with pytest.raises(Refused) as caught:
            await writer.check()
    assert refused(caught) == ["state-lock-lost"]


async def test_an_end_of_a_lost_lock_leaves_the_next_ones_alone(backend: Backend) -> None:
    holding, ended = anyio.Event(), anyio.Event()

    async def second() -> None:
        async with backend.store().open(KEY, YOU) as writer:
            await writer.commit([bind(2)])
            holding.set()
            await ended.wait()

    async with anyio.create_task_group() as group:
        async with backend.store().open(KEY, ME) as writer:
            await writer.commit([bind(1)])
            await backend.store().unlock(KEY)
            group.start_soon(second)
            await holding.wait()
        with pytest.raises(Refused) as caught:
            async with backend.store().open(KEY, ME):
                pass
        assert refused(caught) == ["state-locked"]
        ended.set()
    assert len((await there(backend)).bindings) == 2


async def test_nothing_is_unlocked_where_nobody_is(backend: Backend) -> None:
    assert await backend.store().unlock(KEY) is None
    await written(backend, [bind(1)])
    assert await backend.store().unlock(KEY) is None
    await written(backend, [bind(2)])
    assert len((await there(backend)).bindings) == 2


async def test_a_rename_takes_everything_along(backend: Backend) -> None:
    new = StateKey("store", "production")
    before = await written(backend, [bind(1)], [bind(2)])
    assert await backend.store().rename(KEY, new, ME)
    assert await backend.store().read(KEY) is None
    found = await there(backend, new)
    assert (found.lineage, found.serial) == (before.lineage, before.serial)
    assert set(found.bindings) == {"store/room.r1", "store/room.r2"}
    assert await backend.store().list() == [new]
    assert not await backend.store().rename(KEY, new, ME)
    await written(backend, [bind(3, key=new)], key=new)
    assert len((await there(backend, new)).bindings) == 3


async def test_a_former_name_may_be_used_again(backend: Backend) -> None:
    new = StateKey("store", "production")
    before = await written(backend, [bind(1)])
    await backend.store().rename(KEY, new, ME)
    again = await written(backend, [bind(7)])
    assert again.lineage != before.lineage
    assert (again.serial, set(again.bindings)) == (1, {"shop/room.r7"})
    with pytest.raises(Refused) as caught:
        await backend.store().rename(KEY, new, ME)
    assert refused(caught) == ["state-rename-taken"]
    assert set((await there(backend, new)).bindings) == {"store/room.r1"}


async def test_a_rename_stops_at_a_lock(backend: Backend) -> None:
    await written(backend, [bind(1)])
    async with backend.store().open(KEY, ME):
        with pytest.raises(Refused) as caught:
            await backend.store().rename(KEY, StateKey("bar", "production"), YOU)
    assert refused(caught) == ["state-locked"]
    assert await backend.store().read(StateKey("bar", "production")) is None
    await written(backend, [bind(2)])


async def test_half_a_surrogate_pair_and_a_null_are_kept(backend: Backend) -> None:
    for number, text in enumerate(("宠\ud83d", "a\x00b", "群\u2028\r\n\t")):
        await written(backend, [bind(number, text)])
        assert (await there(backend)).bindings[f"shop/room.r{number}"].applied == {"name": text}


async def test_many_commits_at_once_are_all_durable(backend: Backend) -> None:
    async with backend.store().open(KEY, ME) as writer:
        async with anyio.create_task_group() as group:
            for number in range(40):
                group.start_soon(writer.commit, [bind(number)])
        assert len((await there(backend)).bindings) == 40
        assert await there(backend) == writer.document


async def test_a_cancellation_falls_before_or_after_a_commit(backend: Backend) -> None:
    async with backend.store().open(KEY, ME) as writer:
        await writer.commit([bind(0)])
        for number in range(1, 12):
            with anyio.move_on_after(0.002 * number):
                await writer.commit([bind(number)])
            assert await there(backend) == writer.document
        await writer.commit([bind(99)])
    found = await there(backend)
    assert "shop/room.r99" in found.bindings
    assert found.serial == len(found.bindings)
