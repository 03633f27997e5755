"""Owns the folder of one local state document: its file names, and how the document is read from it.

state.json              the whole document as of its serial
journal-<serial>.jsonl  what was made durable since, a line a write
backups/                the document as it was before each of the last applies
lock, holder.json       who may write
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from groupform.state.document import Document, fold
from groupform.state.journal import Journal, JournalBrokenError, decode
from groupform.state.spelling import parse, refuse
from groupform.state.store import StateKey

KEPT_AT = "%Y%m%dT%H%M%S.%fZ"
"""How a backup's name tells its time."""
_RACES = 100
"""How often a reader tries again because a writer replaced the document under its eyes."""


@dataclass(frozen=True, slots=True)
class Folder:
    """The folder of one document."""

    path: Path
    key: StateKey

    @property
    def state(self) -> Path:
        return self.path / "state.json"

    @property
    def lock(self) -> Path:
        return self.path / "lock"

    @property
    def holder(self) -> Path:
        return self.path / "holder.json"

    @property
    def backups(self) -> Path:
        return self.path / "backups"

    def journal(self, serial: int) -> Path:
        """The journal that continues the whole document of this serial."""
        return self.path / f"journal-{serial}.jsonl"

    def journals(self) -> list[Path]:
        return sorted(self.path.glob("journal-*.jsonl"))

    def kept(self) -> list[Path]:
        """The backups, oldest first: their names begin with their time."""
        return sorted(self.backups.glob("*.json"))


def kept_serial(path: Path) -> int | None:
    """The serial in a backup's name, `<time>-<serial>.json`; None where the name says none."""
    number = path.stem.rpartition("-")[2]
    return int(number) if number.isascii() and number.isdigit() else None


def kept_since(path: Path) -> str:
    """The time in a backup's name, as UTC in ISO 8601; empty where the name says none."""
    try:
        found = datetime.strptime(path.stem.rpartition("-")[0], KEPT_AT).replace(tzinfo=UTC)
    except ValueError:
        return ""
    return found.isoformat(timespec="seconds")


@dataclass(frozen=True, slots=True)
class Loaded:
    """A document as read, the serial of the whole file it rests on, and the journal that was folded into it."""

    document: Document
    base: int
    journal: Journal
    stamp: tuple[int, int, int]


def stamp(path: Path) -> tuple[int, int, int]:
    """Tells one content of a file that is only ever replaced from another. Raises OSError."""
    seen = path.stat()
    return seen.st_ino, seen.st_mtime_ns, seen.st_size


def load(folder: Folder) -> Loaded | None:
    """Reads the document, or None where there never was one. Raises Refused for what cannot be trusted."""
    try:
        for _ in range(_RACES):
            found = _load_once(folder)
            if found is None or stamp(folder.state) == found.stamp:
                return found
    except OSError as error:
        raise refuse("state-not-readable", file=str(folder.state), reason=error.strerror or str(error)) from error
    raise refuse("state-not-readable", file=str(folder.state), reason="EAGAIN")


def load_copy(file: Path, key: StateKey) -> Document:
    """The document in a backup. Raises Refused for what cannot be read or trusted."""
    try:
        return parse(file.read_bytes(), key, str(file), "-")
    except OSError as error:
        raise refuse("state-not-readable", file=str(file), reason=error.strerror or str(error)) from error


def _load_once(folder: Folder) -> Loaded | None:
    try:
        seen = stamp(folder.state)
        data = folder.state.read_bytes()
    except FileNotFoundError:
        if folder.journals() or folder.kept():
            # Taking this for a new deployment would create every group a second time.
            raise refuse("state-missing", file=str(folder.state), backup=_newest(folder)) from None
        return None
    document = parse(data, folder.key, str(folder.state), _newest(folder))
    base = document.serial
    path = folder.journal(base)
    written = path.read_bytes() if path.exists() else b""
    try:
        journal = decode(written, serial=base, lineage=document.lineage)
    except JournalBrokenError as broken:
        raise refuse(
            "state-journal-corrupt",
            file=str(path),
            line=broken.line,
            kept=broken.line - 1,
            backup=_newest(folder),
        ) from broken
    for line in journal.lines:
        for entry in line.entries:
            fold(document, entry)
        document.serial = line.serial
    return Loaded(document, base, journal, seen)


def _newest(folder: Folder) -> str:
    kept = folder.kept()
    return str(kept[-1]) if kept else "-"
