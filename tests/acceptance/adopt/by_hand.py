"""Communities as people make them by hand: odd titles, powers nobody declared, pins, doors of every kind."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

from homeserver import Homeserver, Person

ODD = ("🎉 大厅 {新人} 🎉", "  Wild — room #1 ", "公告板📢", "问答（先搜再问）", "VIP//会客厅", "")


@dataclass
class ByHand:
    """A space somebody made, its rooms by what they are, and a stranger who sits in all of them."""

    server: Homeserver
    stranger: Person
    moderator: Person
    space: str
    rooms: dict[str, str] = field(default_factory=dict)

    def snapshot(self) -> dict[str, dict[tuple[str, str], Any]]:
        """The state of every room, without our mark."""
        return {
            room: {
                (each["type"], each["state_key"]): each["content"]
                for each in self.server.operator.state(room)
                if each["type"] != "org.groupform.owner"
            }
            for room in (self.space, *self.rooms.values())
        }


def make_by_hand(server: Homeserver) -> ByHand:
    """A space of six rooms, no two alike."""
    me, stranger, moderator = server.operator, server.person("stranger"), server.person("moderator")
    tag = uuid.uuid4().hex[:6]
    space = me.create_room(
        name="猫友 ✨ 之家",
        topic="第一行\n第二行",
        preset="public_chat",
        room_alias_name=f"old-cats-{tag}",
        creation_content={"type": "m.space"},
        initial_state=[{"type": "m.room.history_visibility", "content": {"history_visibility": "world_readable"}}],
    )
    made = ByHand(server, stranger, moderator, space)

    def room(key: str, name: str, rule: dict[str, Any], *, order: str, version: str = "11", **more: Any) -> str:
        state = [{"type": "m.room.join_rules", "content": rule}, *more.pop("state", [])]
        body = {"preset": "private_chat", "room_version": version, "initial_state": state, **more}
        made.rooms[key] = found = me.create_room(**({"name": name} if name else {}), **body)
        for person in (stranger, moderator):
            me.invite(found, person.user_id)
            person.join(found)
        me.set_state(space, "m.space.child", {"via": ["localhost"], "order": order}, found)
        return found

    allow = [{"type": "m.room_membership", "room_id": space}]
    lobby = room(
        "lobby",
        ODD[0],
        {"join_rule": "restricted", "allow": allow},
        order="a",
        room_alias_name=f"Lobby.{tag}",
        topic="先打招呼\n再看群规",
    )
    me.set_state(space, "m.space.child", {"via": ["localhost"], "order": "a", "suggested": True}, lobby)
    power = me.get_state(lobby, "m.room.power_levels")
    power["users"] |= {stranger.user_id: 7, moderator.user_id: 60}
    power["events"]["m.room.topic"] = 33
    me.set_state(lobby, "m.room.power_levels", power)
    event = stranger.send(lobby, "请看这里")
    me.set_state(lobby, "m.room.pinned_events", {"pinned": [event, "$nothing:elsewhere"]})
    public = room("public", ODD[1], {"join_rule": "public"}, order="b", version="12")
    me.set_state(public, "m.room.guest_access", {"guest_access": "can_join"})
    notices = room("notices", ODD[2], {"join_rule": "restricted", "allow": allow}, order="c")
    power = me.get_state(notices, "m.room.power_levels")
    power |= {"events_default": 45, "users": power["users"] | {moderator.user_id: 45}}
    me.set_state(notices, "m.room.power_levels", power)
    room("knock", ODD[3], {"join_rule": "knock"}, order="d")
    room("invite", ODD[4], {"join_rule": "invite"}, order="e")
    room("unnamed", ODD[5], {"join_rule": "knock_restricted", "allow": allow}, order="f")
    return made
