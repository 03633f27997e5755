"""A network on which nobody waits for long."""

from __future__ import annotations

import httpx


class Impatient(httpx.AsyncBaseTransport):
    """The network with a time-out of a test's own, in seconds."""

    def __init__(self, seconds: float) -> None:
        self._inner = httpx.AsyncHTTPTransport(trust_env=False, verify=False)
        self._seconds = seconds

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        timeout = dict.fromkeys(("connect", "read", "write", "pool"), self._seconds)
        request.extensions = {**request.extensions, "timeout": timeout}
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        await self._inner.aclose()
