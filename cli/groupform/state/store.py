"""Owns the interface of a state backend: local files, and the shared stores."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from groupform.state.document import Document, Entry

_LEDGER = ".sends"


@dataclass(frozen=True, slots=True)
class StateKey:
    """Which document: a deployment in an environment."""

    deployment: str
    environment: str

    @property
    def ledger(self) -> StateKey:
        """Where the send ledger of the deployment stands. No deployment's name holds a dot."""
        return StateKey(self.deployment + _LEDGER, self.environment)

    @property
    def is_ledger(self) -> bool:
        return self.deployment.endswith(_LEDGER)


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a lock: `who` (user@host), process id, since when (UTC, ISO 8601), for what command."""

    who: str
    pid: int
    since: str
    command: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A copy of a document that was put aside: its serial, when (UTC, ISO 8601), and how to read it.

    `document` raises Refused where the copy cannot be trusted.
    """

    serial: int
    when: str
    document: Callable[[], Awaitable[Document]]


class Writer(Protocol):
    """The right to write one document, for as long as the lock is held."""

    @property
    def document(self) -> Document:
        """The document as last made durable by this writer."""

    async def commit(self, entries: Sequence[Entry]) -> None:
        """Makes `entries` durable, in one write; on return they survive a kill. Compare-and-set on serial and lock.

        Raises Refused (`state-lock-lost`, `state-moved`, `state-not-writable`, `state-store-lost`).
        """

    async def check(self) -> None:
        """Raises Refused `state-lock-lost` when the lock was taken away: what was announced must not be sent any more.

        A shared store may answer from what it said a few seconds ago.
        """


class Store(Protocol):
    """A backend. `read` needs no lock. Raises Refused for what cannot be read: corrupt, newer, another lineage."""

    async def read(self, key: StateKey) -> Document | None: ...

    async def list(self) -> Sequence[StateKey]:
        """The documents there are, send ledgers left out."""

    def open(self, key: StateKey, holder: Holder) -> AbstractAsyncContextManager[Writer]:
        """Locks and opens; creates the document, with a new lineage, where there is none.

        Raises Refused with `state-locked` (who, since) when somebody else holds it.
        """

    async def rename(self, old: StateKey, new: StateKey, holder: Holder) -> bool:
        """Gives a deployment's document its new name, addresses inside included. False where there is none.

        Raises Refused with `state-rename-taken` when `new` has a history of its own.
        """

    async def unlock(self, key: StateKey) -> Holder | None:
        """Takes the lock away from whoever holds it, and says who that was; None where nobody does.

        Whoever held it cannot write any more, even if it only slept.
        """

    async def history(self, key: StateKey) -> Sequence[Snapshot]:
        """The copies that were put aside before the last writers wrote, newest first.

        The ones from before the applies on record (`Document.applies`) are always among them. Raises Refused
        `state-no-history` where the backend keeps none.
        """
