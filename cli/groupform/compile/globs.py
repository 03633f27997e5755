"""Owns what a pattern of names matches: `*` is any text, `?` one character, and nothing else is special."""

from __future__ import annotations

from collections.abc import Iterable


def matches(glob: str, text: str) -> bool:
    """Whether the whole of `text` is what `glob` describes, in whatever case.

    Time is linear in the two lengths multiplied, whatever the pattern: it may come from a live platform.
    """
    glob, text = glob.casefold(), text.casefold()
    at, place, star, kept = 0, 0, -1, 0
    while place < len(text):
        if at < len(glob) and glob[at] == "*":
            star, kept = at, place
            at += 1
        elif at < len(glob) and glob[at] in ("?", text[place]):
            at, place = at + 1, place + 1
        elif star >= 0:
            # The last star takes one character more.
            kept += 1
            at, place = star + 1, kept
        else:
            return False
    return not glob[at:].strip("*")


def any_matches(globs: Iterable[object], text: str) -> bool:
    """Whether one of `globs` matches; what is no text matches nothing."""
    return any(isinstance(each, str) and matches(each, text) for each in globs)
