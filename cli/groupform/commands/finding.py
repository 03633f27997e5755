"""Owns finding the one thing that was meant among those that exist."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from groupform.config.diagnostics import Diagnostic, Refused


def one_of(text: str, known: Iterable[str], code: str) -> str:
    """The known word that is `text`, or the only one to end in it. Raises Refused: `code`, or `code-near`."""
    every = list(known)
    if text in every:
        return text
    ending = [each for each in every if each.endswith("/" + text)]
    if len(ending) == 1:
        return ending[0]
    near = ending or difflib.get_close_matches(text, every, n=3, cutoff=0.6)
    params = {"text": text, "near": ", ".join(near)}
    raise Refused([Diagnostic(f"{code}-near" if near else code, params=params)])
