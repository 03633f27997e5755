"""Owns finding every room the account is in: for the unmanaged report and for adoption."""

from __future__ import annotations

from groupform.engine.provider import Discovered
from groupform.providers.matrix.observe import Look
from groupform.providers.matrix.reading import Reading, read_rooms


async def discover(look: Look) -> list[Discovered]:
    """Rooms and spaces, in the order of their ids. Raises HttpError."""
    found: list[Discovered] = []
    seen = await read_rooms(look.api, look.me, sorted(await look.api.joined_rooms()))
    for room, reading in sorted(seen.items()):
        if not isinstance(reading, Reading):
            continue
        name = reading.content("m.room.name").get("name")
        alias = reading.content("m.room.canonical_alias").get("alias")
        type_ = "space" if reading.content("m.room.create").get("type") == "m.space" else "room"
        people = len(reading.joined - look.context.team - {look.me})
        owner = reading.mark.ownership if reading.mark is not None else None
        found.append(Discovered(type_, room, str(name or alias or room), owner, people))
    return found
