"""Owns writing to one person on Matrix: into the team's room, which they are in, with a mention that reaches them.

A room for two would have to be made, and an invitation to it can be declined for good; the team's room is there, is
private, and everybody in it may know what is to be done.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from groupform.compile.address import Address, AddressError
from groupform.compile.markdown import plain
from groupform.engine.provider import Failure
from groupform.engine.step_notify import Message
from groupform.providers.matrix.api import Api
from groupform.providers.matrix.notice import MESSAGE, html


async def notify(api: Api, message: Message, rooms: Mapping[str, str]) -> None:
    """Sends the words, and the page as a file below them. Raises Failure where the person would not see it."""
    room = await room_of(api, message.account, rooms)
    content: dict[str, Any] = {
        "msgtype": "m.text",
        "body": f"{message.name}: {plain(message.text)}",
        "format": "org.matrix.custom.html",
        "formatted_body": f"{_pill(message)} {html(message.text)}",
        # https://spec.matrix.org/v1.16/client-server-api/#user-and-room-mentions
        "m.mentions": {"user_ids": [message.account]},
    }
    link = await api.upload(message.page, "text/html", message.file) if message.page is not None else None
    await api.send(room, MESSAGE, f"{message.nonce}-text", content)
    if link is not None and message.page is not None:
        file = {
            "msgtype": "m.file",
            "body": message.file,
            "filename": message.file,
            "url": link,
            "info": {"mimetype": "text/html", "size": len(message.page)},
            "m.mentions": {},
        }
        await api.send(room, MESSAGE, f"{message.nonce}-page", file)


async def room_of(api: Api, account: str, rooms: Mapping[str, str]) -> str:
    """The first team's room that the person is in. Raises Failure where they are in none."""
    teams = [room for address, room in rooms.items() if _is_team(address)]
    for room in teams:
        if account in await api.joined_members(room):
            return room
    raise Failure("matrix-notify-not-in-team" if teams else "matrix-notify-no-team", account=account)


def _is_team(address: str) -> bool:
    try:
        return Address.parse(address).type == "team"
    except AddressError:
        return False


def _pill(message: Message) -> str:
    """The mention as clients draw it (https://spec.matrix.org/v1.16/appendices/#matrixto-navigation)."""
    from html import escape
    from urllib.parse import quote

    return f'<a href="https://matrix.to/#/{quote(message.account, safe="@:")}">{escape(message.name)}</a>'
