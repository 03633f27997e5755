"""A space as strangers leave it behind: titles that look like anything, people of every power."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

from homeserver import Homeserver, Person

MARK = "org.groupform.owner"
TITLES = {
    "emoji": "🐈‍⬛👩‍👩‍👧 大厅 🇨🇳",
    "rtl": "שלום \u202eevil\u202c مرحبا",
    "breaks": "两行\n名字",
    "long": "很长" * 120,
    "twin-a": "同名",
    "twin-b": "同名",
    "empty": "",
    "spaces": "   ",
    "yaml": "yes: [a, b] # no",
    "anchor": "&a *b !!str |",
    "null": "null",
    "address": "pet-club/room.city/sh#1@prod",
    "alias": "#lobby:localhost",
    "digits": "１２群：８月",
    "number": "0012",
    "braces": "{store} ${env:HOME} {{x}}",
    "quotes": "\"双\" '单' \\n \\",
    "dash": "- 一",
    "nbsp": "a\u00a0b\u200bc\ufeff",
    "zwj": "e\u0301 é",
    "percent": "100％",
}


@dataclass
class Odd:
    """`space` and what hangs in it, by what it is; `mine` are the rooms that we may manage."""

    server: Homeserver
    me: Person
    owner: Person
    space: str
    rooms: dict[str, str] = field(default_factory=dict)
    hidden: dict[str, str] = field(default_factory=dict)

    def snapshot(self) -> dict[str, Any]:
        """All state of every room but our mark, who is in it, its door in the directory, and what was said last."""
        return {key: self._room(room) for key, room in {"": self.space, **self.rooms}.items()}

    def _room(self, room: str) -> dict[str, Any]:
        state = {(each["type"], each["state_key"]): (each["content"], each["event_id"]) for each in self.me.state(room)}
        state.pop((MARK, ""), None)
        aliases = self.me.call("GET", f"/rooms/{room}/aliases")["aliases"]
        said = self.me.call("GET", f"/rooms/{room}/messages", dir="b", limit="100")["chunk"]
        return {
            "state": state,
            "aliases": {each for each in aliases if not each.startswith("#gf-")},
            "listed": self.me.call("GET", f"/directory/list/room/{room}")["visibility"],
            "said": [each["event_id"] for each in said if each["type"] != MARK],
        }


def make_odd(server: Homeserver, me: Person | None = None) -> Odd:
    """Made by a stranger, who gave us 100 in most of it."""
    me = me or server.operator
    owner, person = server.person("owner"), server.person("stranger")
    tag = uuid.uuid4().hex[:6]
    space = owner.create_room(
        name="Клуб 🐾 «猫»: [x]",
        topic="a: b # c\n- d",
        preset="public_chat",
        room_version="11",
        room_alias_name=f"Odd.Space_{tag}",
        creation_content={"type": "m.space"},
        power_level_content_override={"users": {owner.user_id: 100, me.user_id: 100}},
    )
    me.join(space)
    made = Odd(server, me, owner, space)
    numbers = iter(range(1000))

    def hang(key: str, room: str, *, inside: str = space, keep: bool = True) -> str:
        # People put several rooms forward, where the files know one.
        edge = {"via": ["localhost"], "order": f"{next(numbers):03}", "suggested": len(made.rooms) in (1, 2)}
        owner.set_state(inside, "m.space.child", edge, room)
        if keep:
            made.rooms[key] = room
        else:
            made.hidden[key] = room
        return room

    def room(key: str, name: str, *, version: str = "11", level: int = 100, keep: bool = True, **more: Any) -> str:
        # Creators of version 12 stand in no power levels.
        users = {me.user_id: level, **({} if version == "12" else {owner.user_id: 100}), **more.pop("users", {})}
        body = {"preset": "private_chat", "room_version": version, **({"name": name} if name else {}), **more}
        body["power_level_content_override"] = {"users": users, **body.get("power_level_content_override", {})}
        found = owner.create_room(**body)
        owner.invite(found, me.user_id)
        me.join(found)
        return hang(key, found, keep=keep)

    for number, (key, title) in enumerate(TITLES.items()):
        room(key, title, version=("10", "11", "12")[number % 3])
    # Doors, and what people set up by themselves.
    open_ = room("public", "开放", preset="public_chat", visibility="public", room_alias_name=f"gf-odd-{tag}")
    room("knock", "敲门", initial_state=[_state("m.room.join_rules", {"join_rule": "knock"})])
    world = [_state("m.room.history_visibility", {"history_visibility": "world_readable"})]
    room("world", "世界可读", initial_state=world, preset="public_chat", version="10")
    room("secret", "加密", initial_state=[_state("m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"})])
    acl = {"allow": ["*"], "deny": ["*.evil.example", "evil.example"], "allow_ip_literals": False}
    room("acl", "门禁", initial_state=[_state("m.room.server_acl", acl)])
    room("prefixed", "前缀", room_alias_name=f"odd/space.{tag}=x", version="12")
    allow = [{"type": "m.room_membership", "room_id": space}, {"type": "org.example.other", "x": 1}]
    room("restricted", "受限", initial_state=[_state("m.room.join_rules", {"join_rule": "restricted", "allow": allow})])
    room("voice", "频道", creation_content={"type": "org.matrix.msc3417.call"})
    # People whom nobody declared: at 7, at 50, at 100, above us, banned, invited, and a moderator who left.
    crowd = room("crowd", "人群", users={person.user_id: 50})
    for name, level in (("seven", 7), ("hundred", 100), ("gone", 60)):
        other = server.person(name)
        owner.invite(crowd, other.user_id)
        other.join(crowd)
        power = owner.get_state(crowd, "m.room.power_levels")
        power["users"][other.user_id] = level
        owner.set_state(crowd, "m.room.power_levels", power)
    server.person("gone").leave(crowd)
    owner.ban(crowd, server.person("banned").user_id)
    owner.invite(crowd, person.user_id)
    pinned = owner.send(crowd, "置顶")
    owner.set_state(crowd, "m.room.pinned_events", {"pinned": [pinned, "$gone"]})
    owner.set_state(crowd, "io.element.widgets.layout", {"widgets": {"a": 1}})
    room("above", "上面有人", level=80, users={owner.user_id: 150})
    # What cannot be taken: no power in it, upgraded, only invited, never been in, a space in a space.
    room("powerless", "没有权力", level=0, keep=False)
    upgraded = room("upgraded", "老房间", version="10", keep=False)
    after = owner.call("POST", f"/rooms/{upgraded}/upgrade", {"new_version": "11"})["replacement_room"]
    me.join(after) if _joinable(me, after) else owner.invite(after, me.user_id)
    hang("replaced", after, keep=False)
    invited = owner.create_room(name="只是被邀请", preset="private_chat", invite=[me.user_id])
    hang("invited", invited, keep=False)
    hang("stranger", owner.create_room(name="外人的", preset="private_chat"), keep=False)
    nested = owner.create_room(name="里面的空间", preset="public_chat", creation_content={"type": "m.space"})
    me.join(nested)
    hang("nested", nested, keep=False)
    owner.set_state(nested, "m.space.child", {"via": ["localhost"]}, open_)
    deep = owner.create_room(name="深处", preset="public_chat")
    me.join(deep)
    owner.set_state(nested, "m.space.child", {"via": ["localhost"]}, deep)
    owner.set_state(space, "m.space.child", {"via": ["localhost"], "order": "zzz"}, "!nowhere:elsewhere.example")
    owner.set_state(space, "m.space.child", {}, deep)
    return made


def _joinable(me: Person, room: str) -> bool:
    import httpx

    try:
        me.join(room)
    except httpx.HTTPStatusError:
        return False
    return True


def _state(kind: str, content: dict[str, Any]) -> dict[str, Any]:
    return {"type": kind, "state_key": "", "content": content}
