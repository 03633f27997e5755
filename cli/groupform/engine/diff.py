"""Owns the three-way comparison of one object: last applied, observed, desired (DESIGN §5)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from groupform.compile.resource import Attributes, Json
from groupform.engine.owned import alike, merge, ours
from groupform.engine.plan import AttributeChange, Why
from groupform.engine.resource_type import (
    Attribute,
    Computed,
    OnUnset,
    Owned,
    RequiresReplace,
    ResourceType,
    Sensitive,
    Tightens,
    WriteOnly,
)
from groupform.engine.values import masked, normal, same


@dataclass(frozen=True, slots=True)
class Difference:
    """What sets an object apart from its declaration.

    `changes` are to be written, in the order in which that must be done. `drift` names attributes that no longer hold
    what was applied, `converged` those whose declaration moved to what is there already. `locked` is what cannot be
    taken back and is not declared: no change, though the declaration went from it (`change`) or never was (`drift`).
    """

    changes: tuple[AttributeChange, ...] = ()
    drift: tuple[str, ...] = ()
    converged: tuple[str, ...] = ()
    locked: tuple[AttributeChange, ...] = ()


def compare(
    kind: ResourceType,
    *,
    applied: Attributes,
    observed: Attributes,
    desired: Attributes,
    ignore: Collection[str] = (),
) -> Difference:
    """Compares the managed attributes. References are addresses on all three sides. `ignore` are left alone."""
    changes: list[AttributeChange] = []
    drift: list[str] = []
    converged: list[str] = []
    for name, value in _goals(kind, applied, desired).items():
        if name in ignore:
            continue
        attribute = kind.attributes[name]
        if name not in desired and observed.get(name) is None and not attribute.has(WriteOnly):
            # Whatever it would be reset to: what is not set at all is unset.
            continue
        change, drifted = _difference(attribute, applied, observed, value)
        if drifted:
            drift.append(name)
        if change is None:
            continue
        if change.why is Why.converged:
            converged.append(name)
        else:
            changes.append(change)
    locked = [each for each in _locked(kind, applied, observed, desired) if each.name not in ignore]
    if locked:
        held = {each.name for each in locked}
        changes = [each for each in changes if each.name not in held]
        # Of an object that is looked at for the first time nothing was known that could have drifted.
        drift += [each.name for each in locked if each.why is Why.drift and applied and each.name not in drift]
    return Difference(
        tuple(sorted(changes, key=lambda each: _rank(kind, each))), tuple(drift), tuple(converged), tuple(locked)
    )


def _locked(
    kind: ResourceType, applied: Attributes, observed: Attributes, desired: Attributes
) -> Iterator[AttributeChange]:
    for name, mark in kind.one_ways.items():
        there, goal = observed.get(name), desired.get(name)
        if same(there, mark.value) and not same(goal, mark.value):
            by_us = same(applied.get(name), mark.value)
            yield AttributeChange(name=name, before=there, after=goal, why=Why.change if by_us else Why.drift)


def initial(kind: ResourceType, desired: Attributes) -> tuple[AttributeChange, ...]:
    """What a create sets."""
    return tuple(
        AttributeChange(
            name=name,
            after=masked(attribute, desired[name]),
            why=Why.change,
            put=dict(_mapping(desired[name])) if attribute.has(Owned) else None,
            drop=[] if attribute.has(Owned) else None,
            sensitive=attribute.has(Sensitive),
        )
        for name, attribute in kind.attributes.items()
        if name in desired and not attribute.has(Computed)
    )


def managed(
    kind: ResourceType, *, applied: Attributes, observed: Attributes, desired: Attributes, ignore: Collection[str] = ()
) -> dict[str, Json]:
    """The observed values that we answer for, in the form of comparison: what a saved plan relies on."""
    found: dict[str, Json] = {}
    for name, value in _goals(kind, applied, desired).items():
        attribute = kind.attributes[name]
        if name in ignore or attribute.has(WriteOnly):
            continue
        there = observed.get(name)
        if attribute.has(Owned):
            found[name] = ours(*(normal(attribute, each) for each in (there, applied.get(name), value)))
        else:
            found[name] = normal(attribute, there)
    return found


def _goals(kind: ResourceType, applied: Attributes, desired: Attributes) -> dict[str, Json]:
    """What each managed attribute should hold: as declared, or as it is to be left once it is declared no more."""
    goals: dict[str, Json] = {}
    for name, attribute in kind.attributes.items():
        if attribute.has(Computed):
            continue
        if name in desired:
            goals[name] = desired[name]
        elif name in applied:
            unset: OnUnset | None = attribute.get(OnUnset)
            if unset is not None and not unset.release:
                goals[name] = unset.reset
            elif attribute.has(Owned) and unset is None:
                # Nothing of it is declared any more: our elements go, the rest is not ours to speak of.
                goals[name] = [] if isinstance(applied[name], list) else {}
    return goals


def _difference(
    attribute: Attribute, applied: Attributes, observed: Attributes, goal: Json
) -> tuple[AttributeChange | None, bool]:
    """The change that leads to `goal`, if any (converged: nothing to write), and whether the object drifted."""
    name = attribute.name
    known, was = name in applied, applied.get(name)
    there = was if attribute.has(WriteOnly) else observed.get(name)
    if known and same(was, goal) and same(there, goal):
        # By far the most common case: three equal values are equal in whatever form they are compared.
        return None, False
    put: dict[str, Json] | None = None
    drop: list[str] | None = None
    if attribute.has(Owned):
        there, was, goal = (normal(attribute, each) for each in (there, was, goal))
        if attribute.get(Owned).keeps:
            # What is declared no more is nobody's business, as if it had never been ours.
            was = ours(was, goal)
        merged = merge(there, was, goal)
        settled, put, drop = merged.settled, dict(merged.edit.put), list(merged.edit.drop)
        drifted = known and not alike(ours(there, was), was)
        there, goal = merged.before, merged.after
    else:
        # A value that was never sent cannot be taken for equal, whatever an unset one reads as.
        settled = _alike(attribute, there, goal) and (known or not attribute.has(WriteOnly))
        drifted = known and not _alike(attribute, there, was)
    moved = not known or not _alike(attribute, was, goal)
    if settled:
        converged = AttributeChange(name=name, why=Why.converged) if moved else None
        return converged, drifted and not moved
    return AttributeChange(
        name=name,
        before=masked(attribute, there),
        after=masked(attribute, goal),
        why=Why.change if moved else Why.drift,
        put=put,
        drop=drop,
        sensitive=attribute.has(Sensitive),
        replaces=attribute.has(RequiresReplace),
    ), drifted


def _alike(attribute: Attribute, left: Json, right: Json) -> bool:
    left, right = normal(attribute, left), normal(attribute, right)
    return alike(left, right) if attribute.has(Owned) else same(left, right)


def _rank(kind: ResourceType, change: AttributeChange) -> int:
    """Tightenings go first and loosenings last, so that nobody gets in between who is meant to be out."""
    tightens: Tightens | None = kind.attributes[change.name].get(Tightens)
    if tightens is None:
        return 1
    return 0 if tightens.test(change.before, change.after) else 2


def _mapping(value: Json) -> Mapping[str, Json]:
    if isinstance(value, Mapping):
        return value
    return {str(each): each for each in value} if isinstance(value, list) else {}
