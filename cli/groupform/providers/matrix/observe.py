"""Owns observing: each room is read once, and answers for itself and for everything that hangs in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import anyio

from groupform.compile.address import Address
from groupform.compile.resource import Json
from groupform.engine.provider import Bound, Context, Failed, Gone, Hidden, Observation, Present
from groupform.http import Forbidden, HttpError, NotFound
from groupform.providers.matrix import bans, directory, ids, names, notice, order, power, reverse, servers, warm
from groupform.providers.matrix.api import Api
from groupform.providers.matrix.api_errors import as_failure
from groupform.providers.matrix.reading import Invited, Reading, Seen, read_room, read_rooms, side_by_side
from groupform.providers.matrix.types import ROOM_TYPES


@dataclass
class Look:
    """One round of observing. `rooms` is filled first, then each binding is answered from it."""

    api: Api
    context: Context
    me: str
    deep: bool = False
    rooms: dict[str, Seen] = field(default_factory=dict)
    listed: dict[str, bool] = field(default_factory=dict)
    unasked: dict[str, Failed] = field(default_factory=dict)
    known: frozenset[str] = frozenset()
    intents: dict[str, str] = field(default_factory=dict)
    denied: set[str] = field(default_factory=set)
    cache: warm.Cache | None = None

    @property
    def server(self) -> str:
        return self.me.partition(":")[2]


async def observe(look: Look, bindings: Sequence[Bound]) -> dict[Address, Observation]:
    """Answers for every binding. Never raises for a single one."""
    rooms = [ids.room_of(each.id) for each in bindings]
    own = [each for each in bindings if each.address.type in ROOM_TYPES]
    managed = {each.id for each in bindings if each.address.type == "room"}
    orders = [each.applied.get("rooms") for each in bindings if each.address.type == "order"]
    look.known = frozenset(managed.union(*(map(str, each) for each in orders if isinstance(each, list))))
    found: dict[Address, Observation] = {}
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_read, look, rooms)
        # What the server would not list is asked about again by a deep look only: `applied` does not name it.
        asked = [each.id for each in own if look.deep or "listed" in each.applied or not each.applied]
        tasks.start_soon(read_directory, look, asked)
    look.rooms.update(look.unasked)
    await side_by_side(bindings, lambda each: _answer(look, each, found))
    return found


async def _read(look: Look, rooms: Sequence[str]) -> None:
    asked = [each for each in dict.fromkeys(rooms) if each not in look.rooms]
    memory = await look.cache.recall(look.api) if look.cache is not None and len(asked) >= warm.WORTH else None
    if memory is not None:
        look.rooms.update({each: memory.rooms[each] for each in asked if each in memory.rooms})
    look.rooms.update(await read_rooms(look.api, look.me, [each for each in asked if each not in look.rooms]))
    if memory is not None and look.cache is not None:
        look.cache.keep(memory, look.me, look.rooms)


async def read_directory(look: Look, rooms: Sequence[str]) -> None:
    """Learns which of the rooms are listed; what could not be asked stands in `unasked`."""
    try:
        look.listed.update(await directory.listed(look.api, rooms, look.denied))
    except HttpError as error:
        look.unasked.update({each: Failed(as_failure(error)) for each in rooms})
        return
    await side_by_side([each for each in rooms if each not in look.listed], lambda each: _visibility(look, each))


async def _visibility(look: Look, room: str) -> None:
    try:
        look.listed[room] = await look.api.visibility(room) == "public"
    except (Forbidden, NotFound):
        return
    except HttpError as error:
        look.unasked[room] = Failed(as_failure(error))


async def _answer(look: Look, bound: Bound, found: dict[Address, Observation]) -> None:
    try:
        found[bound.address] = await _one(look, bound)
    except HttpError as error:
        found[bound.address] = Failed(as_failure(error))


async def _one(look: Look, bound: Bound) -> Observation:
    room = ids.room_of(bound.id)
    seen = look.rooms[room]
    if bound.address.type in ROOM_TYPES:
        return await _room(look, bound, seen)
    if isinstance(seen, Invited):
        return Hidden("matrix-not-in-room", {"room": room})
    if not isinstance(seen, Reading):
        return seen
    match bound.address.type:
        case "place":
            return _place(seen, bound)
        case "order":
            return _order(look, seen, bound)
        case "alias" | "space-alias":
            return await _alias(look, seen, bound)
        case "notice":
            return await _notice(look, seen, bound)
        case "pin":
            return _pin(seen, bound)
    return await _invite(look, seen, bound)


async def _room(look: Look, bound: Bound, seen: Seen) -> Observation:
    if isinstance(seen, Invited):
        # Everything else stands for what it was: it can be read once we are inside.
        return Present({**bound.applied, "joined": False})
    if not isinstance(seen, Reading):
        return seen
    unfit = reverse.unfit(seen, bound.address.type, look.me) if not bound.applied else None
    if unfit is not None:
        return unfit
    moved = await _moved(look, seen)
    if moved is not None:
        return moved if not isinstance(moved, Reading) else _present(look, bound, moved, moved.id)
    return _present(look, bound, seen, None)


async def _moved(look: Look, seen: Reading) -> Reading | Hidden | Failed | None:
    """The room that an upgrade made of this one; it counts only if it says itself where it comes from."""
    if seen.replacement is None:
        return None
    after = await read_room(look.api, look.me, seen.replacement)
    if isinstance(after, Failed):
        return after
    if isinstance(after, Reading) and _predecessor(after) == seen.id:
        await _visibility(look, after.id)
        return after
    return Hidden("matrix-room-replaced", {"room": seen.id, "replacement": seen.replacement})


def _predecessor(room: Reading) -> str | None:
    found = room.content("m.room.create").get("predecessor")
    before = found.get("room_id") if isinstance(found, Mapping) else None
    return before if isinstance(before, str) else None


def _present(look: Look, bound: Bound, room: Reading, moved_to: str | None) -> Present:
    mark = room.mark
    people = room.joined - look.context.team - {look.me}
    attributes = room_attributes(look, bound.applied, room)
    attributes["inside"] = servers.count_inside(people)
    if bound.address.type == "bans":
        attributes["rules"] = bans.to_attribute(room.events)
    owner = mark.ownership if mark is not None and not mark.ended else None
    return Present(attributes, len(people), moved_to=moved_to, owner=owner)


def room_attributes(look: Look, applied: Mapping[str, Json], room: Reading) -> dict[str, Json]:
    """A room's state as attributes."""
    rules = room.content("m.room.join_rules")
    users, levels = power.to_attributes(room.content("m.room.power_levels"))
    asked = applied.get("users")
    for creator in room.creators & set(asked if isinstance(asked, Mapping) else ()):
        # A creator has every power and no entry: what was asked for is fulfilled.
        users[creator] = asked[creator] if isinstance(asked, Mapping) else None
    if asked is None:
        # Nothing was asked yet: of a room that others made, its creators are told like anybody with every power.
        users = {**dict.fromkeys(sorted(room.creators), power.MANAGE), **users}
    found: dict[str, Json] = {
        "joined": True,
        "join_rule": str(rules.get("join_rule", "invite")),
        "allow": allowed(rules),
        "history": str(room.content("m.room.history_visibility").get("history_visibility", "shared")),
        "guests": str(room.content("m.room.guest_access").get("guest_access", "forbidden")),
        "levels": levels,
        "users": users,
        "name": _text(room.content("m.room.name").get("name")),
        "topic": _text(room.content("m.room.topic").get("topic")),
        "avatar": _avatar(room),
        "encrypted": isinstance(room.content(ENCRYPTION).get("algorithm"), str),
        **servers.to_attributes(room.content(servers.ACL)),
    }
    parent = _parent(room, applied.get("parent"))
    if parent is not None:
        found["parent"] = parent
    if room.id in look.listed:
        found["listed"] = look.listed[room.id]
    if room.mark is not None:
        ours = room.mark.ours(look.context.ownership)
        found["mark"] = room.mark.uid if ours else f"{room.mark.ownership.lineage}:{room.mark.uid}"
    return found


def allowed(rules: Mapping[str, object]) -> list[Json]:
    """The rooms whose members walk in. People may write anything there; what is no such condition admits nobody."""
    allow = rules.get("allow")
    conditions = [each for each in allow if isinstance(each, Mapping)] if isinstance(allow, list) else []
    return [str(each["room_id"]) for each in conditions if isinstance(each.get("room_id"), str)]


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


ENCRYPTION = "m.room.encryption"
AVATAR_DIGEST = "org.groupform.digest"
"""Beside `url` in m.room.avatar: what the picture was made from. Another hand that sets a picture leaves it out."""


def _avatar(room: Reading) -> str:
    content = room.content("m.room.avatar")
    digest = content.get(AVATAR_DIGEST)
    return digest if isinstance(digest, str) else _text(content.get("url"))


def _parent(room: Reading, applied: Json) -> str | None:
    found = {space: event["content"] for space, event in room.all_of("m.space.parent").items()}
    live = {space: content for space, content in found.items() if content.get("via")}
    if isinstance(applied, str) and applied in live:
        return applied
    ranked = sorted(live, key=lambda space: (live[space].get("canonical") is not True, space))
    return ranked[0] if ranked else None


def _place(space: Reading, bound: Bound) -> Observation:
    _, room = ids.parts(bound.id)
    event = order.child(space, room)
    if event is None:
        return Gone("matrix-place-removed")
    suggested = event["content"].get("suggested") is True
    return Present({"space": space.id, "room": room, "suggested": suggested, "position": bound.applied.get("position")})


def _order(look: Look, space: Reading, bound: Bound) -> Observation:
    applied = bound.applied.get("rooms")
    before = [str(each) for each in applied] if isinstance(applied, list) else []
    shown = order.shown(space, look.known)
    if [each for each in before if each in shown] == [each for each in shown if each in before]:
        # A child that is missing is its own edge's business; the order of the others holds.
        return Present({"space": space.id, "rooms": list(before) if before else list(shown)})
    return Present({"space": space.id, "rooms": [*shown, *(each for each in before if each not in shown)]})


async def _alias(look: Look, room: Reading, bound: Bound) -> Observation:
    content = room.content("m.room.canonical_alias")
    canonical = content.get("alias")
    if not isinstance(canonical, str) or not canonical:
        # An adopted room may never have had an address; then none of ours was taken away.
        return Gone("matrix-alias-removed") if "alias" in bound.applied else Present({"room": room.id, "alias": ""})
    if look.deep and await look.api.resolve(canonical) != room.id:
        return Gone("matrix-alias-removed")
    local, _, server = canonical.removeprefix("#").partition(":")
    alias = local if server == look.server else canonical
    also: list[Json] = [*names.alternatives(content, look.server)]
    return Present({"room": room.id, "alias": alias, "also": also})


async def _notice(look: Look, room: Reading, bound: Bound) -> Observation:
    _, event = ids.parts(bound.id)
    applied = bound.applied.get("text")
    record = room.mark.notice if room.mark is not None else None
    unmoved = (
        isinstance(applied, str)
        and record is not None
        and record.get("event") == event
        and record.get("hash") == notice.digest(applied)
        and event in room.pinned
    )
    if unmoved and not look.deep:
        return Present({"room": room.id, "text": applied})
    text = await notice.words(look.api, room.id, event)
    if text is None:
        return Gone("matrix-notice-gone")
    return Present({"room": room.id, "text": text})


def _pin(room: Reading, bound: Bound) -> Observation:
    _, _, event = ids.parts(bound.id)
    if event not in room.pinned:
        return Gone("matrix-pin-removed")
    return Present({"room": room.id, "event": ids.joined(room.id, event)})


async def _invite(look: Look, room: Reading, bound: Bound) -> Observation:
    _, user = ids.parts(bound.id)
    standing = {"room": room.id, "user": user}
    match await invitation(look, room, user):
        case "open":
            return Gone("matrix-invite-not-sent")
        case "in":
            return Present({**standing, "inside": True})
    return Present({**standing, "inside": False})


async def registered(look: Look, user: str) -> bool:
    """Whether there is such an account, as far as our own server can tell; another server's is taken at its word."""
    return user.partition(":")[2] != look.server or await look.api.profile(user) is not None


async def invitation(look: Look, room: Reading, user: str) -> str:
    """`in`: invited or inside; `open`: to be invited; `closed`: left or declined, or there is no such account."""
    if user == look.me:
        return "in"
    match room.membership(user):
        case "join" | "invite":
            return "in"
        case "leave" if room.events["m.room.member", user].get("sender") in (look.me, None):
            # We took it back ourselves; being asked again is no nuisance.
            return "open"
        case None:
            return "open" if await registered(look, user) else "closed"
    return "closed"
