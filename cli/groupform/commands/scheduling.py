"""Owns what the commands about the calendar share: its findings, and the occasions of every deployment asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import anyio

from groupform.calendar.agenda import Events, Occasion, agenda
from groupform.calendar.approving import approval_findings, unapproved
from groupform.calendar.entries import Entry, Scheduled, entries, within
from groupform.calendar.lint import lint
from groupform.calendar.milestones import ENDS, milestones
from groupform.calendar.season import zone_of
from groupform.commands.platforms import Platforms
from groupform.commands.run import Run
from groupform.config.diagnostics import Diagnostic, Refused
from groupform.config.project import Project, ResolvedDeployment
from groupform.engine.dispatching import destinations
from groupform.engine.post_limits import LimitsPosts, PostLimits
from groupform.state.document import Document
from groupform.when.clock import instant_of

_DAY = timedelta(days=1)
_FIRST_YEAR, _LAST_YEAR = 1970, 2099  # the years that the calendars' tables cover
_WINDOWS = (timedelta(days=8), timedelta(days=40), timedelta(days=200), timedelta(days=800))


def limits_of(project: Project, platforms: Platforms) -> dict[str, PostLimits]:
    """What the platforms say about posts, by connection."""
    found: dict[str, PostLimits] = {}
    for key, each in project.connections.items():
        provider = platforms.get(each.platform)
        if isinstance(provider, LimitsPosts):
            found[key] = provider.post_limits(each)
    return found


def calendar_findings(run: Run, project: Project) -> list[Diagnostic]:
    """What a reviewer should see about the calendars of a project."""
    if not any(each.model.calendar or each.model.compliance for each in project.communities.values()):
        return []
    found = lint(project, limits_of(project, run.installed), run.now(), size=_size)
    for each in project.deployments:
        found += approval_findings(each, not _posts_in(run, each), run.now())
    return list({(each.code, each.span, str(dict(each.params))): each for each in found}.values())


@dataclass(frozen=True, slots=True)
class Looked:
    """A project whose calendar is looked at: the deployments asked for, what happened there, and the day it is."""

    project: Project
    deployments: tuple[ResolvedDeployment, ...]
    events: Mapping[str, Events]
    zone: ZoneInfo
    today: date
    unread: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """By deployment, the entries that wait for somebody to agree."""


def open_calendar(run: Run, env: str | None, names: Sequence[str] | None) -> Looked:
    """The calendar of the deployments asked for, without any secret. Raises Refused `deployment-unknown`.

    Where several communities are shown at once, days are counted in the first one's time zone.
    """
    from groupform.commands.bindings import load_leniently

    project = load_leniently(run, env)
    known = [each.name for each in project.deployments]
    params = [{"name": each, "known": ", ".join(known)} for each in names or () if each not in known]
    if params:
        raise Refused([Diagnostic("deployment-unknown", params=each) for each in params])
    chosen = tuple(each for each in project.deployments if not names or each.name in names)
    zone = ZoneInfo(next((zone_of(each.community.model) for each in chosen), "UTC"))
    today = run.now().astimezone(zone).date()
    return Looked(project, chosen, _events(run, env, project), zone, today, _unread(run, project, chosen))


def month_entries(run: Run, looked: Looked, month: str | None, months: int) -> tuple[date, list[Entry]]:
    """The first day of a month, and all entries from there on, for so many months. Raises Refused."""
    first = _month(month, looked.today)
    after = first
    for _ in range(months):
        after = (after + timedelta(days=32)).replace(day=1)
    # Other communities may be in other zones: a day more at both ends holds their days as well.
    since, until = _midnight(first, looked.zone) - _DAY, _midnight(after, looked.zone) + _DAY
    return first, within(entries(_scheduled(run, looked, since, until)), first, after)


def coming(run: Run, looked: Looked, count: int) -> list[Scheduled]:
    """The next `count` things that are due, over all deployments asked for; one in several groups counts once."""
    now = run.now()
    found: list[Scheduled] = []
    order: list[tuple[datetime, str, str]] = []
    for window in _WINDOWS:
        found = _scheduled(run, looked, now, now + window)
        order = sorted({_place(one, each) for one in found for each in one.occasions})
        if len(order) >= count:
            break
    kept = set(order[:count])
    return [replace(one, occasions=tuple(each for each in one.occasions if _place(one, each) in kept)) for one in found]


def _place(one: Scheduled, each: Occasion) -> tuple[datetime, str, str]:
    return each.scheduled, one.deployment.community.key, each.calendar


def _scheduled(run: Run, looked: Looked, since: datetime, until: datetime) -> list[Scheduled]:
    return [
        Scheduled(
            each,
            _occasions(run, each, since, until, looked.events.get(each.name, Events())),
            looked.unread.get(each.name, frozenset()),
        )
        for each in looked.deployments
    ]


def _occasions(
    run: Run, deployment: ResolvedDeployment, since: datetime, until: datetime, events: Events
) -> tuple[Occasion, ...]:
    """What is due, and between it when runs begin and end."""
    found = [*milestones(deployment, since, until, run.terminal.say), *agenda(deployment, since, until, events)]
    return tuple(sorted(found, key=lambda each: (each.scheduled, each.calendar == ENDS)))


def _month(text: str | None, today: date) -> date:
    if text is None:
        return today.replace(day=1)
    try:
        found = datetime.strptime(text, "%Y-%m").date()
    except ValueError:
        found = date.min
    if not _FIRST_YEAR <= found.year <= _LAST_YEAR:
        raise Refused([Diagnostic("calendar-not-a-month", params={"value": text})])
    return found


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return instant_of(datetime.combine(day, time()), zone)


def _events(run: Run, env: str | None, project: Project) -> dict[str, Events]:
    """When groups came to be, from the states that can be read here; a calendar can be looked at without them."""
    from groupform.commands.bindings import read_documents

    waits = any(
        planned.when.after is not None
        for each in project.communities.values()
        for planned in each.model.calendar.values()
    )
    if not waits:
        return {}
    try:
        documents = read_documents(run, env, None)
    except Refused:
        return {}
    from groupform.calendar.due import events_of

    types = {each.name: _posts_in(run, each) for each in project.deployments}
    return {each.deployment: events_of(each, types.get(each.deployment, "")) for each in documents}


def _unread(run: Run, project: Project, deployments: Sequence[ResolvedDeployment]) -> dict[str, frozenset[str]]:
    """What nobody has agreed to yet, by the ledgers that can be read here; all of it, where one cannot."""
    asking = [each for each in deployments if any(one.approve for one in each.community.model.calendar.values())]
    if not asking:
        return {}
    from groupform.commands.asking import ledgers_of
    from groupform.commands.worlds import open_world

    try:
        ledgers = anyio.run(ledgers_of, asking, open_world(run, project))
    except Refused:
        ledgers = {}
    none = Document(lineage="", deployment="", environment="")
    return {
        each.name: unapproved(each, ledgers.get(each.name, none), by_hand=not _posts_in(run, each)) for each in asking
    }


def _posts_in(run: Run, deployment: ResolvedDeployment) -> str:
    provider = run.installed.get(deployment.connection.platform)
    return destinations(provider)


def _size(file: Path) -> int | None:
    try:
        return file.stat().st_size if file.is_file() else None
    except OSError:
        return None
