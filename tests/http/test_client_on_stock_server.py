"""Limits as a stock homeserver really sets them."""

from __future__ import annotations

import anyio
import pytest
from pydantic import SecretStr

from groupform.http import Bearer, Client, Patience, WaitTooLong
from groupform.providers.matrix.api import Api
from groupform.providers.matrix.api_errors import classify
from homeserver import Homeserver

pytestmark = pytest.mark.anyio


async def test_a_stock_servers_limit_is_met_without_losing_count(stock_homeserver: Homeserver) -> None:
    """Side by side until the server says stop: made is what was answered, and the wait comes back as a value."""
    credentials = Bearer(SecretStr(stock_homeserver.register("limits-maker")))
    made: list[str] = []
    waits: list[float] = []
    patience = Patience(max_wait=1.0)

    async def create() -> None:
        try:
            made.append(await api.create_room({"preset": "private_chat"}))
        except WaitTooLong as error:
            assert not error.effect_unknown
            waits.append(error.seconds)

    async with Client(stock_homeserver.base_url, credentials, classify=classify, patience=patience) as client:
        api = Api(client)
        async with anyio.create_task_group() as tasks:
            for _ in range(16):
                tasks.start_soon(create)
        assert len(made) + len(waits) == 16
        assert 5 <= len(made) < 16
        assert min(waits) > 1.0
        assert set(await api.joined_rooms()) == set(made)
        assert client.waits["create"] > 1.0


async def test_a_short_limit_is_sat_out(stock_homeserver: Homeserver) -> None:
    """Twelve messages where ten may come at once: the rest come a few seconds later, each once."""
    writer = stock_homeserver.person("limits-writer")
    room = writer.create_room(preset="private_chat")
    told: list[float] = []
    options = {"patience": Patience(max_wait=60.0), "waiting": lambda seconds, code: told.append(seconds)}
    credentials = Bearer(SecretStr(writer.token))
    async with Client(stock_homeserver.base_url, credentials, classify=classify, **options) as client:
        api = Api(client)
        async with anyio.create_task_group() as tasks:
            for number in range(11):
                body = {"msgtype": "m.text", "body": str(number)}
                tasks.start_soon(api.send, room, "m.room.message", f"limits-{number}", body)
        messages, _ = await api.own_messages(room, writer.user_id)
    assert sorted(int(each["content"]["body"]) for each in messages) == list(range(11))
    assert told, "the server set no limit at all: this is no stock server"
