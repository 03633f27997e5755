"""Owns which rules of the calendar a schedule's own repeats say exactly, and how a plan and the platform spell them.

A plan says `daily 09:00 UTC+8`, `mon,wed 20:00 UTC+8`, `monthly 1,15 10:00 UTC+8` or `2026-12-12 10:00 UTC+8`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

from groupform.compile.resource import Json
from groupform_schemas import When, weekdays
from groupform_schemas.scalars import WEEKDAYS

_DAILY, _WEEKLY, _MONTHLY, _YEARLY, _WORKDAYS = 0, 1, 2, 5, 7
_TYPES = {"daily": _DAILY, "weekly": _WEEKLY, "monthly": _MONTHLY}
_OTHERS = {_YEARLY: "yearly", _WORKDAYS: "workdays"}
"""What only other hands can have set: we say neither."""
EVERY_MONTH_HAS = 28
"""What becomes of a thirty-first where a month has none no page says: only days that every month has are said."""
_ZONES = range(-12, 13)
_DAYS = {"MO": 1, "TU": 2, "WE": 3, "TH": 4, "FR": 5, "SA": 6, "SU": 7}
_PLAIN = {"FREQ", "INTERVAL", "WKST", "BYDAY", "BYMONTHDAY"}
_LOOKED_AT = range(2024, 2038)
_ONCE = re.compile(r"(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}) UTC([+-]\d{1,2})(?::(\d{2}))?")
_AGAIN = re.compile(
    r"(?:(?P<every>daily|monthly)|(?P<week>[a-z]{3}(?:,[a-z]{3})*))(?: (?P<days>\d+(?:,\d+)*))? "
    r"(?P<at>\d{2}:\d{2}) UTC(?P<zone>[+-]\d{1,2})"
)


def said_exactly(when: When, zone: str) -> str | None:
    """The rule as repeats; None for one that they cannot say, or not surely.

    Repeats know an offset and no clock that changes, nothing of holidays and the moon, and no day that is left out.
    """
    hours = fixed_hours(zone)
    if hours is None or when.at is None or when.skip is not None or when.offset is not None:
        return None
    at = f"{when.at.minutes // 60 % 24:02}:{when.at.minutes % 60:02}"
    found: tuple[str, list[int]] | None = None
    if when.daily:
        found = "daily", []
    elif when.weekly:
        found = "weekly", [WEEKDAYS.index(name) + 1 for each in when.weekly for name in weekdays(each)]
    elif when.monthly:
        found = "monthly", [int(each) for each in when.monthly]
    elif when.rrule:
        found = _ruled(when.rrule)
    if found is None or (found[0] == "monthly" and not all(1 <= each <= EVERY_MONTH_HAS for each in found[1])):
        return None
    return repeated(found[0], found[1], at, hours)


def repeated(every: str, days: Sequence[int], at: str, hours: int) -> str:
    """Repeats in words: on these days, 1 Monday … 7 Sunday, or of the month."""
    chosen = sorted({*days})
    named = ",".join(WEEKDAYS[each - 1] for each in chosen) if every == "weekly" else every
    numbers = f" {','.join(map(str, chosen))}" if chosen and every != "weekly" else ""
    return f"{named}{numbers} {at} UTC{hours:+d}"


def fixed_hours(zone: str) -> int | None:
    """The offset of a zone whose clocks never change, in whole hours as the platform takes them; else None."""
    there = ZoneInfo(zone)
    offsets = {datetime(year, month, 1, tzinfo=there).utcoffset() for year in _LOOKED_AT for month in range(1, 13)}
    only = next(iter(offsets)) or timedelta()
    hours = int(only.total_seconds() // 3600)
    return hours if len(offsets) == 1 and timedelta(hours=hours) == only and hours in _ZONES else None


def once(instant: datetime) -> str:
    """A single date in words: the instant as the clocks there show it."""
    minutes = int((instant.utcoffset() or timedelta()).total_seconds() // 60)
    hours, rest = divmod(abs(minutes), 60)
    offset = f"{'-' if minutes < 0 else '+'}{hours}" + (f":{rest:02}" if rest else "")
    return f"{instant:%Y-%m-%d %H:%M} UTC{offset}"


def alike(value: Json) -> Json:
    """`when` in the form of comparison: one instant is one, whatever the offset that it is written with."""
    instant = instant_of(value)
    return once(instant.astimezone(UTC)) if instant is not None else value


def instant_of(when: Json) -> datetime | None:
    """The instant of a single date, with the offset that it is written with; None for what repeats."""
    found = _ONCE.fullmatch(when) if isinstance(when, str) else None
    if found is None:
        return None
    hours, minutes = int(found[3]), int(found[4] or 0)
    offset = timedelta(hours=hours, minutes=-minutes if found[3].startswith("-") else minutes)
    return datetime.fromisoformat(f"{found[1]}T{found[2]}").replace(tzinfo=timezone(offset))


def start_of(when: str, earliest: datetime) -> int:
    """When it first begins, not before `earliest`, in seconds since 1970. A single date begins when it does."""
    instant = instant_of(when)
    if instant is not None:
        return int(instant.timestamp())
    every, days, at, hours = _read(when)
    offset = timezone(timedelta(hours=hours))
    day = earliest.astimezone(offset).date()
    while True:
        found = datetime.combine(day, time.fromisoformat(at), offset)
        fits = {"weekly": day.isoweekday(), "monthly": day.day}.get(every)
        if found >= earliest and (fits is None or fits in days):
            return int(found.timestamp())
        day += timedelta(days=1)


def begins_again(when: str, start: int) -> int:
    """When it begins after an edit: a series keeps the day on which it began, as far as the new days allow."""
    if instant_of(when) is not None:
        return start_of(when, datetime.fromtimestamp(start, UTC))
    offset = timezone(timedelta(hours=_read(when)[3]))
    day = datetime.fromtimestamp(start, offset).date()
    return start_of(when, datetime.combine(day, time(), offset))


def reminders(when: str, *, remind: bool) -> dict[str, Any]:
    """`reminders` of a schedule: whether it repeats, and a word at its start."""
    said = word_at_start(remind)
    instant = instant_of(when)
    if instant is not None:
        offset = instant.utcoffset() or timedelta()
        hours = int(offset.total_seconds() // 3600)
        zone = {"timezone": hours} if hours in _ZONES and timedelta(hours=hours) == offset else {}
        return {**said, "is_repeat": 0, **zone}
    every, days, _, hours = _read(when)
    said |= {"is_repeat": 1, "repeat_type": _TYPES[every], "timezone": hours}
    if days:
        key = "repeat_day_of_week" if every == "weekly" else "repeat_day_of_month"
        said |= {"is_custom_repeat": 1, "repeat_interval": 1, key: days}
    return said


def word_at_start(remind: bool) -> dict[str, Any]:
    """The part of `reminders` that has people told when it begins."""
    return {"is_remind": int(remind), "remind_time_diffs": [0] if remind else []}


def when_of(start: int, said: Mapping[str, Any]) -> str:
    """`when` as a live schedule's start and reminders tell it; what only other hands can have set is told too."""
    hours = _number(said.get("timezone"), 8)
    local = datetime.fromtimestamp(start, timezone(timedelta(hours=hours)))
    if not said.get("is_repeat"):
        return once(local)
    kind = _number(said.get("repeat_type"))
    every = next((name for name, number in _TYPES.items() if number == kind), _OTHERS.get(kind, f"type {kind}"))
    custom, own = bool(said.get("is_custom_repeat")), {"weekly": local.isoweekday(), "monthly": local.day}
    key = "repeat_day_of_week" if every == "weekly" else "repeat_day_of_month"
    days = [_number(each) for each in said.get(key) or []] if custom else []
    if not days and every in own:
        days = [own[every]]
    if every == "weekly":
        days = [each for each in days if 1 <= each <= len(WEEKDAYS)]
    more = ""
    if custom and _number(said.get("repeat_interval"), 1) != 1:
        more += f", every {_number(said['repeat_interval'])}"
    if said.get("repeat_until"):
        more += f", until {datetime.fromtimestamp(_number(said['repeat_until']), local.tzinfo):%Y-%m-%d}"
    return repeated(every, days, f"{local:%H:%M}", hours) + more


def reminds(said: Mapping[str, Any]) -> bool:
    """Whether there is a word at the start: by seconds from it, or by the older field that knows nothing else."""
    before = said.get("remind_time_diffs") or [-_number(said.get("remind_before_event_secs"))]
    return bool(said.get("is_remind")) and 0 in before


def _read(when: str) -> tuple[str, list[int], str, int]:
    """(every, days, at, offset in hours) of repeats that we said. Raises ValueError for words that are not ours."""
    found = _AGAIN.fullmatch(when)
    if found is None:
        raise ValueError(when)
    week = [WEEKDAYS.index(name) + 1 for name in (found["week"] or "").split(",") if name]
    days = week or [int(each) for each in (found["days"] or "").split(",") if each]
    return found["every"] or "weekly", days, found["at"], int(found["zone"])


def _ruled(rule: str) -> tuple[str, list[int]] | None:
    """Of recurrence rules those that name days of the week, of the month, or all of them."""
    parts = dict(each.split("=", 1) for each in rule.upper().split(";"))
    if not parts.keys() <= _PLAIN or parts.get("INTERVAL", "1") != "1":
        return None
    days, dates = parts.get("BYDAY"), parts.get("BYMONTHDAY")
    match parts.get("FREQ"):
        case "DAILY" if days is None and dates is None:
            return "daily", []
        case "WEEKLY" if days is not None and dates is None and all(each in _DAYS for each in days.split(",")):
            return "weekly", [_DAYS[each] for each in days.split(",")]
        case "MONTHLY" if dates is not None and days is None and dates.replace(",", "").isdigit():
            return "monthly", [int(each) for each in dates.split(",")]
    return None


def _number(value: Any, default: int = 0) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else default
