"""Owns writing to one person on WeCom: into the team's own chat, which they are in, with a mention that reaches them.

A message to a single member is not among what is documented to us; the team's chat is there, is internal, and
everybody in it may know what is to be done.
"""

from __future__ import annotations

from collections.abc import Mapping

from groupform.compile.address import Address, AddressError
from groupform.compile.markdown import plain
from groupform.engine.provider import Failure
from groupform.engine.step_notify import Message
from groupform.http import Forbidden, NotFound
from groupform.providers.wecom.api import Api
from groupform.providers.wecom.api_people import fold

LONGEST = 2048
"""Bytes in one text to an internal chat (appchat/send, D-90245)."""


async def notify(api: Api, message: Message, rooms: Mapping[str, str]) -> None:
    """Sends the words, in as many messages as they take, and the page as a file below them.

    Raises HttpError, and Failure where the person would not see it.
    """
    chat = await _chat(api, message.account, rooms)
    page = None
    if message.page is not None:
        # Uploaded first: should that fail, nobody was told anything yet.
        page = await api.media.file("file", message.page, "text/html", name=message.file)
    mention = [message.account]
    # A text shows marks as they are, and mentions; what renders Markdown mentions nobody.
    text = plain(message.text)
    if message.name not in text.partition("\n")[0]:
        text = f"{message.name}: {text}"
    for each in parts(text):
        await api.chats.say(chat, each, mention=mention)
        mention = []
    if page is not None:
        await api.chats.attach(chat, page)


async def _chat(api: Api, account: str, rooms: Mapping[str, str]) -> str:
    """The first of the teams' chats that the person is in."""
    chats = [chat for address, chat in rooms.items() if _is_team(address)]
    for chat in chats:
        try:
            found = await api.chats.get(chat)
        except (NotFound, Forbidden):
            continue
        if fold(account) in map(fold, found.users):
            return chat
    raise Failure("wecom-notify-not-in-team" if chats else "wecom-notify-no-team", account=account)


def parts(text: str, longest: int = LONGEST) -> list[str]:
    """A text in pieces of at most so many bytes, cut between lines where that is possible, never inside a character."""
    pieces, piece = list[str](), ""
    for line in text.splitlines(keepends=True):
        # A line that is too long by itself is cut wherever it must be.
        for each in line if len(line.encode()) > longest else [line]:
            if len((piece + each).encode()) > longest:
                pieces.append(piece)
                piece = ""
            piece += each
    return [each.strip("\n") for each in (*pieces, piece) if each.strip()]


def _is_team(address: str) -> bool:
    try:
        return Address.parse(address).type == "team-chat"
    except AddressError:
        return False
