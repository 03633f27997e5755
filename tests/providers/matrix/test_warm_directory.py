"""Which rooms are listed: one answer for many where the server gives it, and never a guess."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from groupform.http import Forbidden
from groupform.http.errors import Context
from groupform.providers.matrix import directory
from groupform.providers.matrix.api import Api
from groupform.providers.matrix.observe import Look, read_directory
from http_rig import client

pytestmark = pytest.mark.anyio


class Listing:
    """A server's list of rooms, in pages of two."""

    def __init__(self, rooms: dict[str, Any], total: int | None = None, refuse: bool = False) -> None:
        self.rooms, self.refuse = rooms, refuse
        self.total = len(rooms) if total is None else total
        self.asked = 0

    async def all_rooms(self, start: int, limit: int) -> tuple[list[dict[str, Any]], int]:
        self.asked += 1
        if self.refuse:
            raise Forbidden(Context())
        names = list(self.rooms)[start : start + 2]
        return [{"room_id": name, "public": self.rooms[name]} for name in names], self.total


async def test_every_page_is_read_until_all_are_known() -> None:
    server = Listing({"!a": True, "!b": False, "!c": True, "!d": False, "!x": True, "!y": True})
    found = await directory.listed(server, ["!a", "!b", "!c", "!d"])  # type: ignore[arg-type]
    assert found == {"!a": True, "!b": False, "!c": True, "!d": False}
    assert server.asked == 2


async def test_what_the_list_does_not_tell_is_left_out() -> None:
    server = Listing({"!a": True, "!b": None, "!c": False})
    found = await directory.listed(server, ["!a", "!b", "!c", "!new"])  # type: ignore[arg-type]
    assert found == {"!a": True, "!c": False}


@pytest.mark.parametrize(
    ("server", "asked"),
    [(Listing({}, refuse=True), 1), (Listing({}, total=9), 1), (Listing({"!z": True}, total=10_000_000), 1)],
    ids=["a plain account", "a list that ends early", "a server with far more rooms than ours"],
)
async def test_it_does_not_insist(server: Listing, asked: int) -> None:
    assert await directory.listed(server, ["!a", "!b", "!c", "!d"]) == {}  # type: ignore[arg-type]
    assert server.asked == asked


async def test_a_few_rooms_are_asked_one_by_one() -> None:
    server = Listing({"!a": True})
    assert await directory.listed(server, ["!a"]) == {} and server.asked == 0  # type: ignore[arg-type]


def _hangs_up(request: httpx.Request) -> httpx.Response:
    raise httpx.RemoteProtocolError("gone", request=request)


@pytest.mark.parametrize(
    "administration",
    [
        lambda _: httpx.Response(403, json={"errcode": "M_FORBIDDEN", "error": "You are not a server admin"}),
        lambda _: httpx.Response(404, json={"errcode": "M_UNRECOGNIZED", "error": "Unrecognized request"}),
        lambda _: httpx.Response(404, html="<h1>not found</h1>"),
        lambda _: httpx.Response(200, html="<h1>welcome</h1>"),
        lambda _: httpx.Response(200, json={"rooms": "none"}),
        lambda _: httpx.Response(401, text="who are you?", headers={"WWW-Authenticate": "Basic"}),
        lambda _: httpx.Response(405),
        lambda _: httpx.Response(502, html="<h1>bad gateway</h1>"),
        _hangs_up,
    ],
    ids=["plain-account", "no-synapse", "a-page", "a-welcome", "nonsense", "password", "method", "gateway", "hang-up"],
)
async def test_without_the_list_one_request_is_lost_and_each_room_is_asked(
    administration: Callable[[httpx.Request], httpx.Response],
) -> None:
    asked: list[str] = []

    def server(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        if request.url.path.startswith("/_synapse/"):
            return administration(request)
        return httpx.Response(200, json={"visibility": "public" if request.url.path.endswith("a") else "private"})

    rooms = ["!a", "!b", "!c", "!d"]
    async with client(server) as http:
        look = Look(Api(http), None, "@me:here")  # type: ignore[arg-type]
        for _ in range(2):
            look.listed.clear()
            await read_directory(look, rooms)
            assert look.listed == {"!a": True, "!b": False, "!c": False, "!d": False} and not look.unasked
    assert sum(each.startswith("/_synapse/") for each in asked) == 1
    assert len(asked) == 1 + 2 * len(rooms)
