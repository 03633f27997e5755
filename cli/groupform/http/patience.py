"""Owns the waiting: how long one call may wait in all, how many go at once, and the pauses that calls keep together.

A platform counts requests in buckets. When one call is told to wait, every call of that bucket waits, and afterwards
they go one at a time until the platform has taken a few of them: many callers that wake up at once would only be
refused again. Buckets that were not limited go on.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import anyio

from groupform.http.errors import Context, WaitTooLong

# After so many answers in a row without a limit the bucket's calls go side by side again.
_CALM = 4


@dataclass(frozen=True, slots=True)
class Patience:
    """How a client waits. Times in seconds.

    `max_wait` bounds what one call waits for rate limits, all its waits together. `attempts` bounds the tries of a call
    that is safe to repeat; between them it waits `base * 2^n`, at most `ceiling`, spread by up to half.
    """

    max_wait: float = 900.0
    attempts: int = 4
    base: float = 0.5
    ceiling: float = 30.0

    def backoff(self, failures: int, chance: float) -> float:
        """The wait after so many failures (1 for the first); `chance` lies in [0, 1)."""
        whole = min(self.ceiling, self.base * 2.0 ** min(failures - 1, 30))
        return whole * (1.0 + 0.5 * chance)


class Budget:
    """What one call may still wait."""

    def __init__(self, seconds: float) -> None:
        self.left = seconds

    def spend(self, seconds: float) -> None:
        """Raises WaitTooLong, before any waiting, where `seconds` is more than what is left."""
        if seconds > self.left:
            raise WaitTooLong(Context(), seconds)
        self.left -= seconds


class Slots:
    """How many requests may be under way at once: fewer when the platform says that they are too many."""

    def __init__(self, width: int) -> None:
        self.width = width
        self._free = anyio.Semaphore(width)
        self._owed = 0

    def narrow(self) -> None:
        """One fewer from now on, down to one at a time."""
        if self.width > 1:
            self.width -= 1
            self._owed += 1

    async def __aenter__(self) -> None:
        await self._free.acquire()

    async def __aexit__(self, *_: object) -> None:
        if self._owed:
            self._owed -= 1
        else:
            self._free.release()


class Bucket:
    """Calls that a platform counts together."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._until = 0.0
        self._careful = False
        self._calm = 0
        self._turn = anyio.Lock()
        self.closed_for = 0.0
        self.refusals = 0
        """How often in a row a call was refused that had kept all pauses."""

    @property
    def closed(self) -> bool:
        """Whether a pause is on."""
        return self._clock() < self._until

    @asynccontextmanager
    async def turn(self, budget: Budget, sleep: Callable[[float], Awaitable[None]]) -> AsyncIterator[None]:
        """Waits until a call of this bucket may be sent. Raises WaitTooLong where the budget does not allow it."""
        alone = self._careful
        if alone:
            since = self._clock()
            await self._turn.acquire()
            budget.left -= self._clock() - since
            if not self._careful:
                # Calm again while we queued: the rest of the queue need not go one by one.
                self._turn.release()
                alone = False
        try:
            while (seconds := self._until - self._clock()) > 0:
                budget.spend(seconds)
                await sleep(seconds)
            yield
        finally:
            if alone:
                self._turn.release()

    def close(self, seconds: float) -> bool:
        """Closes the bucket for so long, counted from now. Returns whether that is news: a pause noticeably longer."""
        before, until = max(self._until, self._clock()), self._clock() + seconds
        self._careful, self._calm = True, 0
        if until <= before:
            return False
        self._until = until
        self.closed_for += until - before
        return until - before > 0.25

    def refuse(self) -> int:
        """The platform refused a call. Returns how often in a row it did, those side by side counted once."""
        self.refusals += not self.closed
        return self.refusals

    def taken(self) -> None:
        """The platform took a call."""
        self.refusals = 0
        if self._careful:
            self._calm += 1
            self._careful = self._calm < _CALM
