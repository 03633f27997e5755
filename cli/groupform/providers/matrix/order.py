"""Owns the order in a space: reading it as members see it, and the fewest edges to write for another one.

https://spec.matrix.org/v1.16/client-server-api/#ordering-of-children-within-a-space: by `order` (ASCII 0x20 to 0x7E,
up to 50 characters), then by the edge's timestamp, then by room id.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from typing import Any

from groupform.providers.matrix.reading import Reading

CHILD = "m.space.child"
_VALID = re.compile(r"[\x20-\x7e]{1,50}")
# The letters new strings are made of; any other valid one is compared with them by its code.
_LOW, _HIGH = 0x30, 0x7A


def children(space: Reading) -> Mapping[str, Mapping[str, Any]]:
    """The edges that count (those with a `via`), by room id."""
    return {room: event for room, event in space.all_of(CHILD).items() if event.get("content", {}).get("via")}


def child(space: Reading, room: str) -> Mapping[str, Any] | None:
    """The edge to one room, if it counts: found without a look at the others, of which a space may have thousands."""
    event = space.events.get((CHILD, room))
    return event if event is not None and event.get("content", {}).get("via") else None


def shown(space: Reading, rooms: Collection[str]) -> list[str]:
    """Those of `rooms` that are children, in the order in which members see them."""
    edges = {room: event for room, event in children(space).items() if room in rooms}
    return sorted(edges, key=lambda room: _rank(room, edges[room]))


def order_of(content: Mapping[str, Any]) -> str | None:
    """The `order` of an edge, where it is a valid one."""
    order = content.get("order")
    return order if isinstance(order, str) and _VALID.fullmatch(order) else None


def rewritten(wanted: Sequence[str], orders: Mapping[str, str | None]) -> dict[str, str]:
    """New `order` strings for as few of the `wanted` rooms as possible, so that all stand in that order.

    `orders` holds what stands there now. The longest run of rooms that is in order already keeps its strings.
    """
    kept = _longest_rising([orders.get(room) for room in wanted])
    found: dict[str, str] = {}
    position = 0
    while position < len(wanted):
        if position in kept:
            position += 1
            continue
        end = position
        while end < len(wanted) and end not in kept:
            end += 1
        low = orders[wanted[position - 1]] if position else ""
        high = orders[wanted[end]] if end < len(wanted) else None
        made = _between(low or "", high, end - position)
        if made is None:
            # No room between two neighbours: everything is written anew, with gaps.
            return {room: f"{(index + 1) * 10:010}" for index, room in enumerate(wanted)}
        found.update(zip(wanted[position:end], made, strict=True))
        position = end
    return found


def _rank(room: str, event: Mapping[str, Any]) -> tuple[bool, str, int, str]:
    order = order_of(event.get("content", {}))
    return order is None, order or "", int(event.get("origin_server_ts", 0)), room


def _longest_rising(values: Sequence[str | None]) -> frozenset[int]:
    """Positions of a longest strictly rising subsequence; None is never part of it."""
    tails: list[str] = []
    ends: list[int] = []
    before: dict[int, int | None] = {}
    for index, value in enumerate(values):
        if value is None:
            continue
        place = bisect_left(tails, value)
        before[index] = ends[place - 1] if place else None
        tails[place : place + 1] = [value]
        ends[place : place + 1] = [index]
    found: set[int] = set()
    at: int | None = ends[-1] if ends else None
    while at is not None:
        found.add(at)
        at = before[at]
    return frozenset(found)


def _between(low: str, high: str | None, count: int) -> list[str] | None:
    """`count` rising strings above `low` and below `high` (None: no bound); None where they would not fit."""
    made: list[str] = []
    _fill(low, high, count, made)
    rising = [low, *made, *([high] if high is not None else [])]
    ordered = all(one < two for one, two in pairwise(rising))
    return made if len(made) == count and ordered and all(_VALID.fullmatch(each) for each in made) else None


def _fill(low: str, high: str | None, count: int, made: list[str]) -> None:
    if count == 0:
        return
    half = count // 2
    middle = _middle(low, high)
    _fill(low, middle, half, made)
    made.append(middle)
    _fill(middle, high, count - half - 1, made)


def _middle(low: str, high: str | None) -> str:
    """A string between two others, as short as it can be had by halving the first place where they differ."""
    prefix = ""
    place = 0
    while True:
        left = min(max(ord(low[place]), _LOW), _HIGH) if place < len(low) else _LOW
        right = _HIGH + 1 if high is None or place >= len(high) else min(ord(high[place]), _HIGH + 1)
        if right - left > 1:
            return prefix + chr((left + right) // 2)
        prefix += low[place] if place < len(low) else chr(_LOW)
        if high is not None and not high.startswith(prefix):
            high = None
        place += 1
        if place > 60:
            return prefix
