"""Owns the kinds of objects in the memory platform: between them they show every behaviour the engine knows."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated

from typing_extensions import TypedDict

from groupform.compile.resource import Json
from groupform.engine.resource_type import (
    Actor,
    Admins,
    By,
    Canonical,
    Computed,
    OneWay,
    OnUnset,
    Owned,
    RefTo,
    RequiresReplace,
    ResourceType,
    Sensitive,
    Tightens,
    Unique,
    Unordered,
    Verb,
    WriteOnly,
)

DOORS = ("open", "link", "request", "contact", "invite", "paid")
"""From the widest door to the narrowest."""


class Variant(StrEnum):
    """Who is the actor: the API; a person whose work is read back; a person whose word is taken."""

    api = "api"
    hand_over = "hand-over"
    attest = "attest"


def _narrower(before: Json, after: Json) -> bool:
    return before in DOORS and after in DOORS and DOORS.index(str(after)) > DOORS.index(str(before))


def _lower(value: Json) -> Json:
    return [each.lower() if isinstance(each, str) else each for each in value] if isinstance(value, list) else value


class Hall(TypedDict, total=False):
    """What holds the rooms of a community together."""

    name: str
    door: Annotated[str, Tightens(_narrower)]


class Badge(TypedDict, total=False):
    """A tier's mark. The platform cannot list badges: a lost create cannot be looked for."""

    title: str


class Room(TypedDict, total=False):
    name: str
    topic: Annotated[str, OnUnset(reset="", release=False)]
    handle: Annotated[str, Unique("handle")]
    kind: Annotated[str, RequiresReplace()]
    hall: Annotated[str, RefTo("hall")]
    door: Annotated[str, Tightens(_narrower)]
    allow: Annotated[list[str], Owned(), RefTo("badge", "hall")]
    powers: Annotated[dict[str, int], Owned(), Admins(100)]
    tags: Annotated[list[str], Unordered(), Canonical(_lower)]
    capacity: int
    encrypted: Annotated[bool, OneWay(True, "memory-irreversible-encryption", "memory-encrypted-for-good")]
    listed: bool
    passcode: Annotated[str, WriteOnly(), Sensitive()]
    blessing: Annotated[str, By(Actor.person)]
    number: Annotated[int, Computed()]


class Note(TypedDict, total=False):
    """The text on a room's wall."""

    room: Annotated[str, RefTo("room"), RequiresReplace()]
    text: str


class Place(TypedDict, total=False):
    """Where a room stands in its hall."""

    hall: Annotated[str, RefTo("hall"), RequiresReplace()]
    room: Annotated[str, RefTo("room"), RequiresReplace()]
    order: str


def types(variant: Variant, *, settle: float) -> Mapping[str, ResourceType]:
    """The types by name, with the actors of one variant."""
    actors: dict[Verb, Actor] = {}
    if variant is not Variant.api:
        actors = dict.fromkeys((Verb.create, Verb.update, Verb.delete), Actor.person)
        actors[Verb.read] = Actor.api if variant is Variant.hand_over else Actor.nobody
    found = (
        ResourceType("hall", Hall, actors, settle=settle),
        ResourceType("badge", Badge, actors, settle=settle, listable=False),
        ResourceType("room", Room, actors, people_inside=True, settle=settle),
        ResourceType("note", Note, actors, settle=settle),
        ResourceType("place", Place, actors, settle=settle),
    )
    return {each.name: each for each in found}
