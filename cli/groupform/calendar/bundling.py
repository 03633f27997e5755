"""Decides which posts become one message for one person, and what is to be done about those that wait. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from groupform.calendar.due import KEPT, Task, instant, lateness, spelled
from groupform.calendar.wording import Wording
from groupform.config.project import ResolvedDeployment
from groupform.engine.dispatching import DispatchTrail, Progress
from groupform.state.document import Document
from groupform.state.ledger import Outcome, Send

_CLOCKS = timedelta(days=1)
"""How far our clock may be from the platform's: what was announced is looked for that much around its time. Longer is
safer: what the ledger knows is no candidate, and a message that is not found is made again."""
_CLOCKS_UNKNOWN = timedelta(hours=1)
"""The same where the ledger knows nothing: yesterday's words may be today's."""
_UNDER_WAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Piece:
    """One post in one group with what is to be sent there, and by whom: an account, and the person's key.

    `attempt` counts; `former` are the ids, apart by spaces, under which earlier attempts were laid before somebody.
    """

    task: Task
    sender: str
    who: str
    words: Wording
    attempt: int = 1
    former: str = ""

    @property
    def like(self) -> tuple[str, str]:
        """Messages that are alike in this cannot be told apart on the platform."""
        return self.sender.casefold(), self.words.mark


@dataclass(frozen=True, slots=True)
class Bundle:
    """What is one message on the platform: the same words at the same time in groups of one person."""

    pieces: tuple[Piece, ...]
    nonce: str

    @property
    def first(self) -> Piece:
        return self.pieces[0]

    @property
    def places(self) -> tuple[str, ...]:
        return tuple(each.task.place for each in self.pieces)

    def records(self, now: datetime) -> dict[str, Send]:
        """What the ledger holds before it is laid before anybody."""
        return {
            each.task.key: Send(
                item=each.task.occasion.calendar,
                target=each.task.target,
                scheduled=spelled(each.task.occasion.scheduled),
                outcome="announced",
                mark=each.words.mark,
                digest=each.words.digest,
                nonce=self.nonce,
                attempt=each.attempt,
                place=each.task.place,
                device=each.sender,
                announced_at=spelled(now),
                after=each.former,
                who=each.who,
            )
            for each in self.pieces
        }


def bundled(pieces: Iterable[Piece], at_once: int) -> list[Bundle]:
    """The fewest messages that hold them all, in the order of the calendar."""
    alike: dict[tuple[str, ...], list[Piece]] = {}
    for each in sorted(pieces, key=lambda one: (one.task.occasion.scheduled, one.task.occasion.calendar)):
        when = spelled(each.task.occasion.scheduled)
        key = (when, each.task.occasion.calendar, each.sender.casefold(), each.words.digest)
        alike.setdefault(key, []).append(each)
    found: list[Bundle] = []
    for several in alike.values():
        for start in range(0, len(several), at_once):
            part = tuple(several[start : start + at_once])
            named = "\n".join(f"{each.task.key} {each.task.place} {each.attempt}" for each in part)
            found.append(Bundle(part, "gfd-" + hashlib.sha256(named.encode()).hexdigest()[:32]))
    return found


Records = Mapping[str, Send]
"""Records of the ledger, by the key of their post."""


def announced(ledger: Document) -> dict[str, dict[str, Send]]:
    """What was announced and never recorded, message by message (by nonce)."""
    return _together(ledger, "announced", "nonce")


def waiting(ledger: Document) -> dict[str, dict[str, Send]]:
    """What waits for a confirmation, message by message (by id)."""
    return _together(ledger, "handed", "id")


def _together(ledger: Document, outcome: Outcome, name: str) -> dict[str, dict[str, Send]]:
    found: dict[str, dict[str, Send]] = {}
    for key, each in sorted(ledger.sends.items(), key=lambda one: (one[1].scheduled, one[0])):
        if each.outcome == outcome and getattr(each, name):
            found.setdefault(getattr(each, name), {})[key] = each
    return found


def trail_of(record: Send, ledger: Document, now: datetime) -> DispatchTrail:
    """Where to look for what `record` announced: what the ledger knows already is something else."""
    begun = instant(record.announced_at)
    return _trail(record.device, record.mark, begun - _CLOCKS, min(now, begun + _UNDER_WAY) + _CLOCKS, ledger)


def trail_before(piece: Piece, ledger: Document, now: datetime) -> DispatchTrail:
    """Where to look for a message that a ledger which was lost knew of."""
    since = piece.task.occasion.scheduled - _CLOCKS_UNKNOWN
    return _trail(piece.sender, piece.words.mark, since, now + _CLOCKS_UNKNOWN, ledger)


def _trail(sender: str, mark: str, since: datetime, until: datetime, ledger: Document) -> DispatchTrail:
    known = {word for each in ledger.sends.values() for word in (each.id, *each.after.split())}
    return DispatchTrail(sender, mark, since, max(since, until), frozenset(known - {""}))


class Change(StrEnum):
    """What has become of a post on the calendar while it waits for its confirmation."""

    none = "none"
    withdrawn = "send-now-undeclared"
    edited = "send-now-edited"
    moved = "send-now-moved"
    """Its group is another one now, or somebody else's."""
    unapproved = "send-approval"
    """A second person has to agree to it first."""
    old = "send-forgotten"
    """It is older than anything that is remembered."""


def change_of(record: Send, piece: Piece | None, task: Task | None, now: datetime) -> Change:
    """`piece` is what would be sent now; None where that cannot be said: the group is gone, a picture is missing."""
    if task is None:
        return Change.old if now - instant(record.scheduled) > KEPT - timedelta(days=1) else Change.withdrawn
    if piece is None:
        return Change.none
    if task.code == "send-approval":
        return Change.unapproved
    if piece.words.digest != record.digest:
        return Change.edited
    if task.place != record.place or piece.sender.casefold() != record.device.casefold():
        return Change.moved
    return Change.none


def in_time(task: Task, deployment: ResolvedDeployment, now: datetime, record: Send | None = None) -> bool:
    """Whether a post may still be laid before somebody. `record` is its announcement: one that was made later than any
    post is sent went on with a message that had been laid in time, and has as long again."""
    within, due = lateness(deployment), task.occasion.due
    begun = instant(record.announced_at) if record is not None else due
    return now - (begun if begun - due > within else due) <= within


def settled(records: Records, progress: Progress, now: datetime, delivers: float) -> dict[str, Send]:
    """What the ledger is to hold of a message that its sender has confirmed. What is not delivered yet may still be."""
    found: dict[str, Send] = {}
    assert progress.confirmed_at is not None
    over = now - progress.confirmed_at >= timedelta(seconds=delivers)
    for key, record in records.items():
        if record.place in progress.sent:
            values = {"outcome": "sent", "settled_at": spelled(progress.sent[record.place]), "code": ""}
        elif record.place in progress.unreached:
            code = progress.unreached[record.place].code
            values = {"outcome": "missed", "settled_at": spelled(now), "code": code}
        elif over:
            values = {"outcome": "unknown", "settled_at": spelled(now), "code": "send-not-delivered"}
        else:
            continue
        found[key] = record.model_copy(update=values)
    return found


def tally(ledger: Document, item: str, scheduled: str) -> tuple[int, int, Sequence[str]]:
    """How many of those who were asked have confirmed a post, of how many, and who has not, by key.

    Counted by person: one who has several messages of a post to confirm has confirmed when all are."""
    asked: dict[str, set[str]] = {}
    names: dict[str, str] = {}
    for each in ledger.sends.values():
        laid = each.device and (each.id or each.outcome == "announced") and each.outcome != "cancelled"
        if laid and (each.item, each.scheduled) == (item, scheduled):
            asked.setdefault(each.device.casefold(), set()).add(each.outcome)
            names[each.device.casefold()] = each.who or each.device
    missing = sorted(names[who] for who, outcomes in asked.items() if outcomes & {"handed", "announced"})
    confirmed = sum(not outcomes & {"handed", "announced", "expired"} for outcomes in asked.values())
    return confirmed, len(asked), missing
