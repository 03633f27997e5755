"""Computes when the next runs of a repeating community start."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from groupform.when.moments import moments
from groupform_schemas import RepeatedRuns

_HORIZON = timedelta(days=800)  # a yearly date is met at least twice in it


def next_runs(runs: RepeatedRuns, zone: str, now: datetime, count: int) -> tuple[date, ...]:
    """The local dates of the next `count` runs, one that is under way first; fewer where `until` comes before.

    Takes `now` with a time zone. A run is named by the date it begins on, so that a day begins one run at most.
    """
    lasts = runs.lasts.timedelta
    begin = now - lasts
    if runs.from_:
        begin = max(begin, datetime(runs.from_.year, runs.from_.month, runs.from_.day, tzinfo=ZoneInfo(zone)))
    found: dict[date, None] = {}
    for each in moments(runs.every, zone, begin, begin + _HORIZON, anchor=runs.from_):
        day = each.local.date()
        if (runs.until and day > runs.until) or len(found) == count:
            break
        if each.instant + lasts > now:
            found.setdefault(day)
    return tuple(found)
