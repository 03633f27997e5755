"""Owns the taking over of live objects that the operator names: how they are told apart, and what speaks against it.

The mapping stands in the project's file (`deployments.X.adopt`), beside the deployment that it is about, as Terraform's
import blocks do: it is a line in a review like any other, plan and apply read the same one, CI needs no argument that a
laptop had, and once applied it may go, for the state and the mark on the object then say the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, runtime_checkable

from groupform.compile.resource import Attributes, Compiled, Form, Resource
from groupform.config.project import ResolvedDeployment
from groupform.engine.decide import Decision
from groupform.engine.plan import Action, GuardFinding, Reason
from groupform.engine.provider import Bound, Hidden, Ownership, Present
from groupform.engine.refs import references
from groupform.engine.survey import Survey
from groupform.state.document import Document


@dataclass(frozen=True, slots=True)
class LiveGroup:
    """A live object in the language's own words.

    `names` are words that may become a key or tell it apart (aliases, without signs), best first. `door` is None where
    whoever is in the community walks in. `may` are rights by account, the strongest first. `unfit` says why it cannot
    be taken over as a group, though it can be read.
    """

    id: str
    title: str
    topic: str = ""
    names: tuple[str, ...] = ()
    kind: str = "chat"
    door: str | None = None
    default: bool = False
    may: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    people: int | None = None
    owner: Ownership | None = None
    encrypted: bool = False
    unfit: Hidden | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a community's file besides its groups, and what of it is there already.

    `place` are the keys that lead to it, empty where the files say nothing of it by itself. `parts` are the platform's
    ids by `type.key`; a piece of which another deployment holds one is left out.
    """

    place: tuple[str, ...]
    value: Any = None
    parts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Live:
    """What an operator pointed at: the community's own object, if it is one, and the groups, in the order shown.

    `unseen` are ids of objects that belong to it and are no group that could be taken over, each with the reason.
    `called` are the names that accounts go by. `pieces` are further parts of the community's file, in order. `flat`
    says that no object is around the groups, `cased` that accounts which differ in case are two. `told` is what the
    operator has to know of what was read.
    """

    container: LiveGroup | None
    groups: tuple[LiveGroup, ...]
    unseen: Mapping[str, Hidden] = field(default_factory=dict)
    me: str = ""
    called: Mapping[str, str] = field(default_factory=dict)
    pieces: tuple[Piece, ...] = ()
    flat: bool = False
    cased: bool = True
    told: tuple[Hidden, ...] = ()


@runtime_checkable
class Adopts(Protocol):
    """What a provider has besides where live objects can be taken over; others answer: not possible here."""

    def forms(self, deployment: ResolvedDeployment, resource: Resource, observed: Attributes) -> Sequence[Form]:
        """What the adopted object keeps: values that mean what is declared, and what the language cannot say. Pure.

        `resource` and `observed` speak of addresses.
        """


@runtime_checkable
class Reads(Protocol):
    """What a session has besides where live objects can be read back into the language."""

    async def read_live(self, target: str | None) -> Live:
        """The community or the group at `target` (an id or a name); all in sight where None. Raises Failure."""


@runtime_checkable
class Releases(Protocol):
    """What a session has besides where an object bears a mark of ours."""

    async def release(self, bound: Bound) -> None:
        """Takes our mark off an object that was adopted, and leaves all else as it is. Raises Failure."""


def forms_of(
    deployment: ResolvedDeployment, provider: object, compiled: Compiled, seen: Survey
) -> dict[str, Sequence[Form]]:
    """What each object that is about to be adopted keeps, by address."""
    if not isinstance(provider, Adopts):
        return {}
    found: dict[str, Sequence[Form]] = {}
    for each in compiled.resources:
        observation = seen.observations.get(str(each.address))
        if each.adopt is not None and str(each.address) not in seen.bindings and isinstance(observation, Present):
            found[str(each.address)] = provider.forms(deployment, each, observation.attributes)
    return found


def adopt(decisions: Sequence[Decision], document: Document) -> list[Decision]:
    """Decisions in which what hangs in an adopted object is adopted with it, and what is named wrongly is refused."""
    adopting = {each.subject.address for each in decisions if each.subject.adopting}
    if not adopting:
        return list(decisions)
    bound = {(each.type, each.id): address for address, each in document.bindings.items() if not each.left}
    named = Counter((each.subject.kind.name, each.subject.id) for each in decisions if each.subject.adopting)
    return [_refused(each, bound, named) or _along(each, adopting) for each in decisions]


def _refused(decision: Decision, bound: Mapping[tuple[str, str], str], named: Counter[Any]) -> Decision | None:
    subject = decision.subject
    if not subject.adopting or subject.id is None or decision.conflict is not None:
        return None
    other = bound.get((subject.kind.name, subject.id))
    if other is not None and other != subject.address:
        reason = Reason(code="plan-adopt-bound", params={"label": subject.label, "id": subject.id, "address": other})
    elif named[subject.kind.name, subject.id] > 1:
        reason = Reason(code="plan-adopt-twice", params={"label": subject.label, "id": subject.id})
    else:
        return None
    finding = GuardFinding(guard="adopt", reason=reason, addresses=[subject.address], approvable=False)
    return replace(decision, change=None, hand=None, hand_attributes=(), unreadable=None, conflict=finding)


def _along(decision: Decision, adopting: set[str]) -> Decision:
    """Something found in its place in an adopted object came with it: it was never ours, and is not lost and found."""
    subject, change = decision.subject, decision.change
    if change is None or change.action is not Action.bind or subject.intent is not None or subject.binding is not None:
        return decision
    if not references(subject.kind, subject.desired) & adopting:
        return decision
    reason = Reason(code="plan-adopt-along")
    return replace(decision, change=change.model_copy(update={"action": Action.adopt, "reason": reason}))
