"""Owns the send ledger's records: what was announced, sent, missed or left to a person, by the post's key (DESIGN §7).

The ledger is a document of its own, with its own lock, in the same store and format as the state of its deployment.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict

Outcome: TypeAlias = Literal[
    "leaving", "left", "recalled", "announced", "handed", "sent", "missed", "unknown", "cancelled", "expired"
]
SETTLED: frozenset[Outcome] = frozenset({"sent", "missed", "unknown", "cancelled", "expired"})
"""What is never taken up again."""
LEFT: frozenset[Outcome] = frozenset({"leaving", "left", "recalled"})
"""What waits on a platform that sends by itself: about to be left there, left, about to be taken back."""


Pin: TypeAlias = Literal["", "wanted", "pinning", "pinned", "unpinning", "over", "refused"]
"""What became of a message that is to be kept at the top: `pinning` and `unpinning` say that it is about to change."""


Poll: TypeAlias = Literal["", "wanted", "ending", "over", "refused"]
"""What became of a message that is a poll and is to be ended: `ending` says that it is about to be."""


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Send(_Record):
    """One post in one group at one moment.

    `scheduled` is UTC, as are all times here (ISO 8601). `nonce` is what the platform knows the attempt by, `mark` what
    the message itself bears, `place` the group's remote id then and `device` who the platform took us for. `digest` is
    the sha256 of the words. `code` says why, for what was not sent. `id` is the message's;
    `after` that of one that was there before the announcement, so that nobody need look further back.

    A post of several messages has a record for each: `part` names it, "" for the first, whose `parts` are the names of
    all of them as they were when it was announced (empty in ledgers from before there were any). `pin` tells of the
    first one's being kept at the top of the group, until `pinned_until` ("": for good).

    `poll` tells of a poll's end, which comes at `poll_until`.

    What is left with a platform before its time is known there as `delay`, and goes out at `due`.
    """

    item: str
    target: str
    scheduled: str
    outcome: Outcome
    mark: str
    digest: str = ""
    nonce: str = ""
    attempt: int = 0
    place: str = ""
    device: str = ""
    announced_at: str = ""
    settled_at: str = ""
    reminded_at: str = ""
    id: str = ""
    after: str = ""
    who: str = ""
    code: str = ""
    part: str = ""
    parts: tuple[str, ...] = ()
    pin: Pin = ""
    pinned_until: str = ""
    poll: Poll = ""
    poll_until: str = ""
    delay: str = ""
    due: str = ""


class Reach(_Record):
    """Nothing that was to be sent before `since` is sent any more. `known` says, by item and target, since when the
    calendar has had it: what would have been before is nobody's omission."""

    since: str
    known: Mapping[str, str] = {}


class SetSends(_Record):
    """What became of some posts, by key; None where a record is dropped."""

    do: Literal["set-sends"] = "set-sends"
    sends: Mapping[str, Send | None]


class SetReach(_Record):
    do: Literal["set-reach"] = "set-reach"
    reach: Reach


class SetMedia(_Record):
    """What the platform calls files that were left with it, by account and sha256 (`@us:server 9f86…`)."""

    do: Literal["set-media"] = "set-media"
    media: Mapping[str, str]


class Word(_Record):
    """Somebody's word that one line of a list is done: who, when, and what they remarked."""

    who: str
    when: str
    note: str = ""


Asked: TypeAlias = Literal["handed", "done", "missed", "cancelled"]


class Round(_Record):
    """One going through a checklist: `steps` are its lines as they were handed over, `who` was asked to do them.

    `said` are the words given, by the line's number from 1, `reopened` when one was taken back. `code` says why, for
    what was not done. It is kept as evidence for `kept` days.
    """

    checklist: str
    target: str = ""
    scheduled: str
    outcome: Asked
    steps: tuple[str, ...]
    who: str = ""
    announced_at: str = ""
    reminded_at: str = ""
    settled_at: str = ""
    said: Mapping[str, Word] = {}
    reopened: Mapping[str, str] = {}
    code: str = ""
    kept: int = 60


class SetRounds(_Record):
    """What became of some rounds, by key, None where one is dropped; and up to when, by checklist, all are known."""

    do: Literal["set-rounds"] = "set-rounds"
    rounds: Mapping[str, Round | None] = {}
    through: Mapping[str, str] = {}


class Approval(_Record):
    """A second person agreed to what an entry of the calendar sends: to exactly what `digest` stands for. `words` are
    those that were agreed to, as far as they can be shown, `files` the sha256 of every file that goes out."""

    who: str
    when: str
    digest: str
    words: str = ""
    files: tuple[str, ...] = ()


class Question(_Record):
    """A second person is asked to agree to what `digest` stands for, and was told so at `since`. `near` and `held` are
    the moments of the posts of which it was said that their time is near, or that they wait; `withdrawn` is when an
    agreement was taken back."""

    digest: str
    since: str = ""
    near: str = ""
    held: str = ""
    withdrawn: str = ""


class SetApprovals(_Record):
    """Who agreed to what, by the calendar's keys; None where that was withdrawn."""

    do: Literal["set-approvals"] = "set-approvals"
    approvals: Mapping[str, Approval | None] = {}
    questions: Mapping[str, Question | None] = {}


def round_key(checklist: str, scheduled: str, target: str = "") -> str:
    """The key of one round of a checklist. None of them holds a space."""
    return f"{checklist} {scheduled} {target}".strip()


def send_key(item: str, scheduled: str, target: str, part: str = "") -> str:
    """The key of one post in one group: `wednesday-tips 2026-12-02T12:00:00Z city/sh`. None of them holds a space.

    The first message of a post has the post's own key, each further one its part's name behind it.
    """
    return f"{item} {scheduled} {target} {part}".rstrip(" ")
