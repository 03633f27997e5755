"""Owns the plan as data: what `plan --out` writes, a reviewer's page renders and `apply` carries out (DESIGN §6).

`format_version` is major.minor; a minor version only adds. The JSON Schema is published in `schemas/json/plan.json`.
"""

from __future__ import annotations

import hashlib
import json
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict

from groupform.compile.resource import Form

FORMAT_VERSION = "1.3"


class Action(StrEnum):
    """What happens to one object. `glyph` is the rune in the plan."""

    create = "create"
    update = "update"
    replace = "replace"  # type: ignore[assignment]  # str has a method of that name, which nobody calls on an action
    delete = "delete"
    archive = "archive"
    forget = "forget"
    bind = "bind"
    """An object that is ours already, or was made by a person, gets its binding; nothing is written."""
    adopt = "adopt"
    """A live object that the operator names is taken over as it was found; it gets our mark."""
    move = "move"
    """A rename by `previously`: only the address changes."""

    @property
    def glyph(self) -> str:
        return {
            Action.create: "+",
            Action.update: "~",
            Action.replace: "±",
            Action.delete: "-",
            Action.archive: "-",
            Action.forget: "-",
            Action.bind: "=",
            Action.adopt: "⇐",
            Action.move: "→",
        }[self]


class Why(StrEnum):
    """Where a difference comes from: the files, the platform, or both sides having moved to one value."""

    change = "change"
    drift = "drift"
    converged = "converged"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Reason(_Part):
    """A sentence by code, with its words."""

    code: str
    params: dict[str, Any] = {}


class AttributeChange(_Part):
    """One attribute: what is there, what is wanted. For Owned collections `put` and `drop` are what we change in it."""

    name: str
    before: Any = None
    after: Any = None
    why: Why
    put: dict[str, Any] | None = None
    drop: list[str] | None = None
    sensitive: bool = False
    replaces: bool = False


class Change(_Part):
    """What the API will do to one object. `previous` is the former address of a move (which may also update).

    `impact` counts the people it touches (joined, less the tool and the team). `after` lists addresses whose change
    must be finished first. `temporary` marks the first half of a swap of unique names. `kept` is what an adopted object
    keeps in place of what is declared. `purge` marks a delete that ends the group for everybody inside; its impact
    counts all of them, the team too.
    """

    address: str
    type: str
    action: Action
    label: str
    reason: Reason | None = None
    attributes: list[AttributeChange] = []
    previous: str | None = None
    id: str | None = None
    impact: int | None = None
    after: list[str] = []
    protected: bool = False
    irreversible: list[Reason] = []
    temporary: bool = False
    kept: list[Form] = []
    purge: bool = False

    @property
    def key(self) -> str:
        """What `after` names: the address, or `address!temporary` for the first half of a swap."""
        return f"{self.address}!temporary" if self.temporary else self.address


class StepStatus(StrEnum):
    new = "new"
    open = "open"
    overdue = "overdue"
    drifted = "drifted"


class StepFile(_Part):
    """A file that a person is to send or to set: its path as the files name it, and the sha256 of its bytes."""

    path: str
    sha256: str


class Step(_Part):
    """What a person must do. `key` is `address` or `address!attribute`; `text` is the exact words to paste.

    `what` is a message code of the provider with `params`. `proof` is `observed` (closes itself once it is read) or
    `attested` (closes when somebody says so). `blocked_by` lists steps and addresses that come first, `blocks` those
    that wait for this one. `who` is a person's key and `name` their name, `instead_of` whom they stand in for. `why`
    lists the leaves of the files it comes from. `place` is the address of the group it is done in, `place_label` its
    name. `more` are further words to paste, by the attribute they are for. `due` is when it becomes overdue. `ticket`
    stands for exactly this task in whatever comes back from people; `renews` is when the word that was given for it
    before runs out. `asks` names a number that is wanted as an answer.
    """

    key: str
    address: str
    what: Reason
    who: str | None = None
    label: str
    status: StepStatus
    since: str | None = None
    due: str | None = None
    text: str | None = None
    was: str | None = None
    proof: str
    digest: str
    blocked_by: list[str] = []
    blocks: list[str] = []
    name: str | None = None
    instead_of: str | None = None
    why: list[str] = []
    place: str | None = None
    place_label: str | None = None
    files: list[StepFile] = []
    more: dict[str, str] = {}
    ticket: str = ""
    renews: str | None = None
    asks: str | None = None

    @property
    def pressing(self) -> bool:
        """Whether an apply must say so in its exit code: it has not been given to anybody yet, or it is late."""
        return self.status is StepStatus.overdue or (self.status is not StepStatus.open and self.since is None)


class Gap(_Part):
    path: str
    reason: Reason
    accepted: bool = False


class Unmanaged(_Part):
    type: str
    id: str
    label: str
    people: int | None = None


class GuardFinding(_Part):
    """A guard that speaks. `blocks` plans are refused unless `address` is approved, or the plan's digest is.

    Where it is `named`, only its address will do. One that is `alone` holds back only what is at its addresses and
    depends on that: the rest of the plan runs."""

    guard: str
    reason: Reason
    addresses: list[str] = []
    blocks: bool = True
    approvable: bool = True
    named: bool = False
    alone: bool = False


class Inputs(_Part):
    """What the plan was made from; a saved plan is refused when any of it differs."""

    config_digest: str
    as_of: str
    version: str
    account: str
    server: str
    state_lineage: str | None
    state_serial: int
    variables: dict[str, str] = {}


class Unreadable(_Part):
    """An object that could not be read (hidden, or failed): nothing is planned for it."""

    address: str
    label: str
    reason: Reason
    hidden: bool


class Waiting(_Part):
    """A change that cannot be made yet: `blocked_by` lists the steps and the addresses that it waits for."""

    address: str
    label: str
    blocked_by: list[str]


class UndoneApply(_Part):
    """One apply that is taken back: when and by whom, and at which commit of the project's folder, if it was in a work
    tree (`dirty`: its files differed from that commit). `undo` is set where it was an undo itself."""

    when: str
    who: str
    commit: str | None = None
    dirty: bool = False
    undo: int | None = None


class Commit(_Part):
    id: str
    subject: str


class Undone(_Part):
    """What an undo is about, beside its changes. `serial` and `when` name the state that is gone back to.

    `applies` are taken back, newest first. `commits` are what to revert in the project's folder, newest first, or the
    next plan makes the change again: those after `commit_from` up to `commit_to`. `lost` says what will not come back.
    """

    serial: int
    when: str | None = None
    applies: list[UndoneApply] = []
    commit_from: str | None = None
    commit_to: str | None = None
    commits: list[Commit] = []
    lost: list[Reason] = []


class DeploymentPlan(_Part):
    """The plan of one deployment. `observed` digests the managed values of each bound object; `absent` lists what the
    plan relies on not being there. `remembered` are objects of which only the state learns something: what becomes of
    them once they are declared no more. `destroy`, `deep` and `undo` (the serial of the state that is gone back to) say
    how it was made, as does `purge` (addresses of groups to end for everybody); an apply makes it likewise. `undone`
    explains an undo."""

    deployment: str
    environment: str
    platform: str
    inputs: Inputs
    destroy: bool = False
    deep: bool = False
    purge: list[str] = []
    undo: int | None = None
    undone: Undone | None = None
    changes: list[Change] = []
    drift: list[str] = []
    converged: list[str] = []
    remembered: list[str] = []
    steps: list[Step] = []
    steps_done: int = 0
    gaps: list[Gap] = []
    unmanaged: list[Unmanaged] = []
    unreadable: list[Unreadable] = []
    waiting: list[Waiting] = []
    guards: list[GuardFinding] = []
    checks: list[GuardFinding] = []
    conflicts: list[GuardFinding] = []
    recovery: list[Reason] = []
    observed: dict[str, str] = {}
    absent: list[str] = []
    unchanged: int = 0
    requests: int = 0
    predicted_requests: int = 0
    predicted_seconds: float = 0.0
    digest: str = ""

    def __repr__(self) -> str:
        # asyncio's runner spells out what its main task returned, and throws the text away: seconds for 10,000 groups.
        return f"DeploymentPlan({self.deployment!r}, {len(self.changes)} changes, {self.digest!r})"

    @property
    def empty(self) -> bool:
        """True when the tool itself would change nothing."""
        return all(each.protected for each in self.changes)

    @property
    def blocked(self) -> bool:
        return any(each.blocks for each in (*self.guards, *self.checks, *self.conflicts))


class Plan(_Part):
    """A plan over one or more deployments; `digest` covers what each would do, member counts apart."""

    format_version: str = FORMAT_VERSION
    deployments: list[DeploymentPlan]
    digest: str = ""


def digest_of(value: object) -> str:
    """sha256 of a value's canonical JSON: keys sorted, no white space, UTF-8."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
