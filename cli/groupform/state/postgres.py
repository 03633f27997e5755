"""Owns the `postgres` backend: documents in rows, locked by an advisory lock that dies with its holder's session."""

from __future__ import annotations

import hashlib
import json
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

import anyio

from groupform.state.claim import Claim, locked, machine, utc_now
from groupform.state.document import Document
from groupform.state.journal import JournalBrokenError, decode
from groupform.state.postgres_held import PostgresHeld
from groupform.state.postgres_session import Session, Sessions
from groupform.state.postgres_tables import CLAIM, COPY, HOLDERS, KEPT, LINES, LIST, LOOK, UNLOCK
from groupform.state.renaming import rename_deployment
from groupform.state.shared import PATIENCE, SharedWriter, Sleep, StoreDownError, fold_line, patiently
from groupform.state.spelling import parse, refuse
from groupform.state.store import Holder, Snapshot, StateKey

T = TypeVar("T")


class PostgresStore:
    """Documents in the tables of one schema, which are made where they are missing."""

    def __init__(
        self,
        sessions: Sessions,
        *,
        now: Callable[[], datetime] = utc_now,
        token: Callable[[], str] = lambda: uuid.uuid4().hex,
        sleep: Sleep = anyio.sleep,
        clock: Callable[[], float] = time.monotonic,
        patience: Sequence[float] = PATIENCE,
    ) -> None:
        self.sessions = sessions
        self.now, self.token, self.sleep, self.clock, self.patience = now, token, sleep, clock, patience

    def place(self, key: StateKey) -> str:
        """How a person calls a document."""
        return f"{self.sessions.place}/{key.environment}/{key.deployment}"

    async def read(self, key: StateKey) -> Document | None:
        """The document as it is durable now, without a lock. Raises Refused for what cannot be trusted."""

        async def attempt() -> Document | None:
            async with self.sessions.one() as session:
                return await load(session, key, self.place(key))

        return await self.patiently(attempt)

    async def list(self) -> Sequence[StateKey]:
        """Every document there is, in the order of environment and deployment."""

        async def attempt() -> Sequence[StateKey]:
            async with self.sessions.one() as session:
                keys = [StateKey(str(row[1]), str(row[0])) for row in await session.rows(LIST, {})]
                return [each for each in keys if not each.is_ledger]

        return await self.patiently(attempt)

    def open(self, key: StateKey, holder: Holder) -> AbstractAsyncContextManager[SharedWriter]:
        """Locks and opens. The lock of a connection that has ended is free."""
        return self._open(key, holder)

    @asynccontextmanager
    async def _open(self, key: StateKey, holder: Holder) -> AsyncIterator[SharedWriter]:
        held = await self._hold(key, holder)
        try:
            yield SharedWriter(held.document, held.lock, held)
        finally:
            with anyio.CancelScope(shield=True):
                await held.release()

    async def unlock(self, key: StateKey) -> Holder | None:
        """Takes the lock away: the row is given to nobody, and the holder's connection is ended. None where none is."""

        async def attempt() -> Holder | None:
            async with self.sessions.one() as session:
                found = await session.rows(LOOK, words(key))
                claim = Claim.read(json.loads(found[0][3])) if found and found[0][3] else None
                await session.run(UNLOCK, words(key))
                pids = await session.rows(HOLDERS, {"number": number_of(key, self.sessions.schema)})
                for (pid,) in pids:
                    await session.rows("SELECT pg_terminate_backend(%(pid)s)", {"pid": pid})
                if claim is None:
                    return Holder("-", 0, "-", "-") if pids else None
                return claim.holder

        return await self.patiently(attempt)

    async def rename(self, old: StateKey, new: StateKey, holder: Holder) -> bool:
        """Renames a deployment's document, addresses inside included. Safe to run again after a kill at any point."""
        if await self.read(old) is None:
            return False
        async with AsyncExitStack() as locks:
            held = {}
            for key in sorted((old, new), key=lambda each: each.deployment):
                held[key] = await self._hold(key, holder)
                locks.push_async_callback(held[key].release)
            source, target = held[old], held[new]
            if not source.document.serial:
                return False
            if not target.document.serial:
                await target.put(rename_deployment(source.document, new.deployment))
            elif target.document.lineage != source.document.lineage:
                raise refuse("state-rename-taken", old=old.deployment, new=new.deployment)
            await source.put(None)
        return True

    async def history(self, key: StateKey) -> Sequence[Snapshot]:
        """The copies in the table of backups, newest first."""

        def snapshot(serial: int, kept: datetime) -> Snapshot:
            async def document() -> Document:
                async def attempt() -> Sequence[tuple[Any, ...]]:
                    async with self.sessions.one() as session:
                        return await session.rows(COPY, {**words(key), "serial": serial, "kept": kept})

                found = await self.patiently(attempt)
                if not found:
                    raise refuse("state-corrupt", file=self.place(key), backup="-")
                return parse(bytes(found[0][0]), key, self.place(key), "-")

            return Snapshot(serial, kept.astimezone(UTC).isoformat(timespec="seconds"), document)

        async def listed() -> Sequence[Snapshot]:
            async with self.sessions.one() as session:
                return [snapshot(int(serial), kept) for serial, kept in await session.rows(KEPT, words(key))]

        return await self.patiently(listed)

    async def patiently(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """What `attempt` returns, tried again while the server does not answer."""
        return await patiently(attempt, self.sleep, self.sessions.place, self.patience)

    async def _hold(self, key: StateKey, holder: Holder) -> PostgresHeld:
        claim = Claim.of(self.token(), holder, self.now())
        broken = False

        async def attempt() -> PostgresHeld:
            nonlocal broken
            session = await self.sessions.connect()
            try:
                if not await session.lock(number_of(key, self.sessions.schema)):
                    there = await self._holder(session, key)
                    if broken or there.died_here(machine()):
                        # The server has not yet noticed that a connection ended: ours, or that of a dead process.
                        raise StoreDownError("advisory lock")
                    raise locked(key.deployment, there)
                value = {**words(key), "lineage": self.token(), "lock": claim.id, "holder": json.dumps(claim.json())}
                await session.run(CLAIM, value)
                document = await load(session, key, self.place(key))
                if document is None:
                    [row] = await session.rows(LOOK, words(key))
                    document = Document(lineage=row[0], deployment=key.deployment, environment=key.environment)
                return PostgresHeld(self, session, key, claim, document)
            except BaseException as error:
                broken = broken or isinstance(error, StoreDownError)
                await session.close()
                raise

        return await self.patiently(attempt)

    async def _holder(self, session: Session, key: StateKey) -> Claim:
        found = await session.rows(LOOK, words(key))
        claim = Claim.read(json.loads(found[0][3])) if found and found[0][3] else None
        return claim or Claim("-", "-", 0, "-", "-", "-", "-")


async def load(session: Session, key: StateKey, place: str) -> Document | None:
    """The document in its rows, None where nothing was ever written. Raises Refused for what cannot be trusted."""
    async with session.snapshot():
        found = await session.rows(LOOK, words(key))
        if not found or not found[0][1]:
            return None
        lineage, serial, _, _, base, base_serial = found[0]
        lines = await session.rows(LINES, {**words(key), "base_serial": base_serial})
    document = (
        parse(bytes(base), key, place, "-")
        if base is not None
        else Document(lineage=lineage, deployment=key.deployment, environment=key.environment)
    )
    try:
        data = b"".join(bytes(row[0]) for row in lines)
        for line in decode(data, serial=base_serial, lineage=document.lineage).lines:
            fold_line(document, line)
    except JournalBrokenError as broken:
        raise refuse(
            "state-journal-corrupt", file=place, line=broken.line, kept=broken.line - 1, backup="-"
        ) from broken
    if document.serial != serial:
        raise refuse("state-corrupt", file=place, backup="-")
    return document


def words(key: StateKey) -> Mapping[str, Any]:
    """The key in the statements' words."""
    return {"environment": key.environment, "deployment": key.deployment}


def number_of(key: StateKey, schema: str) -> int:
    """The advisory lock's number: the same for everybody who names the same document."""
    text = json.dumps(["groupform", schema, key.environment, key.deployment])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1
