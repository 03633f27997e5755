"""Owns what every shared backend has in common: one write for whoever waits, never cut short, none after a failed one.

A backend brings a `Held` document and a way to make one line durable by compare-and-set; this module decides what goes
into a line and when, and how often a store that does not answer is asked again.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol, TypeVar

import anyio

from groupform.config.diagnostics import Refused
from groupform.state.document import Document, Entry, fold
from groupform.state.journal import Line
from groupform.state.spelling import refuse

Sleep = Callable[[float], Awaitable[None]]
T = TypeVar("T")

PATIENCE = (0.2, 0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds between the tries of a write: a store that is being restarted is back by then, or the apply stops."""


class StoreDownError(Exception):
    """The store did not answer. What was sent may have been done, or may still be."""


class Held(Protocol):
    """One document in a shared store, for as long as its lock is ours."""

    async def append(self, line: Line, after: Callable[[], Document]) -> None:
        """Makes a line durable if serial and lock are still what we know; called one at a time.

        `after` is the document with the line in it. Raises Refused.
        """

    async def check(self) -> None:
        """Raises Refused `state-lock-lost` when the lock is no longer ours."""


@dataclass(eq=False, slots=True)
class _Waiting:
    entries: tuple[Entry, ...]
    settled: bool = False
    problem: Refused | None = None


class SharedWriter:
    """The right to write one document of a shared store (see `store.Writer`)."""

    def __init__(self, document: Document, lock: str, held: Held) -> None:
        self._document = document
        self._lock = lock
        self._held = held
        self._turn = anyio.Lock()
        self._queue: list[_Waiting] = []
        self._problem: Refused | None = None

    @property
    def document(self) -> Document:
        """The document as last made durable by this writer."""
        return self._document

    async def commit(self, entries: Sequence[Entry]) -> None:
        """Makes `entries` durable. Whoever commits while a write is under way shares the next one.

        A cancellation falls before or after a write, never into it. Raises Refused; after that this writer writes no
        more, since nobody knows what the store holds: the next one reads.
        """
        if not entries:
            return
        mine = _Waiting(tuple(entries))
        self._queue.append(mine)
        with anyio.CancelScope(shield=True):
            async with self._turn:
                if not mine.settled:
                    await self._write()
        if mine.problem is not None:
            raise Refused(mine.problem.diagnostics)

    async def check(self) -> None:
        """Raises Refused when the lock was taken away: what was announced under it must not be sent any more."""
        if self._problem is not None:
            raise Refused(self._problem.diagnostics)
        with anyio.CancelScope(shield=True):
            await self._held.check()

    async def _write(self) -> None:
        sharing, self._queue = self._queue, []
        entries = tuple(entry for each in sharing for entry in each.entries)
        if self._problem is None:
            document = self._document
            line = Line(document.serial + 1, document.lineage, self._lock, entries)
            try:
                await self._held.append(line, lambda: folded(document, [line]))
                fold_line(document, line)
            except Refused as refused:
                self._problem = refused
            except BaseException:
                self._problem = refuse("state-store-lost", place="-", reason="?")
                raise
        for each in sharing:
            each.settled, each.problem = True, self._problem


def fold_line(document: Document, line: Line) -> None:
    """Changes `document` by one durable write."""
    for entry in line.entries:
        fold(document, entry)
    document.serial = line.serial


def folded(document: Document, lines: Sequence[Line]) -> Document:
    """A copy of `document` with more lines; the values in it are shared, as they never change."""
    copy = document.model_copy(update={name: dict(value) for name, value in document if isinstance(value, dict)})
    for each in lines:
        fold_line(copy, each)
    return copy


async def patiently(
    attempt: Callable[[], Awaitable[T]], sleep: Sleep, place: str, delays: Sequence[float] = PATIENCE
) -> T:
    """What `attempt` returns, tried again while the store is down; it must be safe to repeat.

    Raises Refused `state-store-lost` when the patience is over.
    """
    for delay in (*delays, None):
        try:
            return await attempt()
        except StoreDownError as down:
            if delay is None:
                raise refuse("state-store-lost", place=place, reason=str(down)) from down
        await sleep(delay)
    raise AssertionError("a try returns or raises")


@asynccontextmanager
async def kept_alive(renew: Callable[[], Awaitable[None]], sleep: Sleep, every: float) -> AsyncIterator[None]:
    """Calls `renew` every so often while the block runs. What the block raises comes out as it is, in no group."""
    problem: BaseException | None = None

    async def beat() -> None:
        while True:
            await sleep(every)
            with anyio.CancelScope(shield=True):
                await renew()

    async with anyio.create_task_group() as group:
        group.start_soon(beat)
        try:
            yield
        except BaseException as error:
            problem = error
        group.cancel_scope.cancel()
    if problem is not None:
        raise problem
