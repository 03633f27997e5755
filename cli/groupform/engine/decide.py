"""Owns what becomes of one object, seen by itself: the action, what a person must do, or why nothing can be said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from groupform.compile.resource import Json, OnRemove
from groupform.engine.diff import Difference, initial
from groupform.engine.plan import Action, AttributeChange, Change, GuardFinding, Reason, Unreadable, Why
from groupform.engine.provider import Failed, Failure, Gone, Hidden, Ownership, Taken
from groupform.engine.resource_type import Actor, Attribute, By, Irreversible, OneWay, Sensitive, Unique, Verb
from groupform.engine.subjects import Subject
from groupform.engine.values import masked, same
from groupform.engine.words import words


@dataclass(frozen=True, slots=True)
class Decision:
    """The outcome for one subject; at most one of `change`, `unreadable` and `conflict` is set.

    `hand` says what is left to a person: "create", "delete", or attributes by name with what they should hold.
    `helpless` are attributes that nobody can write any more.
    """

    subject: Subject
    change: Change | None = None
    hand: str | None = None
    hand_attributes: tuple[AttributeChange, ...] = ()
    helpless: tuple[AttributeChange, ...] = ()
    unreadable: Unreadable | None = None
    conflict: GuardFinding | None = None
    nobody: bool = False
    difference: Difference = field(default_factory=Difference)

    @property
    def renews(self) -> bool:
        """True when the object gets a new id by this change, so that whatever refers to it must be written again."""
        made_again = self.subject.gone and (self.hand == "create" or _does(self.change, Action.create))
        return made_again or _does(self.change, Action.replace)


def decide(subject: Subject, owners: frozenset[Ownership], *, destroy: bool = False, back: bool = False) -> Decision:
    """Decides for one subject. Only Gone, with its proof, or a free place leads to a create.

    `owners` are the ownership marks that mean us: the deployment's, under this name and its earlier ones. `back` is
    True for an undo: it lets go of what people sit in, and of what it had only taken over, and deletes neither.
    """
    conflict = _conflict(subject, owners)
    if conflict is not None:
        return Decision(subject, conflict=conflict)
    if subject.resource is None:
        return _removal(subject, destroy, back)
    unreadable = _unreadable(subject)
    if unreadable is not None:
        return Decision(subject, unreadable=unreadable)
    return _existing(subject) if subject.present is not None else _missing(subject)


def _missing(subject: Subject) -> Decision:
    """Declared, and proven or known not to be there."""
    assert subject.resource is not None
    actor = subject.kind.actor(Verb.create)
    if actor is Actor.person:
        return Decision(subject, hand="create")
    if actor is Actor.nobody:
        return Decision(subject, nobody=True)
    attributes = initial(subject.kind, subject.desired)
    theirs = tuple(each for each in attributes if _by_hand(subject, each.name))
    change = Change(
        address=subject.address,
        type=subject.kind.name,
        action=Action.create,
        label=subject.label,
        reason=_proof(subject),
        attributes=[each for each in attributes if each not in theirs],
        irreversible=_irreversible(subject, attributes),
    )
    return Decision(subject, change, hand_attributes=theirs)


def _by_hand(subject: Subject, attribute: str) -> bool:
    """Whether a person must set it on a new object, since the create does not bring it about."""
    by: By | None = subject.kind.attributes[attribute].get(By)
    return by is not None and by.actor is Actor.person and not by.made


def _existing(subject: Subject) -> Decision:
    """Declared and there: bound, found again, or made by a person."""
    difference = subject.difference
    by: dict[Actor, list[AttributeChange]] = {each: [] for each in Actor}
    for each in difference.changes:
        by[subject.kind.actor(Verb.update, each.name)].append(each)
    ours = by[Actor.api]
    moved_to = subject.present.moved_to if subject.present is not None else None
    if any(each.replaces for each in difference.changes) and subject.kind.actor(Verb.create) is Actor.person:
        return Decision(subject, hand="create", difference=difference)
    replaced = ", ".join(each.name for each in ours if each.replaces)
    action: Action | None = Action.update if ours else None
    reason: Reason | None = None
    if replaced and subject.kind.actor(Verb.create) is Actor.api:
        action, reason = Action.replace, Reason(code="plan-replace", params={"attributes": replaced})
    elif subject.previous is not None:
        action = Action.move
    elif subject.adopting and subject.intent is None:
        action, reason = Action.adopt, Reason(code="plan-adopt", params={"id": subject.id})
    elif subject.binding is None or subject.another:
        action, reason = Action.bind, Reason(code=_how_found(subject))
    elif moved_to is not None and moved_to != subject.binding.id:
        action, reason = Action.bind, Reason(code="plan-bind-moved", params={"id": moved_to})
    elif subject.id is not None and subject.id != subject.binding.id:
        # The bound object is gone, and somebody has made it again.
        action, reason = Action.bind, Reason(code=_how_found(subject))
    change = None
    if action is not None:
        change = Change(
            address=subject.address,
            type=subject.kind.name,
            action=action,
            label=subject.label,
            reason=reason,
            attributes=whole(subject, ours) if action is Action.replace else ours,
            previous=subject.previous,
            id=subject.id,
            impact=_people(subject),
            protected=subject.protected and action is Action.replace,
            irreversible=_irreversible(subject, ours),
            kept=list(subject.resource.forms) if action is Action.adopt and subject.resource is not None else [],
        )
    return Decision(
        subject,
        change,
        hand_attributes=tuple(by[Actor.person]),
        helpless=tuple(by[Actor.nobody]),
        difference=difference,
    )


def _removal(subject: Subject, destroy: bool, back: bool) -> Decision:
    """Declared no more. What cannot be read can still be forgotten, but not deleted."""
    if subject.id is None:
        return Decision(subject)
    binding = subject.binding
    on_remove = OnRemove(binding.on_remove) if binding is not None else OnRemove.delete
    taken_over = binding is not None and binding.origin == "adopted"
    if destroy and taken_over and binding is not None:
        # It was there before us, with what hung in it: it is given back, unless the files say that it shall go.
        on_remove = on_remove if subject.kind.people_inside else OnRemove.forget
    elif destroy and on_remove is OnRemove.forget:
        on_remove = OnRemove.delete
    if back and (taken_over or (subject.kind.people_inside and on_remove is OnRemove.delete)):
        on_remove = OnRemove.forget
    actor = subject.kind.actor(Verb.delete)
    if on_remove is OnRemove.forget or subject.gone or actor is Actor.nobody:
        action = Action.forget
    else:
        unreadable = _unreadable(subject)
        if unreadable is not None:
            return Decision(subject, unreadable=unreadable)
        if actor is Actor.person and not subject.protected:
            return Decision(subject, hand="delete")
        action = Action.archive if on_remove is OnRemove.archive else Action.delete
    change = Change(
        address=subject.address,
        type=subject.kind.name,
        action=action,
        label=subject.label,
        reason=_proof(subject),
        attributes=lost(subject) if action is not Action.forget else [],
        id=subject.id,
        impact=_people(subject),
        protected=subject.protected and not subject.gone,
        irreversible=_for_good(subject, action),
    )
    return Decision(subject, change)


def _conflict(subject: Subject, owners: frozenset[Ownership]) -> GuardFinding | None:
    present = subject.present
    if present is not None and present.owner is not None and present.owner not in owners:
        owner = present.owner
        reason = Reason(
            code="plan-owned-elsewhere",
            params={"label": subject.label, "deployment": owner.deployment, "environment": owner.environment},
        )
        return _finding("owner", reason, subject)
    if subject.adopting and isinstance(subject.observation, Gone | Hidden):
        why = _unreadable(subject)
        words_ = why.reason.params if why is not None else {}
        code = "plan-adopt-hidden" if why is not None else "plan-adopt-gone"
        reason = Reason(code=code, params={**words_, "label": subject.label, "id": subject.id or ""})
        return _finding("adopt", reason, subject)
    for probe in (subject.probe, subject.found):
        if isinstance(probe, Taken) and present is None and subject.resource is not None:
            reason = Reason(code=probe.reason, params=words({"label": subject.label, **probe.params}))
            return _finding("taken", reason, subject)
    return None


def _finding(guard: str, reason: Reason, subject: Subject) -> GuardFinding:
    return GuardFinding(guard=guard, reason=reason, addresses=[subject.address], approvable=False)


def _unreadable(subject: Subject) -> Unreadable | None:
    observation = subject.observation
    failure = observation.failure if isinstance(observation, Failed) else None
    if subject.present is None and failure is None:
        failure = _unasked(subject)
    if isinstance(observation, Hidden):
        reason = Reason(code=observation.reason, params=words(observation.params))
    elif failure is not None:
        reason = Reason(code=failure.code, params=words(failure.params))
    else:
        return None
    return Unreadable(
        address=subject.address, label=subject.label, reason=reason, hidden=isinstance(observation, Hidden)
    )


def _unasked(subject: Subject) -> Failure | None:
    """Why nothing is known of the place where a new object would go, or None where it is known."""
    if isinstance(subject.found, Failure):
        return subject.found
    asked = subject.probe is not None or subject.found is not None or subject.attested
    # A place that a platform was asked about and did not answer for is not known to be free.
    return None if asked or subject.resource is None else Failure("plan-not-answered")


def _proof(subject: Subject) -> Reason | None:
    gone = subject.observation
    return Reason(code=gone.proof, params=words(gone.params)) if isinstance(gone, Gone) else None


def _how_found(subject: Subject) -> str:
    if subject.intent is not None:
        return "plan-bind-found"
    return "plan-bind-made" if subject.kind.actor(Verb.create) is Actor.person else "plan-bind-ours"


def _irreversible(subject: Subject, changes: list[AttributeChange] | tuple[AttributeChange, ...]) -> list[Reason]:
    codes = ((each, _what_is_lost(subject.kind.attributes[each.name], each.after)) for each in changes)
    return [
        Reason(code=code, params={"label": subject.label, "attribute": each.name})
        for each, code in codes
        if code is not None
    ]


def _what_is_lost(attribute: Attribute, after: Json) -> str | None:
    """The words of a write that cannot be undone; None for any other."""
    mark: Irreversible | None = attribute.get(Irreversible)
    one_way: OneWay | None = attribute.get(OneWay)
    if mark is not None:
        return mark.code
    return one_way.lost if one_way is not None and same(after, one_way.value) else None


def _for_good(subject: Subject, action: Action) -> list[Reason]:
    """What a reviewer must know of a removal: declared again, a group comes back empty."""
    if action is not Action.delete or not subject.kind.people_inside or subject.gone:
        return []
    return [Reason(code="plan-irreversible-delete", params={"label": subject.label})]


def whole(subject: Subject, changes: list[AttributeChange]) -> list[AttributeChange]:
    """A new object is given all that is declared, not only what differs; what stays the same is shown as such."""
    differing = {each.name: each for each in changes}
    observed: Mapping[str, Json] = subject.present.attributes if subject.present is not None else {}
    whole: list[AttributeChange] = []
    for each in initial(subject.kind, subject.desired):
        if _by_hand(subject, each.name):
            continue
        known = differing.get(each.name)
        before = known.before if known is not None else each.after if each.name in observed else None
        whole.append(
            each.model_copy(
                update={
                    "before": before,
                    "why": known.why if known is not None else Why.change,
                    "replaces": known.replaces if known is not None else False,
                }
            )
        )
    # What the old object alone may hold, and the new one is not to have, is free for others from then on.
    given_up = (each for each in changes if subject.kind.attributes[each.name].has(Unique))
    return whole + [each for each in given_up if each.name not in subject.desired]


def lost(subject: Subject) -> list[AttributeChange]:
    """What goes with a removed object, of the values that were ours."""
    return [
        AttributeChange(
            name=name,
            before=masked(subject.kind.attributes[name], value),
            why=Why.change,
            sensitive=subject.kind.attributes[name].has(Sensitive),
        )
        for name, value in (subject.managed or {}).items()
        if value is not None
    ]


def _people(subject: Subject) -> int | None:
    return subject.present.people if subject.present is not None and subject.kind.people_inside else None


def _does(change: Change | None, action: Action) -> bool:
    return change is not None and change.action is action and not change.protected
