"""Owns what cannot be done yet: changes that refer to objects which are not there and will not be made by this plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from groupform.engine.decide import Decision
from groupform.engine.plan import Action, AttributeChange, Change, Waiting
from groupform.engine.refs import references, referred
from groupform.engine.subjects import Subject

_MAKES = (Action.create, Action.replace)


@dataclass(frozen=True, slots=True)
class Held:
    """The decisions that can be carried out, and those that wait with what they wait for."""

    decisions: tuple[Decision, ...]
    waiting: tuple[Waiting, ...]


def hold(decisions: Sequence[Decision]) -> Held:
    """Takes out of the plan what depends, directly or not, on something that this plan will not bring about."""
    current = {each.subject.address: each for each in decisions}
    blockers = {address: {address} for address, each in current.items() if _unavailable(each)}
    waits: dict[str, set[str]] = {}
    while True:
        found = False
        for address, decision in current.items():
            change = decision.change
            if change is None or change.action in (Action.delete, Action.archive, Action.forget):
                continue
            kept, because = _kept(decision.subject, change, blockers, current)
            if not because:
                continue
            found = True
            waits.setdefault(address, set()).update(because)
            current[address] = replace(decision, change=kept)
            if kept is None and decision.subject.id is None:
                blockers[address] = {address}
        if not found:
            break
    waiting = tuple(
        Waiting(address=address, label=current[address].subject.label, blocked_by=sorted(waits[address]))
        for address in current
        if address in waits
    )
    return Held(tuple(current.values()), waiting)


def _unavailable(decision: Decision) -> bool:
    return (
        decision.unreadable is not None
        or decision.conflict is not None
        or decision.nobody
        or (decision.hand == "create" and not _closed(decision.subject))
    )


def _closed(subject: Subject) -> bool:
    """The object is there, though a person is asked to make it anew."""
    return subject.id is not None and not subject.gone


def _kept(
    subject: Subject, change: Change, blockers: Mapping[str, set[str]], known: Mapping[str, Decision]
) -> tuple[Change | None, set[str]]:
    """What of a change can be done now, and what the rest waits for."""
    if change.action in _MAKES:
        needed = set(references(subject.kind, {each.name: each.after for each in change.attributes}))
        if subject.resource is not None and change.action is Action.create:
            needed.update(map(str, subject.resource.after))
        because = {by for each in needed for by in _blocked(each, subject, blockers, known)}
        return (None, because) if because else (change, set())
    kept: list[AttributeChange] = []
    because = set[str]()
    for each in change.attributes:
        attribute = subject.kind.attributes[each.name]
        newly = referred(attribute, each.after if each.put is None else each.put)
        blocked = {by for to in newly for by in _blocked(to, subject, blockers, known)}
        because |= blocked
        if not blocked:
            kept.append(each)
    if not because:
        return change, set()
    if not kept and change.action is Action.update:
        return None, because
    return change.model_copy(update={"attributes": kept}), because


def _blocked(to: str, subject: Subject, blockers: Mapping[str, set[str]], known: Mapping[str, Decision]) -> set[str]:
    if to == subject.address:
        return set()
    # A reference to what nobody declares and nothing is bound to cannot be resolved either.
    return blockers.get(to, set() if to in known else {to})
