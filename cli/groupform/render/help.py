"""Owns the look of a help page, with columns that stay straight under wide characters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.text import Text

from groupform.messages import Catalogue
from groupform.render.wrapping import wrap

_LEFT = 34
_NARROW = 12


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a help page: what is typed, and what it does."""

    left: str
    right: str


def render_help(
    words: Catalogue,
    usage: str,
    about: str,
    verbs: Sequence[Entry],
    arguments: Sequence[Entry],
    options: Sequence[Entry],
    *,
    width: int = 100,
) -> str:
    """The page as plain text."""
    lines = [words.text("help-usage") + usage, "", *_wrap(about, width, 2), ""]
    for title, entries in (("help-commands", verbs), ("help-arguments", arguments), ("help-options", options)):
        if not entries:
            continue
        left = min(max(cell_len(each.left) for each in entries), _LEFT, max(width // 2 - 4, _NARROW))
        lines.append(words.text(title))
        for each in entries:
            right = _wrap(each.right, width - left - 4, 0)
            fits = cell_len(each.left) <= left
            first = right.pop(0) if fits and right else ""
            lines.append(("  " + each.left + " " * (left + 2 - cell_len(each.left)) + first).rstrip())
            lines.extend(" " * (left + 4) + more for more in right)
        lines.append("")
    return "\n".join(lines).rstrip()


def _wrap(text: str, width: int, indent: int) -> list[str]:
    rows = [line.plain for row in text.split("\n") for line in wrap(Text(row), width - indent, width - indent)]
    return [" " * indent + each if each else "" for each in rows]
