"""Owns where a line may be broken: at spaces, and between the characters of languages that write none."""

from __future__ import annotations

from rich.cells import cell_len
from rich.text import Text

# Chinese typography: these do not begin a line, and those do not end one.
_NOT_FIRST = frozenset("，。、：；！？）》」』】〕”’…—·％%,.:;!?)]}>")
_NOT_LAST = frozenset("（《「『【〔“‘([{<")


def wrap(row: Text, first: int, later: int) -> list[Text]:
    """One row as lines of at most `first` and then `later` cells; styles stay. Spaces at a break are dropped."""
    plain = row.plain
    cuts: list[int] = []
    start, room = 0, first
    while cell_len(plain[start:]) > room:
        end = _break(plain, start, room)
        cuts.append(end)
        start, room = end, later
        while start < len(plain) and plain[start] == " ":
            start += 1
    lines = list(row.divide(cuts)) if cuts else [row.copy()]
    for index, line in enumerate(lines):
        if index:
            lead = len(line.plain) - len(line.plain.lstrip(" "))
            line = lines[index] = line[lead:]
        line.rstrip()
    return lines


def _break(plain: str, start: int, room: int) -> int:
    """Where the line that begins at `start` ends: the last good place within `room` cells, or where it is full."""
    cells, good, index = 0, 0, start
    while index < len(plain):
        width = cell_len(plain[index])
        # A space that hangs over the edge is dropped, so the place before it is good.
        if plain[index] == " " and index > start and not _counts(plain, index):
            good = index
        if cells + width > room:
            break
        cells += width
        index += 1
        if index < len(plain) and _between(plain[index - 1], plain[index]):
            good = index
    return good if good > start else max(index, start + 1)


def _counts(plain: str, space: int) -> bool:
    """Whether a space stands between a number and the Chinese word that it counts: `3 项` stays together."""
    left, right = plain[space - 1], plain[space + 1 : space + 2]
    return left.isdigit() and bool(right) and cell_len(right) == 2


def _between(left: str, right: str) -> bool:
    """Whether a line may end after `left` and go on with `right`, though no space stands there."""
    wide = cell_len(left) == 2 or cell_len(right) == 2
    return wide and right not in _NOT_FIRST and left not in _NOT_LAST and " " not in (left, right)
