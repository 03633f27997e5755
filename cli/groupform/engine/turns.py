"""Owns whose turn it is: how many changes are under way on one connection, by however many deployments."""

from __future__ import annotations

from collections.abc import Callable, Hashable


class Turns:
    """`size` turns at once, taken and given back by several; whoever has to wait comes next, in the order of asking.

    Nothing here waits: who is refused a turn is told by its `wake` whenever it may ask again.
    """

    def __init__(self, size: int) -> None:
        self.size = max(size, 1)
        self._free = self.size
        self._waiting: dict[Hashable, Callable[[], None]] = {}

    def take(self, who: Hashable, wake: Callable[[], None]) -> bool:
        """Takes a turn, unless all are taken or kept for those that asked before; then `who` is in the queue."""
        ahead = list(self._waiting).index(who) if who in self._waiting else len(self._waiting)
        if self._free <= ahead:
            self._waiting.setdefault(who, wake)
            return False
        self._free -= 1
        self._waiting.pop(who, None)
        return True

    def give_back(self) -> None:
        self._free += 1
        self._wake()

    def awaited_by(self, who: Hashable) -> bool:
        return who in self._waiting

    def leave(self, who: Hashable) -> None:
        """Wants no turn any more."""
        if self._waiting.pop(who, None) is not None:
            self._wake()

    def _wake(self) -> None:
        for wake in list(self._waiting.values()):
            wake()
