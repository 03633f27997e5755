"""Owns what a new id costs: every attribute that refers to an object which is made again is written again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from groupform.compile.resource import Json
from groupform.engine.decide import Decision, whole
from groupform.engine.plan import Action, AttributeChange, Change, Reason, Why
from groupform.engine.refs import EXTERNAL, referred
from groupform.engine.resource_type import Actor, Owned, RefTo, RequiresReplace, Verb

_REWRITTEN = (Action.update, Action.bind, Action.adopt, Action.move, Action.replace)


def renew(decisions: Sequence[Decision]) -> list[Decision]:
    """Decisions with the dependents of renewed objects added, until no more objects get a new id by that."""
    current = list(decisions)
    while True:
        former = {each.subject.address: each.subject.id or "" for each in current if each.renews}
        if not former:
            return current
        following = [_follow(each, former) for each in current]
        if following == current:
            return current
        current = following


def _follow(decision: Decision, former: Mapping[str, str]) -> Decision:
    subject, change = decision.subject, decision.change
    if subject.present is None or subject.resource is None or decision.conflict is not None:
        return decision
    if change is not None and (change.action not in _REWRITTEN or change.action is Action.replace):
        return decision
    known = {each.name: each for each in change.attributes} if change is not None else {}
    added: list[AttributeChange] = []
    for name, value in subject.desired.items():
        attribute = subject.kind.attributes.get(name)
        if attribute is None or not attribute.has(RefTo) or name in subject.ignored:
            continue
        owned, written = attribute.has(Owned), known.get(name)
        stale = sorted(referred(attribute, value) & former.keys() - ((written.put or {}).keys() if written else set()))
        if written is not None and not owned:
            continue  # the whole value is written anyway
        if not stale or subject.kind.actor(Verb.update, name) is not Actor.api:
            continue
        before = _with(value, {each: EXTERNAL + former[each] for each in stale})
        put = {each: value[each] if isinstance(value, Mapping) else each for each in stale}
        drop = [EXTERNAL + former[each] for each in stale]
        if written is not None:
            before = _with(written.before, {each: EXTERNAL + former[each] for each in stale})
            put, drop = {**(written.put or {}), **put}, [*(written.drop or ()), *drop]
        added.append(
            AttributeChange(
                name=name,
                before=before,
                after=value,
                why=Why.change,
                put=put if owned else None,
                drop=drop if owned else None,
                replaces=attribute.has(RequiresReplace),
            )
        )
    if not added:
        return decision
    again = {each.name: each for each in added}
    attributes = [again.pop(each.name, each) for each in (change.attributes if change is not None else ())]
    attributes += again.values()
    new_id = Reason(code="plan-new-id", params={"attributes": ", ".join(each.name for each in added)})
    if any(each.replaces for each in added) and subject.kind.actor(Verb.create) is Actor.api:
        made = _change(decision, Action.replace, new_id, whole(subject, attributes))
        return replace(decision, change=made.model_copy(update={"protected": subject.protected}))
    if change is not None:
        return replace(decision, change=change.model_copy(update={"attributes": attributes}))
    return replace(decision, change=_change(decision, Action.update, new_id, attributes))


def _change(decision: Decision, action: Action, reason: Reason, attributes: list[AttributeChange]) -> Change:
    subject = decision.subject
    people = subject.present.people if subject.present is not None and subject.kind.people_inside else None
    return Change(
        address=subject.address,
        type=subject.kind.name,
        action=action,
        label=subject.label,
        reason=reason,
        attributes=attributes,
        previous=subject.previous,
        id=subject.id,
        impact=people,
    )


def _with(value: Json, names: Mapping[str, str]) -> Json:
    if isinstance(value, str):
        return names.get(value, value)
    if isinstance(value, list):
        return [names.get(each, each) if isinstance(each, str) else each for each in value]
    if isinstance(value, Mapping):
        return {names.get(key, key): each for key, each in value.items()}
    return value
