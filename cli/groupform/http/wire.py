"""Owns the bytes: one request out and one answer in over httpx, time-outs and size bounded, no redirect followed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import anyio
import httpx

from groupform import __version__
from groupform.http import failures
from groupform.http.answers import Json
from groupform.http.errors import BadAnswer, Context, HttpError, Unreachable

LOOPBACK = ("127.0.0.1", "localhost", "::1")
_CONNECT = 15.0
_LAST_PORT = 65_535


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `route` names it without ids, for counting; the segments of `path` are percent-encoded already.

    `idempotent` says whether it may be sent twice. `bucket` is what the platform counts it with (the route where
    empty). `harmless` lists the platform's error names that are refused before any effect: for a call that is not
    idempotent, every other answer than success leaves its outcome unknown. `timeout` bounds each silence in seconds,
    `deadline` the whole. `valid` looks at the parsed body of a success: what it does not take is no success.
    `anonymous` leaves the credentials at home. `windows` are the seconds for which the platform closes where it limits
    us without saying for how long: for the first refusal, the next, and so on; the last one stays.
    """

    method: str
    path: str
    route: str
    idempotent: bool
    query: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict, repr=False)
    body: Mapping[str, Any] | None = None
    content: bytes | None = None
    content_type: str = "application/octet-stream"
    bucket: str = ""
    harmless: frozenset[str] = frozenset()
    timeout: float = 60.0
    deadline: float = 300.0
    valid: Callable[[Json], bool] = lambda data: True
    anonymous: bool = False
    windows: tuple[float, ...] = ()


class Wire:
    """The connection pool to one address; an async context manager."""

    def __init__(
        self,
        url: httpx.URL,
        *,
        connections: int,
        transport: httpx.AsyncBaseTransport | None,
        size: int,
        proxy: httpx.URL | None = None,
    ) -> None:
        self._size, self._proxy = size, proxy
        for each in ("httpx", "httpcore"):
            # At their chattiest they write headers into the log, and a server's may hold what it was sent.
            logging.getLogger(each).setLevel(logging.WARNING)
        _cover(logging.getLogger("httpx"))
        self._http = httpx.AsyncClient(
            base_url=url,
            headers={"User-Agent": f"groupform/{__version__}", "Accept": "application/json"},
            limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections),
            follow_redirects=False,
            transport=transport,
            # What stands in for a server needs no way to it; the library would take the proxy all the same.
            proxy=proxy if transport is None else None,
            # Loopback is never reached through a proxy, and where there is no TLS no certificates need loading.
            trust_env=url.host not in LOOPBACK,
            verify=url.scheme == "https",
        )

    async def __aenter__(self) -> Self:
        await self._http.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.__aexit__(kind, error, trace)

    async def exchange(
        self, call: Call, headers: Mapping[str, str], query: Mapping[str, str] | None = None
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Status, headers and body; `headers` and `query` say who we are.

        Raises Unreachable, or BadAnswer for what is no HTTP body we can take.
        Their `effect_unknown` says whether the request may have left.
        """
        try:
            # The time-outs below bound a silence; a server that drips a byte now and then is bounded here.
            with anyio.fail_after(call.deadline):
                return await self._exchange(call, headers, query or {})
        except (httpx.RequestError, httpx.InvalidURL, TimeoutError) as error:
            told = _told(failures.read(error, through=self._proxy is not None))
        # Raised out here: the library's errors hold the request with its address and all its headers, and must not
        # hang on ours as what came before.
        raise told

    async def _exchange(
        self, call: Call, headers: Mapping[str, str], query: Mapping[str, str]
    ) -> tuple[int, Mapping[str, str], bytes]:
        kind = {"Content-Type": call.content_type} if call.content is not None else {}
        request = self._http.build_request(
            call.method,
            call.path,
            params={**call.query, **query} or None,
            json=call.body,
            content=call.content,
            headers={**headers, **kind},
            timeout=httpx.Timeout(call.timeout, connect=min(call.timeout, _CONNECT), pool=None),
        )
        response = await self._http.send(request, stream=True)
        try:
            parts: list[bytes] = []
            size = 0
            async for part in response.aiter_bytes():
                parts.append(part)
                size += len(part)
                if size > self._size:
                    raise BadAnswer(Context(status=response.status_code), code="http-too-large", effect_unknown=True)
            return response.status_code, response.headers, b"".join(parts)
        finally:
            await response.aclose()


class _WithoutQuery(logging.Filter):
    """Takes the query out of every address in a log record: some platforms want their token there."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(
                each.copy_with(query=None) if isinstance(each, httpx.URL) else each for each in record.args
            )
        return True


def _cover(logger: logging.Logger) -> None:
    """Sees to it that whoever turns the library's log up again finds no secret in it."""
    if not any(isinstance(each, _WithoutQuery) for each in logger.filters):
        logger.addFilter(_WithoutQuery())


def address(text: str) -> httpx.URL:
    """The address of a platform. Raises Unreachable `http-bad-address` for what is none, or carries a password."""
    try:
        url = httpx.URL(text.strip())
    except (httpx.InvalidURL, ValueError):
        url = httpx.URL()
    # The library writes what no host may hold as %.. and goes on.
    named = bool(url.host) and "%" not in url.host and url.port != 0 and (url.port or 0) <= _LAST_PORT
    if url.scheme not in ("http", "https") or not named or url.userinfo or url.query or url.fragment:
        raise Unreachable(
            Context(host=url.host, reason=url.host or text.partition("@")[2] or text), code="http-bad-address"
        )
    return url


def way(text: str) -> tuple[httpx.URL, str | None]:
    """The address of a proxy, and the password in it. Raises Unreachable `http-bad-proxy` for what is none."""
    try:
        url = httpx.URL(text.strip())
    except (httpx.InvalidURL, ValueError):
        url = httpx.URL()
    # The library writes what no host may hold as %.. and goes on.
    named = bool(url.host) and "%" not in url.host
    if url.scheme not in ("http", "https") or not named or url.query or url.fragment:
        raise Unreachable(Context(reason=url.host or text.rpartition("@")[2]), code="http-bad-proxy")
    return url, url.password or None


def _told(broken: failures.Broken) -> HttpError:
    context = Context(reason=broken.reason)
    if broken.code == "http-bad-answer":
        return BadAnswer(context, effect_unknown=broken.sent)
    return Unreachable(context, code=broken.code, effect_unknown=broken.sent, repeat=broken.repeat)
