"""Guesses which known word was meant."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from difflib import get_close_matches

_SHOWN = 8


def folded(word: str) -> str:
    """A word without the differences nobody means: case, width, composition, `_` for `-`."""
    return unicodedata.normalize("NFKC", word).casefold().replace("_", "-").strip()


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant, or None."""
    by_form: dict[str, str] = {}
    for each in known:
        by_form.setdefault(folded(each), each)
    form = folded(word)
    if form in by_form:
        return by_form[form]
    found = get_close_matches(form, list(by_form), n=1, cutoff=0.6)
    return by_form[found[0]] if found else None


def listed(known: Iterable[str]) -> str:
    """Known words for a sentence: the first few, and a sign that there are more; a dash for none."""
    words = list(known)
    if not words:
        return "—"
    return ", ".join(words[:_SHOWN]) + (", …" if len(words) > _SHOWN else "")
