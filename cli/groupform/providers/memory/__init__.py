"""A platform in this process's memory: for tests of the engine, and to read as the smallest whole provider."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field

from groupform.compile.resource import Attributes, Compiled, Form, Resource
from groupform.config.diagnostics import Diagnostic
from groupform.config.project import Connection, ResolvedDeployment
from groupform.engine.provider import Context, Session
from groupform.engine.resource_type import ResourceType
from groupform.providers.memory.compiler import compile_community
from groupform.providers.memory.session import MemorySession
from groupform.providers.memory.types import Variant, types
from groupform.providers.memory.world import MemoryWorld

_KEPT = ("handle", "kind")


@dataclass
class MemoryProvider:
    """The provider of one MemoryWorld. `variant` says who the actor is."""

    world: MemoryWorld
    variant: Variant = Variant.api
    name: str = "memory"
    concurrency: int = 8
    settle: float = 5.0
    types: Mapping[str, ResourceType] = field(init=False)

    def __post_init__(self) -> None:
        self.types = types(self.variant, settle=self.settle)

    def check_connection(self, connection: Connection) -> Sequence[Diagnostic]:
        return ()

    def compile(self, deployment: ResolvedDeployment, *, refused: Mapping[str, Collection[str]]) -> Compiled:
        return compile_community(deployment, self.variant, refused)

    def forms(self, deployment: ResolvedDeployment, resource: Resource, observed: Attributes) -> Sequence[Form]:
        """An adopted room keeps what no file chose for it: its handle, and of what kind it was made."""
        desired = resource.attributes
        differs = [name for name in _KEPT if name in desired and observed.get(name) != desired[name]]
        return [
            Form({name: desired[name]}, {name: observed[name]} if name in observed else {})
            for name in (differs if resource.address.type == "room" else ())
        ]

    def connect(self, context: Context) -> AbstractAsyncContextManager[Session]:
        return self._connect(context)

    @asynccontextmanager
    async def _connect(self, context: Context) -> AsyncIterator[Session]:
        yield MemorySession(self.world, context, self.types, self.variant)


__all__ = ["MemoryProvider", "MemoryWorld", "Variant"]
