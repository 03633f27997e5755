"""Owns the questions that tell whether this account on this server can do the work."""

from __future__ import annotations

from groupform.engine.provider import Check
from groupform.http import Forbidden, HttpError, NotFound, Rejected
from groupform.providers.matrix import delayed
from groupform.providers.matrix.api import Api
from groupform.providers.matrix.types import ROOM_VERSION


async def checks(api: Api) -> list[Check]:
    """Reachable, who am I, room version, limits. Ends at the first answer without which no other one is to be had."""
    try:
        versions = [str(each) for each in (await api.versions())["versions"]]
        found = [Check("matrix-doctor-reachable", True, {"newest": versions[-1] if versions else "?"})]
    except HttpError as error:
        return [Check(error.code, False, error.params, fatal=True)]
    try:
        me = await api.whoami()
    except HttpError as error:
        return [*found, Check(error.code, False, error.params, fatal=True)]
    found.append(Check("matrix-doctor-account", True, {"account": me.user_id, "device": me.device_id or "-"}))
    if me.device_id is None:
        found.append(Check("matrix-doctor-no-device", False, {"account": me.user_id}))
    found.append(await _room_versions(api))
    found.append(await _limits(api, me.user_id))
    found.append(await _publishing(api))
    found.append(await _media(api))
    found.append(await _ahead(api))
    return found


async def _room_versions(api: Api) -> Check:
    try:
        versions = (await api.capabilities()).get("m.room_versions")
    except HttpError as error:
        return Check(error.code, False, error.params)
    available = versions.get("available", {}) if isinstance(versions, dict) else {}
    ok = available.get(ROOM_VERSION) == "stable"
    code = "matrix-doctor-room-version" if ok else "matrix-doctor-no-room-version"
    return Check(code, ok, {"version": ROOM_VERSION, "available": ", ".join(sorted(available))}, fatal=not ok)


async def _limits(api: Api, me: str) -> Check:
    try:
        limits = await api.override_ratelimit(me)
    except (Forbidden, NotFound, Rejected):
        return Check("matrix-doctor-limits-unknown", True, {"account": me})
    except HttpError as error:
        return Check(error.code, False, error.params)
    lifted = limits.get("messages_per_second") == 0 and limits.get("burst_count") == 0
    return Check("matrix-doctor-limits-lifted" if lifted else "matrix-doctor-limits-stock", lifted, {"account": me})


async def _publishing(api: Api) -> Check:
    """Whether rooms may be listed can only be told by one that is: a room already listed is listed again."""
    try:
        for room in await api.joined_rooms():
            if await api.visibility(room) == "public":
                await api.set_visibility(room, "public")
                return Check("matrix-doctor-publishes", True)
    except Forbidden:
        return Check("matrix-directory-denied", False)
    except HttpError as error:
        return Check(error.code, False, error.params)
    return Check("matrix-doctor-publishing-unknown", True)


async def _ahead(api: Api) -> Check:
    """Whether the server sends by itself what was left with it; that it does not is no fault of its."""
    try:
        room = await delayed.room_ahead(api)
    except HttpError as error:
        return Check(error.code, False, error.params)
    if room is None:
        return Check("matrix-doctor-sends-nothing-ahead", True)
    return Check("matrix-doctor-sends-ahead", True, {"hours": round(room.longest / 3600, 1), "most": room.most})


async def _media(api: Api) -> Check:
    try:
        limit = await api.media_limit()
    except HttpError as error:
        return Check(error.code, False, error.params)
    return Check("matrix-doctor-media", True, {"size": f"{limit // 1024} KiB" if limit is not None else "?"})
