"""Computes when the next runs of a repeating community start."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from groupform_schemas import RepeatedRuns, When, weekdays

_HORIZON = timedelta(days=800)  # a yearly date is met at least twice in it


def next_runs(runs: RepeatedRuns, zone: str, now: datetime, count: int) -> tuple[date, ...] | None:
    """The local dates of the next `count` runs, one that is under way first; fewer where `until` comes before.

    Takes `now` with a time zone. None where the moments are of a kind that only the calendar can expand (lunar dates,
    holidays, recurrence rules).
    """
    days = days_of(runs.every)
    if days is None:
        return None
    local = now.astimezone(ZoneInfo(zone))
    first = (local - runs.lasts.timedelta).date()
    if runs.from_ and runs.from_ > first:
        first = runs.from_
    found: list[date] = []
    for day in days(first):
        if (runs.until and day > runs.until) or day - first > _HORIZON or len(found) == count:
            break
        if runs.every.skip and day in runs.every.skip.dates:
            continue
        if _start(runs.every, day, zone) + runs.lasts.timedelta > local:
            found.append(day)
    return tuple(found)


def _start(every: When, day: date, zone: str) -> datetime:
    minutes = every.at.minutes if every.at else 0
    return datetime.combine(day, time(minutes // 60 % 24, minutes % 60), ZoneInfo(zone))


class _Walk:
    """Days from a first one on that belong to a rule."""

    def __init__(self, every: When) -> None:
        self._every = every
        self._week = {name for each in every.weekly or () for name in weekdays(each)}

    def __call__(self, first: date) -> Iterator[date]:
        if self._every.dates:
            yield from sorted(day for day in self._every.dates if day >= first)
            return
        day = first
        while day - first <= _HORIZON:
            if self._fits(day):
                yield day
            day += timedelta(days=1)

    def _fits(self, day: date) -> bool:
        if self._every.daily:
            return True
        if self._week:
            return ("mon", "tue", "wed", "thu", "fri", "sat", "sun")[day.weekday()] in self._week
        last = monthrange(day.year, day.month)[1]
        return any(day.day == (last if each == -1 else each) for each in self._every.monthly or ())


def days_of(every: When) -> _Walk | None:
    """The days that a moment falls on, from a first one on; None where only a calendar can tell (lunar, holidays)."""
    return _Walk(every) if every.weekly or every.daily or every.monthly or every.dates else None
