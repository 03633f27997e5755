"""Owns the requests about internal group chats that the application makes (shared facts §5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from groupform.providers.wecom.api_call import HOUR, Caller, Content, given

# Both mean that there is no chat of that id (ERR).
_NO_SUCH_CHAT = (40050, 86003)


@dataclass(frozen=True, slots=True)
class Chat:
    """An internal group chat."""

    id: str
    name: str
    owner: str
    users: tuple[str, ...]


class Chats:
    """`appchat/*` (D-90245, D-98913). No list, and nothing dissolves a chat."""

    def __init__(self, caller: Caller) -> None:
        self._call = caller

    async def create(self, chat_id: str, name: str, users: Sequence[str], owner: str | None = None) -> str:
        """The chat's id, which the caller chooses (≤32 of 0-9A-Za-z): a lost one is found again with `get`."""
        body = given(chatid=chat_id, name=name, owner=owner, userlist=list(users))
        windows = (self._call.rest_of_day(),)
        return str((await self._call.make("appchat/create", body, has={"chatid": str}, windows=windows))["chatid"])

    async def get(self, chat_id: str) -> Chat:
        """Raises NotFound where there is none (40050, 86003), Forbidden for another application's (86008)."""
        answer = await self._call.get("appchat/get", {"chatid": chat_id}, has={"chat_info": dict}, absent=_NO_SUCH_CHAT)
        data: Content = answer["chat_info"]
        users = tuple(str(each) for each in data.get("userlist") or [])
        return Chat(str(data["chatid"]), str(data.get("name", "")), str(data.get("owner", "")), users)

    async def update(
        self,
        chat_id: str,
        *,
        name: str | None = None,
        owner: str | None = None,
        more: Sequence[str] = (),
        fewer: Sequence[str] = (),
    ) -> None:
        """Writes what is given. Taking the owner out needs a new one in the same call."""
        body = given(chatid=chat_id, name=name, owner=owner)
        body |= {"add_user_list": list(more)} if more else {}
        body |= {"del_user_list": list(fewer)} if fewer else {}
        await self._call.read("appchat/update", body, windows=(HOUR,))

    async def say(self, chat_id: str, text: str, *, mention: Sequence[str] = ()) -> None:
        """A text of at most 2048 bytes. A new chat is invisible in old clients until the first one."""
        said: Content = {"content": text, **({"mentioned_list": list(mention)} if mention else {})}
        await self._call.make("appchat/send", {"chatid": chat_id, "msgtype": "text", "text": said})

    async def attach(self, chat_id: str, media_id: str) -> None:
        """A file that was uploaded within the last three days."""
        await self._call.make("appchat/send", {"chatid": chat_id, "msgtype": "file", "file": {"media_id": media_id}})
