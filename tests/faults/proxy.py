"""A loopback proxy before a real homeserver that does things wrong, each once, at the requests it is told."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urlsplit

ELSEWHERE = "/elsewhere"
"""Where a redirect leads. Whoever follows it hands its token to a stranger."""
_NOT_OURS = frozenset({"content-length", "transfer-encoding", "connection", "content-encoding", "date", "server"})
_NOT_THEIRS = frozenset({"content-length", "accept-encoding", "host", "connection"})
Headers = tuple[tuple[str, str], ...]


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
    kill_write = "kill -9 at a durable write"
    """Nothing that a proxy does: the process itself is told at which of its writes it dies."""


DONE = frozenset(
    {
        *(Kind.drop_answer, Kind.answer_then_drop, Kind.slow, Kind.cut, Kind.cut_head),
        *(Kind.failed_done, Kind.gateway_done, Kind.garbage, Kind.kill_after),
    }
)
KILLS = frozenset({Kind.kill_before, Kind.kill_after, Kind.kill_write})
TIMED = frozenset({Kind.late, Kind.slow})
"""Those that a client notices by its patience only."""
TRAILING = frozenset({Kind.late}) | KILLS
"""Those after which the server may still be at work for the process that met them."""
ENDING = frozenset({Kind.limited_hour}) | KILLS
"""Those that end a process, whatever it was at."""

_LIMITED = b'{"errcode": "M_LIMIT_EXCEEDED", "error": "Too Many Requests"}'
_PAGE = "<html><body><h1>网关错误 Bad Gateway</h1></body></html>".encode()


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it came in."""

    method: str
    target: str
    headers: Headers
    body: bytes

    def wire(self) -> bytes:
        lines = [f"{self.method} {self.target} HTTP/1.1", *(f"{name}: {value}" for name, value in self.headers)]
        lines += ["Host: localhost", f"Content-Length: {len(self.body)}", "", ""]
        return "\r\n".join(lines).encode("latin-1") + self.body


@dataclass(frozen=True, slots=True)
class Answered:
    status: int
    headers: Headers
    body: bytes

    def wire(self) -> bytes:
        lines = [f"HTTP/1.1 {self.status} X", *(f"{name}: {value}" for name, value in self.headers)]
        lines += [f"Content-Length: {len(self.body)}", "", ""]
        return "\r\n".join(lines).encode("latin-1") + self.body


class Upstream:
    """Connections to the server, each used again once its answer has been read."""

    def __init__(self, base_url: str) -> None:
        parts = urlsplit(base_url)
        self._host, self._port = parts.hostname, parts.port
        self._free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def ask(self, asked: Asked) -> Answered:
        while self._free:
            reader, writer = self._free.pop()
            if not (writer.is_closing() or reader.at_eof()):
                break
        else:
            reader, writer = await asyncio.open_connection(self._host, self._port, limit=2**26)
        writer.write(asked.wire())
        first, headers = _head(await reader.readuntil(b"\r\n\r\n"))
        told = {name.lower(): value for name, value in headers}
        body = b""
        if told.get("transfer-encoding") == "chunked":
            while size := int(await reader.readline(), 16):
                body += (await reader.readexactly(size + 2))[:-2]
            await reader.readline()
        else:
            body = await reader.readexactly(int(told.get("content-length", "0")))
        self._free.append((reader, writer))
        return Answered(int(first.split(" ")[1]), tuple(e for e in headers if e[0].lower() not in _NOT_OURS), body)

    def close(self) -> None:
        for _, writer in self._free:
            writer.close()


@dataclass
class Proxy:
    """`seen` are the requests since it was armed; `struck` those that went wrong. `patience` is in seconds: how long a
    client waits at the most. `kill` ends the client's process for good."""

    upstream: Upstream
    patience: float = 1.0
    port: int = 0
    strikes: dict[int, Kind] = field(default_factory=dict)
    kill: Callable[[], None] = lambda: None
    seen: list[str] = field(default_factory=list)
    struck: list[tuple[Kind, int, str]] = field(default_factory=list)
    strayed: list[str] = field(default_factory=list)
    late: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def arm(self, strikes: Mapping[int, Kind] | None = None) -> None:
        """Counts from one again. `strikes` say what goes wrong, by the number of the request."""
        self.strikes, self.seen, self.struck = dict(strikes or {}), [], []

    async def calm(self) -> None:
        """Does nothing wrong any more, and waits for what it was to bring late."""
        self.strikes = {}
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
        kind = self.strikes.pop(len(self.seen), None)
        if kind is None:
            writer.write((await self.upstream.ask(asked)).wire())
            await writer.drain()
            return True
        self.struck.append((kind, len(self.seen), self.seen[-1]))
        return await self._go_wrong(kind, asked, writer)

    async def _go_wrong(self, kind: Kind, asked: Asked, writer: asyncio.StreamWriter) -> bool:
        if kind is Kind.kill_before:
            self.kill()
        if kind is Kind.late:
            task = asyncio.create_task(self._later(asked))
            self.late.add(task)
            task.add_done_callback(self.late.discard)
            await asyncio.sleep(2 * self.patience)
            return False
        real = await self.upstream.ask(asked) if kind in DONE else None
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
        await self.upstream.ask(asked)


async def _read(reader: asyncio.StreamReader) -> Asked | None:
    """The next request; None where the client has ended the connection."""
    try:
        first, headers = _head(await reader.readuntil(b"\r\n\r\n"))
    except asyncio.IncompleteReadError:
        return None
    method, target, _ = first.split(" ")
    length = next((int(value) for name, value in headers if name.lower() == "content-length"), 0)
    body = await reader.readexactly(length)
    return Asked(method, target, tuple(each for each in headers if each[0].lower() not in _NOT_THEIRS), body)


def _head(data: bytes) -> tuple[str, Headers]:
    first, *lines = data.decode("latin-1").strip().split("\r\n")
    parts = (line.partition(":") for line in lines)
    return first, tuple((name, value.strip()) for name, _, value in parts)


@asynccontextmanager
async def before(base_url: str, *, patience: float) -> AsyncIterator[Proxy]:
    """A proxy before `base_url`, on a free port of loopback."""
    upstream = Upstream(base_url)
    proxy = Proxy(upstream, patience)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0, limit=2**24)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        await proxy.calm()
        upstream.close()
