"""Owns what is asked of the server's directory: which of many rooms are listed, in as few requests as it allows."""

from __future__ import annotations

from collections.abc import Collection

from groupform.http import HttpError, WaitTooLong
from groupform.providers.matrix.api import Api

_WORTH = 4
"""From so many rooms on the whole list is asked for."""
_PAGE = 1000
_LIST = "all-rooms"
# A page of the list takes a server about as long as several single questions: where it hosts far more rooms than we ask
# about, those are cheaper.
_SHARE = 100


async def listed(api: Api, rooms: Collection[str], denied: set[str] | None = None) -> dict[str, bool]:
    """Whether each room is listed, as far as an administrator's list of all rooms tells. Raises WaitTooLong.

    What is left out must be asked for by itself: everything where we are no administrator or the server is no Synapse,
    and a room so new that the list, which the server keeps up in the background, does not have it yet. Whatever else
    such a request meets (a proxy that guards the administration by a password, or hangs up on it) is no news about the
    rooms either. `denied` remembers it, so that no second request is lost.
    """
    denied = set() if denied is None else denied
    found: dict[str, bool] = {}
    if len(rooms) < _WORTH or _LIST in denied:
        return found
    wanted, start, total = set(rooms), 0, 1
    while start < total and len(found) < len(wanted):
        try:
            page, total = await api.all_rooms(start, _PAGE)
        except WaitTooLong:
            raise
        except HttpError:
            denied.add(_LIST)
            return found
        for each in page:
            room, public = each.get("room_id"), each.get("public")
            if room in wanted and isinstance(public, bool):
                found[str(room)] = public
        if not page or total > _SHARE * len(wanted):
            return found
        start += len(page)
    return found
