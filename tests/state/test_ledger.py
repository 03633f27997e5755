"""The send ledger is a document like the state: durable in every backend, under a lock of its own, out of its lists."""

from __future__ import annotations

import os

import pytest

from groupform.config.diagnostics import Refused
from groupform.state.document import Binding, Document, OpenedIntents, OpenIntent, SetBinding, fold
from groupform.state.ledger import Reach, Send, SetReach, SetSends, send_key
from groupform.state.store import Holder
from state.backends import KEY, Backend

ME = Holder("me@here", os.getpid(), "2026-01-01T00:00:00Z", "calendar run")
WHEN = "2026-12-02T12:00:00Z"
KEYS = [send_key("tips", WHEN, target) for target in ("lobby", "city/sh")]


def send(**more: object) -> Send:
    return Send.model_validate(
        {"item": "tips", "target": "lobby", "scheduled": WHEN, "outcome": "announced", "mark": "m", **more}
    )


@pytest.mark.anyio
async def test_a_ledger_is_kept_like_a_state_and_beside_it(backend: Backend) -> None:
    async with backend.store().open(KEY, ME) as state, backend.store().open(KEY.ledger, ME) as ledger:
        await state.commit([SetBinding(address="shop/room.r1", binding=Binding(type="room", id="!1", applied={}))])
        await ledger.commit([SetSends(sends={key: send() for key in KEYS}), SetReach(reach=Reach(since=WHEN))])
        await ledger.commit(
            [
                SetSends(sends={KEYS[0]: send(outcome="sent", id="$1"), KEYS[1]: None}),
            ]
        )
        with pytest.raises(Refused) as caught:
            async with backend.store().open(KEY.ledger, ME):
                pass
        assert [each.code for each in caught.value.diagnostics] == ["state-locked"]
    found = await backend.store().read(KEY.ledger)
    assert found is not None and found.sends == {KEYS[0]: send(outcome="sent", id="$1")}
    assert found.reach == Reach(since=WHEN)
    state_after = await backend.store().read(KEY)
    assert state_after is not None and not state_after.sends and state_after.bindings
    assert await backend.store().list() == [KEY]


@pytest.mark.anyio
async def test_a_ledger_follows_the_new_name_of_its_deployment(backend: Backend) -> None:
    new = type(KEY)("store", KEY.environment)
    async with backend.store().open(KEY.ledger, ME) as ledger:
        await ledger.commit([SetSends(sends={KEYS[0]: send(outcome="sent")})])
    assert await backend.store().rename(KEY.ledger, new.ledger, ME)
    found = await backend.store().read(new.ledger)
    assert found is not None and list(found.sends) == KEYS[:1]
    assert await backend.store().read(KEY.ledger) is None


def test_a_binding_is_as_old_as_the_announcement_of_its_create() -> None:
    document = Document(lineage="l", deployment="shop", environment="production")
    intent = OpenIntent(nonce="n", type="room", sent_at=WHEN, plan="p", attributes={})
    made = Binding(type="room", id="!1", applied={})
    fold(document, OpenedIntents(intents={"shop/room.a": intent}))
    for _ in range(2):
        fold(document, SetBinding(address="shop/room.a", binding=made))
        assert document.bindings["shop/room.a"].created_at == WHEN
    fold(document, SetBinding(address="shop/room.a", binding=made.model_copy(update={"id": "!2"})))
    assert document.bindings["shop/room.a"].created_at == ""
    fold(document, OpenedIntents(intents={"shop/room.b": intent}))
    fold(document, SetBinding(address="shop/room.b", binding=made.model_copy(update={"origin": "adopted"})))
    assert document.bindings["shop/room.b"].created_at == ""
