"""Owns the requests about mass messages (企业群发): none is sent before an employee confirms it (shared facts §4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from groupform.providers.wecom.api_call import Caller, Content, given

_ROOM = "externalcontact/"
GROUPS_AT_ONCE = 2000


@dataclass(frozen=True, slots=True)
class Made:
    """A mass message that waits for its employee. `failed` are the groups or people that cannot get it."""

    msgid: str
    failed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Task:
    """Whether one employee has confirmed. `sent_at` is in seconds since 1970, None where it was not sent."""

    user: str
    sent: bool
    sent_at: int | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of the message in one group. `status`: 0 not sent, 1 sent, 2 not a friend, 3 had another."""

    chat_id: str
    status: int
    sent_at: int | None


@dataclass(frozen=True, slots=True)
class MessageLine:
    """One mass message of the past."""

    msgid: str
    created: int
    text: str


class MassMessages:
    """`externalcontact/*_msg_template` and `*groupmsg*` (D-92135)."""

    def __init__(self, caller: Caller) -> None:
        self._call = caller

    async def add(
        self, sender: str, chat_ids: Sequence[str], text: str, attachments: Sequence[Mapping[str, Any]] = ()
    ) -> Made:
        """A message for the groups of one owner, at most 2000 of them; it goes out when the owner confirms it."""
        body: Content = {"chat_type": "group", "sender": sender, "chat_id_list": list(chat_ids)}
        body |= {"text": {"content": text}} if text else {}
        body |= {"attachments": [dict(each) for each in attachments]} if attachments else {}
        answer = await self._call.make(f"{_ROOM}add_msg_template", body, has={"msgid": str})
        return Made(str(answer["msgid"]), tuple(str(each) for each in answer.get("fail_list") or []))

    async def tasks(self, msgid: str) -> list[Task]:
        """Who has confirmed and who has not."""
        found = self._call.pages(f"{_ROOM}get_groupmsg_task", {"msgid": msgid, "limit": 1000}, "task_list")
        return [Task(str(each["userid"]), each.get("status") == 2, _time(each)) async for each in found]

    async def deliveries(self, msgid: str, user: str) -> list[Delivery]:
        """What became of it in the groups of one employee; for groups only what was sent is listed."""
        body = {"msgid": msgid, "userid": user, "limit": 1000}
        found = self._call.pages(f"{_ROOM}get_groupmsg_send_result", body, "send_list")
        return [Delivery(str(each.get("chat_id", "")), int(each["status"]), _time(each)) async for each in found]

    async def listed(self, start: int, end: int, creator: str | None = None) -> list[MessageLine]:
        """Mass messages to groups made between two times, at most a month apart."""
        body = given(chat_type="group", start_time=start, end_time=end, creator=creator, filter_type=2, limit=100)
        found = self._call.pages(f"{_ROOM}get_groupmsg_list_v2", body, "group_msg_list")
        return [
            MessageLine(
                str(each["msgid"]), int(each.get("create_time") or 0), str((each.get("text") or {}).get("content", ""))
            )
            async for each in found
        ]

    async def remind(self, msgid: str) -> None:
        """Reminds those who have not confirmed; at most three times in 24 hours (41094)."""
        await self._call.make(f"{_ROOM}remind_groupmsg_send", {"msgid": msgid})

    async def cancel(self, msgid: str) -> bool:
        """Stops what was not sent yet; nothing that was sent comes back. False where it was cancelled already."""
        return await self._call.remove(f"{_ROOM}cancel_groupmsg_send", {"msgid": msgid}, (41093,))


def _time(entry: Content) -> int | None:
    value = entry.get("send_time")
    return value if isinstance(value, int) and value > 0 else None
