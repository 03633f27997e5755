"""Owns how plain text is put into Markdown so that it is shown as it is."""

from __future__ import annotations

import re
from collections.abc import Sequence

from groupform.render.terminal import clean

_SPECIAL = re.compile(r"([\\`*_{}\[\]#|~])")


def escape(text: str) -> str:
    """Plain text as Markdown that shows it as it is, and that mentions nobody."""
    escaped = _SPECIAL.sub(r"\\\1", clean(text).replace("\n", " "))
    return escaped.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("@", "@<!-- -->")


def code(text: str) -> str:
    """Plain text as a code span."""
    flat = clean(text).replace("\n", " ")
    ticks = "`" * (_longest_run(flat) + 1)
    pad = " " if flat.startswith("`") or flat.endswith("`") else ""
    return f"{ticks}{pad}{flat}{pad}{ticks}"


def fence(kind: str, lines: Sequence[str]) -> str:
    """A code block whose fence is longer than any run of backticks inside."""
    body = "\n".join(lines)
    ticks = "`" * max(3, _longest_run(body) + 1)
    return f"{ticks}{kind}\n{body}\n{ticks}"


def _longest_run(text: str) -> int:
    return max((len(each) for each in re.findall("`+", text)), default=0)
