"""Owns how many people a group is meant to hold, and that somebody counts them."""

from __future__ import annotations

from collections.abc import Iterator

from groupform.compile.resource import Json, Resource
from groupform.providers.byhand.place import Place
from groupform_schemas import Ignorable


def headcount(place: Place) -> Iterator[Resource]:
    """What a person does again and again for a group that may become full: look how many are in it."""
    model, address = place.group.model, place.address_of("size")
    found: dict[str, Json] = {}
    if model.capacity is not None and Ignorable.capacity not in model.ignore:
        found["capacity"] = model.capacity
        place.trace.carry(f"{place.group.path}.capacity", address, "capacity")
        place.trace.lack(f"{place.group.path}.capacity", place.kind.code("gap-capacity"))
    if model.series is not None:
        found["next_at"] = model.series.next_at
        place.trace.carry(f"{place.group.path}.series.next_at", address, "next_at")
    if found:
        yield place.part("size", found)
