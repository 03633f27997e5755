"""Owns the requests of the Matrix client-server API that groupform makes, each a thin typed function.

Routes and bodies: https://spec.matrix.org/latest/client-server-api/. Each is tested against the published OpenAPI.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias
from urllib.parse import quote

from groupform.http import BadAnswer, Call, Client, Conflict, Forbidden, NotFound, Rejected, ServerError, Unauthorized
from groupform.http.answers import Json
from groupform.providers.matrix.api_errors import REFUSED_BEFORE_EFFECT

Content: TypeAlias = dict[str, Any]
"""A JSON object as the server sent it: an event, an event's content, a profile."""

_V1, _V3 = "/_matrix/client/v1", "/_matrix/client/v3"
_UPLOAD_SILENCE = 300.0


@dataclass(frozen=True, slots=True)
class WhoAmI:
    """The account behind the token. Transaction ids and sync positions belong to the device."""

    user_id: str
    device_id: str | None


class Api:
    """One account on one homeserver. Every method raises HttpError; what is merely absent is None where it says so."""

    def __init__(self, client: Client) -> None:
        self.client = client

    # Who and what the server is

    async def versions(self) -> Content:
        """`versions` and `unstable_features`, asked without the token: a wrong one must not hide that it answers."""
        return await self._object("GET", "/_matrix/client", "/versions", has={"versions": list}, anonymous=True)

    async def capabilities(self) -> Content:
        """`m.room_versions` {default, available} and the rest, without their envelope."""
        found = await self._object("GET", _V3, "/capabilities", has={"capabilities": dict})
        return _content(found["capabilities"])

    async def whoami(self) -> WhoAmI:
        found = await self._object("GET", _V3, "/account/whoami", has={"user_id": str})
        device = found.get("device_id")
        return WhoAmI(str(found["user_id"]), device if isinstance(device, str) else None)

    async def profile(self, user_id: str) -> Content | None:
        """What a user shows; None where the server knows no such user."""
        return await self._unless_missing("GET", _V3, "/profile/{user}", user_id)

    async def override_ratelimit(self, user_id: str) -> Content:
        """Synapse's exemption from rate limits, {} where there is none; Forbidden for a plain account.

        https://element-hq.github.io/synapse/latest/admin_api/user_admin_api.html#override-ratelimiting-for-users
        """
        return await self._object("GET", "/_synapse/admin/v1", "/users/{user}/override_ratelimit", user_id)

    # Rooms

    async def create_room(self, body: Mapping[str, Any]) -> str:
        """The new room's id. Never repeated by itself: raises with `effect_unknown` where a room may have been made."""
        has = {"room_id": str}
        found = await self._object("POST", _V3, "/createRoom", body=body, bucket="create", repeat=False, has=has)
        return str(found["room_id"])

    async def joined_rooms(self) -> list[str]:
        found = await self._object("GET", _V3, "/joined_rooms", has={"joined_rooms": list})
        return [each for each in found["joined_rooms"] if isinstance(each, str)]

    async def joined_members(self, room: str) -> dict[str, Content]:
        """user id -> {display_name?, avatar_url?} of those inside."""
        found = await self._object("GET", _V3, "/rooms/{room}/joined_members", room, has={"joined": dict})
        return {user: _content(each) for user, each in found["joined"].items()}

    async def invite(self, room: str, user_id: str) -> None:
        """Not repeated by itself: some servers tell the invited person a second time."""
        body = {"user_id": user_id}
        await self._object("POST", _V3, "/rooms/{room}/invite", room, body=body, bucket="invite", repeat=False)

    async def join(self, room: str, via: tuple[str, ...] = ()) -> str:
        """Joins by room id or alias, over the servers `via` where ours does not know it; returns the room id."""
        query = {"via": via} if via else {}
        has = {"room_id": str}
        found = await self._object("POST", _V3, "/join/{room}", room, body={}, query=query, bucket="join", has=has)
        return str(found["room_id"])

    async def leave(self, room: str) -> None:
        await self._object("POST", _V3, "/rooms/{room}/leave", room, body={}, bucket="leave")

    async def kick(self, room: str, user_id: str) -> None:
        """Takes back an invitation, or a membership."""
        body = {"user_id": user_id}
        await self._object("POST", _V3, "/rooms/{room}/kick", room, body=body, bucket="kick")

    async def invited(self, room: str) -> bool:
        """Whether we are asked into a room that we are not in. https://spec.matrix.org/v1.15 (room_summary)"""
        try:
            found = await self._object("GET", _V1, "/room_summary/{room}", room)
        except (NotFound, Forbidden, Rejected):
            return False
        return found.get("membership") == "invite"

    async def purged(self, room: str) -> bool:
        """Whether Synapse says, to an administrator, that it has no such room; False where it does not tell us.

        https://element-hq.github.io/synapse/latest/admin_api/rooms.html#room-details-api
        """
        try:
            await self._object("GET", "/_synapse/admin/v1", "/rooms/{room}", room)
        except NotFound as error:
            return error.context.errcode == "M_NOT_FOUND"
        except (Forbidden, Unauthorized, Rejected, ServerError, BadAnswer):
            return False
        return False

    async def administered(self, room: str) -> Content | None:
        """To a Synapse administrator: what the server says of a room, {} where it has none; None to anybody else.

        https://element-hq.github.io/synapse/latest/admin_api/rooms.html#room-details-api
        """
        try:
            return await self._object("GET", "/_synapse/admin/v1", "/rooms/{room}", room, has={"joined_members": int})
        except NotFound as error:
            return {} if error.context.errcode == "M_NOT_FOUND" else None
        except (Forbidden, Unauthorized, Rejected, BadAnswer):
            return None

    async def delete_room(self, room: str) -> str:
        """To a Synapse administrator: begins to put everybody out and to erase the room; the id of that work.

        Raises Rejected where the server is at it already.
        https://element-hq.github.io/synapse/latest/admin_api/rooms.html#version-2-new-version
        """
        body, has = {"block": False, "purge": True}, {"delete_id": str}
        # Not repeated: after a lost answer the server is asked what it is doing.
        base = "/_synapse/admin/v2"
        found = await self._object("DELETE", base, "/rooms/{room}", room, body=body, has=has, repeat=False)
        return str(found["delete_id"])

    async def deletions(self, room: str) -> list[Content]:
        """What the server has done and does to erase a room, the oldest first; [] where it remembers nothing of it."""
        has = {"results": list}
        base, route = "/_synapse/admin/v2", "/rooms/{room}/delete_status"
        found = await self._unless_missing("GET", base, route, room, has=has)
        return [_content(each) for each in found["results"]] if found is not None else []

    async def deletion(self, delete_id: str) -> Content | None:
        """How far the erasing of a room has come: `status` and, where it failed, `error`; None once it is forgotten."""
        base, route = "/_synapse/admin/v2", "/rooms/delete_status/{id}"
        return await self._unless_missing("GET", base, route, delete_id, has={"status": str})

    async def local_aliases(self, room: str) -> list[str]:
        """Every alias that this server knows for a room."""
        found = await self._object("GET", _V3, "/rooms/{room}/aliases", room, has={"aliases": list})
        return [each for each in found["aliases"] if isinstance(each, str)]

    async def all_rooms(self, start: int, limit: int) -> tuple[list[Content], int]:
        """To a Synapse administrator: summaries of the server's rooms from position `start` on, and how many it has.

        https://element-hq.github.io/synapse/latest/admin_api/rooms.html#list-room-api
        """
        query = {"from": str(start), "limit": str(limit)}
        has = {"rooms": list, "total_rooms": int}
        # Not repeated: where it fails, each room can be asked about by itself.
        base, silence = "/_synapse/admin/v1", 20.0
        found = await self._object("GET", base, "/rooms", query=query, has=has, repeat=False, silence=silence)
        return [_content(each) for each in found["rooms"]], int(found["total_rooms"])

    async def hierarchy(self, room: str, *, max_depth: int = 1) -> list[Content]:
        """Summaries of a space and what hangs under it, depth first, all pages."""
        rooms: list[Content] = []
        query = {"limit": "50", "max_depth": str(max_depth)}
        seen: set[str] = set()
        while True:
            has = {"rooms": list}
            page = await self._object("GET", _V1, "/rooms/{room}/hierarchy", room, query=query, has=has)
            rooms += [_content(each) for each in page["rooms"]]
            after = page.get("next_batch")
            # A server that hands out the same page for ever must not keep us.
            if not isinstance(after, str) or after in seen:
                return rooms
            seen.add(after)
            query = {**query, "from": after}

    # State

    async def state(self, room: str) -> list[Content]:
        """All current state events."""
        found = await self._send("GET", _V3, "/rooms/{room}/state", room, valid=_is_events)
        return list(found)

    async def get_state(self, room: str, kind: str, key: str = "") -> Content | None:
        """The content of one state event; None where it was never set."""
        return await self._unless_missing("GET", _V3, "/rooms/{room}/state/{type}/{key}", room, kind, key)

    async def put_state(self, room: str, kind: str, content: Mapping[str, Any], key: str = "") -> str:
        """Replaces the whole content and returns the event's id."""
        route, has = "/rooms/{room}/state/{type}/{key}", {"event_id": str}
        found = await self._object("PUT", _V3, route, room, kind, key, body=content, bucket="send", has=has)
        return str(found["event_id"])

    async def sync(
        self, filter_: Mapping[str, Any], *, since: str | None = None, timeout_ms: int = 0, state_after: bool = False
    ) -> Content:
        """One /sync. `filter_` is sent inline; without `since` the server may answer from a cache of two minutes."""
        query = {"filter": json.dumps(filter_, separators=(",", ":"), sort_keys=True), "timeout": str(timeout_ms)}
        query |= {"since": since} if since is not None else {}
        query |= {"use_state_after": "true"} if state_after else {}
        # To look is not to be there: without this the account would show as online.
        query |= {"set_presence": "offline"}
        silence = 120.0 + timeout_ms / 1000
        return await self._object("GET", _V3, "/sync", query=query, has={"next_batch": str}, silence=silence)

    # Aliases and the directory

    async def resolve(self, alias: str) -> str | None:
        """The room an alias stands for; None where it is free."""
        has = {"room_id": str}
        found = await self._unless_missing("GET", _V3, "/directory/room/{alias}", alias, has=has)
        return str(found["room_id"]) if found is not None else None

    async def put_alias(self, alias: str, room: str) -> None:
        """Raises Conflict where the alias stands for another room. An alias that is this room's already is well."""
        try:
            route = "/directory/room/{alias}"
            await self._object("PUT", _V3, route, alias, body={"room_id": room}, bucket="alias")
        except Conflict:
            # After a lost answer the repetition meets our own alias, and the server calls that a conflict too.
            if await self.resolve(alias) != room:
                raise

    async def delete_alias(self, alias: str) -> bool:
        """Frees an alias; False where it was free. Servers may empty canonical_alias along with it."""
        return await self._unless_missing("DELETE", _V3, "/directory/room/{alias}", alias, bucket="alias") is not None

    async def visibility(self, room: str) -> str:
        """`public` where the room is listed in the server's directory, else `private`."""
        found = await self._object("GET", _V3, "/directory/list/room/{room}", room, has={"visibility": str})
        return str(found["visibility"])

    async def set_visibility(self, room: str, visibility: str) -> None:
        body = {"visibility": visibility}
        await self._object("PUT", _V3, "/directory/list/room/{room}", room, body=body, bucket="directory")

    # Messages and media

    async def send(self, room: str, kind: str, txn: str, content: Mapping[str, Any]) -> str:
        """The event's id. The same `txn` from the same device gives the first event again, for a day or so."""
        route, has = "/rooms/{room}/send/{type}/{txn}", {"event_id": str}
        found = await self._object("PUT", _V3, route, room, kind, txn, body=content, bucket="send", has=has)
        return str(found["event_id"])

    async def send_later(self, room: str, kind: str, txn: str, content: Mapping[str, Any], delay: int) -> str:
        """The id under which the event waits, to be sent in so many milliseconds. Never repeated by itself."""
        route, has = "/rooms/{room}/send/{type}/{txn}", {"delay_id": str}
        query = {"org.matrix.msc4140.delay": str(delay)}
        found = await self._object(
            "PUT", _V3, route, room, kind, txn, body=content, query=query, bucket="send", has=has, repeat=False
        )
        return str(found["delay_id"])

    async def delayed_events(self, base: str) -> list[Content]:
        """Ours that wait, the whole list (Synapse does not page it)."""
        found = await self._object("GET", base, "/delayed_events", has={"delayed_events": list})
        return [_content(each) for each in found["delayed_events"]]

    async def cancel_delayed(self, base: str, delay_id: str) -> None:
        """Raises NotFound where nothing waits under this id."""
        await self._object("POST", base, "/delayed_events/{id}/cancel", delay_id, body={})

    async def event(self, room: str, event_id: str) -> Content | None:
        """One event; None where the server has none of that id that we may see."""
        return await self._unless_missing("GET", _V3, "/rooms/{room}/event/{event}", room, event_id, has={"type": str})

    async def own_messages(
        self, room: str, user_id: str, after: str | None = None, kinds: Sequence[str] = ("m.room.message",)
    ) -> tuple[list[Content], str | None]:
        """A page of the events of these kinds that `user_id` sent, newest first, and where the next page begins."""
        return await self.history(room, kinds, after, senders=[user_id])

    async def history(
        self, room: str, kinds: Sequence[str], after: str | None = None, senders: Sequence[str] | None = None
    ) -> tuple[list[Content], str | None]:
        """A page of the events of these kinds, newest first, and where the next page begins; None after the last."""
        wanted = {"types": [*kinds], **({"senders": [*senders]} if senders is not None else {})}
        query = {"dir": "b", "limit": "100", "filter": json.dumps(wanted, separators=(",", ":"))}
        query |= {"from": after} if after is not None else {}
        found = await self._object("GET", _V3, "/rooms/{room}/messages", room, query=query, has={"chunk": list})
        end = found.get("end")
        return [_content(each) for each in found["chunk"]], end if isinstance(end, str) else None

    async def redact(self, room: str, event_id: str, txn: str) -> str:
        route, has = "/rooms/{room}/redact/{event}/{txn}", {"event_id": str}
        found = await self._object("PUT", _V3, route, room, event_id, txn, body={}, bucket="send", has=has)
        return str(found["event_id"])

    async def upload(self, data: bytes, content_type: str, name: str) -> str:
        """The mxc:// address of new media. Repeated where an answer is lost: media that nothing names harms nobody."""
        call = Call(
            "POST",
            "/_matrix/media/v3/upload",
            "/media/upload",
            idempotent=True,
            query={"filename": name},
            content=data,
            content_type=content_type,
            bucket="media",
            timeout=_UPLOAD_SILENCE,
            deadline=2 * _UPLOAD_SILENCE,
            valid=_has({"content_uri": str}),
        )
        return str(_content(await self.client.send(call))["content_uri"])

    async def media_limit(self) -> int | None:
        """The largest upload in bytes; None where the server does not say."""
        try:
            found = await self._object("GET", _V1, "/media/config")
        except (Rejected, NotFound):
            # Servers before v1.11 have it beside the upload.
            found = await self._object("GET", "/_matrix/media/v3", "/config")
        size = found.get("m.upload.size")
        return size if isinstance(size, int) else None

    async def _unless_missing(self, method: str, base: str, route: str, *ids: str, **more: Any) -> Content | None:
        try:
            return await self._object(method, base, route, *ids, **more)
        except NotFound:
            return None

    async def _object(
        self, method: str, base: str, route: str, *ids: str, has: Mapping[str, type] | None = None, **more: Any
    ) -> Content:
        return _content(await self._send(method, base, route, *ids, valid=_has(has or {}), **more))

    async def _send(
        self,
        method: str,
        base: str,
        route: str,
        *ids: str,
        valid: Callable[[Json], bool],
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, str | tuple[str, ...]] | None = None,
        bucket: str = "",
        repeat: bool = True,
        silence: float = 60.0,
        anonymous: bool = False,
    ) -> Any:
        """Sends to `route` with its {names} filled by `ids`, in order, percent-encoded."""
        path = base + _filled(route, ids)
        call = Call(
            method,
            path,
            route,
            idempotent=repeat,
            query=query or {},
            body=body,
            bucket=bucket,
            harmless=REFUSED_BEFORE_EFFECT,
            timeout=silence,
            valid=valid,
            anonymous=anonymous,
        )
        return await self.client.send(call)


def _filled(route: str, ids: tuple[str, ...]) -> str:
    rest = iter(ids)
    return "/".join(quote(next(rest), safe="") if each.startswith("{") else each for each in route.split("/"))


def _has(fields: Mapping[str, type]) -> Callable[[Json], bool]:
    def valid(data: Json) -> bool:
        return isinstance(data, dict) and all(isinstance(data.get(name), kind) for name, kind in fields.items())

    return valid


def _is_events(data: Json) -> bool:
    return isinstance(data, list) and all(isinstance(each, dict) and "type" in each for each in data)


def _content(data: Any) -> Content:
    return data if isinstance(data, dict) else {}
