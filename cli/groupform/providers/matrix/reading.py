"""Owns what was read of rooms: their whole state in one request each, several at a time, or why it could not be had."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

import anyio

from groupform.engine.provider import Failed, Gone, Hidden
from groupform.http import Forbidden, HttpError, NotFound
from groupform.providers.matrix import ownership
from groupform.providers.matrix.api import Api
from groupform.providers.matrix.api_errors import as_failure

_CREATORS_FROM = 12
_WIDTH = 8
"""More than the client sends at a time, so that one is always ready to go."""

T = TypeVar("T")


@dataclass(frozen=True)
class Reading:
    """One room's current state, by (type, state key), whole events."""

    id: str
    events: Mapping[tuple[str, str], Mapping[str, Any]]

    def content(self, kind: str, key: str = "") -> Mapping[str, Any]:
        """The content of one event; empty where it was never set."""
        found = self.events.get((kind, key), {}).get("content")
        return found if isinstance(found, Mapping) else {}

    def all_of(self, kind: str) -> Mapping[str, Mapping[str, Any]]:
        """Whole events of one type, by state key."""
        return {key: event for (each, key), event in self.events.items() if each == kind}

    def membership(self, user: str) -> str | None:
        found = self.content("m.room.member", user).get("membership")
        return found if isinstance(found, str) else None

    @property
    def mark(self) -> ownership.Mark | None:
        return ownership.read(self.content(ownership.OWNER))

    @property
    def joined(self) -> frozenset[str]:
        members = self.all_of("m.room.member")
        return frozenset(user for user, event in members.items() if event["content"].get("membership") == "join")

    @property
    def pinned(self) -> list[str]:
        found = self.content("m.room.pinned_events").get("pinned")
        return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []

    @property
    def creators(self) -> frozenset[str]:
        """Who outranks everybody and stands in no power levels; nobody before room version 12."""
        create = self.events.get(("m.room.create", ""), {})
        version = str(self.content("m.room.create").get("room_version", "1"))
        if not version.isdigit() or int(version) < _CREATORS_FROM:
            return frozenset()
        more = self.content("m.room.create").get("additional_creators")
        others = [each for each in more if isinstance(each, str)] if isinstance(more, list) else []
        return frozenset({str(create.get("sender")), *others})

    @property
    def replacement(self) -> str | None:
        """The room that people were sent to by an upgrade."""
        found = self.content("m.room.tombstone").get("replacement_room")
        return found if isinstance(found, str) else None


@dataclass(frozen=True, slots=True)
class Invited:
    """We are asked in, and see nothing yet."""

    id: str


Known: TypeAlias = Reading | Invited | Gone | Hidden
Seen: TypeAlias = Known | Failed


async def read_rooms(api: Api, me: str, rooms: Iterable[str]) -> dict[str, Seen]:
    """Reads each room once, side by side (the client bounds how many). Never raises for a single room."""
    found: dict[str, Seen] = {}

    async def read(room: str) -> None:
        found[room] = await read_room(api, me, room)

    await side_by_side(dict.fromkeys(rooms), read)
    return found


async def side_by_side(things: Iterable[T], work: Callable[[T], Awaitable[None]]) -> None:
    """Does the work for each thing, a few at a time: a task of its own for each of thousands costs more than the work
    where nothing has to be waited for."""
    left = iter(things)

    async def one_by_one() -> None:
        for each in left:
            await work(each)

    async with anyio.create_task_group() as tasks:
        for _ in range(_WIDTH):
            tasks.start_soon(one_by_one)


async def read_room(api: Api, me: str, room: str) -> Seen:
    """One room's state, or why it cannot be had. Only a proof makes it gone."""
    try:
        events = await api.state(room)
    except (Forbidden, NotFound):
        return await _unseen(api, room)
    except HttpError as error:
        return Failed(as_failure(error))
    reading = Reading(room, {(str(each["type"]), str(each.get("state_key", ""))): each for each in events})
    if reading.membership(me) == "join":
        return reading
    # Somebody who has left still gets the state of the day of leaving.
    member = reading.events.get(("m.room.member", me), {})
    if reading.mark is not None and reading.mark.ended and member.get("sender") == me:
        return Gone("matrix-room-given-up")
    return await _unseen(api, room)


def known(seen: Seen) -> Known:
    """What a read has told. One that failed tells nothing, least of all that we are not inside. Raises its Failure."""
    if isinstance(seen, Failed):
        raise seen.failure
    return seen


async def _unseen(api: Api, room: str) -> Seen:
    """A room that does not let us in: asked back, removed from the server, or neither that we could tell."""
    try:
        if await api.invited(room):
            return Invited(room)
        if await api.purged(room):
            return Gone("matrix-room-purged")
    except HttpError as error:
        return Failed(as_failure(error))
    return Hidden("matrix-not-in-room", {"room": room})
