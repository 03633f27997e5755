"""Owns how the measurements are shown: one table, for the terminal and as Markdown."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from .measure import Row

_HEAD = ("what", "ours", "floor", "ratio", "target", "requests", "")


def plain(rows: Sequence[Row]) -> str:
    """Columns aligned by the width a terminal gives each letter."""
    cells = [_HEAD, *(_cells(each) for each in rows)]
    widths = [max(_width(line[column]) for line in cells) for column in range(len(_HEAD))]
    lines = ["  ".join(_padded(text, width) for text, width in zip(line, widths, strict=True)) for line in cells]
    return "\n".join(line.rstrip() for line in (lines[0], "-" * (sum(widths) + 12), *lines[1:]))


def markdown(rows: Sequence[Row]) -> str:
    lines = [_HEAD, tuple("---" for _ in _HEAD), *(_cells(each) for each in rows)]
    return "\n".join("| " + " | ".join(text.replace("|", "\\|") for text in line) + " |" for line in lines)


def _cells(row: Row) -> tuple[str, ...]:
    met = {None: "", True: "met", False: "MISSED"}[row.met]
    return (row.what, row.ours, row.floor, row.ratio, row.target, row.requests, met)


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in text)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))
