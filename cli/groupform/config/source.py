"""Owns the text of one file and turns character offsets into lines, columns and source lines, only when asked."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property

from groupform.config.diagnostics import Span

_BREAK = re.compile(r"\r\n|\n|\r")
SOURCE_LINE_LIMIT = 400


class Source:
    """One decoded file. Offsets count characters of `text`, which carries no byte order mark."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.text = text

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(each.end() for each in _BREAK.finditer(self.text))]

    def origin_of(self, offset: int) -> int:
        """The offset in the file of an offset in `text`: the same, but for a text that was mended."""
        return offset

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, both from 1."""
        starts = self._starts
        line = bisect_right(starts, offset) - 1
        return line + 1, offset - starts[line] + 1

    def span(self, start: int, end: int) -> Span:
        """The stretch [start, end); an empty one is widened to one column so that a caret has somewhere to stand."""
        size = len(self.text)
        start = max(0, min(start, size))
        end = max(start, min(end, size))
        while end > start and self.text[end - 1] in "\r\n":
            end -= 1
        line, column = self.position(start)
        end_line, end_column = self.position(end)
        if (end_line, end_column) == (line, column):
            end_column += 1
        return Span(self.file, line, column, end_line, end_column)

    def line(self, number: int) -> str:
        """The text of a line (from 1) without its line ending; a very long one is cut."""
        starts = self._starts
        if not 1 <= number <= len(starts):
            return ""
        end = starts[number] if number < len(starts) else len(self.text)
        start = starts[number - 1]
        return self.text[start : min(end, start + SOURCE_LINE_LIMIT)].rstrip("\r\n")

    def offset(self, line: int, column: int) -> int:
        """The offset of a line and column, both from 1."""
        starts = self._starts
        return min(starts[min(max(line, 1), len(starts)) - 1] + column - 1, len(self.text))
