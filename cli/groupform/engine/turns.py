"""Owns whose turn it is: how many changes are under way on one connection, by however many deployments."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable


class Turns:
    """`size` turns at once, taken and given back by several that get equal shares as long as they want more.

    Nothing here waits: who is refused a turn is told by its `wake` whenever it may ask again.
    """

    def __init__(self, size: int) -> None:
        self.size = max(size, 1)
        self._held = Counter[Hashable]()
        self._wanting: dict[Hashable, Callable[[], None]] = {}

    def take(self, who: Hashable, wake: Callable[[], None]) -> bool:
        """Takes a turn, unless all are taken or due to others. Whoever asked wants more, until it leaves."""
        self._wanting.setdefault(who, wake)
        would_have = {each: self._held[each] for each in self._wanting}
        for _ in range(self.size - self._held.total()):
            # Who has fewest comes next, and among equals who has wanted for longest: asking often gains nothing.
            due = min(would_have, key=would_have.__getitem__)
            if due == who:
                self._held[who] += 1
                return True
            would_have[due] += 1
        return False

    def give_back(self, who: Hashable) -> None:
        self._held[who] -= 1
        self._wake()

    def wanted_by(self, who: Hashable) -> bool:
        return who in self._wanting

    def leave(self, who: Hashable) -> None:
        """Wants no turn any more."""
        if self._wanting.pop(who, None) is not None:
            self._wake()

    def _wake(self) -> None:
        for wake in list(self._wanting.values()):
            wake()
