"""Owns one file that could be read: its text, its nodes, and the way from a path of keys to a place in the text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from groupform.config.diagnostics import Diagnostics, Severity, Span
from groupform.config.project import Place
from groupform.config.reader import Node
from groupform.config.source import Source

Loc = Sequence[str | int]


@dataclass(frozen=True, slots=True)
class Document:
    """One file: its text and its root node, which is always a mapping."""

    source: Source
    root: Node

    def node(self, loc: Loc) -> tuple[Node, bool]:
        """The node at a path, or the nearest one above it; True when the whole path was found."""
        node = self.root
        for step in loc:
            value = node.value
            if type(value) is dict and step in value:
                node = value[str(step)]
            elif type(value) is list and isinstance(step, int) and 0 <= step < len(value):
                node = value[step]
            else:
                return node, False
        return node, True

    def span(self, loc: Loc, *, at_key: bool = False) -> Span:
        """Where a value stands; for a mapping or a list its key; some place beats no place."""
        node, whole = self.node(loc)
        if node.key_start >= 0 and (at_key or not whole or type(node.value) is not str):
            return self.source.span(node.key_start, node.key_end)
        if type(node.value) is str:
            return self.source.span(node.start, node.end)
        if type(node.value) is dict and node.value and self.source.text[node.start : node.start + 1] != "{":
            first = next(iter(node.value.values()))
            if node.start <= first.key_start:
                return self.source.span(first.key_start, first.key_end)
        return self.source.span(node.start, node.start + 1)

    def place(self, loc: Loc, *, at_key: bool = False) -> Place:
        span = self.span(loc, at_key=at_key)
        return Place(span, self.source.line(span.line))

    def report(
        self,
        found: Diagnostics,
        code: str,
        loc: Loc,
        *,
        at_key: bool = False,
        severity: Severity = Severity.error,
        related: tuple[tuple[str, Span], ...] = (),
        **params: Any,
    ) -> None:
        """Records a finding at a path."""
        span = self.span(loc, at_key=at_key)
        line = self.source.line(span.line)
        found.add(code, severity=severity, span=span, source_line=line, related=related, **params)

    def report_at(self, found: Diagnostics, code: str, start: int, end: int, **params: Any) -> None:
        """Records an error at offsets of the text."""
        span = self.source.span(start, end)
        found.add(code, span=span, source_line=self.source.line(span.line), **params)
