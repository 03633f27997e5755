"""Owns the `http` backend: Terraform's HTTP state protocol, which has locks but no compare-and-set of its own.

GET, POST and DELETE one address a document; LOCK and UNLOCK (or other methods, at other addresses) carry the lock as
JSON, 423 or 409 says that somebody has it, and writes name their lock as `?ID=`
(https://developer.hashicorp.com/terraform/language/backend/http).
What the protocol does not promise is made up for as far as it goes: every write is preceded by a read that compares
serial and lock, and whoever takes a lock writes that down in the document. Between that read and the write remains a
moment in which a server that does not check `?ID=` would take the write of somebody whose lock was broken.
"""

from __future__ import annotations

import json
import os
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

import anyio

from groupform.config.diagnostics import Refused
from groupform.state.claim import Claim, locked, lost, machine, utc_now
from groupform.state.document import FORMAT_VERSION, Document
from groupform.state.http_wire import Endpoint, LockedError, Wire, info_of
from groupform.state.journal import Line
from groupform.state.renaming import rename_deployment
from groupform.state.shared import PATIENCE, SharedWriter, Sleep, patiently
from groupform.state.spelling import check_owner, check_version, read, refuse
from groupform.state.store import Holder, Snapshot, StateKey

T = TypeVar("T")

_CONFIRMED = 2.0
"""For how many seconds an answer of the server stands for the lock being ours."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What a server keeps for us. `serial` counts the writes; `lock` is the id under which the last one was made."""

    serial: int
    lineage: str
    lock: str
    who: str
    document: Document | None


class HttpStore:
    """Documents at addresses of a server. The protocol cannot list them: `known` are the keys that `list` asks for."""

    def __init__(
        self,
        wire: Wire,
        known: Sequence[StateKey] = (),
        *,
        accepted: bool = False,
        now: Callable[[], datetime] = utc_now,
        token: Callable[[], str] = lambda: str(uuid.uuid4()),
        sleep: Sleep = anyio.sleep,
        clock: Callable[[], float] = time.monotonic,
        patience: Sequence[float] = PATIENCE,
    ) -> None:
        self.wire = wire
        # What a command says before it trusts this backend, unless the project accepts it.
        self.weakness = None if accepted else "state-http-weaker"
        self._known = known
        self.now, self.token, self.sleep, self.clock, self.patience = now, token, sleep, clock, patience

    async def read(self, key: StateKey) -> Document | None:
        """The document as the server has it now. Raises Refused for what cannot be trusted."""
        async with self.wire.endpoint(key) as endpoint:
            found = await self._patiently(lambda: stored_at(endpoint, key), endpoint)
        return found.document if found is not None else None

    async def list(self) -> Sequence[StateKey]:
        """Those of the known documents that are there, in the order of environment and deployment."""
        known = sorted(self._known, key=lambda each: (each.environment, each.deployment))
        return [each for each in known if await self.read(each) is not None]

    def open(self, key: StateKey, holder: Holder) -> AbstractAsyncContextManager[SharedWriter]:
        """Locks and opens. The lock of a process of this machine that has ended is taken over."""
        return self._open(key, holder)

    @asynccontextmanager
    async def _open(self, key: StateKey, holder: Holder) -> AsyncIterator[SharedWriter]:
        async with self._held(key, holder) as held:
            yield SharedWriter(held.document, held.lock, held)

    async def unlock(self, key: StateKey) -> Holder | None:
        """Takes the lock away from whoever holds it. None where nobody does.

        The protocol has no way to ask who holds a lock, but to try to take it.
        """
        us = Holder("-", os.getpid(), self.now().astimezone(UTC).isoformat(timespec="seconds"), "state unlock")
        claim = Claim.of(self.token(), us, self.now())
        async with self.wire.endpoint(key) as endpoint:
            try:
                await self._patiently(lambda: endpoint.lock(info_of(claim)), endpoint)
            except LockedError as taken:
                info, holder = taken.info, taken.claim.holder
            else:
                await self._patiently(lambda: endpoint.unlock(info_of(claim)), endpoint)
                return None
            await self._patiently(lambda: endpoint.unlock(info), endpoint)
            # The mark in the document is what stops a holder that wakes up on a server that checks no ids.
            async with self._held(key, us):
                return holder

    async def rename(self, old: StateKey, new: StateKey, holder: Holder) -> bool:
        """Renames a deployment's document, addresses inside included. Safe to run again after a kill at any point."""
        if await self.read(old) is None:
            return False
        async with AsyncExitStack() as locks:
            held = {}
            for key in sorted((old, new), key=lambda each: each.deployment):
                held[key] = await locks.enter_async_context(self._held(key, holder))
            source, target = held[old], held[new]
            if source.empty:
                return False
            if target.empty:
                await target.put(rename_deployment(source.document, new.deployment))
            elif target.document.lineage != source.document.lineage:
                raise refuse("state-rename-taken", old=old.deployment, new=new.deployment)
            await source.put(None)
        return True

    async def history(self, key: StateKey) -> Sequence[Snapshot]:
        """Raises Refused: the protocol has one document an address, and what a server keeps besides is its own."""
        raise refuse("state-no-history", place=self.wire.addresses.of(key)[0])

    @asynccontextmanager
    async def _held(self, key: StateKey, holder: Holder) -> AsyncIterator[HttpHeld]:
        claim = Claim.of(self.token(), holder, self.now())
        async with self.wire.endpoint(key) as endpoint:
            await self._lock(endpoint, claim, key)
            held = HttpHeld(self, endpoint, key, claim)
            try:
                await held.enter()
                yield held
            finally:
                with anyio.CancelScope(shield=True), suppress(LockedError, Refused):
                    delays = () if held.silent else self.patience
                    await patiently(lambda: endpoint.unlock(info_of(claim)), self.sleep, endpoint.place, delays)

    async def _lock(self, endpoint: Endpoint, claim: Claim, key: StateKey) -> None:
        there = await self._take(endpoint, claim)
        if there is not None and there.claim.died_here(machine()):
            dead = there.info
            await self._patiently(lambda: endpoint.unlock(dead), endpoint)
            there = await self._take(endpoint, claim)
        if there is not None:
            raise locked(key.deployment, there.claim)

    async def _take(self, endpoint: Endpoint, claim: Claim) -> LockedError | None:
        """Takes the lock; None when it is ours, if only by a try whose answer got lost."""
        try:
            await self._patiently(lambda: endpoint.lock(info_of(claim)), endpoint)
        except LockedError as taken:
            return taken if taken.claim.id != claim.id else None
        return None

    async def _patiently(self, attempt: Callable[[], Awaitable[T]], endpoint: Endpoint) -> T:
        return await patiently(attempt, self.sleep, endpoint.place, self.patience)


class HttpHeld:
    """A document whose lock is ours."""

    def __init__(self, store: HttpStore, endpoint: Endpoint, key: StateKey, claim: Claim) -> None:
        self.lock = claim.id
        self.empty = True
        self.document = Document(lineage=store.token(), deployment=key.deployment, environment=key.environment)
        self._store, self._endpoint, self._key, self._claim = store, endpoint, key, claim
        self._serial = 0
        self.silent = False
        self._confirmed = store.clock()

    async def enter(self) -> None:
        """Takes over what is there, and writes down that it is ours now: who wakes up later sees it."""
        found = await self._patiently(lambda: stored_at(self._endpoint, self._key))
        document = found.document if found is not None else None
        if found is not None:
            self._serial = found.serial
        if document is not None:
            self.document, self.empty = document, False
        await self._post(document, before=None)

    async def append(self, line: Line, after: Callable[[], Document]) -> None:
        """Reads, compares, and writes the whole document. Raises Refused where somebody else has been there."""
        await self._post(after(), before=(self._serial, self.lock))
        self.empty = False

    async def put(self, document: Document | None) -> None:
        """Replaces the whole content."""
        await self._post(document, before=(self._serial, self.lock))

    async def check(self) -> None:
        """Raises Refused when the lock is not ours any more; an answer of a moment ago is not asked for again."""
        if self._store.clock() - self._confirmed >= _CONFIRMED:
            found = await self._patiently(lambda: stored_at(self._endpoint, self._key))
            if found is None or found.lock != self.lock:
                raise self._overtaken(found)
            self._confirmed = self._store.clock()

    async def _post(self, document: Document | None, before: tuple[int, str] | None) -> None:
        serial = self._serial + 1
        value = {
            "groupform_state": FORMAT_VERSION,
            "serial": serial,
            "lineage": self.document.lineage,
            "lock": self.lock,
            "who": self._claim.who,
            "document": document.model_dump(mode="json") if document is not None else None,
        }
        data = json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")

        async def attempt() -> None:
            if before is not None:
                found = await stored_at(self._endpoint, self._key)
                if found is not None and (found.serial, found.lock) == (serial, self.lock):
                    return  # an earlier try arrived, and only its answer got lost
                if found is None or (found.serial, found.lock) != before:
                    raise self._overtaken(found)
            try:
                await self._endpoint.post(data, self.lock)
            except LockedError as taken:
                raise lost(self._key.deployment, taken.claim) from None

        await self._patiently(attempt)
        self._serial = serial
        self._confirmed = self._store.clock()

    def _overtaken(self, found: Stored | None) -> Exception:
        if found is None or found.lock == self.lock:
            return refuse("state-moved", deployment=self._key.deployment)
        return refuse("state-lock-lost", deployment=self._key.deployment, who=found.who)

    async def _patiently(self, attempt: Callable[[], Awaitable[T]]) -> T:
        self.silent = True
        done = await patiently(attempt, self._store.sleep, self._endpoint.place, self._store.patience)
        self.silent = False
        return done


async def stored_at(endpoint: Endpoint, key: StateKey) -> Stored | None:
    """What the server has at a document's address."""
    value = await endpoint.get()
    return parse_stored(value, key, endpoint.place) if value is not None else None


def parse_stored(value: Any, key: StateKey, place: str) -> Stored:
    """What a server's JSON says. Raises Refused when it is damaged, newer than this program, or somebody else's."""
    try:
        check_version(value["groupform_state"], place)
        whole = value["document"]
        found = Stored(
            serial=int(value["serial"]),
            lineage=str(value["lineage"]),
            lock=str(value["lock"]),
            who=str(value["who"]),
            document=read(whole, key, place, "-") if whole is not None else None,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise refuse("state-corrupt", file=place, backup="-") from error
    if found.document is not None:
        check_owner(found.document.deployment, found.document.environment, key, place)
    return found
