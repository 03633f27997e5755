"""Owns posts that the homeserver sends by itself at their time: delayed events, where it has them switched on.

https://github.com/matrix-org/matrix-spec-proposals/blob/main/proposals/4140-delayed-events-futures.md, in the form
that Synapse has it: under an unstable prefix, and off unless its `max_event_delay_duration` is set.
"""

from __future__ import annotations

from collections.abc import Sequence

from groupform.engine.posting import PostRequest
from groupform.engine.posting_later import Room, Waiting
from groupform.http import Conflict, NotFound
from groupform.providers.matrix.api import Api
from groupform.providers.matrix.post_content import MARK, content

_CAPABILITY = "org.matrix.msc4140.delayed_events"
_BASE = "/_matrix/client/unstable/org.matrix.msc4140"
_MOST = 100
"""What Synapse lets one account have waiting, where the server does not tell its number."""


async def room_ahead(api: Api) -> Room | None:
    """What the server's capabilities say; a longest delay of 0 is how it says that it takes none. Raises HttpError."""
    told = (await api.capabilities()).get(_CAPABILITY)
    longest = told.get("max_delay_ms") if isinstance(told, dict) else None
    most = told.get("max_scheduled", _MOST) if isinstance(told, dict) else 0
    if not isinstance(longest, int | float) or longest <= 0 or not isinstance(most, int) or most <= 0:
        return None
    return Room(longest / 1000, most)


async def leave(api: Api, request: PostRequest, seconds: float) -> str:
    """Leaves it under its nonce as transaction id. Raises HttpError."""
    kind, said = content(request)
    return await api.send_later(request.place, kind, request.nonce, said, round(seconds * 1000))


async def waiting(api: Api) -> Sequence[Waiting]:
    """Those that bear a mark. Raises HttpError."""
    found: list[Waiting] = []
    for each in await api.delayed_events(_BASE):
        said = each.get("content")
        mark = said.get(MARK) if isinstance(said, dict) else None
        if isinstance(mark, dict) and isinstance(mark.get("mark"), str):
            found.append(Waiting(str(each.get("delay_id", "")), str(each.get("room_id", "")), str(mark["mark"])))
    return found


async def recall(api: Api, delay_id: str) -> bool:
    """Whether it was still there to be taken back. Raises HttpError."""
    try:
        await api.cancel_delayed(_BASE, delay_id)
    except (NotFound, Conflict):
        return False
    return True
