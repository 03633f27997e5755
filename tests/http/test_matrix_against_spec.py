"""Every request of the Matrix client, made to a real homeserver, and held to the published description on the way."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from pydantic import SecretStr

import matrix_spec
from groupform.http import Bearer, Client, Conflict, Forbidden, NotFound, Unauthorized
from groupform.providers.matrix.api import Api
from groupform.providers.matrix.api_errors import as_failure, classify
from groupform.sandbox import configuration
from homeserver import Homeserver, serve
from matrix_spec import Deviation, SpecTransport

pytestmark = pytest.mark.anyio
needs_specs = pytest.mark.skipif(not matrix_spec.WHERE, reason=matrix_spec.MISSING)
# MSC4140 is a proposal: the published description has none of it, and a server has it only where it is switched on.
PROPOSED = {"send_later", "delayed_events", "cancel_delayed"}
_DELAYED = "/_matrix/client/unstable/org.matrix.msc4140"


class Watched(Api):
    """Remembers which of its functions were used."""

    def __init__(self, client: Client) -> None:
        super().__init__(client)
        self.used: set[str] = set()

    def __getattribute__(self, name: str) -> Any:
        if not name.startswith("_") and name not in ("client", "used"):
            self.used.add(name)
        return super().__getattribute__(name)


def connect(homeserver: Homeserver, token: str, transport: httpx.AsyncBaseTransport) -> Client:
    credentials = Bearer(SecretStr(token))
    return Client(homeserver.base_url, credentials, classify=classify, transport=transport)


@pytest.fixture(params=["plain", pytest.param("described", marks=needs_specs)])
async def api(request: pytest.FixtureRequest, homeserver: Homeserver) -> AsyncIterator[Watched]:
    transport: httpx.AsyncBaseTransport = httpx.AsyncHTTPTransport()
    if request.param == "described":
        transport = SpecTransport(transport, matrix_spec.published())
    async with connect(homeserver, homeserver.token, transport) as client:
        yield Watched(client)


async def test_every_request_does_what_it_says(api: Watched, homeserver: Homeserver, request: Any) -> None:
    mark = request.node.callspec.id
    guest = homeserver.person("spec-guest")
    assert (await api.versions())["versions"]
    assert "default" in (await api.capabilities())["m.room_versions"]
    me = await api.whoami()
    assert (me.user_id, me.device_id) == (homeserver.user_id, "GROUPFORMSANDBOX")
    assert await api.profile(guest.user_id) is not None
    assert await api.profile("@nobody-of-this-name:localhost") is None
    assert await api.override_ratelimit(me.user_id) == {"messages_per_second": 0, "burst_count": 0}

    space = await api.create_room(
        {
            "name": "空间",
            "creation_content": {"type": "m.space"},
            "initial_state": [{"type": "m.room.join_rules", "state_key": "", "content": {"join_rule": "public"}}],
            "preset": "private_chat",
            "room_alias_name": f"spec-{mark}",
            "power_level_content_override": {"events": {"m.space.child": 50}},
        }
    )
    room = await api.create_room({"visibility": "private", "topic": "x", "is_direct": False})
    assert {space, room} <= set(await api.joined_rooms())
    assert await api.put_state(space, "m.space.child", {"via": ["localhost"], "order": "a"}, room)
    assert await api.get_state(space, "m.space.child", room) == {"via": ["localhost"], "order": "a"}
    assert await api.get_state(space, "m.room.name") == {"name": "空间"}
    assert await api.get_state(space, "org.example.never") is None
    odd = "a/b %25?#[]@:é一+"
    await api.put_state(room, "org.example/odd", {"n": 1}, odd)
    assert await api.get_state(room, "org.example/odd", odd) == {"n": 1}
    assert {"m.room.create", "m.room.member"} <= {each["type"] for each in await api.state(room)}
    assert [each["room_id"] for each in await api.hierarchy(space)] == [space, room]

    alias, other = f"#spec-{mark}-一/二 %:localhost".replace(" ", "-"), f"#spec-{mark}:localhost"
    await api.put_alias(alias, room)
    await api.put_alias(alias, room)
    assert (await api.resolve(alias), await api.resolve(other)) == (room, space)
    with pytest.raises(Conflict):
        await api.put_alias(other, room)
    assert await api.delete_alias(alias) is True
    assert await api.delete_alias(alias) is False
    assert await api.resolve(alias) is None
    assert await api.visibility(room) == "private"
    await api.set_visibility(room, "public")
    assert await api.visibility(room) == "public"
    page, total = await api.all_rooms(0, 1000)
    assert total >= 2 and len(page) <= total

    await api.invite(room, guest.user_id)
    guest.join(room)
    assert set(await api.joined_members(room)) == {me.user_id, guest.user_id}
    first = await api.send(room, "m.room.message", f"txn/{mark} 1", {"msgtype": "m.text", "body": "hello"})
    assert await api.send(room, "m.room.message", f"txn/{mark} 1", {"msgtype": "m.text", "body": "other"}) == first
    event = await api.event(room, first)
    assert event is not None and event["content"]["body"] == "hello"
    assert await api.event(room, "$not-an-event-of-this-room") is None
    assert await api.redact(room, first, f"redact-{mark}") != first
    synced = await api.sync({"room": {"timeline": {"limit": 1}, "rooms": [room]}, "presence": {"types": []}})
    assert list(synced["rooms"]["join"]) == [room]
    later = await api.sync({"room": {"rooms": [room]}}, since=synced["next_batch"], state_after=True)
    assert room not in later.get("rooms", {}).get("join", {})

    assert (await api.upload("图".encode(), "image/png", "封面 1.png")).startswith("mxc://localhost/")
    assert (await api.media_limit() or 0) > 1_000_000
    page, after = await api.own_messages(room, guest.user_id)
    assert page == []
    said = guest.send(room, "hi")
    page, after = await api.own_messages(room, guest.user_id)
    assert [each["event_id"] for each in page] == [said]
    assert after is None or await api.own_messages(room, guest.user_id, after)
    await api.kick(room, guest.user_id)
    assert set(await api.joined_members(room)) == {me.user_id}
    assert (await api.purged(room), await api.purged("!nowhere:localhost")) == (False, True)
    closed = guest.create_room(preset="private_chat")
    assert await api.invited(closed) is False
    guest.invite(closed, me.user_id)
    assert await api.invited(closed) is True

    theirs = guest.create_room(preset="public_chat")
    assert await api.join(theirs, ("localhost",)) == theirs
    await api.leave(theirs)
    await api.leave(theirs)
    assert theirs not in await api.joined_rooms()

    await api.put_alias(alias, theirs)
    assert await api.local_aliases(room) == []
    assert (await api.administered(theirs) or {})["joined_members"] == 1
    assert await api.administered("!nowhere:localhost") == {}
    assert await api.deletions(theirs) == []
    work = await api.delete_room(theirs)
    for _ in range(300):
        if (await api.deletion(work) or {})["status"] == "complete":
            break
        await anyio.sleep(0.1)
    assert [each["delete_id"] for each in await api.deletions(theirs)] == [work]
    assert await api.deletion("no-such-work") is None
    assert (await api.administered(theirs), await api.purged(theirs)) == ({}, True)
    assert await api.resolve(alias) is None

    every = {name for name, each in vars(Api).items() if inspect.iscoroutinefunction(each) and name[0] != "_"}
    assert api.used == every - PROPOSED


async def test_every_proposed_request_does_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = configuration.homeserver
    monkeypatch.setattr(configuration, "homeserver", lambda *given: {**usual(*given), "max_event_delay_duration": "7d"})
    with serve(tmp_path / "sandbox") as server:
        async with connect(server, server.token, httpx.AsyncHTTPTransport()) as client:
            api = Watched(client)
            room = await api.create_room({"preset": "private_chat"})
            api.used.clear()
            text, hour = {"msgtype": "m.text", "body": "later"}, 3_600_000
            left = await api.send_later(room, "m.room.message", "txn/later 1", text, hour)
            kept = await api.send_later(room, "m.room.message", "txn/later 2", {**text, "body": "kept"}, hour)
            waiting = {each["delay_id"]: each for each in await api.delayed_events(_DELAYED)}
            assert set(waiting) == {left, kept}
            assert (waiting[left]["room_id"], waiting[left]["content"], waiting[left]["delay"]) == (room, text, hour)
            await api.cancel_delayed(_DELAYED, left)
            assert [each["delay_id"] for each in await api.delayed_events(_DELAYED)] == [kept]
            with pytest.raises(NotFound):
                await api.cancel_delayed(_DELAYED, "no-such-delay")
            assert api.used == PROPOSED
            page, _ = await api.own_messages(room, server.user_id)
            assert page == [], "what waits is not sent"


async def test_refusals_have_their_types(api: Watched, homeserver: Homeserver) -> None:
    room = homeserver.person("spec-host").create_room(preset="private_chat")
    with pytest.raises(Forbidden) as forbidden:
        await api.put_state(room, "m.room.name", {"name": "x"})
    assert forbidden.value.context.errcode == "M_FORBIDDEN"
    failure = as_failure(forbidden.value)
    assert (failure.code, failure.effect_unknown, failure.params["errcode"]) == ("http-forbidden", False, "M_FORBIDDEN")
    with pytest.raises(Forbidden):
        await api.state("!nowhere:localhost")
    alias = {"room_alias_name": "spec-taken"}
    if await api.resolve("#spec-taken:localhost") is None:
        await api.create_room(alias)
    with pytest.raises(Conflict) as conflict:
        await api.create_room(alias)
    assert conflict.value.effect_unknown, "a room may have been made: it has to be looked for"
    with pytest.raises(NotFound):
        await api.visibility("!nowhere:localhost")


async def test_a_wrong_token_and_a_plain_account(homeserver: Homeserver) -> None:
    async with connect(homeserver, "syt_wrong_token", httpx.AsyncHTTPTransport()) as client:
        with pytest.raises(Unauthorized) as caught:
            await Api(client).create_room({})
        assert not caught.value.effect_unknown
        assert (await Api(client).versions())["versions"]
    token = homeserver.register("spec-plain")
    async with connect(homeserver, token, httpx.AsyncHTTPTransport()) as client:
        with pytest.raises(Forbidden):
            await Api(client).override_ratelimit(homeserver.user_id)
        room = homeserver.person("spec-plain").create_room(preset="private_chat")
        assert await Api(client).administered(room) is None
        with pytest.raises(Forbidden):
            await Api(client).delete_room(room)


@needs_specs
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/_matrix/client/v3/rooms/%21a/state", {}),
        ("GET", "/_matrix/client/v3/createRoom", None),
        ("POST", "/_matrix/client/v3/createRoom", {"nmae": "x"}),
        ("POST", "/_matrix/client/v3/createRoom", {"preset": "any_chat"}),
        ("POST", "/_matrix/client/v3/createRoom", {"initial_state": [{"content": {}}]}),
        ("POST", "/_matrix/client/v3/createRoom", None),
        ("PUT", "/_matrix/client/v3/directory/list/room/%21a", {"visibility": "hidden"}),
        ("GET", "/_matrix/client/v3/sync?fitler={}", None),
        ("GET", "/_matrix/client/v3/sync?timeout=soon", None),
        ("GET", "/_matrix/client/v3/rooms/a/state", None),
        ("GET", "/_matrix/client/v3/rooms/!a/b/state", None),
        ("PUT", "/_matrix/client/v3/rooms/!a/send/m.room.message/t?org.matrix.msc4140.delay=1", {}),
        ("GET", f"{_DELAYED}/delayed_events", None),
        ("POST", f"{_DELAYED}/delayed_events/d/cancel", {}),
    ],
)
def test_the_check_itself_can_fail(method: str, path: str, body: dict[str, Any] | None) -> None:
    with pytest.raises(Deviation):
        matrix_spec.published().check_request(httpx.Request(method, f"http://localhost{path}", json=body))


@needs_specs
@pytest.mark.parametrize("content", [{}, {"room_id": 5}, [], {"room_id": "no-sigil"}])
def test_the_check_of_answers_can_fail(content: Any) -> None:
    spec = matrix_spec.published()
    made = httpx.Request("POST", "http://localhost/_matrix/client/v3/createRoom", json={})
    operation = spec.check_request(made)
    with pytest.raises(Deviation):
        spec.check_answer(operation, httpx.Response(200, json=content))
