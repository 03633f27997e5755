"""Owns the moments of a rule of the calendar: from each form of `when` that days and clocks decide."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from groupform.when.clock import Moment, instant_of
from groupform.when.recurrence import ANCHOR, rule_times
from groupform_schemas import When, weekdays
from groupform_schemas.scalars import WEEKDAYS

_DAY = timedelta(days=1)
_LEEWAY = 3 * _DAY  # zones differ by up to 26 hours, and clocks have leapt over a whole day


def moments(when: When, zone: str, since: datetime, until: datetime, *, anchor: date | None = None) -> Iterator[Moment]:
    """Every moment with `since <= instant < until`, in order, each instant once.

    Takes instants with a zone. `anchor` is the first day of what recurs: every other week is counted from it. Nothing
    for `after`: only events tell (see `groupform.calendar.occurrences`).
    """
    there = ZoneInfo(zone)
    first, last = _day(since, there, -_LEEWAY), _day(until, there, _LEEWAY)
    instants = {instant_of(each, there) for each in local_times(when, zone, first, last, anchor=anchor)}
    rule = rule_of(when)
    for instant in sorted(each for each in instants if since <= each < until):
        yield Moment(instant, instant.astimezone(there), rule)


def local_times(when: When, zone: str, first: date, last: date, *, anchor: date | None = None) -> Iterator[datetime]:
    """The times of day, without a zone, on the days from `first` to `last`; skipped days are left out."""
    at = time_of(when)
    offset = when.offset.timedelta if when.offset else timedelta()
    if when.rrule:
        found = rule_times(when.rrule, at, anchor or ANCHOR, ZoneInfo(zone), first, last)
    else:
        # An offset moves what is found: the days from which it leads here are looked at.
        early, late = _day_or(first, -offset - _DAY), _day_or(last, -offset + _DAY)
        days = _days(when, early, late)
        found = (datetime.combine(day, at or time()) + offset for day in days)
    for each in found:
        if first <= each.date() <= last and not _skipped(when, each.date()):
            yield each


def rule_of(when: When) -> str:
    """The key of `when` that says on which days."""
    return next(name for name in When.one_of if getattr(when, name) not in (None, ()))


def time_of(when: When) -> time | None:
    """The time of day, where one is given."""
    return None if when.at is None else time(when.at.minutes // 60, when.at.minutes % 60)


def _days(when: When, first: date, last: date) -> Iterator[date]:
    if when.dates:
        yield from sorted({each for each in when.dates if first <= each <= last})
    elif when.lunar:
        from groupform.when.lunar import lunar_days

        yield from lunar_days(when.lunar, first, last)
    elif when.holiday:
        from groupform.when.holidays import holiday_days

        yield from holiday_days(when.holiday, first, last)
    elif when.daily or when.weekly or when.monthly:
        yield from _by_the_day(when, first, last)


def _by_the_day(when: When, first: date, last: date) -> Iterator[date]:
    week = {WEEKDAYS.index(name) for each in when.weekly or () for name in weekdays(each)}
    for number in range((last - first).days + 1):
        day = first + number * _DAY
        if when.daily or day.weekday() in week or (when.monthly and _in_month(when.monthly, day)):
            yield day


def _in_month(days: tuple[int, ...], day: date) -> bool:
    last = monthrange(day.year, day.month)[1]
    return any(day.day == (last if each == -1 else each) for each in days)


def _skipped(when: When, day: date) -> bool:
    if when.skip is None:
        return False
    if day in when.skip.dates:
        return True
    if when.skip.holidays is None:
        return False
    from groupform.when.holidays import days_off

    return day in days_off(when.skip.holidays, day.year)


def _day(instant: datetime, zone: ZoneInfo, by: timedelta) -> date:
    return _day_or(instant.astimezone(zone).date(), by)


def _day_or(day: date, by: timedelta) -> date:
    """A day moved, and no further than the calendar goes."""
    try:
        return day + by
    except OverflowError:
        return date.max - _DAY if by > timedelta() else date.min + _DAY
