"""Owns what is asked of the server's directory: which of many rooms are listed, in as few requests as it allows."""

from __future__ import annotations

from collections.abc import Collection

from groupform.http import BadAnswer, Forbidden, NotFound, Rejected
from groupform.providers.matrix.api import Api

_WORTH = 4
"""From so many rooms on the whole list is asked for."""
_PAGE = 1000
# A page of the list takes a server about as long as several single questions: where it hosts far more rooms than we ask
# about, those are cheaper.
_SHARE = 100


async def listed(api: Api, rooms: Collection[str]) -> dict[str, bool]:
    """Whether each room is listed, as far as an administrator's list of all rooms tells. Raises HttpError.

    What is left out must be asked for by itself: everything where we are no administrator or the server is no Synapse,
    and a room so new that the list, which the server keeps up in the background, does not have it yet.
    """
    found: dict[str, bool] = {}
    if len(rooms) < _WORTH:
        return found
    wanted, start, total = set(rooms), 0, 1
    while start < total and len(found) < len(wanted):
        try:
            page, total = await api.all_rooms(start, _PAGE)
        except (Forbidden, NotFound, Rejected, BadAnswer):
            return found
        for each in page:
            room, public = each.get("room_id"), each.get("public")
            if room in wanted and isinstance(public, bool):
                found[str(room)] = public
        if not page or total > _SHARE * len(wanted):
            return found
        start += len(page)
    return found
