"""Owns which rules of the calendar a schedule's own repeats say exactly, and what they look like there (facts §13)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

from groupform.compile.resource import Json
from groupform_schemas import When, weekdays
from groupform_schemas.scalars import WEEKDAYS

_DAILY, _WEEKLY, _MONTHLY, _YEARLY, _WORKDAYS = 0, 1, 2, 5, 7
_EVERY = {_DAILY: "day", _WEEKLY: "week", _MONTHLY: "month", _YEARLY: "year", _WORKDAYS: "workday"}
_TYPES = {name: number for number, name in _EVERY.items()}
EVERY_MONTH_HAS = 28
"""What becomes of a thirty-first where a month has none no page says: only days that every month has are said."""
_ZONES = range(-12, 13)
_DAYS = {"MO": 1, "TU": 2, "WE": 3, "TH": 4, "FR": 5, "SA": 6, "SU": 7}
_PLAIN = {"FREQ", "INTERVAL", "WKST", "BYDAY", "BYMONTHDAY"}
_LOOKED_AT = range(2024, 2038)


def said_exactly(when: When, zone: str) -> dict[str, Json] | None:
    """The rule as repeats: {every, days?, at, zone}; None for one that they cannot say, or not surely.

    Repeats know an offset and no clock that changes, nothing of holidays and the moon, and no day that is left out.
    """
    hours = fixed_hours(zone)
    if hours is None or when.at is None or when.skip is not None or when.offset is not None:
        return None
    at = f"{when.at.minutes // 60 % 24:02}:{when.at.minutes % 60:02}"
    found: tuple[str, list[int]] | None = None
    if when.daily:
        found = "day", []
    elif when.weekly:
        found = "week", [WEEKDAYS.index(name) + 1 for each in when.weekly for name in weekdays(each)]
    elif when.monthly:
        found = "month", [int(each) for each in when.monthly]
    elif when.rrule:
        found = _ruled(when.rrule)
    if found is None or (found[0] == "month" and not all(1 <= each <= EVERY_MONTH_HAS for each in found[1])):
        return None
    return weekly_at(found[0], found[1], at, hours)


def weekly_at(every: str, days: Sequence[int], at: str, hours: int) -> dict[str, Json]:
    """Repeats on these days: 1 Monday … 7 Sunday, or of the month."""
    named: dict[str, Json] = {"days": [*sorted(set(days))]} if days else {}
    return {"every": every, **named, "at": at, "zone": hours}


def fixed_hours(zone: str) -> int | None:
    """The offset of a zone whose clocks never change, in whole hours as the platform takes them; else None."""
    there = ZoneInfo(zone)
    offsets = {datetime(year, month, 1, tzinfo=there).utcoffset() for year in _LOOKED_AT for month in range(1, 13)}
    only = next(iter(offsets)) or timedelta()
    hours = int(only.total_seconds() // 3600)
    return hours if len(offsets) == 1 and timedelta(hours=hours) == only and hours in _ZONES else None


def once(instant: datetime) -> dict[str, Json]:
    """A single date: the instant as the clocks there show it."""
    return {"once": instant.isoformat(timespec="minutes")}


def alike(value: Json) -> Json:
    """`when` in the form of comparison: one instant is one, whatever the offset that it is written with."""
    if isinstance(value, Mapping) and isinstance(value.get("once"), str):
        return {**value, "once": _instant(value).astimezone(UTC).isoformat(timespec="minutes")}
    return {**value} if isinstance(value, Mapping) else value


def is_once(when: Json) -> bool:
    return isinstance(when, Mapping) and "once" in when


def start_of(when: Mapping[str, Json], earliest: datetime) -> int:
    """When it first begins, not before `earliest`, in seconds since 1970. A single date begins when it does."""
    if "once" in when:
        return int(_instant(when).timestamp())
    hours, minutes = str(when["at"]).split(":")
    offset = timezone(timedelta(hours=_number(when.get("zone"))))
    days = when.get("days")
    wanted = {_number(each) for each in days} if isinstance(days, list) else set()
    day = earliest.astimezone(offset).date()
    while True:
        found = datetime.combine(day, time(int(hours), int(minutes)), offset)
        fits = {"week": day.isoweekday(), "month": day.day}.get(str(when["every"]))
        if found >= earliest and (fits is None or not wanted or fits in wanted):
            return int(found.timestamp())
        day += timedelta(days=1)


def begins_again(when: Mapping[str, Json], start: int) -> int:
    """When it begins after an edit: a series keeps the day on which it began, as far as the new days allow."""
    offset = timezone(timedelta(hours=_number(when.get("zone"))))
    day = datetime.fromtimestamp(start, offset).date()
    return start_of(when, datetime.combine(day, time(), offset))


def reminders(when: Mapping[str, Json], *, remind: bool) -> dict[str, Any]:
    """`reminders` of a schedule: whether it repeats, and a word at its start."""
    said: dict[str, Any] = {"is_remind": int(remind), "remind_time_diffs": [0] if remind else []}
    if "once" in when:
        offset = _instant(when).utcoffset() or timedelta()
        hours = int(offset.total_seconds() // 3600)
        zone = {"timezone": hours} if hours in _ZONES and timedelta(hours=hours) == offset else {}
        return {**said, "is_repeat": 0, **zone}
    every, days = str(when["every"]), when.get("days")
    said |= {"is_repeat": 1, "repeat_type": _TYPES[every], "timezone": _number(when.get("zone"))}
    if isinstance(days, list):
        key = "repeat_day_of_week" if every == "week" else "repeat_day_of_month"
        said |= {"is_custom_repeat": 1, "repeat_interval": 1, key: [_number(each) for each in days]}
    return said


def when_of(start: int, said: Mapping[str, Any]) -> dict[str, Json]:
    """`when` as a live schedule's start and reminders tell it; what only other hands can have set is told too."""
    hours = _number(said.get("timezone"), 8)
    local = datetime.fromtimestamp(start, timezone(timedelta(hours=hours)))
    if not said.get("is_repeat"):
        return once(local)
    every = _EVERY.get(_number(said.get("repeat_type")), "?")
    found: dict[str, Json] = {"every": every, "at": f"{local:%H:%M}", "zone": hours}
    if said.get("is_custom_repeat"):
        key = "repeat_day_of_week" if every == "week" else "repeat_day_of_month"
        if said.get(key):
            found["days"] = sorted(_number(each) for each in said[key])
        if _number(said.get("repeat_interval"), 1) != 1:
            found["interval"] = _number(said["repeat_interval"])
    elif every in ("week", "month"):
        own: list[Json] = [local.day if every == "month" else local.isoweekday()]
        found["days"] = own
    if said.get("repeat_until"):
        found["until"] = _number(said["repeat_until"])
    return found


def reminds(said: Mapping[str, Any]) -> bool:
    """Whether there is a word at the start: by seconds from it, or by the older field that knows nothing else."""
    before = said.get("remind_time_diffs") or [-_number(said.get("remind_before_event_secs"))]
    return bool(said.get("is_remind")) and 0 in before


def _ruled(rule: str) -> tuple[str, list[int]] | None:
    """Of recurrence rules those that name days of the week, of the month, or all of them."""
    parts = dict(each.split("=", 1) for each in rule.upper().split(";"))
    if not parts.keys() <= _PLAIN or parts.get("INTERVAL", "1") != "1":
        return None
    days, dates = parts.get("BYDAY"), parts.get("BYMONTHDAY")
    match parts.get("FREQ"):
        case "DAILY" if days is None and dates is None:
            return "day", []
        case "WEEKLY" if days is not None and dates is None and all(each in _DAYS for each in days.split(",")):
            return "week", [_DAYS[each] for each in days.split(",")]
        case "MONTHLY" if dates is not None and days is None and dates.replace(",", "").isdigit():
            return "month", [int(each) for each in dates.split(",")]
    return None


def _instant(when: Mapping[str, Json]) -> datetime:
    found = datetime.fromisoformat(str(when["once"]))
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _number(value: Any, default: int = 0) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else default
