"""Owns the head of a document in an object store: the one object that every write replaces by compare-and-set.

Its first line is JSON: whose document it is, who holds the lock, which whole document it rests on and which parts of
the journal follow that. The lines after it are the end of the journal itself, as in the local backend. So one small
write makes lock and content move together, and whatever is large is in objects that are written once and never changed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from groupform.state.claim import Claim
from groupform.state.document import FORMAT_VERSION, Document
from groupform.state.journal import JournalBrokenError, decode
from groupform.state.shared import fold_line
from groupform.state.spelling import check_owner, check_version, parse, refuse
from groupform.state.store import StateKey


@dataclass(frozen=True, slots=True)
class Part:
    """An object that is written once: its name below the head's folder, and the sha256 of its bytes."""

    name: str
    size: int
    sum: str

    @classmethod
    def of(cls, name: str, data: bytes) -> Part:
        return cls(name, len(data), hashlib.sha256(data).hexdigest())

    def holds(self, data: bytes) -> bool:
        return Part.of(self.name, data) == self


@dataclass(frozen=True, slots=True)
class Head:
    """What the head says. `serial` is that of `base`; `tail` holds the journal's last lines, after those of `parts`.

    `backups` are whole documents of before, oldest first. `trusted` is True once the store has shown that it refuses a
    conditional write whose condition does not hold.
    """

    key: StateKey
    lineage: str
    serial: int = 0
    lock: Claim | None = None
    base: Part | None = None
    parts: tuple[Part, ...] = ()
    backups: tuple[Part, ...] = ()
    trusted: bool = False
    tail: bytes = b""

    @property
    def empty(self) -> bool:
        """True where nothing was ever written: only a lock has been here."""
        return self.base is None and not self.parts and not self.tail

    def under(self, lock: Claim | None) -> Head:
        return replace(self, lock=lock)


def serial_of(part: Part) -> int | None:
    """The serial of a whole document, by its name (`documents/<serial>-<writer>.json`); None for anything else."""
    number = part.name.rpartition("/")[2].partition("-")[0]
    whole = part.name.startswith("documents/") and number.isascii() and number.isdigit()
    return int(number) if whole else None


def spell_head(head: Head) -> bytes:
    """The head as one object."""
    first = {
        "groupform_state": FORMAT_VERSION,
        "deployment": head.key.deployment,
        "environment": head.key.environment,
        "lineage": head.lineage,
        "serial": head.serial,
        "lock": head.lock.json() if head.lock else None,
        "base": asdict(head.base) if head.base else None,
        "parts": [asdict(each) for each in head.parts],
        "backups": [asdict(each) for each in head.backups],
        "trusted": head.trusted,
        "tail": {"size": len(head.tail), "sum": hashlib.sha256(head.tail).hexdigest()},
    }
    return json.dumps(first, ensure_ascii=False, sort_keys=True).encode("utf-8", "surrogatepass") + b"\n" + head.tail


def parse_head(data: bytes, key: StateKey, place: str) -> Head:
    """The head in `data`. Raises Refused when it is damaged, newer than this program, or somebody else's."""
    first, _, tail = data.partition(b"\n")
    try:
        value: Any = json.loads(first.decode("utf-8", "surrogatepass"))
        check_version(value["groupform_state"], place)
        head = Head(
            key=StateKey(str(value["deployment"]), str(value["environment"])),
            lineage=str(value["lineage"]),
            serial=int(value["serial"]),
            lock=Claim.read(value["lock"]),
            base=Part(**value["base"]) if value["base"] is not None else None,
            parts=tuple(Part(**each) for each in value["parts"]),
            backups=tuple(Part(**each) for each in value["backups"]),
            trusted=value["trusted"] is True,
            tail=tail,
        )
        intact = Part("", int(value["tail"]["size"]), str(value["tail"]["sum"])).holds(tail)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise refuse("state-corrupt", file=place, backup="-") from error
    check_owner(head.key.deployment, head.key.environment, key, place)
    if not intact:
        raise refuse("state-corrupt", file=place, backup=_newest(head))
    return head


def document_of(head: Head, base: bytes | None, parts: Sequence[bytes], place: str) -> Document:
    """The document that a head and the objects it names make up. Raises Refused for what cannot be trusted."""
    named = ([head.base] if head.base else []) + list(head.parts)
    for part, data in zip(named, ([base] if base is not None else []) + list(parts), strict=True):
        if not part.holds(data):
            raise refuse("state-corrupt", file=f"{place.rpartition('/')[0]}/{part.name}", backup=_newest(head))
    document = (
        parse(base, head.key, place, _newest(head))
        if base is not None
        else Document(lineage=head.lineage, deployment=head.key.deployment, environment=head.key.environment)
    )
    try:
        journal = decode(b"".join(parts) + head.tail, serial=document.serial, lineage=document.lineage)
    except JournalBrokenError as broken:
        raise refuse(
            "state-journal-corrupt", file=place, line=broken.line, kept=broken.line - 1, backup=_newest(head)
        ) from broken
    for line in journal.lines:
        fold_line(document, line)
    return document


def _newest(head: Head) -> str:
    return head.backups[-1].name if head.backups else "-"
