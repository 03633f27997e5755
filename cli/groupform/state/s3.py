"""Owns the `s3` backend: documents in any S3-compatible store that keeps its word on conditional writes."""

from __future__ import annotations

import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

import anyio

from groupform.state.claim import RENEWAL, Claim, locked, machine, utc_now
from groupform.state.document import Document
from groupform.state.head import Head, Part, document_of, parse_head, serial_of, spell_head
from groupform.state.objects import ChangedError, Objects, Seen
from groupform.state.renaming import rename_deployment
from groupform.state.s3_held import S3Held
from groupform.state.shared import PATIENCE, SharedWriter, Sleep, kept_alive, patiently
from groupform.state.spelling import parse, refuse
from groupform.state.store import Holder, Snapshot, StateKey

T = TypeVar("T")

_RACES = 20
_NOBODYS = '"00000000000000000000000000000000"'
"""A tag that no object of ours ever has."""


class S3Store:
    """Documents below `prefix` of a bucket: `<prefix>/<environment>/<deployment>/head`, and beside it what it names.

    `patience` are the seconds between the tries of a request that the store does not answer.
    """

    def __init__(
        self,
        objects: Objects,
        prefix: str = "",
        *,
        now: Callable[[], datetime] = utc_now,
        token: Callable[[], str] = lambda: uuid.uuid4().hex,
        sleep: Sleep = anyio.sleep,
        clock: Callable[[], float] = time.monotonic,
        patience: Sequence[float] = PATIENCE,
    ) -> None:
        self._prefix = prefix.strip("/")
        self.objects = objects
        self.now, self.token, self.sleep, self.clock, self.patience = now, token, sleep, clock, patience

    def folder(self, key: StateKey) -> str:
        """The name below which everything of one document stands."""
        return "/".join(each for each in (self._prefix, key.environment, key.deployment) if each)

    def place(self, key: StateKey) -> str:
        """How a person calls the head of a document."""
        return f"{self.objects.place}/{self.folder(key)}/head"

    async def read(self, key: StateKey) -> Document | None:
        """The document as it is durable now, without a lock. Raises Refused for what cannot be trusted."""
        for _ in range(_RACES):
            seen = await self.get(f"{self.folder(key)}/head", self.place(key))
            if seen is None:
                return None
            head = parse_head(seen.data, key, self.place(key))
            if head.empty:
                return None
            found = await self.load(head)
            if found is not None:
                return found
        raise refuse("state-corrupt", file=self.place(key), backup="-")

    async def list(self) -> Sequence[StateKey]:
        """Every document there is, in the order of environment and deployment."""
        start = f"{self._prefix}/" if self._prefix else ""
        names = await self._patiently(lambda: self.objects.names(self._prefix), self.objects.place)
        parts = [each.removeprefix(start).split("/") for each in names if each.startswith(start)]
        keys = [StateKey(each[1], each[0]) for each in parts if len(each) == 3 and each[2] == "head"]
        found = []
        for key in keys:
            if key.is_ledger:
                continue
            seen = await self.get(f"{self.folder(key)}/head", self.place(key))
            if seen is not None and not parse_head(seen.data, key, self.place(key)).empty:
                found.append(key)
        return found

    def open(self, key: StateKey, holder: Holder) -> AbstractAsyncContextManager[SharedWriter]:
        """Locks and opens. What is dead is taken over; a lock that was never written under leaves no document."""
        return self._open(key, holder)

    @asynccontextmanager
    async def _open(self, key: StateKey, holder: Holder) -> AsyncIterator[SharedWriter]:
        held = await self._hold(key, holder)
        try:
            async with kept_alive(held.renew, self.sleep, RENEWAL):
                yield SharedWriter(held.document, held.lock, held)
        finally:
            with anyio.CancelScope(shield=True):
                await held.release()

    async def unlock(self, key: StateKey) -> Holder | None:
        """Takes the lock away from whoever holds it, who from then on cannot write. None where nobody does."""
        for _ in range(_RACES):
            seen = await self.get(f"{self.folder(key)}/head", self.place(key))
            head = parse_head(seen.data, key, self.place(key)) if seen is not None else None
            if seen is None or head is None or head.lock is None:
                return None
            if await self._swap(head.under(None), seen) is not None:
                return head.lock.holder
        raise refuse("state-moved", deployment=key.deployment)

    async def rename(self, old: StateKey, new: StateKey, holder: Holder) -> bool:
        """Renames a deployment's document, addresses inside included. Safe to run again after a kill at any point."""
        if await self.read(old) is None:
            return False
        async with AsyncExitStack() as locks:
            held = {}
            for key in sorted((old, new), key=self.folder):
                held[key] = await self._hold(key, holder)
                locks.push_async_callback(held[key].release)
            source, target = held[old], held[new]
            if source.head.empty:
                return False
            if target.head.empty:
                await target.adopt(rename_deployment(source.document, new.deployment))
            elif target.document.lineage != source.document.lineage:
                raise refuse("state-rename-taken", old=old.deployment, new=new.deployment)
            await source.vacate(self.token())
        return True

    async def history(self, key: StateKey) -> Sequence[Snapshot]:
        """The whole documents that the head names as copies, newest first."""
        seen = await self.get(f"{self.folder(key)}/head", self.place(key))
        if seen is None:
            return []
        head = parse_head(seen.data, key, self.place(key))
        names = f"{self.folder(key)}/documents/"
        written = await self._patiently(lambda: self.objects.written_at(names), self.place(key))

        def snapshot(part: Part, serial: int) -> Snapshot:
            name = f"{self.folder(key)}/{part.name}"

            async def document() -> Document:
                found = await self.get(name, self.place(key))
                if found is None or not part.holds(found.data):
                    raise refuse("state-corrupt", file=f"{self.objects.place}/{name}", backup="-")
                return parse(found.data, key, f"{self.objects.place}/{name}", "-")

            return Snapshot(serial, written.get(name, ""), document)

        found = [(each, serial_of(each)) for each in reversed(head.backups)]
        return [snapshot(part, serial) for part, serial in found if serial is not None]

    async def get(self, name: str, place: str) -> Seen | None:
        """An object, asked for with patience."""
        return await self._patiently(lambda: self.objects.get(name), place)

    async def load(self, head: Head) -> Document | None:
        """The document that a head makes up; None where an object it names has just been replaced."""
        folder, data = self.folder(head.key), dict[str, bytes]()
        for part in (*([head.base] if head.base else []), *head.parts):
            seen = await self.get(f"{folder}/{part.name}", self.place(head.key))
            if seen is None:
                return None
            data[part.name] = seen.data
        base = data.pop(head.base.name) if head.base else None
        return document_of(head, base, list(data.values()), self.place(head.key))

    async def _hold(self, key: StateKey, holder: Holder) -> S3Held:
        claim = Claim.of(self.token(), holder, self.now())
        for _ in range(_RACES):
            seen = await self.get(f"{self.folder(key)}/head", self.place(key))
            head = parse_head(seen.data, key, self.place(key)) if seen else Head(key, self.token())
            if head.lock is not None and not await self._is_dead(head.lock, seen, key):
                raise locked(key.deployment, head.lock)
            mine = await self._swap(head.under(claim), seen)
            if mine is not None:
                return await self._entered(mine, head.under(claim), claim)
        raise refuse("state-moved", deployment=key.deployment)

    async def _entered(self, mine: Seen, head: Head, claim: Claim) -> S3Held:
        """The lock is ours: the document can be read in peace."""
        held = S3Held(self, head, mine.tag, claim)
        try:
            if not head.trusted:
                await self._try_conditions(mine, head)
                held.head = replace(head, trusted=True)
            found = await self.load(head)
            if found is None:
                raise refuse("state-missing", file=self.place(head.key), backup="-")
            held.document = found
        except BaseException:
            with anyio.CancelScope(shield=True):
                await held.release()
            raise
        return held

    async def _is_dead(self, claim: Claim, seen: Seen | None, key: StateKey) -> bool:
        """Whether a holder is gone: a process of this machine that ended, or one that is silent while we watch.

        Two machines' clocks may disagree, so an old sign of life alone proves nothing.
        """
        if claim.died_here(machine()):
            return True
        if not claim.silent(self.now()):
            return False
        await self.sleep(RENEWAL * 1.5)
        later = await self.get(f"{self.folder(key)}/head", self.place(key))
        return later is not None and seen is not None and later.tag == seen.tag

    async def _swap(self, head: Head, seen: Seen | None) -> Seen | None:
        """Puts a head in the place of the one seen; None where another has been put there meanwhile."""
        name, data = f"{self.folder(head.key)}/head", spell_head(head)

        async def attempt() -> Seen | None:
            try:
                if seen is None:
                    return Seen(data, await self.objects.create(name, data))
                return Seen(data, await self.objects.replace(name, data, seen.tag))
            except ChangedError:
                # Perhaps by us, and only the answer was lost.
                now = await self.objects.get(name)
                return now if now is not None and now.data == data else None

        return await self._patiently(attempt, self.place(head.key))

    async def _try_conditions(self, mine: Seen, head: Head) -> None:
        """A store that takes a write whose condition does not hold would let two applies overwrite each other.

        The writes repeat what is there, so that they change nothing where they are wrongly taken.
        """
        name = f"{self.folder(head.key)}/head"

        async def refuses_create() -> bool:
            try:
                await self.objects.create(name, mine.data)
            except ChangedError:
                return True
            return False

        async def refuses_replace() -> bool:
            try:
                await self.objects.replace(name, mine.data, _NOBODYS)
            except ChangedError:
                return True
            return False

        for each in (refuses_create, refuses_replace):
            if not await self._patiently(each, self.place(head.key)):
                raise refuse("state-store-unconditional", place=self.objects.place)

    async def _patiently(self, attempt: Callable[[], Awaitable[T]], place: str) -> T:
        return await patiently(attempt, self.sleep, place, self.patience)
