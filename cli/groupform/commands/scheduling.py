"""Owns what the commands about the calendar share: its findings, and the occasions of every deployment asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from groupform.calendar.agenda import Events, Occasion, agenda
from groupform.calendar.lint import lint
from groupform.calendar.season import zone_of
from groupform.commands.platforms import Platforms
from groupform.commands.run import Run
from groupform.config.diagnostics import Diagnostic, Refused
from groupform.config.project import Project, ResolvedDeployment
from groupform.engine.post_limits import LimitsPosts, PostLimits
from groupform.engine.posting import TakesPosts
from groupform.when.clock import instant_of

_WINDOWS = (timedelta(days=8), timedelta(days=40), timedelta(days=200), timedelta(days=800))


@dataclass(frozen=True, slots=True)
class Scheduled:
    """One deployment, and what is due there in a stretch of time."""

    deployment: ResolvedDeployment
    occasions: tuple[Occasion, ...]


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
    return lint(project, limits_of(project, run.installed), run.now(), size=_size)


def zone_of_all(project: Project) -> ZoneInfo:
    """The zone in which days are counted where several communities are shown at once: the first one's."""
    return ZoneInfo(next((zone_of(each.community.model) for each in project.deployments), "UTC"))


def month_of(text: str | None, today: date) -> date:
    """The first day of a month such as `2026-12`; of this one where none is named. Raises Refused."""
    if text is None:
        return today.replace(day=1)
    try:
        return datetime.strptime(text, "%Y-%m").date()
    except ValueError:
        raise Refused([Diagnostic("calendar-not-a-month", params={"value": text})]) from None


def month_after(first: date) -> date:
    return (first + timedelta(days=32)).replace(day=1)


def scheduled(
    run: Run, project: Project, names: Sequence[str] | None, env: str | None, since: datetime, until: datetime
) -> list[Scheduled]:
    """What is due in each deployment asked for. Days after a group was made are known where the state can be read."""
    events = _events(run, env, project)
    return [
        Scheduled(each, tuple(agenda(each, since, until, events.get(each.name, Events()))))
        for each in project.deployments
        if not names or each.name in names
    ]


def coming(run: Run, project: Project, names: Sequence[str] | None, env: str | None, count: int) -> list[Scheduled]:
    """The next `count` things that are due, over all deployments asked for; one in several groups counts once."""
    now = run.now()
    found: list[Scheduled] = []
    for window in _WINDOWS:
        found = scheduled(run, project, names, env, now, now + window)
        if len({(each.calendar, each.scheduled) for one in found for each in one.occasions}) >= count:
            break
    order = sorted({(each.scheduled, one.deployment.name, each.calendar) for one in found for each in one.occasions})
    kept = set(order[:count])
    return [
        Scheduled(
            one.deployment,
            tuple(each for each in one.occasions if (each.scheduled, one.deployment.name, each.calendar) in kept),
        )
        for one in found
    ]


def midnight(day: date, zone: ZoneInfo) -> datetime:
    return instant_of(datetime.combine(day, time()), zone)


def check_names(project: Project, names: Sequence[str] | None) -> None:
    """Raises Refused for a deployment that there is none of."""
    known = [each.name for each in project.deployments]
    wrong = [each for each in names or () if each not in known]
    if wrong:
        params = [{"name": each, "known": ", ".join(known)} for each in wrong]
        raise Refused([Diagnostic("deployment-unknown", params=each) for each in params])


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


def _posts_in(run: Run, deployment: ResolvedDeployment) -> str:
    provider = run.installed.get(deployment.connection.platform)
    return provider.posts_in if isinstance(provider, TakesPosts) else ""


def _size(file: Path) -> int | None:
    try:
        return file.stat().st_size if file.is_file() else None
    except OSError:
        return None
