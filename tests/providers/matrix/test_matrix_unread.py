"""What could not be read is not known: no write is left out because of it, and nothing passes for missing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from groupform.compile.address import Address
from groupform.config.project import Connection
from groupform.engine.provider import Bound, Context, Failure, Intent, Ownership, UpdateRequest, Write
from groupform.providers.matrix.names import created_alias
from groupform.providers.matrix.provider import MatrixProvider
from groupform.providers.matrix.session import MatrixSession
from http_rig import Time

pytestmark = pytest.mark.anyio
ROOM, SPACE = "!room:localhost", "!space:localhost"
BOUND = Bound(Address.parse("club/room.hall"), ROOM, {}, {})
BAD = [
    httpx.Response(200, content=bytes(range(128, 256))),
    httpx.Response(200, html="<html>网关错误</html>"),
    httpx.Response(500, json={"errcode": "M_UNKNOWN", "error": "x"}),
    httpx.Response(502, html="Bad Gateway"),
]
Work = Callable[[MatrixSession], Awaitable[Any]]


async def _tried(
    bad: httpx.Response | None, work: Work, *, at: str = "/state", written: list[str] | None = None
) -> list[str]:
    """Does the work on a server that answers `bad` to whoever reads a room (`at` is how such a path ends); Forbidden,
    as for somebody who was put out, where None. Returns what was written."""
    written = written if written is not None else []

    def serve(request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path.endswith("/account/whoami"):
            return httpx.Response(200, json={"user_id": "@ops:localhost", "device_id": "D"})
        if request.method == "GET" and path.endswith(at):
            if bad is None:
                return httpx.Response(403, json={"errcode": "M_FORBIDDEN", "error": "not in room"})
            return httpx.Response(bad.status_code, headers=bad.headers, content=bad.content)
        if request.method != "GET":
            written.append(f"{request.method} {path}")
            return httpx.Response(200, json={})
        return httpx.Response(404, json={"errcode": "M_NOT_FOUND", "error": "x"})

    time = Time()
    context = Context(
        connection=Connection(
            "here", "matrix", {"homeserver": "https://chat.example", "access_token": SecretStr("t")}, "matrix"
        ),
        ownership=Ownership("lineage", "club", "default"),
        team=frozenset(),
        max_wait=10.0,
        now=time.clock,
        sleep=time.sleep,
        waiting=lambda _seconds, _code: None,
    )
    async with MatrixProvider(httpx.MockTransport(serve)).connect(context) as session:
        await work(session)
    return written


@pytest.mark.parametrize("bad", BAD, ids=["garbage", "page", "500", "502"])
async def test_a_room_that_cannot_be_read_is_not_said_to_be_given_back(bad: httpx.Response) -> None:
    with pytest.raises(Failure) as failed:
        await _tried(bad, lambda session: session.release(BOUND))
    assert failed.value.code != "matrix-not-in-room", "that would be a guess"


async def test_a_room_that_we_were_put_out_of_is_let_be() -> None:
    assert await _tried(None, lambda session: session.release(BOUND)) == []


@pytest.mark.parametrize("bad", BAD, ids=["garbage", "page", "500", "502"])
async def test_a_room_that_cannot_be_read_is_not_said_to_have_put_us_out(bad: httpx.Response) -> None:
    with pytest.raises(Failure) as failed:
        await _tried(bad, lambda session: session.delete(BOUND, archive=False))
    assert failed.value.code != "matrix-not-in-room"


@pytest.mark.parametrize("bad", BAD, ids=["garbage", "page", "500", "502"])
async def test_what_may_have_been_made_in_a_room_is_not_missing_because_the_room_cannot_be_read(
    bad: httpx.Response,
) -> None:
    child = Intent(Address.parse("club/place.hall"), "nonce", 1, None, {"space": SPACE, "room": ROOM})
    with pytest.raises(Failure):
        await _tried(bad, lambda session: session.find(child))


@pytest.mark.parametrize("bad", BAD, ids=["garbage", "page", "500", "502"])
async def test_a_room_has_its_new_mark_only_when_its_former_address_is_free(bad: httpx.Response) -> None:
    """Else nobody would ever come back for it: a plan sees by the mark that there is something left to do."""
    former = f"#{created_alias(Address.parse('club/room.lobby'))}:localhost"
    moved = UpdateRequest(BOUND, {"mark": Write("club/room.hall", "club/room.lobby")}, "nonce")
    written: list[str] = []
    with pytest.raises(Failure):
        await _tried(bad, lambda session: session.update(moved), at=former, written=written)
    assert any("/directory/room/" in each for each in written), "its new address comes first"
    assert not any("org.groupform.owner" in each for each in written)
