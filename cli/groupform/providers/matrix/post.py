"""Owns posts as messages in a room: sending one, the mark by which it is found again, and the finding."""

from __future__ import annotations

from groupform.engine.posting import Absent, Found, Posted, PostRequest, Trail, Unsure
from groupform.providers.matrix.api import Api
from groupform.providers.matrix.notice import MESSAGE
from groupform.providers.matrix.post_content import MARK, POLL, content

REMEMBERS = 12 * 3600.0
"""Servers keep transaction ids for a day or so (Synapse: 24 hours); half of it leaves room for clocks that differ."""
SETTLES = 30.0
_PAGES = 40
"""A hundred messages each, of the tool's own account only."""


async def post(api: Api, request: PostRequest) -> Posted:
    """Sends it under its nonce as transaction id. Raises HttpError."""
    kind, said = content(request)
    return Posted(await api.send(request.place, kind, request.nonce, said))


async def find_post(api: Api, trail: Trail) -> Found:
    """Looks through the account's own messages, newest first. Raises HttpError.

    A redacted message has lost its mark: it may be the one that is looked for.
    """
    redacted: str | None = None
    page_after: str | None = None
    for _ in range(_PAGES):
        page, page_after = await api.own_messages(trail.place, trail.account, page_after, (MESSAGE, POLL))
        for event in page:
            event_id, said = str(event.get("event_id", "")), event.get("content")
            if event_id == trail.after:
                return _absent(redacted)
            if not isinstance(said, dict) or not said:
                redacted = redacted or event_id
                continue
            mark = said.get(MARK)
            if isinstance(mark, dict) and mark.get("mark") == trail.mark:
                return Posted(event_id)
        if page_after is None or not page:
            return _absent(redacted)
    return Unsure("matrix-post-too-many", {"room": trail.place})


def _absent(redacted: str | None) -> Found:
    return Absent() if redacted is None else Unsure("matrix-post-redacted", {"event": redacted})
