"""Owns the single dates of what repeats cannot say: which fall into the window that a plan speaks for."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from groupform.calendar.occurrences import Happened, Moment, expand
from groupform.calendar.season import first_day, runs_of, zone_of
from groupform.compile.address import Address
from groupform.compile.resource import Compiled, OnRemove, Resource
from groupform.config.project import ResolvedDeployment
from groupform.providers.wecom.types import TYPES
from groupform_schemas import Event, When

_DAY = timedelta(days=1)
_NEAR, _FAR = 1, 12
"""How many months beyond this one: what comes often, and what comes once or a few times a year."""
MOST = 200
"""Single dates of one thing within its window: what comes more often is no date that anybody looks up."""
_SEASONS = (Event.run_started,)


def single_dates(deployment: ResolvedDeployment, when: When, *, in_runs: bool) -> list[tuple[str, Moment]] | None:
    """The dates in the window, each with its key; None where nobody can know them beforehand, or there are too many.

    The window opens tomorrow and closes with a month, so that it is the same all month long: what is today stays as it
    is, and each month brings its own. `in_runs` leaves out what falls between two runs.
    """
    if when.after is not None and when.after not in _SEASONS:
        return None
    if deployment.as_of is None:
        return []
    model = deployment.community.model
    there = ZoneInfo(zone_of(model))
    today = deployment.as_of.astimezone(there).date()
    seldom = bool(when.dates or when.lunar or when.holiday)
    since = datetime.combine(today + _DAY, time(), there)
    until = datetime.combine(_month(today, (_FAR if seldom else _NEAR) + 1), time(), there)
    found: dict[str, Moment] = {}
    for number, moment in enumerate(_moments(deployment, when, since, until, in_runs)):
        if number >= MOST:
            return None
        day, more = moment.local.date().isoformat(), 2
        key = day
        while key in found:
            key, more = f"{day}-{more}", more + 1
        found[key] = moment
    return list(found.items())


def with_past(compiled: Compiled, known: Collection[str], deployment: ResolvedDeployment) -> Compiled:
    """The same with the dates that are over and that the state knows: they are neither changed nor taken away. Pure.

    Without the calendar they go with it.
    """
    there = {each.address for each in compiled.resources}
    if deployment.as_of is None or not any(each.type == "calendar" for each in there):
        return compiled
    today = deployment.as_of.astimezone(ZoneInfo(zone_of(deployment.community.model))).date()
    untouched = frozenset(TYPES["schedule"].attributes)
    over: list[Resource] = []
    for text in sorted(each for each in known if "/schedule." in each):
        address = Address.parse(text)
        day = day_of(address)
        if address not in there and day is not None and day <= today:
            label = f"{address.key} {day}"
            over.append(Resource(address, {}, label, on_remove=OnRemove.forget, ignore=untouched))
    return replace(compiled, resources=(*compiled.resources, *over)) if over else compiled


def day_of(address: Address) -> date | None:
    """The day that a single date falls on; None for a schedule that repeats."""
    try:
        return date.fromisoformat((address.instance or "")[:10])
    except ValueError:
        return None


def _moments(
    deployment: ResolvedDeployment, when: When, since: datetime, until: datetime, in_runs: bool
) -> Iterator[Moment]:
    model = deployment.community.model
    zone, anchor = zone_of(model), first_day(model)
    wait = (when.wait.timedelta if when.wait else timedelta()) + 2 * _DAY
    runs = runs_of(model, since - wait, until) if in_runs else None
    events = [Happened(Event.run_started, each.start) for each in runs or ()]
    seen = set[datetime]()
    for moment in expand(when, zone, since, until, events=events, anchor=anchor):
        inside = runs is None or any(each.start <= moment.instant < each.end for each in runs)
        if (inside or when.after is not None) and moment.instant not in seen:
            seen.add(moment.instant)
            yield moment


def _month(day: date, later: int) -> date:
    """The first day of the month that is so many months later."""
    months = day.year * 12 + day.month - 1 + later
    return date(months // 12, months % 12 + 1, 1)
