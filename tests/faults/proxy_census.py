"""What another account counts on the server: rooms, notices, invitations, and where the tool has left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from homeserver import Homeserver, Person


@dataclass(frozen=True)
class Auditor:
    """Another account, an administrator of the server, that counts what is there without being anywhere."""

    person: Person

    @staticmethod
    def of(server: Homeserver) -> Auditor:
        person = server.person("auditor")
        server.operator.call("PUT", f"/_synapse/admin/v2/users/{_quoted(person.user_id)}", {"admin": True})
        return Auditor(person)

    def rooms(self) -> frozenset[str]:
        found = self.person.call("GET", "/_synapse/admin/v1/rooms", limit="100000")["rooms"]
        return frozenset(each["room_id"] for each in found)

    def census(self, rooms: frozenset[str], tool: str, known: dict[str, str]) -> Census:
        """Rooms by their mark, messages that are no edits, invitations by room and person, rooms without the tool.

        `known` remembers the marks, room by room: the server tells no state of a room that everybody has left.
        """
        found = Census()
        for room in sorted(rooms):
            path = f"/_synapse/admin/v1/rooms/{_quoted(room)}"
            state = {
                (e["type"], e["state_key"]): e["content"] for e in self.person.call("GET", f"{path}/state")["state"]
            }
            # A room without a mark is one that nobody would ever find again: it counts, under no name.
            marked = str(state.get(("org.groupform.owner", ""), {}).get("uid", "")).partition("/")[2]
            uid = known[room] = marked or known.get(room, "")
            found.rooms[uid] += 1
            found.ids[uid] = room
            if state.get(("m.room.member", tool), {}).get("membership") != "join":
                found.left[uid] += 1
            for each in self.person.call("GET", f"{path}/messages", dir="b", limit="1000")["chunk"]:
                content = each["content"]
                if each["type"] == "m.room.message" and "m.relates_to" not in content:
                    found.notices[uid] += 1
                if each["type"] == "m.room.member" and content.get("membership") == "invite":
                    found.invitations[f"{uid} {each['state_key']}"] += 1
        return found


class Census:
    """What was counted. Two are alike where the counts are; the ids differ between two lives."""

    def __init__(self) -> None:
        self.rooms, self.left = Counter[str](), Counter[str]()
        self.notices, self.invitations = Counter[str](), Counter[str]()
        self.ids: dict[str, str] = {}

    def counts(self, key: str) -> Mapping[str, Mapping[str, int]]:
        """With the community's own key, which no other life shares, taken out."""
        counted = {name: getattr(self, name) for name in ("rooms", "left", "notices", "invitations")}
        return {
            name: {text.replace(key, "KEY"): count for text, count in sorted(each.items()) if count}
            for name, each in counted.items()
        }


def _quoted(text: str) -> str:
    return quote(text, safe="")
