"""Owns a platform that answers at once and agrees with everything: what is left is the engine's own time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from groupform.compile.address import Address
from groupform.compile.resource import Compiled, Resource
from groupform.config.diagnostics import Diagnostic
from groupform.config.project import Connection, ResolvedDeployment
from groupform.engine.provider import (
    Bound,
    Check,
    Context,
    CreateRequest,
    Discovered,
    Done,
    Free,
    Identity,
    Intent,
    Observation,
    Present,
    Probe,
    UpdateRequest,
)
from groupform.providers.matrix.provider import MatrixProvider


class Echo:
    """A session on which every object is as it was applied, and nothing stands in the way of a create."""

    def __init__(self) -> None:
        self.requests = 0
        self._ids = 0

    async def whoami(self) -> Identity:
        return Identity("@bench:localhost", "localhost", "BENCH")

    async def observe(self, bindings: Sequence[Bound], *, deep: bool = False) -> Mapping[Address, Observation]:
        return {each.address: Present(dict(each.applied), 0) for each in bindings}

    async def probe(self, desired: Sequence[Resource]) -> Mapping[Address, Probe]:
        return {each.address: Free() for each in desired}

    async def find(self, intent: Intent) -> Probe:
        return Free()

    async def create(self, request: CreateRequest) -> Done:
        self._ids += 1
        return Done(f"!{self._ids:020}")

    async def update(self, request: UpdateRequest) -> Done:
        return Done(request.bound.id)

    async def delete(self, bound: Bound, *, archive: bool) -> Done:
        return Done(bound.id)

    async def poll(self, token: str) -> Done:
        raise AssertionError(token)

    async def discover(self) -> Sequence[Discovered]:
        return ()

    async def doctor(self) -> Sequence[Check]:
        return ()


class EchoProvider:
    """Compiles as Matrix does; its sessions are echoes."""

    name = "matrix"

    def __init__(self) -> None:
        self._real = MatrixProvider()
        self.types = self._real.types
        self.concurrency = self._real.concurrency

    def check_connection(self, connection: Connection) -> Sequence[Diagnostic]:
        return ()

    def compile(self, deployment: ResolvedDeployment, *, refused: Mapping[str, Collection[str]]) -> Compiled:
        return self._real.compile(deployment, refused=refused)

    def connect(self, context: Context) -> AbstractAsyncContextManager[Any]:
        return _session()


@asynccontextmanager
async def _session() -> AsyncIterator[Echo]:
    yield Echo()
