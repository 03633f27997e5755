"""Owns unique values that change hands: who gives up what, who takes it, and how a circle of takers is parted."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TypeAlias

from groupform.compile.resource import Json
from groupform.engine.plan import Action, AttributeChange, Change, GuardFinding, Reason, Why, digest_of
from groupform.engine.resource_type import ResourceType, Unique
from groupform.engine.subjects import Subject
from groupform.engine.values import canonical_text, normal

Place: TypeAlias = tuple[str, str]
"""A scope and a value in it, as text."""


def holders(
    changes: Sequence[Change], types: Mapping[str, ResourceType]
) -> tuple[Mapping[Place, list[str]], Mapping[Place, list[str]]]:
    """Which changes take, and which give up, each unique value; by the changes' keys."""
    takes, gives = defaultdict[Place, list[str]](list), defaultdict[Place, list[str]](list)
    halved = {each.address for each in changes if each.temporary}
    for change in changes:
        if change.protected:
            continue
        for name, before, after in _moves(change, types[change.address]):
            attribute = types[change.address].attributes[name]
            scope = attribute.get(Unique).scope
            # The second half of a swap has given its old value up already.
            if before is not None and (change.temporary or change.address not in halved):
                gives[scope, canonical_text(normal(attribute, before))].append(change.key)
            if after is not None:
                takes[scope, canonical_text(normal(attribute, after))].append(change.key)
    return takes, gives


def with_halves(
    changes: Sequence[Change], halved: Collection[str], types: Mapping[str, ResourceType]
) -> Sequence[Change]:
    """`changes` with a first half before each one in `halved`, in which it takes a value of its own."""
    result: list[Change] = []
    for change in changes:
        if change.key in halved:
            result.append(_first_half(change, types[change.address]))
        result.append(change)
    return result


def halves(
    after: Mapping[str, set[str]], handed: Collection[tuple[str, str]], changes: Mapping[str, Change]
) -> set[str]:
    """The changes to be halved, one for each circle that a unique value passes through on its way to another holder.

    `after` are all edges by key; `handed` those (taker, giver) that stand for a unique value.
    """
    parted: set[str] = set()
    hopeless: set[str] = set()
    while circle := find_circle(after, parted | hopeless):
        pairs = zip(circle, [*circle[1:], circle[0]], strict=True)
        givers = [giver for taker, giver in pairs if (taker, giver) in handed and not changes[giver].temporary]
        if givers:
            parted.add(min(givers, key=lambda key: (changes[key].action is not Action.update, key)))
        else:
            hopeless.update(circle)
    return parted


def find_circle(after: Mapping[str, set[str]], without: Collection[str] = ()) -> Sequence[str]:
    """Members of one circle, each of which comes after the next one, or nothing; `without` are left out."""
    done: set[str] = set(without)
    for start in sorted(after.keys() - done):
        trail: list[str] = []
        branches = [iter([start])]
        while branches:
            key = next((each for each in branches[-1] if each not in done), None)
            if key is None:
                branches.pop()
                if trail:
                    done.add(trail.pop())
            elif key in trail:
                return trail[trail.index(key) :]
            else:
                trail.append(key)
                branches.append(iter(sorted(after[key])))
    return ()


def held_elsewhere(changes: Sequence[Change], subjects: Mapping[str, Subject]) -> list[GuardFinding]:
    """A finding for each change that takes a unique value which another known object has and will not give up."""
    takes, gives = holders(changes, {each.address: subjects[each.address].kind for each in changes})
    if not takes:
        return []
    held: dict[Place, Subject] = {}
    for subject in subjects.values():
        for name, value in subject.present.attributes.items() if subject.present is not None else ():
            attribute = subject.kind.attributes.get(name)
            if attribute is not None and value is not None and attribute.has(Unique):
                held[attribute.get(Unique).scope, canonical_text(normal(attribute, value))] = subject
    by_key = {each.key: each for each in changes}
    findings: list[GuardFinding] = []
    for place, takers in takes.items():
        holder = held.get(place)
        for change in (by_key[key] for key in takers):
            if holder is not None and holder.address != change.address and not gives.get(place):
                params = {"label": change.label, "other": holder.label, "value": json.loads(place[1])}
                reason = Reason(code="plan-unique-held", params=params)
                findings.append(
                    GuardFinding(guard="taken", reason=reason, addresses=[change.address], approvable=False)
                )
    return findings


def _moves(change: Change, kind: ResourceType) -> Iterable[tuple[str, Json, Json]]:
    """(attribute, value given up, value taken) of unique attributes."""
    for each in change.attributes:
        if kind.attributes[each.name].has(Unique):
            yield each.name, each.before, each.after


def _first_half(change: Change, kind: ResourceType) -> Change:
    attributes = [
        AttributeChange(name=name, before=before, after=aside(change, kind, name, before), why=Why.change)
        for name, before, _ in _moves(change, kind)
        if before is not None
    ]
    return Change(
        address=change.address,
        type=change.type,
        action=Action.update,
        label=change.label,
        attributes=attributes,
        previous=change.previous,
        id=change.id,
        temporary=True,
    )


def aside(change: Change, kind: ResourceType, name: str, value: Json) -> Json:
    """The value that an object holds in between, when its own is on its way to another one."""
    unique: Unique = kind.attributes[name].get(Unique)
    if unique.aside is not None:
        return unique.aside(value)
    return f"{value}-{digest_of([change.address, name, value])[:8]}" if isinstance(value, str) else None
