"""Owns reading live rooms for adoption: a space with its children, one room, or all that the account is in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import anyio

from groupform.engine.adoption import Live, LiveGroup
from groupform.engine.keys import sayable
from groupform.engine.provider import Failed, Failure, Gone, Hidden
from groupform.providers.matrix import observe, order, reverse
from groupform.providers.matrix.observe import Look
from groupform.providers.matrix.reading import Invited, Reading, Seen, read_room, read_rooms


async def read_live(look: Look, target: str | None) -> Live:
    """What `target` (a room's id or alias) is made of; every room in sight where None. Raises HttpError, Failure."""
    if target is None:
        return await _together(look, None, sorted(await look.api.joined_rooms()))
    room = target
    if target.startswith("#"):
        found = await look.api.resolve(target)
        if found is None:
            raise Failure("matrix-alias-unknown", alias=target)
        room = found
    seen = await read_room(look.api, look.me, room)
    reason = _no_group(room, seen, look.me, here=True)
    if isinstance(reason, Failure):
        raise reason
    if reason is not None:
        words: dict[str, Any] = dict(reason.params)
        raise Failure(reason.reason, **words)
    assert isinstance(seen, Reading)
    if not is_space(seen):
        return await _together(look, None, [room])
    children = order.children(seen)
    return await _together(look, seen, order.shown(seen, children))


async def _together(look: Look, space: Reading | None, rooms: Sequence[str]) -> Live:
    look.rooms.update(await read_rooms(look.api, look.me, rooms))
    unseen: dict[str, Hidden] = {}
    groups: list[Reading] = []
    for room in rooms:
        each = look.rooms[room]
        reason = _no_group(room, each, look.me)
        if isinstance(reason, Failure):
            # Files without the rooms that a server happened not to answer for would be wrong, and look right.
            raise reason
        if reason is not None:
            unseen[room] = reason
        elif isinstance(each, Reading):
            groups.append(each)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(observe.read_directory, look, [each.id for each in (space, *groups) if each is not None])
    return Live(
        _live(look, space, None) if space is not None else None,
        tuple(_live(look, each, space) for each in groups),
        unseen if space is not None else {},
        look.me,
        _called([each for each in (space, *groups) if each is not None]),
    )


def _no_group(room: str, seen: Seen, me: str, *, here: bool = False) -> Hidden | Failure | None:
    """Why this is no group of a community; None for a room. `here` says that it was named: then it may be a space."""
    match seen:
        case Reading():
            name = seen.content("m.room.name").get("name")
            words = {"room": room, "title": sayable(name) if isinstance(name, str) else ""}
            if seen.replacement is not None:
                # Whoever is in it was sent elsewhere.
                return Hidden("matrix-unseen-replaced", {**words, "replacement": seen.replacement})
            if is_space(seen) and not here:
                return Hidden("matrix-unseen-space", words)
            return reverse.unfit(seen, "space" if is_space(seen) else "room", me) if here else None
        case Invited():
            return Hidden("matrix-unseen-invited", {"room": room})
        case Failed():
            return seen.failure
        case Gone():
            return Hidden("matrix-unseen-gone", {"room": room})
        case Hidden():
            return seen


def _called(rooms: Sequence[Reading]) -> dict[str, str]:
    """The names that people chose, as the first room that has one shows it."""
    found: dict[str, str] = {}
    for room in rooms:
        for user, event in room.all_of("m.room.member").items():
            name = event["content"].get("displayname")
            if isinstance(name, str) and name.strip():
                found.setdefault(user, name)
    return found


def is_space(room: Reading) -> bool:
    return room.content("m.room.create").get("type") == "m.space"


def _live(look: Look, room: Reading, space: Reading | None) -> LiveGroup:
    attributes = observe.room_attributes(look, {}, room)
    users, levels = attributes["users"], attributes["levels"]
    people = room.joined - look.context.team - {look.me}
    edge = order.child(space, room.id) if space is not None else None
    door = reverse.door_of(attributes, space.id if space is not None else None)
    return LiveGroup(
        room.id,
        str(attributes["name"]),
        str(attributes["topic"]),
        _names(room),
        str(reverse.kind_of(levels if isinstance(levels, Mapping) else {})),
        str(door) if door is not None else None,
        edge is not None and edge["content"].get("suggested") is True,
        {
            user: rights
            for user, level in sorted((users if isinstance(users, Mapping) else {}).items(), key=_strongest)
            if (rights := reverse.rights_of(level)) and user != look.me and user in room.joined
        },
        len(people),
        room.mark.ownership if room.mark is not None and not room.mark.ended else None,
        isinstance(room.content("m.room.encryption").get("algorithm"), str),
        reverse.unfit(room, "space" if is_space(room) else "room", look.me),
    )


def _strongest(pair: tuple[str, object]) -> tuple[int, str]:
    return -pair[1] if isinstance(pair[1], int) else 0, pair[0]


def _names(room: Reading) -> tuple[str, ...]:
    content = room.content("m.room.canonical_alias")
    others = content.get("alt_aliases")
    aliases = [content.get("alias"), *(others if isinstance(others, list) else ())]
    return tuple(each[1:].partition(":")[0] for each in aliases if isinstance(each, str) and each.startswith("#"))
