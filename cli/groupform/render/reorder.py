"""Owns what a new order comes down to: the fewest elements that must move for the old order to become the new one."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence


def moved(before: Sequence[str], after: Sequence[str]) -> list[tuple[str, str | None]]:
    """Each element that moves, in the new order, with the one that it then follows (None: it is the first).

    Both hold the same elements, each once. All others keep their order among themselves: they are a longest increasing
    run of former places, found in n log n.
    """
    place = {each: number for number, each in enumerate(before)}
    ends: list[int] = []
    heads: list[int] = []
    behind: list[int] = []
    for number, each in enumerate(after):
        rank = bisect_left(ends, place[each])
        behind.append(heads[rank - 1] if rank else -1)
        ends[rank : rank + 1], heads[rank : rank + 1] = [place[each]], [number]
    kept: set[int] = set()
    at = heads[-1] if heads else -1
    while at >= 0:
        kept.add(at)
        at = behind[at]
    return [(each, after[number - 1] if number else None) for number, each in enumerate(after) if number not in kept]
