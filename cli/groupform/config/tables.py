"""Reads a CSV table into rows that know where each cell stands; UTF-8 with or without its mark, or GB18030."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from groupform.config.diagnostics import Diagnostics, Severity
from groupform.config.source import Source
from groupform.config.suggest import folded, listed, nearest

_CELL = re.compile(r"(?:[ \t]*\"([^\"]*(?:\"\"[^\"]*)*)\"[ \t]*|(?![ \t]*\")([^,\r\n]*))(,|\r\n|\n|\r|\Z)")
_SEP = re.compile(r"\"?sep=,\"?\r?\n", re.IGNORECASE)
_FORBIDDEN_IN_KEY = re.compile(r"[\s/\[\],#\x00-\x1f\x7f]")
_SEPARATORS = {";": ";", "\t": "Tab", "，": "，", "、": "、", "；": "；", "|": "|"}
_MAX_ABOVE = 10  # a title, a note, an empty line
_MAX_SHOWN = 100  # ragged rows come in thousands; the first hundred tell the story


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its cells by column, trimmed, and the offset at which each cell begins. `key` is NFC."""

    key: str
    cells: Mapping[str, str]
    starts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Table:
    """A whole table in the order of its file. `above` is what stands above its headings."""

    source: Source
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    above: str = ""

    def report(self, found: Diagnostics, code: str, start: int, length: int = 1, **params: Any) -> None:
        _report(self.source, found, code, start, length, **params)


def read_table(
    data: bytes, file: str, found: Diagnostics, *, key: str | None, heads: Callable[[Sequence[str]], bool] | None = None
) -> Table | None:
    """Reads a table whose `key` column names its rows (None where rows need no names, as with metrics).

    With `heads` the headings are the first line of which it says so, else, and without it, the very first.

    Returns None when nothing can be made of it; `found` then holds an error. Rows with errors are left out.
    """
    text = _decode(data, file, found)
    if text is None:
        return None
    source = Source(file, text)
    lines = _cells(source, found)
    if lines is None:
        return None
    if not lines:
        found.add("table-empty", span=source.span(0, 0))
        return None
    first = 0
    if heads is not None:
        first = next((n for n, line in enumerate(lines[:_MAX_ABOVE]) if heads([cell for cell, _ in line])), 0)
    above = " ".join(cell for line in lines[:first] for cell, _ in line if cell)
    lines = lines[first:]
    columns = _header(source, lines[0], found)
    if columns is None:
        return None
    if key is not None and key not in columns:
        column_missing(source, columns, key, found)
        return None
    rows = _rows(source, columns, lines[1:], key, found)
    if len(lines) == 1:
        _report(source, found, "table-no-rows", 0, 1, severity=Severity.warning)
    return Table(source, columns, rows, above)


def column_missing(source: Source, columns: tuple[str, ...], wanted: str, found: Diagnostics) -> None:
    """Records that a table lacks a column that its reader names."""
    suggestion = nearest(wanted, columns)
    params: dict[str, Any] = {"column": wanted, "known": listed(columns)}
    if suggestion:
        _report(source, found, "table-column-missing-close", 0, 1, **params, suggestion=suggestion)
    else:
        _report(source, found, "table-column-missing", 0, 1, **params)


def key_problem(key: str) -> str | None:
    """The character that keeps a text from being part of an address, or None. An empty key answers the empty text."""
    hit = _FORBIDDEN_IN_KEY.search(key)
    return hit.group() if hit else None if key else ""


def _report(
    source: Source,
    found: Diagnostics,
    code: str,
    start: int,
    length: int,
    *,
    severity: Severity = Severity.error,
    **params: Any,
) -> None:
    span = source.span(start, start + max(length, 1))
    found.add(code, severity=severity, span=span, source_line=source.line(span.line), **params)


def _decode(data: bytes, file: str, found: Diagnostics) -> str | None:
    whole = Source(file, "").span(0, 0)
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        found.add("table-is-spreadsheet", span=whole)
        return None
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or data[:64].count(0) > 8:
        found.add("table-encoding", span=whole, encoding="UTF-16")
        return None
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        at = text.find("\0")
        if at >= 0:
            source = Source(file, text.replace("\0", "\ufffd"))
            _report(source, found, "forbidden-character", at, 1, character="U+0000")
            return None
        return text
    found.add("table-encoding-unknown", span=whole)
    return None


def _cells(source: Source, found: Diagnostics) -> list[list[tuple[str, int]]] | None:
    """Every line that is not blank as (text, offset) pairs."""
    text = source.text
    lines: list[list[tuple[str, int]]] = []
    line: list[tuple[str, int]] = []
    # Spreadsheets say so where a file's separator is not the one of their region.
    at, size = len(hit.group()) if (hit := _SEP.match(text)) else 0, len(text)
    while at < size or line:
        cell = _CELL.match(text, at)
        if cell is None:
            _report(source, found, "table-quote-broken", at, 1)
            return None
        quoted, bare, end = cell.groups()
        line.append((bare.strip() if quoted is None else quoted.replace('""', '"').strip(), at))
        at = cell.end()
        if end != ",":
            if any(cell for cell, _ in line):  # a spreadsheet writes its empty rows as commas
                lines.append(line)
            line = []
    return lines


def _header(source: Source, line: list[tuple[str, int]], found: Diagnostics) -> tuple[str, ...] | None:
    names = [name for name, _ in line]
    if len(names) == 1:
        sign = next((each for each in _SEPARATORS if each in names[0]), None)
        if sign:
            at = source.text.index(sign, line[0][1])
            _report(source, found, "table-separator", at, 1, separator=_SEPARATORS[sign])
            return None
    good, seen = True, set[str]()
    for position, (name, start) in enumerate(line):
        if not name:
            _report(source, found, "table-column-empty", start, 1, number=position + 1)
            good = False
        elif name in seen:
            _report(source, found, "table-column-twice", start, len(name), column=name)
            good = False
        seen.add(name)
    return tuple(unicodedata.normalize("NFC", name) for name in names) if good else None


def _ragged(source: Source, line: list[tuple[str, int]], columns: int, found: Diagnostics) -> None:
    """Blames the sign of a Chinese keyboard that explains why a row has too few cells, or too many."""
    for cell, start in line:
        sign = next((each for each in "，、；" if each in cell), None)
        if sign is not None and len(line) < columns:
            at = source.text.index(sign, start)
            _report(source, found, "table-row-comma", at, 1, character=sign)
            return
        if len(line) > columns and (cell[:1] in "“‘「" and cell) and cell[-1:] not in "”’」":
            _report(source, found, "table-row-quotes", source.text.index(cell[0], start), 1)
            return
    _report(source, found, "table-row-ragged", line[0][1], 1, cells=len(line), columns=columns)


def _rows(
    source: Source, columns: tuple[str, ...], lines: list[list[tuple[str, int]]], key: str | None, found: Diagnostics
) -> tuple[Row, ...]:
    rows: list[Row] = []
    seen: dict[str, int] = {}
    forms: dict[str, int] = {}
    ragged = 0
    for line in lines:
        if len(line) != len(columns):
            ragged += 1
            if ragged <= _MAX_SHOWN:
                _ragged(source, line, len(columns), found)
            continue
        cells = {name: unicodedata.normalize("NFC", text) for name, (text, _) in zip(columns, line, strict=True)}
        starts = {name: start for name, (_, start) in zip(columns, line, strict=True)}
        if key is None:
            rows.append(Row("", cells, starts))
            continue
        name, start = cells[key], starts[key]
        bad = key_problem(name)
        if bad is not None:
            code = "table-key-forbidden" if bad else "table-key-empty"
            _report(source, found, code, start, len(name), key=name, column=key, character=bad)
            continue
        form = folded(name)
        first = seen.get(name, forms.get(form))
        if first is not None:
            span = source.span(start, start + len(name))
            found.add(
                "table-key-twice" if name in seen else "keys-alike",
                span=span,
                source_line=source.line(span.line),
                related=(("first-here", source.span(rows[first].starts[key], rows[first].starts[key] + len(name))),),
                key=name,
                other=rows[first].key,
            )
            continue
        seen[name] = forms[form] = len(rows)
        rows.append(Row(name, cells, starts))
    return tuple(rows)
