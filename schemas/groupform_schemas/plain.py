"""Owns the first step of reading a scalar: its text, with full-width characters refused by name."""

from __future__ import annotations

import unicodedata
from typing import Any

from groupform_schemas.errors import problem, unseen


def text_of(value: Any) -> str:
    """The text of a scalar. Numbers and booleans of Python are taken too: what a model dumps, it reads again."""
    if isinstance(value, str):
        sign = unseen(value)
        if sign is not None:
            raise problem("control-character", sign=sign)
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if value is None:
        raise problem("value-empty")
    raise problem("not-a-scalar")


def plain(value: Any) -> str:
    """The text of a scalar that a machine reads: `２０：００` and `５％` are refused with what was meant."""
    text = text_of(value)
    if text.isascii():
        return text
    folded = unicodedata.normalize("NFKC", text).strip()
    if folded != text and folded.isascii():
        raise problem("full-width", value=text, plain=folded)
    return text
