"""A clock that only sleeping moves, and a client on it whose server is a function."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import httpx
from pydantic import SecretStr

from groupform.http import Bearer, Call, Client, Patience

TOKEN = "syt_secret_TOKEN"


class Time:
    """Moves when somebody sleeps; sleeps side by side overlap, as they do on a real clock."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        until = self.now + seconds
        self.slept.append(seconds)
        # Everybody else gets to the point where they sleep too before time goes on.
        for _ in range(50):
            await anyio.lowlevel.checkpoint()
        self.now = max(self.now, until)


Server = Callable[[httpx.Request], httpx.Response] | Callable[[httpx.Request], Awaitable[httpx.Response]]


def client(server: Server, time: Time | None = None, **options: Any) -> Client:
    """A client whose every request goes to `server`, with a token, on a time of its own."""
    time = time or Time()
    given: dict[str, Any] = {"sleep": time.sleep, "clock": time.clock, "chance": lambda: 0.0, **options}
    given.setdefault("patience", Patience(max_wait=100.0))
    transport = httpx.MockTransport(server)
    return Client("https://chat.example", Bearer(SecretStr(TOKEN)), transport=transport, **given)


def get(path: str = "/thing", **more: Any) -> Call:
    return Call("GET", path, "/thing", idempotent=True, **more)


def post(path: str = "/things", **more: Any) -> Call:
    """A create: not to be sent twice."""
    return Call("POST", path, "/things", idempotent=False, body={"name": "x"}, **more)
