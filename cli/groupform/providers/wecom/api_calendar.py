"""Owns the requests about calendars and schedules, which the corp's own members see (shared facts §13)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from groupform.http import NotFound
from groupform.providers.wecom.api_call import Caller, Content, Part, parts

_AT_ONCE = 1000
_PAGE = 1000
# No page says how an unknown id is refused, nor whether a list of ids leaves it out: a request that holds nothing but
# ids can only be refused because of them, and these codes are what is said of a bad field (§1.3).
_NO_SUCH_ID = (40035, 40058)


class Calendars:
    """`oa/calendar/*`, `oa/schedule/*`. Only what this application made; calendars cannot be listed."""

    def __init__(self, caller: Caller) -> None:
        self._call = caller

    async def add(self, calendar: Mapping[str, Any]) -> tuple[str, list[Part]]:
        """The new calendar's id, and the people with whom it could not be shared."""
        path = "oa/calendar/add"
        answer = await self._call.make(path, {"calendar": dict(calendar)}, has={"cal_id": str})
        return str(answer["cal_id"]), _failed(answer, path)

    async def update(self, cal_id: str, calendar: Mapping[str, Any]) -> list[Part]:
        """Overwrites; who besides sees it as a public one stays as it was. Returns who could not be shared with."""
        path = "oa/calendar/update"
        body = {"calendar": {**calendar, "cal_id": cal_id}, "skip_public_range": 1}
        return _failed(await self._call.read(path, body), path)

    async def get(self, cal_ids: Sequence[str]) -> dict[str, Content]:
        """By id; what is not there, or not ours, is left out."""
        return await self._by_id("oa/calendar/get", "cal_id_list", "calendar_list", "cal_id", cal_ids)

    async def delete(self, cal_id: str) -> bool:
        """False where there was none."""
        return await self._call.remove("oa/calendar/del", {"cal_id": cal_id}, _NO_SUCH_ID)

    async def schedules(self, cal_id: str) -> list[Content]:
        """All schedules of a calendar but the cancelled ones, page after page. Raises NotFound where there is none."""
        found: dict[str, Content] = {}
        while True:
            body = {"cal_id": cal_id, "offset": len(found), "limit": _PAGE}
            answer = await self._call.read(
                "oa/schedule/get_by_calendar", body, has={"schedule_list": list}, absent=_NO_SUCH_ID
            )
            page, before = answer["schedule_list"], len(found)
            found |= {str(each["schedule_id"]): each for each in page}
            if len(page) < _PAGE or len(found) == before:
                return [each for each in found.values() if _stands(each)]

    async def schedules_by_id(self, schedule_ids: Sequence[str]) -> dict[str, Content]:
        """By id, whatever calendar they are in; what is not there, cancelled, or not ours, is left out."""
        path = "oa/schedule/get"
        found = await self._by_id(path, "schedule_id_list", "schedule_list", "schedule_id", schedule_ids)
        return {key: each for key, each in found.items() if _stands(each)}

    async def add_schedule(self, schedule: Mapping[str, Any]) -> str:
        """The new schedule's id. Nothing in it is a key: a lost one is found by what it says and when."""
        body = {"schedule": dict(schedule)}
        return str((await self._call.make("oa/schedule/add", body, has={"schedule_id": str}))["schedule_id"])

    async def update_schedule(self, schedule_id: str, schedule: Mapping[str, Any]) -> str:
        """Overwrites the whole series; `cal_id` stays. Returns the id under which it lives on."""
        body = {"schedule": {**schedule, "schedule_id": schedule_id}, "op_mode": 0}
        answer = await self._call.read("oa/schedule/update", body)
        return str(answer.get("schedule_id") or schedule_id)

    async def delete_schedule(self, schedule_id: str) -> bool:
        """False where there was none."""
        return await self._call.remove("oa/schedule/del", {"schedule_id": schedule_id}, _NO_SUCH_ID)

    async def _by_id(self, path: str, key: str, listed: str, name: str, ids: Sequence[str]) -> dict[str, Content]:
        """Up to a thousand a request. Where one of them is enough for a refusal, each is asked for alone."""
        found: dict[str, Content] = {}
        for start in range(0, len(ids), _AT_ONCE):
            some = list(ids[start : start + _AT_ONCE])
            try:
                answer = await self._call.read(path, {key: some}, has={listed: list}, absent=_NO_SUCH_ID)
                found |= {str(each[name]): each for each in answer[listed]}
            except NotFound:
                for each in some if len(some) > 1 else ():
                    found |= await self._by_id(path, key, listed, name, [each])
        return found


def _stands(schedule: Content) -> bool:
    """A cancelled schedule still reads back, with status 1."""
    return bool(schedule.get("status", 0) != 1)


def _failed(answer: Content, path: str) -> list[Part]:
    said = answer.get("fail_result")
    found = parts(said, "shares", f"/cgi-bin/{path}", "userid") if isinstance(said, dict) else []
    return [each for each in found if each.error is not None]
