"""Owns the journal's lines: how one durable write is spelled, and how a journal is read back after a kill.

One JSON object a line: `sum` is the sha256 of the canonical JSON of the rest. Serials follow one another without a gap.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError

from groupform.state.document import Entry, Restored

_ENTRIES: TypeAdapter[list[Entry]] = TypeAdapter(list[Entry])


class JournalBrokenError(ValueError):
    """A line that was once durable cannot be read. `line` counts from 1."""

    def __init__(self, line: int) -> None:
        self.line = line
        super().__init__(f"line {line}")


@dataclass(frozen=True, slots=True)
class Line:
    """One durable write: the serial the document has after it, under which lock it was made, and what it changes."""

    serial: int
    lineage: str
    lock: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Journal:
    """What a journal holds, and how many of its bytes are whole lines: whatever follows was never acknowledged."""

    lines: tuple[Line, ...]
    length: int


def encode(line: Line) -> bytes:
    """One line with its checksum and line ending."""
    record: dict[str, Any] = {
        "serial": line.serial,
        "lineage": line.lineage,
        "lock": line.lock,
        "entries": [each.model_dump(mode="json") for each in line.entries],
    }
    return _canonical({**record, "sum": _sum(record)}) + b"\n"


def decode(data: bytes, *, serial: int, lineage: str) -> Journal:
    """Reads a journal that continues a document of this serial and lineage.

    A last line that a kill has torn is left out. Raises JournalBrokenError for any other line that does not read.
    """
    lines: list[Line] = []
    length = 0
    parts = data.split(b"\n")
    for number, part in enumerate(parts[:-1], start=1):
        line = _read(part)
        if line is None:
            if number == len(parts) - 1 and not parts[-1] and b"\0" in part:
                break  # after a power cut a block that never reached the disk reads as zeros: torn, not damaged
            raise JournalBrokenError(number)
        if line.serial != serial + number or line.lineage != lineage:
            raise JournalBrokenError(number)
        lineage = next(
            (each.document.lineage for each in reversed(line.entries) if isinstance(each, Restored)), lineage
        )
        lines.append(line)
        length += len(part) + 1
    return Journal(tuple(lines), length)


def _read(part: bytes) -> Line | None:
    try:
        record = json.loads(part.decode("utf-8", "surrogatepass"))
    except ValueError:
        return None
    if not isinstance(record, dict) or record.pop("sum", None) != _sum(record):
        return None
    try:
        entries: Sequence[Entry] = _ENTRIES.validate_python(record["entries"])
        return Line(int(record["serial"]), str(record["lineage"]), str(record["lock"]), tuple(entries))
    except (KeyError, TypeError, ValueError, ValidationError):
        return None


def _sum(record: Mapping[str, Any]) -> str:
    return hashlib.sha256(_canonical(record)).hexdigest()


def _canonical(value: object) -> bytes:
    # Surrogates cannot be typed but can come from a platform; they must not make the state unwritable.
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass")
