"""Owns the requests about calendars and schedules, which the corp's own members see (shared facts §13)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from groupform.providers.wecom.api_call import Caller, Content

_AT_ONCE = 1000
_PAGE = 1000


class Calendars:
    """`oa/calendar/*`, `oa/schedule/*`. Only what this application made; calendars cannot be listed."""

    def __init__(self, caller: Caller) -> None:
        self._call = caller

    async def add(self, calendar: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
        """The new calendar's id, and the people with whom it could not be shared."""
        answer = await self._call.make("oa/calendar/add", {"calendar": dict(calendar)}, has={"cal_id": str})
        return str(answer["cal_id"]), _failed(answer)

    async def update(self, cal_id: str, calendar: Mapping[str, Any]) -> tuple[str, ...]:
        """Overwrites; `is_public` and `is_corp_calendar` stay as they were. Returns who could not be shared with."""
        return _failed(await self._call.read("oa/calendar/update", {"calendar": {**calendar, "cal_id": cal_id}}))

    async def get(self, cal_ids: Sequence[str]) -> dict[str, Content]:
        """By id; what is not there, or not ours, is left out."""
        found: dict[str, Content] = {}
        for start in range(0, len(cal_ids), _AT_ONCE):
            body = {"cal_id_list": list(cal_ids[start : start + _AT_ONCE])}
            answer = await self._call.read("oa/calendar/get", body, has={"calendar_list": list})
            found |= {str(each["cal_id"]): each for each in answer["calendar_list"]}
        return found

    async def delete(self, cal_id: str) -> bool:
        """False where there was none."""
        return await self._call.remove("oa/calendar/del", {"cal_id": cal_id})

    async def schedules(self, cal_id: str) -> list[Content]:
        """All schedules of a calendar, page after page until an empty one."""
        found: dict[str, Content] = {}
        while True:
            body = {"cal_id": cal_id, "offset": len(found), "limit": _PAGE}
            page = (await self._call.read("oa/schedule/get_by_calendar", body, has={"schedule_list": list}))[
                "schedule_list"
            ]
            before = len(found)
            found |= {str(each["schedule_id"]): each for each in page}
            if len(page) < _PAGE or len(found) == before:
                return list(found.values())

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
        return await self._call.remove("oa/schedule/del", {"schedule_id": schedule_id})


def _failed(answer: Content) -> tuple[str, ...]:
    shares = (answer.get("fail_result") or {}).get("shares") or []
    return tuple(str(each.get("userid", "?")) for each in shares if isinstance(each, dict))
