"""Owns posts that are kept at the top of a room: m.room.pinned_events, of which only our own element changes."""

from __future__ import annotations

from typing import Any

from groupform.engine.posting import Pinning
from groupform.providers.matrix.api import Api

PINNED = "m.room.pinned_events"
_PAGES = 5


async def pinning(api: Api, room: str, event: str, account: str) -> Pinning:
    """Whether a message is pinned, and what `account` did about it last. Raises HttpError."""
    now = event in _list(await api.get_state(room, PINNED))
    after: str | None = None
    for _ in range(_PAGES):
        page, after = await api.own_messages(room, account, after, (PINNED,))
        for each in page:
            unsigned = each.get("unsigned")
            former = unsigned.get("prev_content") if isinstance(unsigned, dict) else None
            has, had = event in _list(each.get("content")), event in _list(former)
            if has != had:
                return Pinning(now, has)
        if after is None or not page:
            break
    return Pinning(now, None)


async def pin(api: Api, room: str, event: str) -> None:
    """Reads what is pinned right before it writes. Raises HttpError."""
    content = await api.get_state(room, PINNED) or {}
    held = _list(content)
    if event not in held:
        await api.put_state(room, PINNED, {**content, "pinned": [*held, event]})


async def unpin(api: Api, room: str, event: str) -> None:
    content = await api.get_state(room, PINNED) or {}
    held = _list(content)
    if event in held:
        await api.put_state(room, PINNED, {**content, "pinned": [each for each in held if each != event]})


def _list(content: Any) -> list[str]:
    held = content.get("pinned") if isinstance(content, dict) else None
    return [each for each in held if isinstance(each, str)] if isinstance(held, list) else []
