"""Owns what is sent for a change: the values of a create, and the writes of an update. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from groupform.compile.resource import Json, Resource
from groupform.engine.plan import AttributeChange, Change
from groupform.engine.provider import Edit, Write
from groupform.engine.refs import References
from groupform.engine.resource_type import ResourceType


@dataclass(frozen=True, slots=True)
class Writes:
    """Writes in the plan's order with ids in place of addresses, and the addresses that have no id yet."""

    writes: Mapping[str, Write]
    missing: frozenset[str]


def values_of(change: Change, resource: Resource) -> dict[str, Json]:
    """What a create sets, as declared: a plan holds only digests of what is sensitive."""
    return {each.name: resource.attributes[each.name] for each in change.attributes if each.name in resource.attributes}


def writes_of(
    attributes: Sequence[AttributeChange], kind: ResourceType, resource: Resource | None, references: References
) -> Writes:
    """The writes for attribute changes, tightenings first as the plan has them."""
    writes: dict[str, Write] = {}
    missing: set[str] = set()
    for each in attributes:
        after = each.after
        if each.sensitive and resource is not None and each.name in resource.attributes:
            after = resource.attributes[each.name]
        before = None if each.sensitive else each.before
        sent, unknown = references.with_ids(kind, {each.name: after})
        seen, _ = references.with_ids(kind, {each.name: before})
        missing |= unknown
        edit, unknown = _edit(each, kind, references)
        missing |= unknown
        writes[each.name] = Write(sent[each.name], seen[each.name], edit)
    return Writes(writes, frozenset(missing))


def _edit(change: AttributeChange, kind: ResourceType, references: References) -> tuple[Edit | None, frozenset[str]]:
    """The edit of an Owned collection. In a list of references an element maps to itself, so both sides are ids."""
    if change.put is None and change.drop is None:
        return None, frozenset()
    put, missing = references.with_ids(kind, {change.name: dict(change.put or {})})
    keyed = put[change.name]
    names = dict(zip(change.put or {}, keyed, strict=True)) if isinstance(keyed, Mapping) else {}
    ids = {names[key]: names[key] if value == key else value for key, value in (change.put or {}).items()}
    dropped, _ = references.with_ids(kind, {change.name: list(change.drop or ())})
    drop = dropped[change.name]
    return Edit(ids, tuple(map(str, drop)) if isinstance(drop, list) else ()), missing
