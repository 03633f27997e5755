"""What is counted in the server's own database: rooms, addresses, notices, invitations, where the tool has left."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

_EVENTS = """
    SELECT e.room_id, e.type, e.state_key, j.json FROM rooms r
    JOIN events e ON e.room_id = r.room_id JOIN event_json j ON j.event_id = e.event_id
    WHERE r.creator = ? AND e.rejection_reason IS NULL
    AND e.type IN ('m.room.create', 'm.room.message', 'm.room.member', 'org.groupform.owner')
    ORDER BY e.stream_ordering
"""
_LEADING = "SELECT a.room_id FROM room_aliases a JOIN rooms r ON r.room_id = a.room_id WHERE r.creator = ?"
_INSIDE = "SELECT room_id FROM local_current_membership WHERE user_id = ? AND membership = 'join'"


class Census:
    """What was counted, by the marks that rooms bear. Two are alike where the counts are; ids differ between lives."""

    def __init__(self) -> None:
        self.rooms, self.left = Counter[str](), Counter[str]()
        self.notices, self.invitations = Counter[str](), Counter[str]()
        self.addresses = Counter[str]()
        self.ids: dict[str, str] = {}

    def counts(self, key: str) -> Mapping[str, Mapping[str, int]]:
        """With the community's own key, which no other life shares, taken out."""
        counted = {name: getattr(self, name) for name in ("rooms", "left", "addresses", "notices", "invitations")}
        return {
            name: {text.replace(key, "KEY"): count for text, count in sorted(each.items()) if count}
            for name, each in counted.items()
        }


def census(database: Path, account: str) -> Census:
    """All rooms that the account has made, also those that everybody has left; messages that are no edits."""
    found = Census()
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=30)) as connection:
        rows = connection.execute(_EVENTS, (account,)).fetchall()
        leading = [room for (room,) in connection.execute(_LEADING, (account,))]
        inside = {room for (room,) in connection.execute(_INSIDE, (account,))}
    # A room without a mark is one that nobody would ever find again: it counts, under no name.
    marks: dict[str, str] = {}
    events: list[tuple[str, str, str, Mapping[str, object]]] = []
    for room, kind, state_key, text in rows:
        content = json.loads(text)["content"]
        marks.setdefault(room, "")
        if kind == "org.groupform.owner":
            marks[room] = str(content.get("uid", "")).partition("/")[2] or marks[room]
        events.append((room, kind, state_key, content))
    for room, uid in marks.items():
        found.rooms[uid] += 1
        found.ids[uid] = room
        found.left[uid] += room not in inside
    found.addresses.update(marks[room] for room in leading)
    for room, kind, state_key, content in events:
        if kind == "m.room.message" and "m.relates_to" not in content:
            found.notices[marks[room]] += 1
        if kind == "m.room.member" and content.get("membership") == "invite":
            found.invitations[f"{marks[room]} {state_key}"] += 1
    return found
