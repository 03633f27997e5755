"""Owns unique values that change hands: who gives up what, who takes it, and how a circle of takers is parted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from groupform.compile.resource import Json
from groupform.engine.plan import Action, AttributeChange, Change, Why, digest_of
from groupform.engine.resource_type import ResourceType, Unique
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


def part_swaps(changes: Sequence[Change], types: Mapping[str, ResourceType]) -> Sequence[Change]:
    """Adds a first half, with a value of its own, for one change of each circle in which unique values change hands."""
    takes, gives = holders(changes, types)
    after: dict[str, set[str]] = {each.key: set() for each in changes}
    for place, takers in takes.items():
        for taker in takers:
            after[taker].update(giver for giver in gives.get(place, ()) if giver != taker)
    by_key = {each.key: each for each in changes}
    parted: set[str] = set()
    while circle := _circle(after, parted):
        parted.add(min(circle, key=lambda key: (by_key[key].action is not Action.update, key)))
    if not parted:
        return changes
    result: list[Change] = []
    for change in changes:
        if change.key in parted:
            result.append(_first_half(change, types[change.address]))
        result.append(change)
    return result


def _moves(change: Change, kind: ResourceType) -> Iterable[tuple[str, Json, Json]]:
    """(attribute, value given up, value taken) of unique attributes."""
    for each in change.attributes:
        if kind.attributes[each.name].has(Unique):
            yield each.name, each.before, each.after


def _circle(after: Mapping[str, set[str]], parted: set[str]) -> Sequence[str]:
    """Members of one circle among the changes that were not parted yet, or nothing."""
    done: set[str] = set()
    for start in sorted(after.keys() - parted):
        trail: list[str] = []
        branches = [iter([start])]
        while branches:
            key = next((each for each in branches[-1] if each not in done and each not in parted), None)
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


def _first_half(change: Change, kind: ResourceType) -> Change:
    attributes = [
        AttributeChange(name=name, before=before, after=aside(change, kind, name, before), why=Why.change)
        for name, before, after in _moves(change, kind)
        if before is not None and after is not None
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
    unique: Unique = kind.attributes[name].get(Unique)
    if unique.aside is not None:
        return unique.aside(value)
    return f"{value}-{digest_of([change.address, name, value])[:8]}" if isinstance(value, str) else None
