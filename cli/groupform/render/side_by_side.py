"""Owns an old and a new text beside each other: in two columns where there is room, else line by line."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass

from rich.cells import cell_len
from rich.text import Text

from groupform.render.terminal import Terminal, clean
from groupform.render.wrapping import wrap

_GAP = 3
_NARROW = 24
"""Below so many cells a column is harder to read than lines with a sign before them."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A line that was and the one in its place; None where there is none. `same` where nothing changed."""

    old: str | None
    new: str | None

    @property
    def same(self) -> bool:
        return self.old == self.new


def pairs(was: str, text: str) -> Iterator[Pair]:
    """The lines of two texts, those that stayed opposite each other."""
    old, new = was.splitlines(), text.splitlines()
    for kind, first, last, start, end in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            yield from (Pair(each, each) for each in old[first:last])
            continue
        left, right = old[first:last], new[start:end]
        for index in range(max(len(left), len(right))):
            yield Pair(left[index] if index < len(left) else None, right[index] if index < len(right) else None)


def show_pairs(terminal: Terminal, was: str, text: str, *, indent: int) -> None:
    """Prints both texts: two columns, or lines with - and + where the terminal is narrow."""
    width = (terminal.out.width - indent - _GAP) // 2
    found = list(pairs(clean(was), clean(text)))
    if width < _NARROW:
        for each in found:
            if each.same:
                terminal.line(f"  {each.new}", indent=indent, hanging=2, style="faint")
                continue
            if each.old is not None:
                terminal.line(f"- {each.old}", indent=indent, hanging=2, style="remove")
            if each.new is not None:
                terminal.line(f"+ {each.new}", indent=indent, hanging=2, style="add")
        return
    bar = terminal.glyph("│")
    heads = terminal.say("steps-column-was"), terminal.say("steps-column-now")
    _print_row(terminal, Text(heads[0], "faint"), Text(heads[1], "faint"), width, bar, indent)
    for each in found:
        left = Text(each.old or "", "faint" if each.same else "remove")
        right = Text(each.new or "", "faint" if each.same else "add")
        _print_row(terminal, left, right, width, bar, indent)


def _print_row(terminal: Terminal, left: Text, right: Text, width: int, bar: str, indent: int) -> None:
    lefts, rights = wrap(left, width, width), wrap(right, width, width)
    for index in range(max(len(lefts), len(rights))):
        old = lefts[index] if index < len(lefts) else Text()
        new = rights[index] if index < len(rights) else Text()
        line = Text(" " * indent) + old + Text(" " * (width - cell_len(old.plain))) + Text(f" {bar} ", "faint") + new
        line.rstrip()
        terminal.out.print(line, soft_wrap=True)
