"""A corp with a few people, and the client that reaches it: what the tests of the WeCom API begin with."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from pydantic import SecretStr

from groupform.http import Client, Patience
from groupform.providers.wecom.api import BASE_URL, Api
from groupform.providers.wecom.rehearsal import Rehearsal
from groupform.providers.wecom.token import token
from groupform.providers.wecom.wire import classify
from http_rig import Time

SECRET = "rehearsal-secret"
START = 1_790_000_000.0
PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)


class Stage:
    """A rehearsal on a clock that only sleeping moves, with four members and one application."""

    def __init__(self, **options: Any) -> None:
        self.time = Time()
        self.time.now = START
        self.rehearsal = Rehearsal(now=self.time.clock, **options)
        self.rehearsal.app()
        for userid in ("LinYi", "zhouzhou", "ops01", "newbie"):
            self.rehearsal.member(userid)
        self.person = self.rehearsal.person
        self.waited: list[tuple[float, str]] = []

    def pass_time(self, seconds: float) -> None:
        self.time.now += seconds

    @asynccontextmanager
    async def api(self, *, secret: str = SECRET, corp: str = "wwrehearsal", **options: Any) -> AsyncIterator[Api]:
        """The API over this rehearsal, as a session would open it."""
        given: dict[str, Any] = {"patience": Patience(max_wait=100.0), "concurrency": 4, **options}
        client = Client(
            BASE_URL,
            token(corp, SecretStr(secret), self.time.clock),
            classify=classify,
            sleep=self.time.sleep,
            clock=self.time.clock,
            now=self.time.clock,
            chance=lambda: 0.0,
            waiting=lambda seconds, code: self.waited.append((seconds, code)),
            transport=self.rehearsal.transport(),
            **given,
        )
        async with client:
            yield Api(client, self.time.clock)

    async def ask(
        self, path: str, body: Any = None, *, agent: str = "1000002", method: str = "POST", **more: Any
    ) -> Any:
        """What the platform answers to a request as it is, past the API: `more` as httpx takes it."""
        async with httpx.AsyncClient(transport=self.rehearsal.transport(), base_url=BASE_URL) as http:
            app = self.rehearsal.corp["apps"][agent]
            query = {"corpid": self.rehearsal.corp["corp"]["id"], "corpsecret": app["secret"]}
            token_ = (await http.get("/cgi-bin/gettoken", params=query)).json().get("access_token", "none")
            sent = {"json": body} if method == "POST" and "content" not in more and "files" not in more else {}
            params = {"access_token": token_, **more.pop("query", {})}
            found = await http.request(method, f"/cgi-bin/{path}", params=params, **sent, **more)
            return found.json() if found.status_code == 200 else found.status_code
