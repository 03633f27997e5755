"""Owns reading the ticks that come back from people: the page's file or link, a CSV, a Markdown list."""

from __future__ import annotations

import base64
import binascii
import csv
import io
import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from groupform.config.diagnostics import Diagnostic, Refused
from groupform.engine.step_ticks import Tick
from groupform.messages import LANGUAGES, Catalogue

VERSION = 1
COLUMNS = ("done", "who", "platform", "place", "what", "how", "text", "file", "due", "status", "note", "answer", "key")
"""The columns of an exported table; the last holds what a step is known by."""

LINK = re.compile(r"ticks=([A-Za-z0-9_-]{8,})")
_SEPARATOR_LINE = re.compile(r"\A\"?sep=.\"?\r?\n", re.IGNORECASE)
"""What Excel puts first where a file says its separator itself."""
_TICKED = re.compile(r"^\s*(?:[-*+]|\d+[.)])\s+\[[xX✓✔]\]\s")
_KEY = re.compile(r"`+\s?([^`\s]+)=([0-9a-f]{16})\s?`+")
_YES = frozenset(("x", "✓", "✔", "√", "☑", "1", "y", "yes", "true", "done", "ok", "是", "对", "好"))
_YES |= {"完成", "已完成", "做完", "已做", "☒", "■", "v", "ｖ", "t"}
_NO = frozenset(("", "0", "n", "no", "false", "f", "open", "☐", "□", "✗", "✘", "×", "-", "—", "/"))
_NO |= {"否", "不", "未", "没", "没有", "未完成", "未做", "待办"}


@dataclass(frozen=True, slots=True)
class Returned:
    """What one file or link brings back; `environment` is None where it does not say.

    `unclear` are rows whose mark says neither yes nor no, as (what they are about, what stands there).
    """

    ticks: tuple[Tick, ...]
    environment: str | None = None
    unclear: tuple[tuple[str, str], ...] = ()


def read_ticks(data: bytes, name: str) -> Returned:
    """The ticks of a file (or of a link, as text). Raises Refused `ticks-unreadable` for anything else."""
    text = _decoded(data, name)
    if text.lstrip().startswith("{"):
        return _from_file(text, name)
    links = [_from_link(found, name) for found in dict.fromkeys(LINK.findall(text))]
    if links:
        environments = {each.environment for each in links}
        if len(environments) > 1:
            raise _unreadable(name)
        return Returned(tuple(tick for each in links for tick in each.ticks), environments.pop())
    if re.search(r"^\s*(?:[-*+]|\d+[.)])\s+\[.\]\s", text, re.MULTILINE):
        return Returned(tuple(_from_markdown(text)))
    unclear: list[tuple[str, str]] = []
    return Returned(tuple(_from_table(text, name, unclear)), unclear=tuple(unclear))


def _decoded(data: bytes, name: str) -> str:
    for encoding in ("utf-8-sig", "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise _unreadable(name)


def _from_file(text: str, name: str) -> Returned:
    """`{"groupform_ticks": 1, "environment", "who", "ticks": [{"key", "ticket", "at", "note", "answer"}]}`."""
    try:
        found = json.loads(text)
        if found["groupform_ticks"] != VERSION:
            raise Refused([Diagnostic("ticks-newer", params={"file": name, "version": found["groupform_ticks"]})])
        who = found.get("who")
        ticks = tuple(_tick(each, who if isinstance(who, str) else None) for each in found["ticks"])
        return Returned(ticks, str(found["environment"]) if found.get("environment") else None)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise _unreadable(name) from None


def _from_link(text: str, name: str) -> Returned:
    """`{"v": 1, "e": environment, "w": who, "t": {deployment: [[rest of the key, ticket, seconds, note, answer]]}}`."""
    try:
        found = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if found["v"] != VERSION:
            raise Refused([Diagnostic("ticks-newer", params={"file": name, "version": found["v"]})])
        ticks: list[Tick] = []
        for deployment, rows in found["t"].items():
            for row in rows:
                names = dict(zip(("key", "ticket", "at", "note", "answer"), row, strict=False))
                names["key"] = f"{deployment}/{names['key']}"
                ticks.append(_tick(names, str(found["w"]) if found.get("w") else None))
        return Returned(tuple(ticks), str(found["e"]) if found.get("e") else None)
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error, RecursionError):
        raise _unreadable(name) from None


def _tick(found: Mapping[str, Any], who: str | None) -> Tick:
    """One tick of a page. Raises ValueError, KeyError or TypeError for anything else."""
    answer = found.get("answer")
    return Tick(
        str(found["key"]),
        str(found["ticket"]),
        who=who,
        when=_instant(found.get("at")),
        note=str(found.get("note") or "")[:500],
        answer=int(answer) if answer not in (None, "") and 0 <= int(answer) < 10**7 else None,
    )


def _instant(value: object) -> datetime | None:
    """An instant as seconds or in ISO 8601; None for what a page could not say."""
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
        found = datetime.fromisoformat(str(value).replace("Z", "+00:00"))
        return found if found.tzinfo is not None else None
    except (ValueError, OverflowError, OSError):
        return None


def _from_markdown(text: str) -> Iterator[Tick]:
    for line in text.splitlines():
        if _TICKED.match(line):
            for key, ticket in _KEY.findall(line):
                yield Tick(key, ticket)


def _from_table(text: str, name: str, unclear: list[tuple[str, str]]) -> Iterator[Tick]:
    """Rows whose `done` says yes. The header may be in either language, and the separator what a program chose.

    What a mark became that an encoding lacks (`?` for a ✓ in GBK) is no yes and no no: it is put into `unclear`.
    """
    text = _SEPARATOR_LINE.sub("", text, count=1)
    first = text.split("\n", 1)[0]
    separator = max(",;\t", key=first.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        header = [each.strip() for each in next(rows, [])]
        places = {column: header.index(word) for column in COLUMNS for word in _headings(column) if word in header}
        if not {"done", "key"} <= places.keys():
            raise _unreadable(name)
        for row in rows:
            cells = {column: row[place].strip() if place < len(row) else "" for column, place in places.items()}
            key, _, ticket = cells["key"].lstrip("'").rpartition("=")
            done = unicodedata.normalize("NFKC", cells["done"].lstrip("'")).strip().casefold()
            if key and done not in _YES and done not in _NO:
                unclear.append((cells.get("what") or key, cells["done"]))
            if key and done in _YES:
                answer = cells.get("answer", "")
                yield Tick(
                    key,
                    ticket,
                    note=cells.get("note", "").lstrip("'")[:500],
                    answer=int(answer) if re.fullmatch(r"[0-9]{1,7}", answer) else None,
                )
    except csv.Error:
        raise _unreadable(name) from None


def _headings(column: str) -> tuple[str, ...]:
    return tuple(Catalogue(each).text(f"table-{column}") for each in LANGUAGES)


def _unreadable(name: str) -> Refused:
    return Refused([Diagnostic("ticks-unreadable", params={"file": name})])
