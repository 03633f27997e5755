"""Owns WeChat as a provider: what it compiles, and the session in which nothing can be sent."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from groupform.compile.resource import Compiled
from groupform.config.diagnostics import Diagnostic
from groupform.config.project import Connection, ResolvedDeployment
from groupform.engine.provider import Context, Session
from groupform.engine.resource_type import ResourceType
from groupform.providers.wechat.compile import compile_wechat
from groupform.providers.wechat.limits import read_limits
from groupform.providers.wechat.session import NoSession
from groupform.providers.wechat.types import TYPES


class WeChat:
    """Personal WeChat groups: every change is a step for a person, closed by somebody's word."""

    name = "wechat"
    types: Mapping[str, ResourceType] = TYPES
    concurrency = 1

    def check_connection(self, connection: Connection) -> Sequence[Diagnostic]:
        """A connection needs no settings; it may correct the limits that are known by hearsay."""
        place = connection.place
        _, wrong = read_limits(connection.settings)
        return [
            Diagnostic(
                each.code,
                each.severity,
                place.span if place is not None else None,
                {**each.params, "connection": connection.key},
                place.source_line if place is not None else None,
            )
            for each in wrong
        ]

    def compile(self, deployment: ResolvedDeployment, *, refused: Mapping[str, Collection[str]]) -> Compiled:
        """Steps and claims. Nothing is ever refused: nothing is ever sent."""
        return compile_wechat(deployment)

    def connect(self, context: Context) -> AbstractAsyncContextManager[Session]:
        return _connect()


@asynccontextmanager
async def _connect() -> AsyncIterator[Session]:
    yield NoSession()
