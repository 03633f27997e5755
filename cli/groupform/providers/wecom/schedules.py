"""Owns calendars and schedules as they stand on the platform: read in few requests, written whole, found by a mark."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from groupform.compile.address import Address
from groupform.compile.resource import Attributes, Json
from groupform.engine.provider import (
    Bound,
    CreateRequest,
    Done,
    Failure,
    Free,
    Gone,
    Observation,
    Ours,
    Present,
    Probe,
    UpdateRequest,
    Write,
)
from groupform.http import NotFound
from groupform.providers.wecom.api_call import Content
from groupform.providers.wecom.api_people import fold
from groupform.providers.wecom.marks import mark
from groupform.providers.wecom.reading import Look
from groupform.providers.wecom.repeats import (
    begins_again,
    instant_of,
    reminders,
    reminds,
    start_of,
    when_of,
    word_at_start,
)

_COLOUR = "#2F7BE0"
_MARK = 12
"""Characters of our mark: people read it at the end of every description."""
_MARKED = re.compile(rf"\n\[gf[0-9a-f]{{{_MARK - 2}}}\]\s*\Z")
_SEES = 1
"""`permission` of somebody who sees all of a calendar; 3 sees only when one is busy (§13)."""


async def observe_calendars(look: Look, bindings: Sequence[Bound]) -> dict[Address, Observation]:
    """All of them in one request. Raises HttpError."""
    live = await look.calendars([each.id for each in bindings])
    return {
        each.address: _calendar_seen(live[each.id]) if each.id in live else Gone("wecom-calendar-gone")
        for each in bindings
    }


async def observe_schedules(look: Look, bindings: Sequence[Bound]) -> dict[Address, Observation]:
    """A list for each calendar. Of a calendar that is gone its schedules may still stand. Raises HttpError."""
    by_calendar: dict[str, list[Bound]] = {}
    for each in bindings:
        by_calendar.setdefault(_calendar_of(each), []).append(each)
    calendars = await look.calendars([each for each in by_calendar if each])
    found: dict[Address, Observation] = {}
    for calendar, those in by_calendar.items():
        if calendar in calendars:
            live = {str(each["schedule_id"]): each for each in await look.schedules(calendar)}
        else:
            live = await look.api.calendars.schedules_by_id([each.id for each in those])
        found |= {each.address: _schedule_seen(look, each, live.get(each.id)) for each in those}
    return found


async def create_calendar(look: Look, request: CreateRequest) -> Done:
    """With whom it could not be shared must not cost it its record: the next plan finds who is missing."""
    wanted = request.attributes
    made, _ = await look.api.calendars.add(
        {
            "summary": str(wanted.get("title", "")),
            "description": str(wanted.get("details", "")),
            "color": _COLOUR,
            "admins": _texts(wanted.get("admins")),
            "shares": [{"userid": each, "permission": _SEES} for each in _texts(wanted.get("people"))],
        }
    )
    return Done(made)


async def update_calendar(look: Look, request: UpdateRequest) -> Done:
    """A full overwrite: what is not ours to change is read right before, and sent back as it is."""
    bound, writes = request.bound, request.writes
    live = (await look.api.calendars.get([bound.id])).get(bound.id)
    if live is None:
        raise Failure("wecom-calendar-gone")
    body: Content = {
        "summary": str(writes["title"].after) if "title" in writes else str(live.get("summary", "")),
        "description": str(writes["details"].after) if "details" in writes else str(live.get("description", "")),
        "color": str(live.get("color") or _COLOUR),
        "admins": _edited(_admins(live), writes.get("admins")),
        "shares": [*_shared(live, writes.get("people"))],
    }
    failed = await look.api.calendars.update(bound.id, body)
    look.stale_calendar(bound.id)
    if failed and failed[0].error is not None:
        raise failed[0].error
    return Done(bound.id, bound.private)


async def create_schedule(look: Look, request: CreateRequest) -> Done:
    """One that repeats begins with the next time at which it comes: what is over by now never was on the calendar."""
    wanted, calendar = request.attributes, str(request.attributes["calendar"])
    start = start_of(str(wanted["when"]), _now(look))
    body = {
        "cal_id": calendar,
        "start_time": start,
        "end_time": start + _number(wanted.get("minutes")) * 60,
        "summary": str(wanted.get("title", "")),
        "description": _marked(look, request.address, str(wanted.get("details", ""))),
        "attendees": [{"userid": each} for each in _texts(wanted.get("people"))],
        "reminders": reminders(str(wanted["when"]), remind=wanted.get("remind") is True),
    }
    made = await look.api.calendars.add_schedule(body)
    look.stale_calendar(calendar)
    return Done(made, {"calendar": calendar})


async def update_schedule(look: Look, request: UpdateRequest) -> Done:
    """A full overwrite, of the whole series. It may live on under another id (§13)."""
    bound, writes = request.bound, request.writes
    live = (await look.api.calendars.schedules_by_id([bound.id])).get(bound.id)
    if live is None:
        raise Failure("wecom-schedule-gone")
    there = _schedule_attributes(look, bound.address, live)
    wanted: dict[str, Json] = {**there, **{name: each.after for name, each in writes.items() if name != "people"}}
    when, start = str(wanted["when"]), _number(live.get("start_time"))
    said = dict(live.get("reminders") or {})
    if "when" in writes:
        start, said = begins_again(when, start), reminders(when, remind=wanted["remind"] is True)
    elif "remind" in writes:
        said |= word_at_start(wanted["remind"] is True)
    kept: Content = {name: live[name] for name in ("is_whole_day", "location", "admins") if name in live}
    body = {
        **kept,
        "start_time": start,
        "end_time": start + _number(wanted["minutes"]) * 60,
        "summary": str(wanted["title"]),
        "description": _marked(look, bound.address, str(wanted["details"])),
        "attendees": [{"userid": each} for each in _edited(_texts(there["people"]), writes.get("people"))],
        "reminders": said,
    }
    moved = await look.api.calendars.update_schedule(bound.id, body)
    look.stale_calendar(_calendar_of(bound))
    return Done(moved, bound.private)


async def find_schedule(look: Look, address: Address, wanted: Attributes) -> Probe:
    """One that bears our mark, in its own calendar. Raises HttpError."""
    calendar = str(wanted.get("calendar", ""))
    if not look.context.ownership.lineage or not calendar or calendar.startswith(f"{address.deployment}/calendar."):
        return Free()  # no state was ever written, or there is no calendar yet: there is nothing of ours
    sought, bound = _tail(mark(look, address)), look.bound.get("schedule", ())
    try:
        live = await look.schedules(calendar)
    except NotFound:
        return Free()
    for each in live:
        key = str(each["schedule_id"])
        if key not in bound and sought in str(each.get("description", "")):
            return Ours(key, {"calendar": calendar})
    # In our own calendar, a mark of another history is what a lost state wrote: its content tells which one it is.
    alike = [
        str(each["schedule_id"])
        for each in live
        if str(each["schedule_id"]) not in bound and _MARKED.search(str(each.get("description", "")))
        if _same(wanted, _schedule_attributes(look, address, each))
    ]
    return Ours(alike[0], {"calendar": calendar}) if len(alike) == 1 else Free()


def _same(wanted: Attributes, there: Mapping[str, Json]) -> bool:
    return all(wanted.get(name) == there[name] for name in ("title", "when", "minutes"))


def _calendar_seen(live: Content) -> Present:
    return Present(
        {
            "title": str(live.get("summary", "")),
            "details": str(live.get("description", "")),
            "admins": [*_admins(live)],
            "people": [str(each["userid"]) for each in live.get("shares") or [] if _sees(each)],
        }
    )


def _schedule_seen(look: Look, bound: Bound, live: Content | None) -> Observation:
    if live is not None:
        values = _schedule_attributes(look, bound.address, live)
        return Present(
            {"calendar": str(live.get("cal_id") or _calendar_of(bound)), **values},
            private={"calendar": _calendar_of(bound)},
        )
    # A single date that is over is let be, whether anybody has taken it off the calendar or not.
    return Present({}, private=bound.private) if _over(look, bound) else Gone("wecom-schedule-gone")


def _schedule_attributes(look: Look, address: Address, live: Content) -> dict[str, Json]:
    start, end = _number(live.get("start_time")), _number(live.get("end_time"))
    said = live.get("reminders") or {}
    description = str(live.get("description", ""))
    return {
        "title": str(live.get("summary", "")),
        "details": description.removesuffix(_tail(mark(look, address))).rstrip(),
        "when": when_of(start, said),
        "minutes": (end - start) // 60,
        "people": [str(each["userid"]) for each in live.get("attendees") or []],
        "remind": reminds(said),
    }


def _over(look: Look, bound: Bound) -> bool:
    day = instant_of(bound.applied.get("when"))
    return day is not None and day.date() <= _now(look).astimezone(day.tzinfo).date()


def _calendar_of(bound: Bound) -> str:
    """The calendar that the schedule was put into; the one that is declared may have been made anew since."""
    return str(bound.private.get("calendar") or bound.applied.get("calendar") or "")


def _marked(look: Look, address: Address, details: str) -> str:
    return f"{details}{_tail(mark(look, address))}"


def _tail(said: str) -> str:
    """What stands at the end of a description: a schedule has no field of its own for a key (§13)."""
    return f"\n[{said[:_MARK]}]"


def _shared(live: Content, people: Write | None) -> list[Mapping[str, Any]]:
    """Who sees it after the edit; whoever was let in by hand keeps what they may."""
    there: list[Mapping[str, Any]] = [dict(each) for each in live.get("shares") or []]
    if people is None:
        return there
    kept = {fold(str(each["userid"])): each for each in there}
    wanted = _edited([str(each["userid"]) for each in there if _sees(each)], people)
    named = {fold(each) for each in wanted}
    dropped = {fold(each) for each in people.edit.drop} if people.edit is not None else set()
    others = [each for key, each in kept.items() if key not in named and key not in dropped]
    return [*({**kept.get(fold(each), {"userid": each}), "permission": _SEES} for each in wanted), *others]


def _sees(share: Mapping[str, Any]) -> bool:
    return bool(share.get("permission", _SEES) == _SEES)


def _admins(live: Content) -> list[str]:
    return [str(each) for each in live.get("admins") or []]


def _edited(there: Sequence[str], write: Write | None) -> list[str]:
    """A shared list after the edit, each person once whatever the case of their userid."""
    if write is None:
        return [*there]
    if write.edit is None:
        return _texts(write.after)
    drop = {fold(each) for each in write.edit.drop}
    kept = [each for each in there if fold(each) not in drop]
    present = {fold(each) for each in kept}
    return [*kept, *(str(each) for each in write.edit.put.values() if fold(str(each)) not in present)]


def _now(look: Look) -> datetime:
    return datetime.fromtimestamp(look.context.now(), UTC)


def _texts(value: Json) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else []


def _number(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
