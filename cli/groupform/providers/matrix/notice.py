"""Owns the notice as a message: its content, its edits, finding it again, and reading what it says now.

An edit leaves the original under its id, with the newest edit in `unsigned.m.relations`
(https://spec.matrix.org/v1.16/client-server-api/#event-replacements). The room's mark keeps `{event, hash}` of what was
last sent, so that a plan need not fetch any message.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from groupform.providers.matrix.api import Api, Content

MARKER = "org.groupform.notice"
MESSAGE = "m.room.message"
_PAGES = 20


def digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def content(text: str, uid: str, nonce: str) -> dict[str, Any]:
    """The message. `body` is the Markdown itself; the marker finds the message after a lost answer."""
    return {**_words(text), MARKER: {"uid": uid, "nonce": nonce}}


def edit(text: str, event: str) -> dict[str, Any]:
    """The message that replaces another one's words. It notifies nobody: nobody is mentioned."""
    new = _words(text)
    return {
        **new,
        "body": f"* {new['body']}",
        "formatted_body": f"* {new['formatted_body']}",
        "m.new_content": new,
        "m.relates_to": {"rel_type": "m.replace", "event_id": event},
    }


def _words(text: str) -> dict[str, Any]:
    return {
        "msgtype": "m.text",
        "body": text,
        "format": "org.matrix.custom.html",
        "formatted_body": html(text),
        "m.mentions": {},
    }


def html(text: str) -> str:
    """Markdown as what clients show."""
    # Imported here: a plan that changes no notice has no use for it.
    from markdown_it import MarkdownIt

    return str(MarkdownIt("commonmark", {"html": False, "breaks": True}).render(text)).strip()


async def words(api: Api, room: str, event: str) -> str | None:
    """What a notice says now; None where it is gone: redacted, or unknown to the server."""
    found = await api.event(room, event)
    if found is None:
        return None
    original = _content(found)
    if not original:
        return None
    newest = _content(_content(found.get("unsigned"), "m.relations"), "m.replace")
    text = _content(_content(newest), "m.new_content").get("body", original.get("body"))
    return text if isinstance(text, str) else None


async def lost(api: Api, room: str, me: str, uid: str, nonce: str | None) -> str | None:
    """The event of a notice that was sent and not remembered, by its marker; any nonce where none is given."""
    after: str | None = None
    for _ in range(_PAGES):
        page, after = await api.own_messages(room, me, after)
        for event in page:
            marker = _content(_content(event), MARKER)
            if marker.get("uid") == uid and (nonce is None or marker.get("nonce") == nonce):
                return str(event["event_id"])
        if after is None or not page:
            return None
    return None


def _content(event: Any, key: str = "content") -> Content:
    found = event.get(key) if isinstance(event, Mapping) else None
    return found if isinstance(found, dict) else {}
