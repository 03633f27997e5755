"""A lock that is taken away in the middle of an apply: not even the rest of a change is sent any more."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import pytest

from acceptance.matrix.rig import Desk
from acceptance.matrix.test_matrix_kills import small
from groupform.state.store import StateKey
from homeserver import Homeserver

pytestmark = pytest.mark.acceptance


class Taken(httpx.AsyncBaseTransport):
    """Passes requests on; after so many writes somebody else takes the lock. Counts the writes begun since."""

    def __init__(self, after: int) -> None:
        self.inner = httpx.AsyncHTTPTransport()
        self.after, self.writes, self.since = after, 0, 0
        self.take: Callable[[], Awaitable[None]] | None = None
        self.taken = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        writes = request.method != "GET"
        self.since += writes and self.taken
        response = await self.inner.handle_async_request(request)
        await response.aread()
        self.writes += writes
        if self.writes == self.after and not self.taken and self.take is not None:
            self.taken = True
            await self.take()
        return response


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.anyio
@pytest.mark.parametrize("after", [1, 4, 7, 11])
async def test_nothing_is_sent_once_the_lock_is_somebody_elses(
    tmp_path: Path, homeserver: Homeserver, after: int
) -> None:
    transport = Taken(after)
    desk = Desk(tmp_path, homeserver, small(), transport=transport)
    for person in ("lead", "host", "ops"):
        homeserver.register(person)

    async def take() -> None:
        await desk.store.unlock(StateKey(desk.name, "default"))

    transport.take = take
    report = await desk.apply(await desk.plan())
    assert transport.taken
    assert transport.since == 0
    assert report.stopped is not None and report.stopped.code == "state-lock-lost"
    # Whoever holds it now goes on where this one was stopped.
    transport.take = None
    await desk.settle()
    assert (await desk.plan()).empty
