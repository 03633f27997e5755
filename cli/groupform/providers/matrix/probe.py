"""Owns looking before a create: is the place free, is it ours already, or does somebody else hold it."""

from __future__ import annotations

from collections.abc import Sequence

from groupform.compile.address import Address
from groupform.compile.resource import Attributes, Resource
from groupform.engine.provider import Failed, Free, Intent, Ours, Probe, Taken
from groupform.http import Forbidden, NotFound
from groupform.providers.matrix import ids, names, notice, order, ownership
from groupform.providers.matrix.observe import Look, invitation
from groupform.providers.matrix.reading import Reading, read_rooms, side_by_side
from groupform.providers.matrix.types import ROOM_TYPES

_SUFFIXES = 9


async def probe(look: Look, desired: Sequence[Resource]) -> dict[Address, Probe]:
    """Answers for every unbound resource. Raises HttpError."""
    rooms = {str(room) for each in desired if ids.is_room(room := home(each.address.type, each.attributes))}
    look.rooms.update(await read_rooms(look.api, look.me, rooms))
    found: dict[Address, Probe] = {}

    async def one(each: Resource) -> None:
        found[each.address] = await _one(look, each.address, each.attributes, None)
        if each.address.type in ROOM_TYPES and isinstance(found[each.address], Free):
            found[each.address] = await _before(look, each.previously)

    try:
        await side_by_side(desired, one)
    except ExceptionGroup as group:
        raise _first(group) from None
    return found


async def _before(look: Look, former: Sequence[Address]) -> Probe:
    """A room that was let go under an earlier address, and is ours still."""
    for address in former:
        found, _ = await room(look, address)
        if isinstance(found, Ours):
            return found
    return Free()


def _first(group: ExceptionGroup[Exception]) -> Exception:
    found = group.exceptions[0]
    return _first(found) if isinstance(found, ExceptionGroup) else found


async def find(look: Look, intent: Intent) -> Probe:
    """Looks once for what an unanswered create may have made. Raises HttpError."""
    place = home(intent.address.type, intent.attributes)
    if ids.is_room(place):
        look.rooms.update(await read_rooms(look.api, look.me, [str(place)]))
    found = await _one(look, intent.address, intent.attributes, intent.nonce)
    if isinstance(found, Free) and intent.address.type in ROOM_TYPES:
        half_made = await _half_made(look, intent.nonce)
        return Ours(half_made) if half_made is not None else found
    return found


def home(type_: str, attributes: Attributes) -> object:
    """The room in whose state an object is found; None for a room itself."""
    if type_ in ROOM_TYPES:
        return None
    return attributes.get("space" if type_ in ("place", "order") else "room")


async def _one(look: Look, address: Address, wanted: Attributes, nonce: str | None) -> Probe:
    if address.type in ROOM_TYPES:
        return (await room(look, address))[0]
    place = home(address.type, wanted)
    if address.type in ("alias", "space-alias"):
        return await _alias(look, place, str(wanted["alias"]))
    seen = look.rooms.get(str(place))
    if isinstance(seen, Failed) and nonce is not None:
        # What may have been made there cannot be said to be missing.
        raise seen.failure
    if not isinstance(seen, Reading):
        return Free()
    match address.type:
        case "place":
            other = str(wanted["room"])
            return Ours(ids.joined(seen.id, other)) if order.child(seen, other) is not None else Free()
        case "order":
            rooms = wanted.get("rooms")
            listed = list(map(str, rooms)) if isinstance(rooms, list) else []
            if order.shown(seen, listed) == listed:
                return Ours(ids.joined(seen.id, "order"))
        case "notice":
            event = await _event(look, seen, address, nonce)
            return Ours(ids.joined(seen.id, event)) if event is not None else Free()
        case "pin":
            reference = str(wanted["event"])
            if ids.is_room(reference):
                _, event = ids.parts(reference)
                if event in seen.pinned:
                    return Ours(ids.joined(seen.id, "pin", event))
        case "invite":
            user = str(wanted["user"])
            if await invitation(look, seen, user) != "open":
                return Ours(ids.joined(seen.id, user))
    return Free()


async def room(look: Look, address: Address) -> tuple[Probe, int]:
    """Whether a room may be made for `address`, and with which attempt of its alias."""
    for attempt in range(1, _SUFFIXES + 1):
        alias = f"#{names.created_alias(address, attempt)}:{look.server}"
        found = await look.api.resolve(alias)
        if found is None:
            return Free(), attempt
        mark = await _mark(look, found)
        if mark is None or not mark.ours(look.context.ownership):
            owner = mark.ownership.deployment if mark is not None else "?"
            return Taken("matrix-room-taken", {"alias": alias, "owner": owner}, found), attempt
        if mark.uid == str(address):
            return Ours(found), attempt
        # Ours, and bound to another address: a key that was renamed. Its alias is let be.
    return Taken("matrix-room-taken", {"alias": alias, "owner": look.context.ownership.deployment}), attempt


async def _mark(look: Look, found: str) -> ownership.Mark | None:
    try:
        return ownership.read(await look.api.get_state(found, ownership.OWNER))
    except Forbidden:
        return None


async def _alias(look: Look, home: object, local: str) -> Probe:
    alias = f"#{local}:{look.server}"
    found = await look.api.resolve(alias)
    if found is None:
        return Free()
    if found != home:
        mark = await _mark(look, found)
        ours = mark.ours(look.context.ownership) if mark is not None else await _follows(look, found, home)
        # Another room of ours gives it up in the same plan, or the server says no then.
        return Free() if ours else Taken("matrix-alias-taken", {"alias": alias}, found)
    seen = look.rooms.get(found)
    canonical = seen.content("m.room.canonical_alias").get("alias") if isinstance(seen, Reading) else None
    return Ours(ids.joined(found, "alias")) if canonical == alias else Free()


async def _follows(look: Look, found: str, home: object) -> bool:
    """Whether a room is what an upgrade made of another one. The server moves the aliases along, and no mark."""
    try:
        predecessor = (await look.api.get_state(found, "m.room.create") or {}).get("predecessor")
    except Forbidden:
        return False
    return isinstance(predecessor, dict) and predecessor.get("room_id") == home


async def _event(look: Look, seen: Reading, address: Address, nonce: str | None) -> str | None:
    """The notice that hangs there already: as the mark records it, or as a lost create left it."""
    record = seen.mark.notice if seen.mark is not None else None
    event = record.get("event") if record is not None else None
    if isinstance(event, str) and await notice.words(look.api, seen.id, event) is not None:
        return event
    return await notice.lost(look.api, seen.id, look.me, str(address), nonce)


async def _half_made(look: Look, nonce: str) -> str | None:
    """A room of ours that was made without its alias: its creation content holds the intent's nonce."""
    for each in await look.api.joined_rooms():
        if each not in look.intents:
            try:
                made = await look.api.get_state(each, "m.room.create")
            except (Forbidden, NotFound):
                made = None
            look.intents[each] = str((made or {}).get(ownership.INTENT, ""))
    return next((each for each, held in look.intents.items() if held == nonce), None)
