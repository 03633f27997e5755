"""Owns creating: the one request that mints each id, with everything it can carry in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from groupform.compile.resource import Attributes
from groupform.engine.provider import CreateRequest, Done, Failure, Free, Ours
from groupform.http import Conflict, Forbidden, HttpError
from groupform.providers.matrix import (
    aliases,
    bans,
    ids,
    names,
    notice,
    order,
    pictures,
    power,
    probe,
    servers,
    update,
)
from groupform.providers.matrix.observe import ENCRYPTION, Look, registered
from groupform.providers.matrix.ownership import INTENT, OWNER, Mark
from groupform.providers.matrix.reading import Reading, known, read_room
from groupform.providers.matrix.types import ROOM_TYPES, ROOM_VERSION

_ALIASES = 9


async def create(look: Look, request: CreateRequest, shown: pictures.Pictures) -> Done:
    """Makes one object. Raises HttpError, Failure."""
    wanted, type_ = request.attributes, request.address.type
    if type_ in ROOM_TYPES:
        return await _room(look, request, shown)
    match type_:
        case "place":
            space, room = str(wanted["space"]), str(wanted["room"])
            await look.api.put_state(space, order.CHILD, _edge(look, wanted), room)
            return Done(ids.joined(space, room))
        case "order":
            space = str(wanted["space"])
            await update.put_in_order(look, space, wanted["rooms"])
            return Done(ids.joined(space, "order"))
        case "alias" | "space-alias":
            room = str(wanted["room"])
            also = wanted.get("also")
            former = [str(each) for each in also] if isinstance(also, list) else []
            refused = await aliases.give(look, room, str(wanted["alias"]), None, former)
            return Done(ids.joined(room, "alias"), refused=refused)
        case "notice":
            return await _notice(look, request)
        case "pin":
            room, event = ids.parts(str(wanted["event"]))
            await update.pin(look, room, put=event)
            return Done(ids.joined(room, "pin", event))
    room, user = str(wanted["room"]), str(wanted["user"])
    await _invite(look, room, user)
    return Done(ids.joined(room, user))


def room_body(look: Look, request: CreateRequest, alias: str, avatar: Mapping[str, Any] | None) -> dict[str, Any]:
    """The body of createRoom: all state a room starts with, so that there is no moment without it.

    https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3createroom: `initial_state` outranks the preset,
    `name` and `topic` outrank `initial_state`; nobody is invited here, and so nobody becomes a creator.
    """
    wanted = request.attributes
    users, levels = _numbers(wanted.get("users")), _numbers(wanted.get("levels"))
    creation: dict[str, Any] = {INTENT: request.nonce}
    if request.address.type in ("space", "tier"):
        creation["type"] = "m.space"
    mark = Mark(look.context.ownership, str(wanted.get("mark", request.address)))
    state = [
        _event("m.room.join_rules", update.join_rules(wanted.get("join_rule"), wanted.get("allow"))),
        _event("m.room.history_visibility", {"history_visibility": wanted.get("history", "shared")}),
        _event("m.room.guest_access", {"guest_access": wanted.get("guests", "forbidden")}),
        _event(OWNER, mark.content),
    ]
    if avatar is not None:
        state.append(_event("m.room.avatar", avatar))
    if ids.is_room(wanted.get("parent")):
        state.append(_event("m.space.parent", update.parent_edge(look), str(wanted["parent"])))
    if wanted.get("encrypted"):
        state.append(_event(ENCRYPTION, update.MEGOLM))
    acl = servers.content_of(wanted)
    if acl:
        state.append(_event(servers.ACL, acl))
    rules = wanted.get("rules")
    for name, rule in rules.items() if isinstance(rules, Mapping) else ():
        kind, key, content = bans.event_of(name, rule)
        state.append(_event(kind, content, key))
    body: dict[str, Any] = {
        "visibility": "public" if wanted.get("listed") else "private",
        "room_alias_name": alias,
        "room_version": ROOM_VERSION,
        "preset": "private_chat",
        "creation_content": creation,
        "power_level_content_override": power.changed({}, users=users, levels=levels, creators=frozenset({look.me})),
        "initial_state": state,
    }
    body |= {key: wanted[key] for key in ("name", "topic") if wanted.get(key)}
    return body


async def _room(look: Look, request: CreateRequest, shown: pictures.Pictures) -> Done:
    picture = request.attributes.get("avatar")
    avatar = await pictures.content(look.api, shown, str(picture)) if picture else None
    for attempt in range(1, _ALIASES + 1):
        alias = names.created_alias(request.address, attempt)
        try:
            room = await look.api.create_room(room_body(look, request, alias, avatar))
        except Conflict as conflict:
            # The name is taken: by this very room (an answer that was lost), by another one of ours, by a stranger.
            found, attempt_there = await probe.room(look, request.address)
            if isinstance(found, Ours):
                return Done(found.id)
            if isinstance(found, Free) and attempt_there > attempt:
                continue
            raise Failure("matrix-room-taken", alias=f"#{alias}:{look.server}", owner="?") from conflict
        return Done(room, refused=await _refused(look, room, request.attributes))
    raise Failure("matrix-room-taken", alias=f"#{alias}:{look.server}", owner=look.context.ownership.deployment)


async def _refused(look: Look, room: str, wanted: Attributes) -> dict[str, str]:
    """A server that denies publication makes the room all the same, and says nothing."""
    if not wanted.get("listed"):
        return {}
    try:
        return {} if await look.api.visibility(room) == "public" else {"listed": update.DENIED}
    except HttpError as error:
        # The room is there; it must be found and bound, whatever became of the question.
        error.effect_unknown = True
        raise


def _event(kind: str, content: Mapping[str, Any], key: str = "") -> dict[str, Any]:
    return {"type": kind, "state_key": key, "content": dict(content)}


def _edge(look: Look, wanted: Attributes) -> dict[str, Any]:
    edge: dict[str, Any] = {"via": [look.server], "suggested": wanted.get("suggested") is True}
    position = wanted.get("position")
    return edge | ({"order": position} if isinstance(position, str) else {})


async def _notice(look: Look, request: CreateRequest) -> Done:
    room, text = str(request.attributes["room"]), str(request.attributes["text"])
    content = notice.content(text, str(request.address), request.nonce)
    # A transaction id of the intent's own: sent again after a lost answer, the server gives the first event's id.
    event = await look.api.send(room, notice.MESSAGE, f"gf-{request.nonce}", content)
    try:
        await update.record_notice(look, room, event, text)
    except HttpError as error:
        error.effect_unknown = True
        raise
    return Done(ids.joined(room, event))


async def _invite(look: Look, room: str, user: str) -> None:
    if user == look.me or not await registered(look, user):
        # Servers invite accounts that do not exist. It stays open, as a step, until somebody registers it.
        return
    try:
        await look.api.invite(room, user)
    except Forbidden:
        # Already inside, by another way: that is what was asked for.
        seen = known(await read_room(look.api, look.me, room))
        if not (isinstance(seen, Reading) and seen.membership(user) in ("join", "invite")):
            raise


def _numbers(value: object) -> dict[str, Any]:
    return dict(value) if isinstance(value, Mapping) else {}
