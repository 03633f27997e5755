"""Owns a platform that is run by hand as a provider: what it compiles, and the session in which nothing can be sent."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from groupform.compile.resource import Compiled
from groupform.config.diagnostics import Diagnostic
from groupform.config.project import Connection, ResolvedDeployment
from groupform.engine.provider import Context, Session
from groupform.engine.resource_type import ResourceType
from groupform.engine.step_today import Threshold
from groupform.providers.byhand.compile import compile_by_hand
from groupform.providers.byhand.kind import Kind
from groupform.providers.byhand.limits import read_limits
from groupform.providers.byhand.session import NoSession


class ByHand:
    """One such platform: every change is a step for a person, closed by somebody's word."""

    concurrency = 1

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.name = kind.name
        self.types: Mapping[str, ResourceType] = kind.types

    def check_connection(self, connection: Connection) -> Sequence[Diagnostic]:
        """A connection needs no settings; it may correct the limits that are known by hearsay."""
        place = connection.place
        _, wrong = read_limits(self.name, self.kind.limits, connection.settings)
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
        return compile_by_hand(self.kind, deployment)

    def thresholds(self, connection: Connection) -> Sequence[Threshold]:
        """At how many people in a group something changes, by what is said."""
        limits, _ = read_limits(self.name, self.kind.limits, connection.settings)
        found = (
            ("today-qr-stops", limits.qr_members),
            ("today-group-full", limits.max_members),
        )
        return [Threshold(count, self.kind.code(code)) for code, count in found if count is not None]

    def connect(self, context: Context) -> AbstractAsyncContextManager[Session]:
        return _connect(self.name)


@asynccontextmanager
async def _connect(platform: str) -> AsyncIterator[Session]:
    yield NoSession(platform)
