"""Owns the session of a platform that cannot be reached: it answers nothing about anything, and refuses every write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NoReturn

from groupform.compile.address import Address
from groupform.compile.resource import Resource
from groupform.engine.provider import (
    Bound,
    Check,
    CreateRequest,
    Discovered,
    Done,
    Free,
    Hidden,
    Identity,
    Intent,
    Observation,
    Pending,
    Probe,
    UpdateRequest,
)


class NoSession:
    """What `connect` opens: there is no API, so there is nothing to send."""

    requests = 0

    def __init__(self, platform: str) -> None:
        self._platform = platform

    async def whoami(self) -> Identity:
        """Nobody signs in anywhere."""
        return Identity(account="—", server=self._platform)

    async def observe(self, bindings: Sequence[Bound], *, deep: bool = False) -> Mapping[Address, Observation]:
        """Nothing can be read: the engine takes the state's word for types that nobody reads."""
        return {bound.address: Hidden(f"{self._platform}-nothing-reads") for bound in bindings}

    async def probe(self, desired: Sequence[Resource]) -> Mapping[Address, Probe]:
        return {resource.address: Free() for resource in desired}

    async def find(self, intent: Intent) -> Probe:
        return Free()

    async def create(self, request: CreateRequest) -> Done | Pending:
        _never(request.address)

    async def update(self, request: UpdateRequest) -> Done | Pending:
        _never(request.bound.address)

    async def delete(self, bound: Bound, *, archive: bool) -> Done | Pending:
        _never(bound.address)

    async def poll(self, token: str) -> Done | Pending:
        raise LookupError(token)

    async def discover(self) -> Sequence[Discovered]:
        return ()

    async def doctor(self) -> Sequence[Check]:
        return tuple(Check(f"{self._platform}-doctor-{each}", ok=True) for each in ("no-api", "hearsay"))


def _never(address: Address) -> NoReturn:
    # Every verb of every type here has a person for its actor, so that no plan holds a change of it.
    raise AssertionError(f"a write was asked for that no API can make: {address}")
