"""Owns the keys and the one-line words that live objects get in files: made of their names, never made up. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

NO_KEY = re.compile(r"[0-9-]*|null|true|false|yes|no|on|off|y|n")
"""What somebody's editor would read as something else than a name, or what names nothing."""


def slug(text: str) -> str:
    """The text as a key, as far as its letters go: `Lobby.EN` is `lobby-en`; nothing for other scripts."""
    folded = unicodedata.normalize("NFKC", text).lower()
    if any(unicodedata.category(each).startswith("L") and not each.isascii() for each in folded):
        return ""
    return re.sub(r"[^a-z0-9]+", "-", folded).strip("-")[:60].strip("-")


def unlike(word: str, taken: Iterable[str]) -> str:
    """The word, with a number where it is taken already."""
    others = set(taken)
    return next(each for each in (word, *(f"{word}-{n}" for n in range(2, len(others) + 3))) if each not in others)


def keys_of(names: Sequence[str], otherwise: str) -> list[str]:
    """A key for each name, all different; `otherwise` and a number where no key can be made of one."""
    found: list[str] = []
    for number, name in enumerate(names, start=1):
        word = slug(name)
        found.append(unlike(word if not NO_KEY.fullmatch(word) else f"{otherwise}-{number}", found))
    return found


def sayable(text: str) -> str:
    """The text as one line of a file: no breaks, no control characters, no braces that would be placeholders."""
    kept = "".join(" " if unicodedata.category(each) in ("Cc", "Zl", "Zp", "Cs") else each for each in text)
    return re.sub(r"\s+", " ", kept).replace("{", "｛").replace("}", "｝").strip()
