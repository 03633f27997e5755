"""Owns the reading of a broken connection: whether the request may have left, and why nobody answered."""

from __future__ import annotations

import errno
import os
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass

import httpx

# Raised while a connection is being made, or before anything is written to it. A WriteError is not among them: part of
# the request was written, perhaps all of it.
_NOT_SENT = (
    *(httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError),
    *(httpx.UnsupportedProtocol, httpx.LocalProtocolError),
)


@dataclass(frozen=True, slots=True)
class Broken:
    """Why there is no answer. `repeat` says whether trying again may help, where it is safe."""

    code: str
    reason: str
    sent: bool
    repeat: bool


def read(error: httpx.RequestError | httpx.InvalidURL | TimeoutError, *, through: bool = False) -> Broken:
    """What became of a request that ended in `error`; `through` a proxy, it is the proxy that could not be reached."""
    sent = not isinstance(error, (*_NOT_SENT, httpx.InvalidURL))
    causes = list(_causes(error))
    if isinstance(error, httpx.InvalidURL | httpx.UnsupportedProtocol):
        return Broken("http-bad-address", str(error), sent=False, repeat=False)
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return Broken("http-tls", cause.verify_message or str(cause), sent=False, repeat=False)
        if isinstance(cause, ssl.SSLError):
            return Broken("http-tls", cause.reason or str(cause), sent=sent, repeat=False)
        if isinstance(cause, socket.gaierror) and not through:
            return Broken("http-dns", cause.strerror or str(cause), sent=False, repeat=True)
    if isinstance(error, httpx.TimeoutException | TimeoutError):
        return Broken("http-timeout", type(error).__name__, sent=sent, repeat=True)
    if isinstance(error, httpx.ProxyError):
        return Broken("http-proxy", str(error), sent=False, repeat=True)
    if through and isinstance(error, httpx.ConnectError):
        # The library's own words for it hold the proxy's address.
        refused = any(isinstance(cause, ConnectionRefusedError) for cause in causes)
        said = os.strerror(errno.ECONNREFUSED) if refused else _words(causes)
        return Broken("http-proxy", said, sent=False, repeat=True)
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return Broken("http-refused", "", sent=False, repeat=True)
    if isinstance(error, httpx.ConnectError):
        return Broken("http-unreachable", _words(causes), sent=False, repeat=True)
    if isinstance(error, httpx.TooManyRedirects | httpx.DecodingError):
        return Broken("http-bad-answer", type(error).__name__, sent=True, repeat=False)
    return Broken("http-lost", _words(causes), sent=sent, repeat=True)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and everything it came from, groups opened."""
    seen: set[int] = set()
    queue: list[BaseException | None] = [error]
    while queue:
        each = queue.pop(0)
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        if isinstance(each, BaseExceptionGroup):
            queue.extend(each.exceptions)
        queue += [each.__cause__, each.__context__]


def _words(causes: list[BaseException]) -> str:
    """The system's own words where there are any, else the library's."""
    told = [each.strerror for each in causes if isinstance(each, OSError) and each.strerror]
    return told[0] if told else str(causes[0]) or type(causes[0]).__name__
