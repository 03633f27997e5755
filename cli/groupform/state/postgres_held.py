"""Owns the writing to one document in PostgreSQL while its lock is ours, over connections that may break."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import anyio

from groupform.config.diagnostics import Refused
from groupform.state.claim import Claim, lost
from groupform.state.document import Document
from groupform.state.journal import Line, encode
from groupform.state.postgres_session import Session
from groupform.state.postgres_tables import APPEND, CLEAR, KEEP, LINE, LOOK, RELEASE, REPLACE, TRIM, WHOLE
from groupform.state.shared import StoreDownError
from groupform.state.spelling import refuse, spell
from groupform.state.store import StateKey

if TYPE_CHECKING:
    from groupform.state.postgres import PostgresStore

_CHECKPOINT = 256
_KEEP = 10
_CONFIRMED = 2.0
"""For how many seconds an answer of the server stands for the lock being ours."""


class PostgresHeld:
    """A document whose lock is ours. `document` never has the line that is under way."""

    def __init__(self, store: PostgresStore, session: Session, key: StateKey, claim: Claim, document: Document) -> None:
        self.lock = claim.id
        self.document = document
        self._store, self._session, self._key = store, session, key
        self._words = {"environment": key.environment, "deployment": key.deployment, "lock": claim.id}
        self._turn = anyio.Lock()
        self._lines = 0
        self._begun = False
        self._broken = False
        self._confirmed = store.clock()

    async def append(self, line: Line, after: Callable[[], Document]) -> None:
        """One statement: the row moves on from the serial we know, under our lock, with the line; or nothing does."""
        async with self._turn:
            if not self._begun:
                await self._begin()
                self._begun = True
            elif self._lines >= max(_CHECKPOINT, len(self.document.bindings)):
                await self._checkpoint()
            data = encode(line)
            words = {**self._words, "serial": line.serial - 1, "next": line.serial, "line": data}

            async def attempt(session: Session) -> None:
                if await session.run(APPEND, words) != 1:
                    found = await session.rows(LINE, words)
                    if not found or bytes(found[0][0]) != data:  # else an earlier try arrived: its answer got lost
                        raise await self._overtaken(session)

            await self._patiently(attempt)
            self._lines += 1

    async def check(self) -> None:
        """Raises Refused when the lock is not ours any more; an answer of a moment ago is not asked for again."""
        async with self._turn:
            if self._store.clock() - self._confirmed >= _CONFIRMED:

                async def attempt(session: Session) -> None:
                    found = await session.rows(LOOK, self._words)
                    if not found or found[0][2] != self.lock:
                        raise await self._overtaken(session)

                await self._patiently(attempt)

    async def put(self, document: Document | None) -> None:
        """Replaces the whole content; with None the place is empty again, for a history of its own."""
        async with self._turn:
            words = {
                **self._words,
                "serial": self.document.serial,
                "lineage": document.lineage if document is not None else self._store.token(),
                "next": document.serial if document is not None else 0,
                "base": spell(document) if document is not None else None,
            }

            async def attempt(session: Session) -> None:
                async with session.transaction():
                    if await session.run(REPLACE, words) != 1:
                        raise await self._overtaken(session)
                    await session.run(CLEAR, words)

            await self._patiently(attempt)

    async def release(self) -> None:
        """Gives the lock back; the server does it too when the connection ends."""
        try:
            await self._session.run(RELEASE, self._words)
            # The server notices only after a while that a connection has ended: whoever comes next need not wait.
            await self._session.rows("SELECT pg_advisory_unlock_all()", {})
        except (StoreDownError, Refused):
            pass
        finally:
            await self._session.close()

    async def _begin(self) -> None:
        """Before an apply's first write the document is kept as the copy to go back to."""
        if self.document.serial:
            await self._checkpoint(keep=True)

    async def _checkpoint(self, *, keep: bool = False) -> None:
        """The whole document as of now, and a journal that starts after it."""
        words = {
            **self._words,
            "serial": self.document.serial,
            "base": spell(self.document),
            "keep": _KEEP,
            "needed": [each.serial for each in self.document.applies],
        }

        async def attempt(session: Session) -> None:
            async with session.transaction():
                [(moved,)] = await session.rows(WHOLE, words)
                if moved != 1:
                    raise await self._overtaken(session)
                if keep:
                    await session.run(KEEP, words)
                    await session.run(TRIM, words)

        await self._patiently(attempt)
        self._lines = 0

    async def _patiently(self, attempt: Callable[[Session], Awaitable[None]]) -> None:
        """Runs `attempt`, over a new connection where the old one broke; the lock must then still be ours to take."""

        async def tried() -> None:
            try:
                if self._broken:
                    await self._reconnect()
                await attempt(self._session)
            except StoreDownError:
                self._broken = True
                raise

        await self._store.patiently(tried)
        self._confirmed = self._store.clock()

    async def _reconnect(self) -> None:
        from groupform.state.postgres import number_of

        await self._session.close()
        self._session = await self._store.sessions.connect()
        found = await self._session.rows(LOOK, self._words)
        if not found or found[0][2] != self.lock:
            raise await self._overtaken(self._session)
        if not await self._session.lock(number_of(self._key, self._store.sessions.schema)):
            # Our own old connection, which the server has not given up yet; or somebody who is about to take the row.
            raise StoreDownError("advisory lock")
        self._broken = False

    async def _overtaken(self, session: Session) -> Refused:
        found: Any = await session.rows(LOOK, self._words)
        if found and found[0][2] == self.lock:
            return refuse("state-moved", deployment=self._key.deployment)
        claim = Claim.read(json.loads(found[0][3])) if found and found[0][3] else None
        return lost(self._key.deployment, claim)
