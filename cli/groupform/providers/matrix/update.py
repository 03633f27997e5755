"""Owns updating: what each attribute's change sends, read again right before where others write there too."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from groupform.compile.address import Address, AddressError
from groupform.compile.resource import Json
from groupform.engine.provider import Done, Edit, Failure, UpdateRequest, Write
from groupform.http import Conflict, Forbidden
from groupform.providers.matrix import aliases, bans, ids, names, notice, order, ownership, pictures, power, servers
from groupform.providers.matrix.observe import ENCRYPTION, Look, allowed
from groupform.providers.matrix.ownership import OWNER, Mark
from groupform.providers.matrix.reading import Reading, known, read_room
from groupform.providers.matrix.types import ROOM_TYPES

DENIED = "matrix-directory-denied"
POWER = "m.room.power_levels"
_ALIASES = 9
MEGOLM = {"algorithm": "m.megolm.v1.aes-sha2"}
"""https://spec.matrix.org/v1.16/client-server-api/#mroomencryption: there is no other algorithm for rooms."""
_TOGETHER = {"allow": "join_rule", "users": "levels", **dict.fromkeys(servers.ATTRIBUTES, "servers")}
"""Attributes that share one state event are written in one request, at the place of the first of them."""


async def update(look: Look, request: UpdateRequest, shown: pictures.Pictures) -> Done:
    """Writes attributes in the given order. Raises HttpError, Failure."""
    bound, writes = request.bound, request.writes
    if bound.address.type in ROOM_TYPES:
        return await _room(look, request, shown)
    match bound.address.type:
        case "place":
            space, room = ids.parts(bound.id)
            edge = dict(await look.api.get_state(space, order.CHILD, room) or {})
            edge |= {"via": edge.get("via") or [look.server], "suggested": writes["suggested"].after is True}
            await look.api.put_state(space, order.CHILD, edge, room)
        case "order":
            await put_in_order(look, ids.parts(bound.id)[0], writes["rooms"].after)
        case "alias" | "space-alias":
            former = bound.applied.get("alias")
            room = ids.parts(bound.id)[0]
            local = str(writes["alias"].after) if "alias" in writes else str(former)
            also = _edit(writes.get("also")).put
            refused = await aliases.give(look, room, local, former if isinstance(former, str) else None, also)
            return Done(bound.id, refused=refused)
        case "notice":
            await _notice(look, request)
        case "pin":
            return await _pin(look, request)
        case _:
            raise Failure("matrix-nothing-to-write", address=str(bound.address))
    return Done(bound.id)


async def _room(look: Look, request: UpdateRequest, shown: pictures.Pictures) -> Done:
    room, writes = request.bound.id, request.writes
    refused: dict[str, str] = {}
    sent: set[str] = set()
    # Nothing can be written from outside, so going in comes first, whatever the order.
    for name, write in sorted(writes.items(), key=lambda each: each[0] != "joined"):
        event = _TOGETHER.get(name, name)
        if event in sent:
            continue
        sent.add(event)
        match event:
            case "mark":
                await _mark(look, room, str(write.after), write.before)
            case "joined":
                await look.api.join(room)
            case "join_rule":
                await _join_rule(look, room, writes)
            case "levels":
                await _levels(look, room, writes)
            case "listed":
                if not await _publish(look, room, write.after is True):
                    refused["listed"] = DENIED
            case "parent":
                await _parent(look, room, write)
            case "servers":
                await _servers(look, room, writes)
            case "rules":
                await _rules(look, room, write)
            case "encrypted":
                await _encrypt(look, room, write)
            case "avatar":
                content = await pictures.content(look.api, shown, str(write.after)) if write.after else {}
                await look.api.put_state(room, "m.room.avatar", content)
            case _:
                await look.api.put_state(room, *_plain(event, write.after))
    return Done(room, refused=refused)


def _plain(name: str, value: Json) -> tuple[str, dict[str, Any]]:
    """The state events that hold one value."""
    match name:
        case "name":
            return "m.room.name", {"name": value}
        case "topic":
            # Both forms, as createRoom writes them; Synapse takes an empty topic and refuses an absent one.
            return "m.room.topic", {"topic": value or "", "m.topic": {"m.text": [{"body": value or ""}]}}
        case "history":
            return "m.room.history_visibility", {"history_visibility": value}
        case "guests":
            return "m.room.guest_access", {"guest_access": value}
    raise Failure("matrix-nothing-to-write", address=name)


def join_rules(rule: Json, allow: Json) -> dict[str, Any]:
    """The content of m.room.join_rules; only restricted rules have an allow list."""
    content: dict[str, Any] = {"join_rule": rule}
    if rule in ("restricted", "knock_restricted") and isinstance(allow, list):
        content["allow"] = [{"type": "m.room_membership", "room_id": each} for each in allow]
    return content


async def _join_rule(look: Look, room: str, writes: Mapping[str, Write]) -> None:
    there = await look.api.get_state(room, "m.room.join_rules") or {}
    rule = writes["join_rule"].after if "join_rule" in writes else there.get("join_rule")
    if "allow" in writes:
        allow: Json = writes["allow"].after
    else:
        allow = allowed(there)
    await look.api.put_state(room, "m.room.join_rules", join_rules(rule, allow))


async def _levels(look: Look, room: str, writes: Mapping[str, Write]) -> None:
    """People's and acts' levels are one event, shared with people who write it too: read, change ours, write, look."""
    before = await look.api.get_state(room, POWER) or {}
    users, levels = (_edit(writes.get(name)) for name in ("users", "levels"))
    # The whole state, with every member of a large room, is read only where somebody is to be written who may be one.
    creators = await _creators(look, room) if users.put else frozenset()
    after = power.changed(
        before,
        users=users.put,
        drop_users=users.drop,
        levels=levels.put,
        drop_levels=levels.drop,
        creators=creators,
    )
    if after == before:
        return
    await look.api.put_state(room, POWER, after)
    if await look.api.get_state(room, POWER) != after:
        raise Failure("matrix-power-overwritten", room=room)


async def _servers(look: Look, room: str, writes: Mapping[str, Write]) -> None:
    """One event, shared with moderators and their bots: read, change ours, write, look."""
    before = await look.api.get_state(room, servers.ACL) or {}
    after = servers.changed(before, writes)
    if not servers.admits(servers.to_attributes(after), look.server):
        # Somebody wrote there since the plan: whatever it was, nothing is written that would lock us out.
        raise Failure(servers.OWN, label=room, account=look.me)
    if after == before:
        return
    await look.api.put_state(room, servers.ACL, after)
    if await look.api.get_state(room, servers.ACL) != after:
        raise Failure("matrix-servers-overwritten", room=room)


async def _rules(look: Look, room: str, write: Write) -> None:
    """Each rule is an event of its own: others' rules are not touched."""
    edit = _edit(write)
    for name in edit.drop:
        await look.api.put_state(room, *_keyed(bans.event_of(name, None)))
    for name, rule in edit.put.items():
        await look.api.put_state(room, *_keyed(bans.event_of(name, rule)))


def _keyed(event: tuple[str, str, dict[str, Any]]) -> tuple[str, dict[str, Any], str]:
    kind, key, content = event
    return kind, content, key


async def _encrypt(look: Look, room: str, write: Write) -> None:
    if write.after is not True:
        # The engine plans no way off; should one come all the same, the server would take it and clients ignore it.
        raise Failure("matrix-encrypted-for-good", label=room)
    if not (await look.api.get_state(room, ENCRYPTION) or {}).get("algorithm"):
        await look.api.put_state(room, ENCRYPTION, MEGOLM)


def _edit(write: Write | None) -> Edit:
    if write is None:
        return Edit()
    if write.edit is not None:
        return write.edit
    return Edit(write.after if isinstance(write.after, Mapping) else {})


async def _creators(look: Look, room: str) -> frozenset[str]:
    seen = known(await read_room(look.api, look.me, room))
    return seen.creators if isinstance(seen, Reading) else frozenset()


async def _publish(look: Look, room: str, listed: bool) -> bool:
    try:
        await look.api.set_visibility(room, "public" if listed else "private")
    except Forbidden:
        # Stock servers let nobody publish; unlisting is allowed to those who may write the room's alias.
        if not listed:
            raise
        return False
    return True


def parent_edge(look: Look) -> dict[str, Any]:
    return {"via": [look.server], "canonical": True}


async def _parent(look: Look, room: str, write: Write) -> None:
    await look.api.put_state(room, "m.space.parent", parent_edge(look), str(write.after))
    if isinstance(write.before, str) and write.before != write.after:
        await look.api.put_state(room, "m.space.parent", {}, write.before)


async def _mark(look: Look, room: str, uid: str, before: Json) -> None:
    """A new address: its own findable alias, then the former one is freed, and the mark last of all: for as long as the
    mark is the old one, whoever comes after a broken-off run sees that there is something left to do."""
    mark = ownership.read(await look.api.get_state(room, OWNER))
    if mark is not None and not mark.ended and not mark.ours(look.context.ownership):
        raise Failure("matrix-room-taken", alias=room, owner=mark.ownership.deployment)
    await _findable(look, room, Address.parse(uid))
    with suppress(AddressError):  # a room that was adopted, or whose mark somebody spoilt, had none
        await aliases.free_findable(look, room, Address.parse(str(before)))
    kept, former = (mark.notice, mark.former) if mark is not None else (None, ())
    await look.api.put_state(room, OWNER, Mark(look.context.ownership, uid, kept, former=former).content)


async def _findable(look: Look, room: str, address: Address) -> None:
    """The alias that finds the room again; its next one where another project's room has the same address."""
    for attempt in range(1, _ALIASES + 1):
        try:
            await look.api.put_alias(f"#{names.created_alias(address, attempt)}:{look.server}", room)
        except Conflict:
            if attempt == _ALIASES:
                raise
        else:
            return


async def put_in_order(look: Look, space: str, rooms: Json) -> None:
    """Writes as few edges as the wanted order needs."""
    wanted = [str(each) for each in rooms] if isinstance(rooms, list) else []
    seen = known(await read_room(look.api, look.me, space))
    if not isinstance(seen, Reading):
        raise Failure("matrix-not-in-room", room=space)
    edges = {room: event["content"] for room, event in order.children(seen).items()}
    present = [each for each in wanted if each in edges]
    if order.shown(seen, present) == present:
        return
    for room, text in order.rewritten(present, {each: order.order_of(edges[each]) for each in present}).items():
        await look.api.put_state(space, order.CHILD, {**edges[room], "order": text}, room)


async def _notice(look: Look, request: UpdateRequest) -> None:
    room, event = ids.parts(request.bound.id)
    text = str(request.writes["text"].after)
    # First the record, then the words: after a kill in between the two differ, and the message itself is asked.
    await record_notice(look, room, event, text)
    txn = f"gf-{request.nonce}-{notice.digest(text)[:12]}"
    await look.api.send(room, notice.MESSAGE, txn, notice.edit(text, event))


async def record_notice(look: Look, room: str, event: str, text: str) -> None:
    """Keeps in the room's mark which message is the notice and what it says."""
    mark = ownership.read(await look.api.get_state(room, OWNER))
    if mark is None or not mark.ours(look.context.ownership):
        return
    record: dict[str, Json] = {"event": event, "hash": notice.digest(text)}
    if mark.notice != record:
        await look.api.put_state(room, OWNER, replace(mark, notice=record).content)


async def _pin(look: Look, request: UpdateRequest) -> Done:
    room, _, former = ids.parts(request.bound.id)
    _, event = ids.parts(str(request.writes["event"].after))
    await pin(look, room, put=event, drop=former)
    return Done(ids.joined(room, "pin", event))


async def pin(look: Look, room: str, *, put: str | None = None, drop: str | None = None) -> None:
    """Changes our pin alone; the pins of others stay where they are."""
    content = dict(await look.api.get_state(room, "m.room.pinned_events") or {})
    held = content.get("pinned")
    before = [each for each in held if isinstance(each, str)] if isinstance(held, list) else []
    after = [each for each in before if each != drop]
    if put is not None and put not in after:
        after.append(put)
    if after != before:
        await look.api.put_state(room, "m.room.pinned_events", {**content, "pinned": after})
