"""Owns what Matrix objects look like to the engine: the resource types, their attributes and how each behaves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from typing_extensions import TypedDict

from groupform.compile.resource import Json
from groupform.engine.resource_type import (
    Actor,
    Admins,
    By,
    Computed,
    Guarded,
    OneWay,
    OnUnset,
    Owned,
    RefTo,
    RequiresReplace,
    ResourceType,
    Tightens,
    Unique,
    Unordered,
)
from groupform.providers.matrix import bans, names, servers

ROOM_VERSION = "12"
"""Pinned: its creators outrank all for ever and stand in no power levels (spec, rooms/v12)."""

ROOM_TYPES = ("space", "tier", "team", "room", "bans")
"""The resource types that are rooms on the server; a Matrix space is a room too."""

_ADMITS = {"invite": 0, "restricted": 1, "knock": 1, "knock_restricted": 2, "public": 3}
_SHOWS = {"joined": 0, "invited": 1, "shared": 2, "world_readable": 3}


def _rank(order: Mapping[str, int], value: Json) -> int:
    return order.get(value, max(order.values())) if isinstance(value, str) else max(order.values())


def _admits_fewer(before: Json, after: Json) -> bool:
    return _rank(_ADMITS, after) < _rank(_ADMITS, before)


def _shows_less(before: Json, after: Json) -> bool:
    return _rank(_SHOWS, after) < _rank(_SHOWS, before)


def _names_fewer(before: Json, after: Json) -> bool:
    return isinstance(before, list) and isinstance(after, list) and bool(set(map(str, before)) - set(map(str, after)))


def _unlists(before: Json, after: Json) -> bool:
    return before is True and after is False


def _closes(before: Json, after: Json) -> bool:
    return before is not False and after is False


def _denies_more(before: Json, after: Json) -> bool:
    return _names_fewer(after, before)


def _aside(alias: Json) -> Json:
    return names.aside(str(alias))


class Space(TypedDict, total=False):
    """A room or a space. `mark` says whose it is (ownership.py), `levels` are power levels other than people's
    (power.py), `users` people's levels by Matrix id, `joined` whether the tool's own account is inside. The three about
    servers are one event (servers.py), and `inside` counts people by server."""

    mark: str
    joined: bool
    join_rule: Annotated[str, Tightens(_admits_fewer)]
    allow: Annotated[list[str], RefTo("space", "tier", "team"), Unordered(), Tightens(_names_fewer)]
    listed: Annotated[bool, Tightens(_unlists)]
    history: Annotated[str, Tightens(_shows_less)]
    guests: str
    servers_allowed: Annotated[
        list[str],
        Unordered(),
        OnUnset(reset=[servers.EVERYBODY], release=False),
        Tightens(_names_fewer),
        Guarded("self-lockout", servers.guard_allowed, approvable=False),
    ]
    servers_denied: Annotated[
        list[str], Owned(), Tightens(_denies_more), Guarded("self-lockout", servers.guard_denied, approvable=False)
    ]
    ip_servers: Annotated[
        bool,
        OnUnset(reset=True, release=False),
        Tightens(_closes),
        Guarded("self-lockout", servers.guard_literals, approvable=False),
    ]
    levels: Annotated[dict[str, int], Owned()]
    users: Annotated[dict[str, int], Owned(), Admins(100)]
    name: str
    topic: Annotated[str, OnUnset(reset="", release=False)]
    avatar: Annotated[str, OnUnset(reset="", release=False)]
    parent: Annotated[str, RefTo("space")]
    inside: Annotated[dict[str, int], Computed()]


class Room(Space, total=False):
    """A group's room. What is not a group's is never encrypted by us, and whether others did so is theirs to say."""

    encrypted: Annotated[bool, OneWay(True, "matrix-irreversible-encryption", "matrix-encrypted-for-good")]


class Bans(Space, total=False):
    """A room that holds who is banned (bans.py). `rules` by kind and key: `user/spammers` -> {entity, reason}."""

    rules: Annotated[dict[str, Any], Owned(), Guarded("own-ban", bans.guard_rules, approvable=False)]


class Place(TypedDict, total=False):
    """A room's place in the space (m.space.child). `position` is used when the edge is made; `order` keeps it later."""

    space: Annotated[str, RefTo("space"), RequiresReplace()]
    room: Annotated[str, RefTo("room"), RequiresReplace()]
    suggested: Annotated[bool, OnUnset(reset=False, release=False)]
    position: str


class Order(TypedDict, total=False):
    """The order in which a space shows its managed rooms; rooms of others keep their own place."""

    space: Annotated[str, RefTo("space"), RequiresReplace()]
    rooms: Annotated[list[str], RefTo("room")]


class Alias(TypedDict, total=False):
    """The address people type, without `#` and server; it is the canonical one of its room, and one object with it.

    `also` are former ones, which lead there as well: once kept they stay, whatever `previously` says later."""

    room: Annotated[str, RefTo("room", "space"), RequiresReplace()]
    alias: Annotated[str, Unique("alias", _aside)]
    also: Annotated[list[str], Owned(keeps=True), OnUnset()]


class Notice(TypedDict, total=False):
    """The message that hangs on the wall: sent once, edited in place. `text` is Markdown."""

    room: Annotated[str, RefTo("room"), RequiresReplace()]
    text: str


class Pin(TypedDict, total=False):
    """The notice among the room's pinned events; other pins are not ours."""

    room: Annotated[str, RefTo("room"), RequiresReplace()]
    event: Annotated[str, RefTo("notice")]


class Invite(TypedDict, total=False):
    """Somebody of the team asked in, once. `inside`: invited or joined; whoever left is not asked again."""

    room: Annotated[str, RefTo("team", "room"), RequiresReplace()]
    user: Annotated[str, RequiresReplace()]
    inside: Annotated[bool, By(Actor.person, made=True)]


# An unanswered createRoom came true up to 3 s later on a real server (DESIGN §7).
_SETTLE = 5.0

TYPES: Mapping[str, ResourceType] = {
    each.name: each
    for each in (
        ResourceType("space", Space, people_inside=True, settle=_SETTLE, shuts_out=servers.shuts_out),
        ResourceType("tier", Space, people_inside=True, settle=_SETTLE, shuts_out=servers.shuts_out),
        ResourceType("team", Space, people_inside=True, settle=_SETTLE),
        ResourceType("room", Room, people_inside=True, settle=_SETTLE, shuts_out=servers.shuts_out),
        # Whoever is in there watches the list; it is nobody's place to talk.
        ResourceType("bans", Bans, settle=_SETTLE),
        ResourceType("place", Place, settle=_SETTLE),
        ResourceType("order", Order, settle=_SETTLE),
        ResourceType("space-alias", Alias, settle=_SETTLE, requests=3),
        ResourceType("alias", Alias, settle=_SETTLE, requests=3),
        ResourceType("notice", Notice, settle=_SETTLE, requests=3),
        ResourceType("pin", Pin, settle=_SETTLE, requests=2),
        ResourceType("invite", Invite, settle=_SETTLE, requests=2),
    )
}
