"""pet-club as it is, on a server with stock rules and a plain account: publishing denied, nobody an administrator."""

from __future__ import annotations

import anyio
import httpx
import pytest

from acceptance.matrix.stock import StockRun
from homeserver import Homeserver

pytestmark = [pytest.mark.anyio, pytest.mark.acceptance]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def test_a_stock_server_and_a_plain_account(stock_run: StockRun, stock_homeserver: Homeserver) -> None:
    """A gap with its reason for what the server denies; rate limits as they come; then empty."""
    report = await anyio.to_thread.run_sync(stock_run.result)
    desk = stock_run.desk
    assert not report.failed and not report.blocked and report.stopped is None, report
    assert sum("/room." in each for each in report.done) == 6
    assert desk.waited > 0, "no limit was met: this is no stock server"
    denied = {f"space.{desk.key}", "room.notices"}
    assert {address.split("/", 1)[1]: dict(why) for address, why in report.refused.items()} == {
        each: {"listed": "matrix-directory-denied"} for each in denied
    }
    after = await desk.plan()
    assert after.empty and not after.drift and not after.steps
    gaps = {each.path for each in after.gaps if each.reason.code == "matrix-directory-denied"}
    assert gaps == {"entry.door", "groups.notices.entry.door"}
    stranger = stock_homeserver.person("stranger")
    stranger.join(f"#{desk.key}-notices:localhost")
    with pytest.raises(httpx.HTTPStatusError, match="403"):
        stranger.join(f"#{desk.key}-lobby:localhost")
    # A plain account is refused the list of all rooms once, and then asks for each.
    assert after.requests <= 2 * 10 + 2
