"""Owns the order of changes, which comes from edges and not from phases (DESIGN §5).

Hard edges: what is referred to exists first; a unique value is released before it is taken; what refers to an object
is changed before the object is removed. Soft edge, left out where it would close a circle: admins are granted before
others are revoked.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from groupform.engine.plan import Action, Change, GuardFinding, Reason
from groupform.engine.refs import references, referred
from groupform.engine.resource_type import Admins, ResourceType
from groupform.engine.subjects import Subject
from groupform.engine.swaps import halves, holders, with_halves

REMOVES = (Action.delete, Action.archive, Action.forget)
_APPEARS = (Action.create, Action.replace, Action.bind, Action.adopt, Action.move)

Edges: TypeAlias = dict[str, set[str]]
Place: TypeAlias = tuple[str, frozenset[str]]
"""Where power is held: the type of the grants and what they are grants in."""


@dataclass(frozen=True, slots=True)
class Ordered:
    """Changes in an order that respects their edges; `circles` name changes that refer to each other in a circle."""

    changes: tuple[Change, ...]
    circles: tuple[GuardFinding, ...] = ()


def order(changes: Sequence[Change], subjects: Mapping[str, Subject]) -> Ordered:
    """Orders changes and writes their edges into `after`. The result depends on nothing but the arguments."""
    types = {each.address: subjects[each.address].kind for each in changes}
    halved: set[str] = set()
    while True:
        by_key = {each.key: each for each in with_halves(changes, halved, types)}
        edges: Edges = {key: set() for key in by_key}
        _references(by_key, edges, subjects)
        handed = _unique(by_key, edges, types)
        _halves(by_key, edges)
        _grants(by_key, edges, subjects)
        more = halves(edges, handed, by_key) - halved
        if not more:
            break
        halved |= more
    placed = _sorted(by_key, edges)
    left = sorted(by_key.keys() - set(placed))
    circles: tuple[GuardFinding, ...] = ()
    if left:
        reason = Reason(code="plan-circle", params={"addresses": ", ".join(left)})
        circles = (GuardFinding(guard="order", reason=reason, addresses=left, approvable=False),)
    stays = _stays(by_key, edges, placed)
    return Ordered(
        tuple(
            by_key[key].model_copy(update={"after": sorted(edges[key] - set(left)), "protected": key in stays})
            for key in (*placed, *left)
        ),
        circles,
    )


def _stays(by_key: Mapping[str, Change], edges: Edges, placed: Sequence[str]) -> frozenset[str]:
    """What is protected, and what cannot be done as long as that stays: an apply passes over both."""
    stays = {key for key, change in by_key.items() if change.protected}
    for key in placed:
        if not edges[key].isdisjoint(stays):
            stays.add(key)
    return frozenset(stays)


def _references(by_key: Mapping[str, Change], edges: Edges, subjects: Mapping[str, Subject]) -> None:
    for key, change in by_key.items():
        if change.temporary:
            continue
        subject = subjects[change.address]
        for to in _looks_at(change, subject):
            other = by_key.get(to)
            # What is protected stays as it is and has its id: nothing needs to wait for it.
            appears = other is not None and other.action in _APPEARS and not other.protected
            if appears and to != key and change.action not in REMOVES:
                edges[key].add(to)
        for to in _held(change, subject):
            other = by_key.get(to)
            if other is None or to == key or other.action not in REMOVES:
                continue
            # Two that hold each other and both go: one of them has to be first.
            if change.action not in REMOVES or not _reaches(edges, key, to):
                edges[to].add(key)
        if subject.resource is not None and change.action not in REMOVES:
            for to in map(str, subject.resource.after):
                other = by_key.get(to)
                if other is not None and to != key and other.action not in REMOVES and not other.protected:
                    edges[key].add(to)


def _looks_at(change: Change, subject: Subject) -> frozenset[str]:
    """The addresses that a change writes."""
    return frozenset(
        to
        for each in change.attributes
        for to in referred(subject.kind.attributes[each.name], each.after if each.put is None else each.put)
    )


def _held(change: Change, subject: Subject) -> frozenset[str]:
    """The addresses that the object refers to until the change is made: where it goes, all of them."""
    goes = change.action in REMOVES
    touched = {each.name for each in change.attributes}
    observed = subject.present.attributes if subject.present is not None else {}
    return frozenset(
        to
        for values in (observed, subject.applied)
        for name, value in values.items()
        if name in subject.kind.attributes and (goes or name in touched)
        for to in referred(subject.kind.attributes[name], value)
    )


def _unique(by_key: Mapping[str, Change], edges: Edges, types: Mapping[str, ResourceType]) -> set[tuple[str, str]]:
    """Whoever takes a value comes after whoever gives it up. Returns these (taker, giver)."""
    takes, gives = holders(list(by_key.values()), types)
    handed: set[tuple[str, str]] = set()
    for place, takers in takes.items():
        for giver in gives.get(place, ()):
            for taker in takers:
                if taker != giver:
                    edges[taker].add(giver)
                    handed.add((taker, giver))
    return handed


def _halves(by_key: Mapping[str, Change], edges: Edges) -> None:
    for key, change in by_key.items():
        if change.temporary:
            edges[change.address].add(key)


def _grants(by_key: Mapping[str, Change], edges: Edges, subjects: Mapping[str, Subject]) -> None:
    """Where separate objects hold admin power, it is given before it is taken away."""
    gives, takes = defaultdict[Place, list[str]](list), defaultdict[Place, list[str]](list)
    for key, change in by_key.items():
        subject = subjects[change.address]
        kind = subject.kind
        admins = [name for name, each in kind.attributes.items() if each.has(Admins)]
        # What people sit in holds its own admins, in one write; it is no grant in something else.
        if change.temporary or kind.people_inside or not admins:
            continue
        held = {**subject.applied, **subject.desired}
        place = (change.type, references(kind, {name: held[name] for name in held if name not in admins}))
        granting = any(each.put for each in change.attributes if kind.attributes[each.name].has(Admins))
        revoking = any(each.drop for each in change.attributes if kind.attributes[each.name].has(Admins))
        if change.action is Action.create or (granting and not revoking):
            gives[place].append(key)
        elif change.action in REMOVES or (revoking and not granting):
            takes[place].append(key)
    for place, takers in takes.items():
        for taker in takers:
            for giver in gives.get(place, ()):
                if not _reaches(edges, giver, taker):
                    edges[taker].add(giver)


def _reaches(edges: Edges, start: str, goal: str) -> bool:
    """Whether `start` comes after `goal` already."""
    waiting, seen = [start], {start}
    while waiting:
        for each in edges.get(waiting.pop(), ()):
            if each == goal:
                return True
            if each not in seen:
                seen.add(each)
                waiting.append(each)
    return False


def _sorted(by_key: Mapping[str, Change], edges: Edges) -> list[str]:
    """Kahn's order; of what is ready, removals come last and the rest in the given order."""
    place = {key: (change.action in REMOVES, rank, key) for rank, (key, change) in enumerate(by_key.items())}
    missing = {key: len(befores) for key, befores in edges.items()}
    followers = defaultdict[str, list[str]](list)
    for key, befores in edges.items():
        for each in befores:
            followers[each].append(key)
    ready = [place[key] for key, count in missing.items() if not count]
    heapq.heapify(ready)
    placed: list[str] = []
    while ready:
        key = heapq.heappop(ready)[2]
        placed.append(key)
        for each in followers[key]:
            missing[each] -= 1
            if not missing[each]:
                heapq.heappush(ready, place[each])
    return placed
