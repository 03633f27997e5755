"""Writes a calendar as iCalendar (RFC 5545), for the calendar of a telephone."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from icalendar import Calendar, Event, vDuration

from groupform.calendar.entries import Entry
from groupform.compile.markdown import plain

_SHORTEST = timedelta(minutes=15)
"""A post takes no time; an event of no length is hard to touch on a telephone."""


def ics(found: Sequence[Entry], name: str, environment: str, now: datetime, about: Callable[[Entry], str]) -> bytes:
    """One event for each entry, in UTC, under an id that stays the same as long as its time does.

    `about` says in words where it goes. What a calendar subscribes to is replaced by id, so that a text that was
    changed changes there, too.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//groupform//calendar//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", name)
    if found:
        calendar.add("x-wr-timezone", str(found[0].first.local.tzinfo))
    for each in found:
        calendar.add_component(_event(each, environment, now, about(each)))
    return bytes(calendar.to_ical())


def _event(entry: Entry, environment: str, now: datetime, about: str) -> Event:
    first = entry.first
    event = Event()
    digest = hashlib.sha256(f"{environment} {entry.key}".encode()).hexdigest()[:32]
    event.add("uid", f"{digest}@groupform")
    event.add("dtstamp", now.replace(microsecond=0))
    event.add("dtstart", first.scheduled)
    lasts = first.model.lasts.timedelta if first.model.lasts else _SHORTEST
    event.add("duration", vDuration(lasts))
    event.add("summary", first.title)
    text = entry.text()
    event.add("description", "\n\n".join(filter(None, [plain(text) if text else "", about])))
    event.add("categories", [first.kind.value])
    event.add("transp", "TRANSPARENT")
    return event
