"""Expands every form of `when` into moments, events included."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from groupform.when.clock import Moment, instant_of, moment_at
from groupform.when.moments import moments, time_of
from groupform_schemas import Event, When

__all__ = ["Happened", "Moment", "expand"]

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Happened:
    """An event and its instant, with a zone of any kind."""

    event: Event
    instant: datetime


def expand(
    when: When,
    zone: str,
    since: datetime,
    until: datetime,
    *,
    events: Iterable[Happened] = (),
    anchor: date | None = None,
) -> Iterator[Moment]:
    """Every moment with `since <= instant < until`, in order, each instant once; see `groupform.when.moments`.

    What comes after an event comes when the wait has passed, to the second; with `at`, at that time of the day on
    which the wait ends, or of the next one where that would be before the event itself.
    """
    if when.after is None:
        yield from moments(when, zone, since, until, anchor=anchor)
        return
    there = ZoneInfo(zone)
    found = {_after(when, each.instant, there) for each in events if each.event is when.after}
    for instant in sorted(each for each in found if since <= each < until):
        yield moment_at(instant, there, "after")


def _after(when: When, event: datetime, zone: ZoneInfo) -> datetime:
    wait = when.wait.timedelta if when.wait else timedelta()
    at = time_of(when)
    if at is None:
        return moment_at(event + wait, zone, "after").instant
    # Days are counted as people count them, by the date: three days after Monday evening is Thursday.
    day = (event.astimezone(zone).replace(tzinfo=None) + wait).date()
    found = instant_of(datetime.combine(day, at), zone)
    return found if found >= event else instant_of(datetime.combine(day + _DAY, at), zone)
