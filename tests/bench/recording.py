"""Owns the record of what was sent: the requests of a plan or an apply, in order, with what came back."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any

import httpx


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer. `path` holds the query too; `began` and `ended` are seconds of one clock."""

    method: str
    path: str
    body: Any
    status: int
    answer: Any
    began: float
    ended: float

    @property
    def route(self) -> str:
        """The path without ids, for counting: `PUT /rooms/·/state/m.room.name`."""
        parts = self.path.partition("?")[0].split("/")[1:]
        return f"{self.method} /" + "/".join("·" if _is_id(each) else each for each in parts)


class Recorder(httpx.AsyncBaseTransport):
    """Passes everything on to a real transport and keeps it in mind."""

    def __init__(self, connections: int) -> None:
        limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
        self._inner = httpx.AsyncHTTPTransport(limits=limits, trust_env=False)
        self.exchanges: list[Exchange] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        began = time.perf_counter()
        sent = request.content
        response = await self._inner.handle_async_request(request)
        data = await response.aread()
        await response.aclose()
        path = request.url.raw_path.decode("ascii")
        body = json.loads(sent) if sent.startswith(b"{") else None
        answer = json.loads(data) if data else None
        ended = time.perf_counter()
        self.exchanges.append(Exchange(request.method, path, body, response.status_code, answer, began, ended))
        return httpx.Response(response.status_code, headers=response.headers, content=data)

    async def aclose(self) -> None:
        await self._inner.aclose()

    def taken(self) -> list[Exchange]:
        """What was sent since the last time, in the order in which it was sent."""
        found = sorted(self.exchanges, key=lambda each: each.began)
        self.exchanges = []
        return found


def _is_id(segment: str) -> bool:
    return segment.startswith(("%21", "%23", "%24", "%40", "!", "#", "$", "@", "gf-"))
