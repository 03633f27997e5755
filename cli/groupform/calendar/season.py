"""Owns the runs of a community on the calendar: when each begins and ends, and which groups are its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from groupform.config.placeholders import fill, words
from groupform.config.project import GroupInstance, ResolvedDeployment
from groupform.when.clock import instant_of
from groupform.when.moments import moments
from groupform_schemas import CommunityFile, FromRuns, Group, OneRun, RepeatedRuns

RUN = "run"
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class CommunityRun:
    """One run: `key` is the date it begins on there; it is under way while `start <= instant < end`."""

    key: str
    start: datetime
    end: datetime


def zone_of(model: CommunityFile) -> str:
    return model.timezone or "UTC"


def runs_of(model: CommunityFile, since: datetime, until: datetime) -> tuple[CommunityRun, ...] | None:
    """The runs of which a part lies in `since <= instant < until`, in order; None for a community that just stands."""
    zone = ZoneInfo(zone_of(model))
    if isinstance(model.runs, OneRun):
        start = instant_of(datetime.combine(model.runs.from_, time()), zone)
        end = instant_of(datetime.combine(model.runs.until + _DAY, time()), zone)
        only = CommunityRun(model.runs.from_.isoformat(), start, end)
        return (only,) if only.start < until and only.end > since else ()
    if isinstance(model.runs, RepeatedRuns):
        return tuple(_repeated(model.runs, zone, since, until))
    return None


def run_named(model: CommunityFile, key: str) -> CommunityRun | None:
    """The run that begins on this day there; None where none does."""
    try:
        day = instant_of(datetime.combine(date.fromisoformat(key), time()), ZoneInfo(zone_of(model)))
    except (ValueError, OverflowError):
        return None
    return next((each for each in runs_of(model, day - _DAY, day + 2 * _DAY) or () if each.key == key), None)


def first_day(model: CommunityFile) -> date | None:
    """The day from which what recurs is counted, where the community has one."""
    runs = model.runs
    return runs.from_ if isinstance(runs, OneRun | RepeatedRuns) else None


def follows_runs(group: Group) -> bool:
    """Whether each run has a group of its own made from this one."""
    if group.each is not None:
        return isinstance(group.each.from_, FromRuns)
    texts = (group.title, group.topic or "", group.series.title if group.series else "")
    return any(RUN in words(each) for each in texts)


def group_of(deployment: ResolvedDeployment, key: str, run: CommunityRun) -> GroupInstance | None:
    """A run's own group: the one that is declared by now, or the one that will be; None where it is not deployed."""
    found = next((each for each in deployment.groups if each.group == key and each.instance == run.key), None)
    if found is not None:
        return found
    model = deployment.community.model.groups[key]
    only = deployment.model.only
    if only is not None and key not in only and f"{key}/{run.key}" not in only:
        return None
    name = (model.each.as_ if model.each and model.each.as_ else None) or RUN
    values = {name: run.key, RUN: run.key}
    told = {**values, "community": deployment.community.model.title}
    title = fill(model.title, told)
    topic = fill(model.topic, {**told, "group": title, "title": title}) if model.topic else None
    return GroupInstance(key, run.key, title, model, topic=topic, values=values)


def _repeated(runs: RepeatedRuns, zone: ZoneInfo, since: datetime, until: datetime) -> Iterator[CommunityRun]:
    lasts, begun = runs.lasts.timedelta, set[str]()
    for each in moments(runs.every, zone.key, since - lasts, until, anchor=runs.from_):
        day = each.local.date()
        early = runs.from_ is not None and day < runs.from_
        late = runs.until is not None and day > runs.until
        # A run is named by the day it begins on: the first of a day is the one (as in config/runs).
        if not early and not late and day.isoformat() not in begun and each.instant + lasts > since:
            begun.add(day.isoformat())
            yield CommunityRun(day.isoformat(), each.instant, each.instant + lasts)
