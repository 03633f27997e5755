"""Owns what a platform says of an object that a step speaks of: the code to be printed, the link to be handed out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from groupform.compile.resource import Json
from groupform.engine.resource_type import Computed
from groupform.engine.subjects import Subject

Shown: TypeAlias = Mapping[str, Mapping[str, Json]]
"""By the text of an address, its computed attributes; empty texts where the object is not there yet."""


def shown(subjects: Iterable[Subject]) -> Shown:
    """What the platform has computed for each object, as far as it was seen. Pure."""
    found: dict[str, dict[str, Json]] = {}
    for each in subjects:
        names = [name for name, attribute in each.kind.attributes.items() if attribute.has(Computed)]
        if names:
            seen = each.present.attributes if each.present is not None else {}
            found[each.address] = {name: seen.get(name) or "" for name in names}
    return found


def words(shown: Shown, name: str, value: Json) -> dict[str, Json]:
    """Words for a step's sentence about the object that its attribute `name` refers to: `way` -> `way_code`."""
    known = shown.get(value, {}) if isinstance(value, str) else {}
    return {f"{name}_{each}": said for each, said in known.items()}
