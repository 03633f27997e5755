"""Owns the writing to one document in an object store while its lock is ours: small writes of the head, parts aside."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol, TypeVar

import anyio

from groupform.config.diagnostics import Refused
from groupform.state.claim import RENEWAL, Claim, lost, seen_at
from groupform.state.document import Document
from groupform.state.head import Head, Part, parse_head, serial_of, spell_head
from groupform.state.journal import Line, encode
from groupform.state.objects import ChangedError, Objects
from groupform.state.shared import Sleep, patiently
from groupform.state.spelling import refuse, spell
from groupform.state.store import StateKey

T = TypeVar("T")

_TAIL = 64 * 1024
"""How many bytes of the journal travel with every write; more are set aside as a part."""
_PARTS = 16
"""After so many parts the whole document is written again, if the parts outweigh the one they follow."""
_KEEP = 10
_CONFIRMED = 2.0
"""For how many seconds an answer of the store stands for the lock being ours."""


class Place(Protocol):
    """Where a document stands, and how the store is asked."""

    objects: Objects
    now: Callable[[], datetime]
    clock: Callable[[], float]
    sleep: Sleep
    patience: Sequence[float]

    def folder(self, key: StateKey) -> str: ...

    def place(self, key: StateKey) -> str: ...


class S3Held:
    """A document whose lock is ours. `document` is set once it has been read, and always without the line under way."""

    def __init__(self, store: Place, head: Head, tag: str, claim: Claim) -> None:
        self.head = head
        self.lock = claim.id
        self.document = Document(lineage=head.lineage, deployment=head.key.deployment, environment=head.key.environment)
        self._store, self._tag, self._claim = store, tag, claim
        self._turn = anyio.Lock()
        self._begun = False
        self._problem: Refused | None = None
        self._silent = False
        self._confirmed = store.clock()

    async def append(self, line: Line, after: Callable[[], Document]) -> None:
        """One write of the head; before it, now and then, a part or a whole document that the head is to name."""
        async with self._turn:
            self._still_ours()
            head, garbage, data = self.head, list[Part](), encode(line)
            if not self._begun:
                head, garbage = await self._begin(head)
                self._begun = True
            elif len(head.tail) + len(data) > _TAIL and head.tail:
                head, garbage = await self._set_aside(head)
            await self._write(replace(head, tail=head.tail + data, trusted=True))
            for each in garbage:
                await self._store.objects.remove(self._name(each))

    async def check(self) -> None:
        """Raises Refused when the lock is not ours any more; an answer of a moment ago is not asked for again."""
        async with self._turn:
            self._still_ours()
            if self._store.clock() - self._confirmed < _CONFIRMED:
                return
            seen = await self._patiently(lambda: self._store.objects.get(self._name(None)))
            held = parse_head(seen.data, self.head.key, self._place()).lock if seen is not None else None
            if held is None or held.id != self.lock:
                raise lost(self.head.key.deployment, held)
            self._confirmed = self._store.clock()

    async def renew(self) -> None:
        """A sign of life, where no write was one lately. A store that is down is none of its business."""
        async with self._turn:
            if self._problem is None and self._store.clock() - self._confirmed >= RENEWAL / 2:
                try:
                    await self._write(self.head, patience=())
                except Refused:
                    return  # `_write` has kept what must be told to the next one who writes

    async def release(self) -> None:
        """Gives the lock back. Where that fails it is taken over once it has been silent long enough."""
        async with self._turn:
            if self._problem is None:
                try:
                    await self._write(self.head, held=False, patience=() if self._silent else None)
                except Refused as refused:
                    self._problem = refused

    async def adopt(self, document: Document) -> None:
        """Makes this the whole content of a document that has none yet."""
        async with self._turn:
            base = await self._whole(document)
            await self._write(
                replace(self.head, lineage=document.lineage, serial=document.serial, base=base, backups=(base,))
            )

    async def vacate(self, lineage: str) -> None:
        """Leaves an empty place: what stood there lives under another name now."""
        async with self._turn:
            await self._write(Head(self.head.key, lineage, trusted=self.head.trusted))

    async def _begin(self, head: Head) -> tuple[Head, list[Part]]:
        """Before an apply's first write the document stands whole, and is kept as the copy to go back to."""
        if not head.parts and not head.tail:
            return head, []
        base = await self._whole(self.document)
        backups = (*head.backups, base)
        needed = {each.serial for each in self.document.applies}
        kept = tuple(each for each in backups if each in backups[-_KEEP:] or serial_of(each) in needed)
        gone = [*head.parts, *(each for each in backups if each not in kept)]
        if head.base is not None and head.base not in backups:
            gone.append(head.base)
        return replace(head, serial=self.document.serial, base=base, parts=(), tail=b"", backups=kept), gone

    async def _set_aside(self, head: Head) -> tuple[Head, list[Part]]:
        """The tail becomes a part; after many of them all becomes one whole document again."""
        outweighed = sum(each.size for each in head.parts) > (head.base.size if head.base else 0)
        if len(head.parts) >= _PARTS and outweighed:
            base = await self._whole(self.document)
            gone = list(head.parts)
            if head.base is not None and head.base not in head.backups:
                gone.append(head.base)
            return replace(head, serial=self.document.serial, base=base, parts=(), tail=b""), gone
        part = Part.of(f"journal/{self.document.serial:08d}-{self.lock[:12]}.jsonl", head.tail)
        await self._patiently(lambda: self._store.objects.write_once(self._name(part), head.tail))
        return replace(head, parts=(*head.parts, part), tail=b""), []

    async def _whole(self, document: Document) -> Part:
        data = spell(document)
        # Serial and writer in the name: no two objects share one, and none is ever changed.
        part = Part.of(f"documents/{document.serial:08d}-{self.lock[:12]}.json", data)
        await self._patiently(lambda: self._store.objects.write_once(self._name(part), data))
        return part

    async def _write(self, head: Head, *, held: bool = True, patience: Sequence[float] | None = None) -> None:
        """Compare-and-set of the head. A condition that fails is looked into: the answer to a try may have got lost."""
        lock = replace(self._claim, seen=seen_at(self._store.now())) if held else None
        after = head.under(lock)
        data, name = spell_head(after), self._name(None)

        async def attempt() -> str:
            try:
                return await self._store.objects.replace(name, data, self._tag)
            except ChangedError:
                seen = await self._store.objects.get(name)
                if seen is not None and seen.data == data:
                    return seen.tag
                raise self._overtaken(seen.data if seen is not None else None) from None

        try:
            self._tag = await self._patiently(attempt, patience)
        except Refused as refused:
            self._silent = next(iter(refused.diagnostics)).code == "state-store-lost"
            if not self._silent:
                self._problem = refused
            raise
        self.head = after
        self._silent = False
        self._confirmed = self._store.clock()

    def _overtaken(self, data: bytes | None) -> Refused:
        deployment = self.head.key.deployment
        if data is None:
            return refuse("state-moved", deployment=deployment)
        there = parse_head(data, self.head.key, self._place()).lock
        if there is not None and there.id == self.lock:
            return refuse("state-moved", deployment=deployment)
        return lost(deployment, there)

    def _still_ours(self) -> None:
        if self._problem is not None:
            raise Refused(self._problem.diagnostics)

    def _name(self, part: Part | None) -> str:
        return f"{self._store.folder(self.head.key)}/{part.name if part is not None else 'head'}"

    def _place(self) -> str:
        return self._store.place(self.head.key)

    async def _patiently(self, attempt: Callable[[], Awaitable[T]], patience: Sequence[float] | None = None) -> T:
        delays = self._store.patience if patience is None else patience
        return await patiently(attempt, self._store.sleep, self._place(), delays)
