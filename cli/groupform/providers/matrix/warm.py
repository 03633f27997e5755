"""Owns what a plan remembers of rooms for the next one: their state as it was read, and a position to ask from.

The first plan reads each room by GET /state. A later one asks a single /sync what has happened since; rooms in which
nothing did are as they were, the others are read again. Nothing is ever worked out from what the sync says: it only
tells which rooms not to believe. The cache may be deleted at any time, and is ignored wherever anything about it is
not as it was left.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from groupform.http import HttpError
from groupform.providers.matrix.api import Api, Content
from groupform.providers.matrix.reading import Reading, Seen
from groupform.state.files import make_folder, write_whole

_VERSION = 1
_GOOD_FOR = 86_400.0
"""Seconds. A homeserver put back from a backup does not say so; this is how long an old belief can outlive it."""
WORTH = 6
"""From so many rooms on the requests that the cache takes are fewer than those that it saves."""

# What people say all day changes no state; what is left out here cannot crowd a change out of the window either.
_CHATTER = ["m.room.message", "m.room.encrypted", "m.reaction", "m.sticker", "m.poll.*", "m.call.*"]
_QUIET: Content = {"types": []}
_CHANGES: Content = {"account_data": _QUIET, "ephemeral": _QUIET, "timeline": {"limit": 20, "not_types": _CHATTER}}
_POSITION: Content = {"rooms": []}


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose memory it is. Sync positions belong to a device, and rooms look different to another account."""

    server: str
    account: str
    device: str | None
    deployment: str
    environment: str


@dataclass(frozen=True)
class Memory:
    """Rooms as they are at `position` or later: what is read again afterwards may be newer, never older.

    `began` is when all of them were last read from the server, in seconds since 1970.
    """

    position: str
    began: float
    rooms: Mapping[str, Reading] = field(default_factory=dict)


class Cache:
    """The memory of one deployment in one folder; read and written at most once."""

    def __init__(
        self, folder: Path, owner: Owner, now: float, nonce: Callable[[], str] = lambda: secrets.token_hex(8)
    ) -> None:
        words = [owner.server, owner.account, owner.device or "", owner.deployment, owner.environment]
        self._key = hashlib.sha256("\0".join(words).encode()).hexdigest()
        self._file = folder / f"matrix-{self._key[:24]}.json"
        self._now = now
        self._nonce = nonce

    async def recall(self, api: Api) -> Memory | None:
        """What may be believed now, and the position that goes with it; None where the server gives no position."""
        known = self._load()
        if known is not None:
            try:
                changes = await api.sync(self._filter(_CHANGES), since=known.position, state_after=True)
                inside = set(await api.joined_rooms())
            except HttpError:
                known = None
            else:
                # A room that was purged from the server is in no sync: only that we are not inside tells of it.
                doubtful = set(doubted(changes))
                rooms = {room: each for room, each in known.rooms.items() if room in inside and room not in doubtful}
                return Memory(str(changes["next_batch"]), known.began, rooms)
        try:
            return Memory(str((await api.sync(self._filter(_POSITION)))["next_batch"]), self._now)
        except HttpError:
            return None

    def keep(self, memory: Memory, me: str, seen: Mapping[str, Seen]) -> None:
        """Remembers the rooms of `seen` that we are inside of. A folder that cannot be written to costs nothing."""
        rooms = {
            room: list(each.events.values())
            for room, each in seen.items()
            if isinstance(each, Reading) and each.membership(me) == "join"
        }
        body = {"position": memory.position, "began": memory.began, "rooms": rooms}
        with suppress(OSError, ValueError):
            self._write(json.dumps(body, ensure_ascii=True, separators=(",", ":")).encode())

    def _filter(self, room: Content) -> Content:
        """A filter that no sync had before. Synapse keeps answers for two minutes, by filter and position: a position
        that was asked from before (its plan was killed, or could not keep what it saw) would get the old answer."""
        return {"presence": {**_QUIET, "not_types": [self._nonce()]}, "account_data": _QUIET, "room": room}

    def _load(self) -> Memory | None:
        try:
            head, _, data = self._file.read_bytes().partition(b"\n")
            if head != self._head(data):
                return None
            body = json.loads(data)
            began = float(body["began"])
            if not 0 <= self._now - began <= _GOOD_FOR:
                return None
            rooms = {room: _reading(room, each) for room, each in body["rooms"].items()}
            return Memory(str(body["position"]), began, rooms)
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return None

    def _head(self, data: bytes) -> bytes:
        """The first line: of what version and whose it is, and that the rest is as it was written."""
        return f"{_VERSION} {self._key} {hashlib.sha256(data).hexdigest()}".encode()

    def _write(self, data: bytes) -> None:
        folder = self._file.parent
        make_folder(folder)
        ignore = folder / ".gitignore"
        if not ignore.exists():
            write_whole(ignore, b"*\n")
        temporary = self._file.with_name(f".{self._file.name}.{os.getpid()}.new")
        try:
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(self._head(data) + b"\n" + data)
            temporary.replace(self._file)
        finally:
            temporary.unlink(missing_ok=True)


def doubted(changes: Mapping[str, Any]) -> Iterator[str]:
    """Rooms of a sync in which something may have happened that GET /state would show. When in doubt, it did.

    A redaction empties a state event and is no state itself. With `limit: 0` servers still send one event, and state
    comes in `timeline` as well as in `state` (`state_after` where it was asked for and the server has it).
    """
    rooms = changes.get("rooms")
    if not isinstance(rooms, Mapping):
        return
    for standing, those in rooms.items():
        for room, news in those.items() if isinstance(those, Mapping) else ():
            if standing != "join" or not _harmless(news):
                yield room


def _harmless(news: Any) -> bool:
    if not isinstance(news, Mapping):
        return False
    timeline = news.get("timeline") or {}
    if timeline.get("limited"):
        return False
    if any(_events(news.get(key)) for key in news if key == "state" or key.endswith("state_after")):
        return False
    return all("state_key" not in each and each.get("type") != "m.room.redaction" for each in _events(timeline))


def _events(part: Any) -> list[Content]:
    found = part.get("events") if isinstance(part, Mapping) else None
    return found if isinstance(found, list) else []


def _reading(room: str, events: Iterable[Content]) -> Reading:
    return Reading(room, {(str(each["type"]), str(each.get("state_key", ""))): each for each in events})
