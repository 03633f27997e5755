"""A loopback proxy before a real homeserver that does one thing wrong, once, at the request it is told."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum

import httpx

ELSEWHERE = "/elsewhere"
"""Where a redirect leads. Whoever follows it hands its token to a stranger."""
_NOT_OURS = frozenset({"content-length", "transfer-encoding", "connection", "content-encoding", "date", "server"})


class Kind(StrEnum):
    """What goes wrong. Those in `DONE` reach the server, which does what it was asked."""

    drop_request = "drop the request"
    drop_answer = "drop the answer"
    answer_then_drop = "answer, then drop"
    late = "reaches the server after the time-out"
    slow = "answered after the time-out"
    cut = "answer cut half-way"
    cut_head = "answer cut in its headers"
    limited_header = "429, Retry-After"
    limited_body = "429, retry_after_ms"
    limited_bare = "429, neither"
    limited_hour = "429, an hour"
    failed = "500, not done"
    failed_done = "500, done"
    gateway = "502, HTML, not done"
    gateway_done = "502, HTML, done"
    garbage = "200, garbage, done"
    page = "200, a portal's page, not done"
    redirect = "redirect"
    kill_before = "kill -9 before the request takes effect"
    kill_after = "kill -9 before the answer is read"


DONE = frozenset(
    {
        *(Kind.drop_answer, Kind.answer_then_drop, Kind.late, Kind.slow, Kind.cut, Kind.cut_head),
        *(Kind.failed_done, Kind.gateway_done, Kind.garbage, Kind.kill_after),
    }
)
KILLS = frozenset({Kind.kill_before, Kind.kill_after})

_LIMITED = b'{"errcode": "M_LIMIT_EXCEEDED", "error": "Too Many Requests"}'
_PAGE = "<html><body><h1>网关错误 Bad Gateway</h1></body></html>".encode()


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it came in."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answered:
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def wire(self) -> bytes:
        lines = [f"HTTP/1.1 {self.status} X", *(f"{name}: {value}" for name, value in self.headers)]
        return "\r\n".join([*lines, f"Content-Length: {len(self.body)}", "", ""]).encode() + self.body


@dataclass
class Proxy:
    """`seen` are the requests since it was armed; `struck` is the one that went wrong. `patience` is in seconds: how
    long a client waits at the most. `kill` ends the client's process for good."""

    upstream: str
    http: httpx.AsyncClient
    patience: float = 1.0
    port: int = 0
    kind: Kind | None = None
    at: int = 0
    kill: Callable[[], None] = lambda: None
    seen: list[str] = field(default_factory=list)
    struck: str | None = None
    strayed: list[str] = field(default_factory=list)
    late: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def arm(self, kind: Kind | None = None, at: int = 0) -> None:
        self.kind, self.at, self.seen, self.struck = kind, at, [], None

    async def calm(self) -> None:
        """Does nothing wrong any more, and waits for what it still has in hand."""
        self.kind = None
        while self.late:
            await asyncio.wait(self.late)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, request after request, until either side ends it."""
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while (asked := await _read(reader)) is not None:
                if not await self._answer(asked, writer):
                    break
        # Not a polite end: what was not read yet is lost, as it is when a line breaks.
        writer.transport.abort()

    async def _answer(self, asked: Asked, writer: asyncio.StreamWriter) -> bool:
        """Whether the connection goes on."""
        if asked.target.startswith(ELSEWHERE):
            self.strayed.append(asked.target)
        self.seen.append(f"{asked.method} {asked.target}")
        if self.kind is None or len(self.seen) != self.at:
            writer.write((await self._pass_on(asked)).wire())
            await writer.drain()
            return True
        self.struck = self.seen[-1]
        return await self._go_wrong(self.kind, asked, writer)

    async def _go_wrong(self, kind: Kind, asked: Asked, writer: asyncio.StreamWriter) -> bool:
        if kind is Kind.kill_before:
            self.kill()
        if kind is Kind.late:
            task = asyncio.create_task(self._later(asked))
            self.late.add(task)
            task.add_done_callback(self.late.discard)
            await asyncio.sleep(2 * self.patience)
            return False
        real = await self._pass_on(asked) if kind in DONE else None
        if kind is Kind.kill_after:
            self.kill()
        if kind is Kind.slow:
            await asyncio.sleep(2 * self.patience)
        if kind in (Kind.cut, Kind.cut_head, Kind.answer_then_drop):
            assert real is not None
            whole = real.wire()
            head = whole.index(b"\r\n\r\n") + 4
            half = {Kind.cut: (head + len(whole)) // 2, Kind.cut_head: head // 2}.get(kind, len(whole))
            writer.write(whole[:half])
            await writer.drain()
            writer.close()
            await writer.wait_closed()
        answer = self._instead(kind)
        if answer is None:
            return False
        writer.write(answer.wire())
        await writer.drain()
        return True

    def _instead(self, kind: Kind) -> Answered | None:
        """The answer that stands in for the server's; None where there is none at all."""
        json, html = ("Content-Type", "application/json"), ("Content-Type", "text/html; charset=utf-8")
        limits = {
            Kind.limited_header: (("Retry-After", "1"), _LIMITED),
            Kind.limited_body: (json, _LIMITED[:-1] + b', "retry_after_ms": 700}'),
            Kind.limited_bare: (json, _LIMITED),
            Kind.limited_hour: (("Retry-After", "3600"), _LIMITED),
        }
        if kind in limits:
            header, body = limits[kind]
            return Answered(429, (header,), body)
        match kind:
            case Kind.failed | Kind.failed_done:
                return Answered(500, (json,), b'{"errcode": "M_UNKNOWN", "error": "Internal server error"}')
            case Kind.gateway | Kind.gateway_done:
                return Answered(502, (html,), _PAGE)
            case Kind.garbage:
                return Answered(200, (json,), bytes(range(128, 256)) * 4)
            case Kind.page:
                return Answered(200, (html,), _PAGE)
            case Kind.redirect:
                return Answered(307, (("Location", f"{self.base_url}{ELSEWHERE}"),), b"")
        return None

    async def _later(self, asked: Asked) -> None:
        await asyncio.sleep(1.1 * self.patience)
        await self._pass_on(asked)

    async def _pass_on(self, asked: Asked) -> Answered:
        headers = [(name, value) for name, value in asked.headers if name.lower() not in ("host", "connection")]
        found = await self.http.request(
            asked.method,
            self.upstream + asked.target,
            headers=[*headers, ("Accept-Encoding", "identity")],
            content=asked.body,
        )
        kept = tuple((name, value) for name, value in found.headers.items() if name.lower() not in _NOT_OURS)
        return Answered(found.status_code, kept, found.content)


async def _read(reader: asyncio.StreamReader) -> Asked | None:
    """The next request; None where the client has ended the connection."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.decode("latin-1").strip().split("\r\n")
    method, target, _ = first.split(" ")
    headers = [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines)]
    length = next((int(value) for name, value in headers if name.lower() == "content-length"), 0)
    body = await reader.readexactly(length)
    kept = [each for each in headers if each[0].lower() not in ("content-length", "accept-encoding")]
    return Asked(method, target, tuple(kept), body)


@asynccontextmanager
async def before(upstream: str, *, patience: float) -> AsyncIterator[Proxy]:
    """A proxy before `upstream`, on a free port of loopback."""
    limits = httpx.Limits(max_connections=32)
    async with httpx.AsyncClient(timeout=60, trust_env=False, limits=limits) as http:
        proxy = Proxy(upstream, http, patience)
        server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
        proxy.port = server.sockets[0].getsockname()[1]
        try:
            yield proxy
        finally:
            server.close()
            await proxy.calm()


class Impatient(httpx.AsyncBaseTransport):
    """The network with a time-out of a test's own, in seconds."""

    def __init__(self, seconds: float) -> None:
        self._inner = httpx.AsyncHTTPTransport(trust_env=False)
        self._seconds = seconds

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        timeout = dict.fromkeys(("connect", "read", "write", "pool"), self._seconds)
        request.extensions = {**request.extensions, "timeout": timeout}
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        await self._inner.aclose()
