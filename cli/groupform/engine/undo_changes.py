"""Owns what an undo does otherwise than other plans: what is let go gives up its name, losses are named. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from groupform.engine.plan import Action, AttributeChange, Change, Reason, Undone, Why
from groupform.engine.resource_type import Unique
from groupform.engine.subjects import Subject
from groupform.engine.swaps import holders
from groupform.engine.undo import Goal
from groupform.engine.values import canonical_text, normal


def going(changes: Sequence[Change], subjects: Mapping[str, Subject], goal: Goal) -> list[Change]:
    """The changes, with the reason for what is found again or made anew.

    What is let go lives on: a name that only one object can have, and that another one is to have back, is given up.
    """
    takes, _ = holders(changes, {each.address: subjects[each.address].kind for each in changes})
    return [_told(_giving(each, subjects[each.address], takes), goal) for each in changes]


def _giving(change: Change, subject: Subject, takes: Mapping[tuple[str, str], list[str]]) -> Change:
    if change.action is not Action.forget or subject.present is None:
        return change
    given = [
        AttributeChange(name=name, before=value, why=Why.change)
        for name, value in subject.present.attributes.items()
        if value is not None and _wanted(subject, name, value, takes)
    ]
    return change.model_copy(update={"attributes": given}) if given else change


def _wanted(subject: Subject, name: str, value: object, takes: Mapping[tuple[str, str], list[str]]) -> bool:
    attribute = subject.kind.attributes.get(name)
    unique: Unique | None = attribute.get(Unique) if attribute is not None else None
    if attribute is None or unique is None:
        return False
    takers = takes.get((unique.scope, canonical_text(normal(attribute, value))), ())  # type: ignore[arg-type]
    return any(each != subject.address for each in takers)


def _told(change: Change, goal: Goal) -> Change:
    code = None
    if change.action is Action.bind and change.address in goal.former:
        code = "undo-found-again"
    elif change.action is Action.create and change.reason is None:
        code = "undo-made-anew"
    return change if code is None else change.model_copy(update={"reason": Reason(code=code)})


def explanation(changes: Sequence[Change], subjects: Mapping[str, Subject], goal: Goal) -> Undone:
    """What is said of an undo, with what will not come back."""
    assert goal.undone is not None
    lost: list[Reason] = []
    parts = 0
    for each in changes:
        people = subjects[each.address].kind.people_inside
        if each.protected or each.temporary:
            continue
        if each.action is Action.create and people:
            lost.append(Reason(code="undo-lost-history", params={"label": each.label}))
        elif each.action is Action.create:
            parts += 1
        elif each.action is Action.replace and people:
            lost.append(Reason(code="undo-lost-replaced", params={"label": each.label}))
        elif each.action is Action.forget and people:
            binding = subjects[each.address].binding
            code = "undo-given-back" if binding is not None and binding.origin == "adopted" else "undo-let-go"
            lost.append(Reason(code=code, params={"label": each.label, "people": each.impact or 0}))
    if parts:
        lost.append(Reason(code="undo-lost-parts", params={"count": parts}))
    lost += goal.lost
    if changes:
        lost.append(Reason(code="undo-lost-always"))
    return goal.undone.model_copy(update={"lost": lost})
