"""Owns the requests about customer groups: who owns which, what one is, handing them over (shared facts §2)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from groupform.http import BadAnswer
from groupform.http.errors import Context
from groupform.providers.wecom.api_call import Caller, Content, Part, parts

_ROOM = "externalcontact/groupchat/"
OWNERS_AT_ONCE = 100
GROUPS_AT_ONCE = 100
_PAGE = 1000


class Heir(IntEnum):
    """What becomes of a group whose owner leaves (D-92120)."""

    normal = 0
    owner_left = 1
    inheriting = 2
    inherited = 3


@dataclass(frozen=True, slots=True)
class GroupLine:
    """One line of the list of groups, which has no names."""

    chat_id: str
    heir: int


@dataclass(frozen=True, slots=True)
class Group:
    """A customer group, less the people in it: what is said of them are counts (§2.2, personal data).

    `created` is in seconds since 1970. `staff` are the corp's own members inside, `guests` counts everybody else,
    `states` counts members by the `state` of the way by which they came in. `version` changes when members do.
    `called` are the staff's names by userid, where they were asked for.
    """

    chat_id: str
    name: str
    owner: str
    notice: str
    admins: tuple[str, ...]
    created: int
    staff: frozenset[str] = frozenset()
    guests: int = 0
    states: Mapping[str, int] = field(default_factory=dict)
    version: str = ""
    called: Mapping[str, str] = field(default_factory=dict)

    @property
    def people(self) -> int:
        return len(self.staff) + self.guests


@dataclass(frozen=True, slots=True)
class Statistic:
    """What WeCom counted in all customer groups of one owner (D-92133). `groups` and `members` are totals."""

    groups: int
    members: int
    new_members: int
    messages: int


class Groups:
    """`externalcontact/groupchat/*` (D-92120, D-92122, D-92127, D-92133, D-95703)."""

    def __init__(self, caller: Caller) -> None:
        self._call = caller

    async def listed(self, owners: Sequence[str], *, heir: Heir | None = None) -> list[GroupLine]:
        """The groups that these people own, asked for a hundred owners at a time, all pages.

        Without owners nothing is asked: the platform would take that for everybody, and refuse above 1000 (81017).
        """
        found: dict[str, GroupLine] = {}
        for start in range(0, len(owners), OWNERS_AT_ONCE):
            body: Content = {
                "status_filter": int(heir or 0),
                "owner_filter": {"userid_list": list(owners[start : start + OWNERS_AT_ONCE])},
                "limit": _PAGE,
            }
            async for each in self._call.pages(f"{_ROOM}list", body, "group_chat_list"):
                line = GroupLine(str(each["chat_id"]), int(each.get("status", 0)))
                found[line.chat_id] = line
        return list(found.values())

    async def get(self, chat_id: str, *, named: bool = False) -> Group:
        """One group. Right after a change it may still be the old one (D-96338). Raises NotFound (40050)."""
        body = {"chat_id": chat_id, "need_name": int(named)}
        answer = await self._call.read(f"{_ROOM}get", body, has={"group_chat": dict})
        return _group(answer["group_chat"])

    async def waiting(self) -> list[GroupLine]:
        """The groups whose owners have left, of everybody in sight: nobody names those. Raises Rejected (81017) where
        more than 1000 people are in sight."""
        body: Content = {"status_filter": int(Heir.owner_left), "limit": _PAGE}
        found = self._call.pages(f"{_ROOM}list", body, "group_chat_list")
        return [GroupLine(str(each["chat_id"]), int(each.get("status", 0))) async for each in found]

    async def statistic(self, owners: Sequence[str], begin: int, end: int) -> dict[str, Statistic]:
        """What was counted from the day that begins at `begin` to the one that begins at `end`, by owner.

        Within the last 180 days, at most 30 of them. An owner of whom nothing is said is left out.
        """
        found: dict[str, Statistic] = {}
        for start in range(0, len(owners), OWNERS_AT_ONCE):
            named = list(owners[start : start + OWNERS_AT_ONCE])
            body = {"day_begin_time": begin, "day_end_time": end, "owner_filter": {"userid_list": named}}
            # An answer is one line an owner: a hundred of them are one page.
            answer = await self._call.read(f"{_ROOM}statistic", {**body, "limit": _PAGE}, has={"items": list})
            for each in answer["items"]:
                if isinstance(each, dict) and isinstance(each.get("data"), dict):
                    found[str(each.get("owner", "")).lower()] = _statistic(each["data"])
        return found

    async def transfer(self, chat_ids: Sequence[str], new_owner: str) -> list[Part]:
        """Hands on the groups of somebody who has left; the groups that could not be are in the answer, by chat id."""
        return await self._hand_over("transfer", chat_ids, new_owner)

    async def transfer_on_job(self, chat_ids: Sequence[str], new_owner: str) -> list[Part]:
        """The same for an owner who is still there: a group twice in 90 days, an owner 300 groups a day (D-95703)."""
        return await self._hand_over("onjob_transfer", chat_ids, new_owner)

    async def _hand_over(self, verb: str, chat_ids: Sequence[str], new_owner: str) -> list[Part]:
        failed: list[Part] = []
        path = f"{_ROOM}{verb}"
        windows = (self._call.rest_of_day(),)
        for start in range(0, len(chat_ids), GROUPS_AT_ONCE):
            body = {"chat_id_list": list(chat_ids[start : start + GROUPS_AT_ONCE]), "new_owner": new_owner}
            # Never sent twice by itself: each time it works counts towards the two in 90 days.
            answer = await self._call.make(path, body, windows=windows)
            failed += parts(answer, "failed_chat_list", f"/cgi-bin/{path}", "chat_id")
        return failed

    async def by_open_id(self, open_id: str) -> str:
        """The chat id behind a mini-program's id of the group (D-94822). Raises NotFound (90511)."""
        path = "externalcontact/opengid_to_chatid"
        return str((await self._call.read(path, {"opengid": open_id}, has={"chat_id": str}))["chat_id"])


def _statistic(data: Content) -> Statistic:
    names = ("chat_total", "member_total", "new_member_cnt", "msg_total")
    wrong = [each for each in names if isinstance(data.get(each), bool) or not isinstance(data.get(each), int)]
    if wrong:
        raise BadAnswer(Context(status=200, path=f"/cgi-bin/{_ROOM}statistic", reason=f"no {wrong[0]}"))
    return Statistic(*(data[each] for each in names))


def _group(data: Content) -> Group:
    if not isinstance(data.get("chat_id"), str) or not isinstance(data.get("owner"), str):
        raise BadAnswer(Context(status=200, path=f"/cgi-bin/{_ROOM}get", reason="no chat_id, no owner"))
    members = [each for each in data.get("member_list") or [] if isinstance(each, dict)]
    staff = frozenset(str(each.get("userid", "")).lower() for each in members if each.get("type") == 1)
    states = Counter(str(each["state"]) for each in members if each.get("state"))
    return Group(
        chat_id=data["chat_id"],
        name=str(data.get("name") or ""),
        owner=data["owner"],
        notice=str(data.get("notice") or ""),
        admins=tuple(str(each["userid"]) for each in data.get("admin_list") or [] if "userid" in each),
        created=int(data.get("create_time") or 0),
        staff=staff,
        guests=sum(each.get("type") != 1 for each in members),
        states=dict(sorted(states.items())),
        version=str(data.get("member_version") or ""),
        called={
            str(each.get("userid", "")).lower(): str(each["name"])
            for each in members
            if each.get("type") == 1 and each.get("name")
        },
    )
