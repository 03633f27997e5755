"""Owns what each part of a post is in a room: the kind of event, and its content."""

from __future__ import annotations

import io
from html import escape
from typing import Any

from groupform.compile.markdown import plain
from groupform.engine.post_parts import Attached, Ballot, LinkCard, Media, Words, markdown_of
from groupform.engine.posting import PostRequest
from groupform.providers.matrix.notice import MESSAGE, html

MARK = "org.groupform.post"
POLL = "org.matrix.msc3381.poll.start"
"""Polls are no part of the specification yet; clients send and read them under this name.

https://github.com/matrix-org/matrix-spec-proposals/blob/main/proposals/3381-polls.md
"""
TEXT = "org.matrix.msc1767.text"
_EVERYONE = "@room"
_WIDEST = 320


def content(request: PostRequest) -> tuple[str, dict[str, Any]]:
    """The kind of event and its content. Nobody is mentioned unless that was asked for, whatever the words look like.

    https://spec.matrix.org/v1.16/client-server-api/#user-and-room-mentions
    """
    match request.part:
        case Attached() as attached:
            kind, said = MESSAGE, _file(attached, request.uploaded[attached.media.sha256])
        case LinkCard() as card:
            address = request.uploaded.get(card.picture.sha256) if card.picture is not None else None
            kind, said = MESSAGE, _card(card, address)
        case Ballot() as ballot:
            kind, said = POLL, _poll(ballot)
        case Words(text=text):
            kind, said = MESSAGE, _words(plain(text), html(text))
        case None:
            kind, said = MESSAGE, _words(plain(request.text), html(request.text))
    if request.everyone:
        _call_everyone(said)
    mentions: dict[str, Any] = {"room": True} if request.everyone else {}
    if request.whom:
        mentions["user_ids"] = [request.whom]
    return kind, {**said, "m.mentions": mentions, MARK: {"mark": request.mark}}


def _words(body: str, formatted: str) -> dict[str, Any]:
    return {
        "msgtype": "m.text",
        "body": body,
        "format": "org.matrix.custom.html",
        "formatted_body": formatted,
    }


def _call_everyone(said: dict[str, Any]) -> None:
    """Puts the word before the text, where there is one: older clients go by it."""
    if said.get("msgtype") == "m.text":
        said["body"] = f"{_EVERYONE} {said['body']}"
        said["formatted_body"] = f"<p>{_EVERYONE}</p>\n{said['formatted_body']}"


def _file(attached: Attached, address: str) -> dict[str, Any]:
    """A picture, a film, a sound or any other file. With `filename` beside it, `body` is the caption.

    https://spec.matrix.org/v1.16/client-server-api/#media-captions
    """
    media = attached.media
    kind, _, form = media.media_type.partition("/")
    known = kind in ("image", "video", "audio") and form != "svg+xml"
    return {
        "msgtype": f"m.{kind}" if known else "m.file",
        "body": attached.caption or media.name,
        "filename": media.name,
        "url": address,
        "info": {
            "mimetype": media.media_type,
            "size": len(media.data),
            **(_size(media) if kind == "image" and known else {}),
        },
    }


def _card(card: LinkCard, address: str | None) -> dict[str, Any]:
    link = escape(card.link)
    parts = [f'<p><a href="{link}"><strong>{escape(card.title)}</strong></a></p>']
    if card.picture is not None and address:
        size = _size(card.picture)
        width = f' width="{min(size["w"], _WIDEST)}"' if size else ""
        parts.append(f'<p><a href="{link}"><img src="{escape(address)}" alt="{escape(card.title)}"{width} /></a></p>')
    if card.text:
        parts.append(html(card.text))
    parts.append(f'<p><a href="{link}">{link}</a></p>')
    return _words(plain(markdown_of(card)), "\n".join(parts))


def _poll(ballot: Ballot) -> dict[str, Any]:
    lines = [ballot.question, *(f"{number}. {each}" for number, each in enumerate(ballot.options, 1))]
    return {
        POLL: {
            "question": {TEXT: ballot.question},
            "kind": f"org.matrix.msc3381.poll.{'undisclosed' if ballot.secret else 'disclosed'}",
            "max_selections": ballot.choose,
            "answers": [{"id": str(number), TEXT: each} for number, each in enumerate(ballot.options, 1)],
        },
        TEXT: "\n".join(lines),
    }


def _size(media: Media) -> dict[str, int]:
    """Width and height as people see them: a photograph that lies on its side is turned. {} where nothing tells."""
    import imagesize

    width, height = imagesize.get(io.BytesIO(media.data))
    return {"w": int(width), "h": int(height)} if width > 0 and height > 0 else {}
