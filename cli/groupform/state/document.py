"""Owns the state document of one deployment in one environment, and how a durable entry changes it (DESIGN §7)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from groupform.compile.resource import Form
from groupform.state.ledger import (
    Approval,
    Question,
    Reach,
    Round,
    Send,
    SetApprovals,
    SetMedia,
    SetReach,
    SetRounds,
    SetSends,
)

FORMAT_VERSION = 1


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Binding(_Record):
    """One address and the object that it names. `applied` is what was last declared and written, references as
    addresses. `refused` are attributes the platform would not take, with the reason's code. `forms` are what an adopted
    object keeps in place of what is declared; `who` is named for what is left to people about it. `created_at` is when
    its create was announced (UTC, ISO 8601), for what was created here."""

    type: str
    id: str
    applied: dict[str, Any]
    private: dict[str, Any] = {}
    refused: dict[str, str] = {}
    origin: Literal["created", "adopted"] = "created"
    label: str = ""
    on_remove: Literal["forget", "archive", "delete"] = "delete"
    protect: bool = False
    left: bool = False
    who: str = ""
    forms: tuple[Form, ...] = ()
    created_at: str = ""


class OpenIntent(_Record):
    """A create that was announced. It stays until its outcome is known. `sent_at` is UTC, ISO 8601.

    `lost`: nobody announced it; the object may be there since before the state was rebuilt, and nothing can find it.
    """

    nonce: str
    type: str
    attempt: int = 1
    sent_at: str
    plan: str
    attributes: dict[str, Any]
    lost: bool = False


class Attestation(_Record):
    """Somebody's word that a step is done: who, when (UTC, ISO 8601), and for which values (by digest).

    `ticket` stands for the task as it was worded then. `answer` is the number that was asked for, if one was.
    """

    who: str
    when: str
    digest: str
    note: str = ""
    ticket: str = ""
    answer: int | None = None


class IssuedStep(_Record):
    """A step that a person has been given: since when, and for which values; `ticket` is the task as worded."""

    since: str
    digest: str
    ticket: str = ""


class Notified(_Record):
    """What a person was last told of: the tickets of those steps, and when. `sent` is False until that is known."""

    when: str
    tickets: tuple[str, ...]
    sent: bool = True


class Progress(_Record):
    """The plan under way. `serial` is the state's serial when it began; `stopped` says why it did not finish."""

    plan: str
    serial: int
    started_at: str
    stopped: str | None = None


class Applied(_Record):
    """An apply that changed something: of which plan, the state's serial before it, when (UTC, ISO 8601), by whom.

    `run` is one word for all deployments that one command applied. `commit` is the one that the project's folder was
    at, and `dirty` tells whether its files differed from it; None where that folder is in no work tree. `undo` is the
    serial that an undo went back to.
    """

    plan: str
    serial: int
    when: str
    who: str
    run: str = ""
    commit: str | None = None
    dirty: bool = False
    undo: int | None = None


class Document(BaseModel):
    """The whole state. Mutable in memory; durable only through a backend's `commit`."""

    model_config = ConfigDict(extra="forbid")

    format_version: int = FORMAT_VERSION
    lineage: str
    deployment: str
    environment: str
    serial: int = 0
    bindings: dict[str, Binding] = {}
    intents: dict[str, OpenIntent] = {}
    attestations: dict[str, Attestation] = {}
    steps: dict[str, IssuedStep] = {}
    progress: Progress | None = None
    outputs: dict[str, Any] = {}
    notified: dict[str, Notified] = {}
    reopened: dict[str, str] = {}
    """Steps of which somebody's word was taken back, and when: a list from before says nothing about them any more."""
    applies: tuple[Applied, ...] = ()
    """The last applies, oldest first: the copies of the state from before them are the ones to go back to."""
    media: dict[str, str] = {}
    """What the platform calls files that were left with it; in a ledger only."""
    sends: dict[str, Send] = {}
    """What became of each post; like `reach` in a ledger only, which holds nothing else."""
    reach: Reach | None = None
    rounds: dict[str, Round] = {}
    through: dict[str, str] = {}
    """The rounds of the checklists, and up to when all of each list are known; in a ledger only."""
    approvals: dict[str, Approval] = {}
    questions: dict[str, Question] = {}
    """Who agreed to what the calendar sends, and what is waiting for somebody's word; in a ledger only."""


class SetBinding(_Record):
    """Binds an address; closes the intent that stood for it, if any."""

    do: Literal["set-binding"] = "set-binding"
    address: str
    binding: Binding


class DropBinding(_Record):
    do: Literal["drop-binding"] = "drop-binding"
    address: str


class MoveBinding(_Record):
    """A rename by `previously`: the object stays, its address changes, and with it what the state says of it."""

    do: Literal["move-binding"] = "move-binding"
    address: str
    to: str


class OpenedIntents(_Record):
    """A whole ready wave's intents, in one durable write."""

    do: Literal["opened-intents"] = "opened-intents"
    intents: dict[str, OpenIntent]


class ClosedIntent(_Record):
    """The create is known not to have happened."""

    do: Literal["closed-intent"] = "closed-intent"
    address: str


class SetAttestation(_Record):
    do: Literal["set-attestation"] = "set-attestation"
    step: str
    attestation: Attestation | None


class SetSteps(_Record):
    """The steps that are open with people after an apply, all of them."""

    do: Literal["set-steps"] = "set-steps"
    steps: dict[str, IssuedStep]


class SetReopened(_Record):
    """Somebody's word about a step was taken back, at that time (UTC, ISO 8601)."""

    do: Literal["set-reopened"] = "set-reopened"
    step: str
    when: str


class SetNotified(_Record):
    """What a person, by key, was told of; None where that did not come about."""

    do: Literal["set-notified"] = "set-notified"
    person: str
    notified: Notified | None


class SetProgress(_Record):
    do: Literal["set-progress"] = "set-progress"
    progress: Progress | None


class SetOutputs(_Record):
    do: Literal["set-outputs"] = "set-outputs"
    outputs: dict[str, Any]


class SetApplies(_Record):
    """The applies on record, all of them."""

    do: Literal["set-applies"] = "set-applies"
    applies: tuple[Applied, ...]


class Restored(_Record):
    """Another whole document takes the place of this one, its lineage included: a copy that was pushed, or one rebuilt
    from the marks on the platform. The serial goes on counting."""

    do: Literal["restored"] = "restored"
    document: Document


Entry: TypeAlias = Annotated[
    SetBinding
    | DropBinding
    | MoveBinding
    | OpenedIntents
    | ClosedIntent
    | SetAttestation
    | SetSteps
    | SetReopened
    | SetNotified
    | SetProgress
    | SetOutputs
    | SetApplies
    | SetSends
    | SetMedia
    | SetReach
    | SetRounds
    | SetApprovals
    | Restored,
    Field(discriminator="do"),
]


def fold(document: Document, entry: Entry) -> None:
    """Changes `document` by one durable entry. Applying the same entry twice equals applying it once."""
    match entry:
        case SetBinding():
            document.bindings[entry.address] = _dated(document, entry)
            document.intents.pop(entry.address, None)
        case DropBinding():
            document.bindings.pop(entry.address, None)
        case MoveBinding():
            tables = (document.bindings, document.intents, document.attestations, document.steps, document.reopened)
            for table in tables:
                _move(table, entry.address, entry.to)
        case OpenedIntents():
            document.intents.update(entry.intents)
        case ClosedIntent():
            document.intents.pop(entry.address, None)
        case SetAttestation():
            if entry.attestation is None:
                document.attestations.pop(entry.step, None)
            else:
                document.attestations[entry.step] = entry.attestation
        case SetSteps():
            document.steps = dict(entry.steps)
        case SetReopened():
            document.reopened[entry.step] = entry.when
        case SetNotified():
            if entry.notified is None:
                document.notified.pop(entry.person, None)
            else:
                document.notified[entry.person] = entry.notified
        case SetProgress():
            document.progress = entry.progress
        case SetOutputs():
            document.outputs = dict(entry.outputs)
        case SetApplies():
            document.applies = entry.applies
        case SetSends():
            _put(document.sends, entry.sends)
        case SetMedia():
            document.media.update(entry.media)
        case SetReach():
            document.reach = entry.reach
        case SetRounds():
            _put(document.rounds, entry.rounds)
            document.through.update(entry.through)
        case SetApprovals():
            _put(document.approvals, entry.approvals)
            _put(document.questions, entry.questions)
        case Restored():
            if entry.document.lineage != document.lineage:
                # The copies that these applies speak of are of another history.
                document.applies = ()
            document.lineage, document.progress = entry.document.lineage, entry.document.progress
            document.reach = entry.document.reach
            same = ("bindings", "intents", "attestations", "steps", "outputs", "notified", "reopened", "sends")
            for name in (*same, "media", "rounds", "through", "approvals", "questions"):
                setattr(document, name, dict(getattr(entry.document, name)))


def _dated(document: Document, entry: SetBinding) -> Binding:
    """The binding with the day of its create: told by the intent that it closes, kept while the object is the same."""
    opened, before = document.intents.get(entry.address), document.bindings.get(entry.address)
    if entry.binding.created_at or entry.binding.origin != "created":
        return entry.binding
    if before is not None and before.id == entry.binding.id:
        made = before.created_at
    else:
        made = opened.sent_at if opened is not None else ""
    return entry.binding.model_copy(update={"created_at": made}) if made else entry.binding


def _put(table: dict[str, Any], changes: Mapping[str, Any]) -> None:
    for key, value in changes.items():
        if value is None:
            table.pop(key, None)
        else:
            table[key] = value


def _move(table: dict[str, Any], old: str, new: str) -> None:
    """Renames keys that are the address itself, or a step of it (`address!attribute`)."""
    for key in [each for each in table if each == old or each.startswith(old + "!")]:
        table[new + key[len(old) :]] = table.pop(key)
