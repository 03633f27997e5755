"""Finds what cannot go well with a community's runs: posts that come when their group is gone, runs that overlap."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from groupform.calendar.agenda import after_quiet
from groupform.calendar.lint_rules import at_path
from groupform.calendar.occurrences import Happened, expand
from groupform.calendar.season import CommunityRun, follows_runs, runs_of, zone_of
from groupform.config.diagnostics import Diagnostic, Severity
from groupform.config.project import Community
from groupform_schemas import CalendarItem, Event, FromRuns, Group, RepeatedRuns

_AHEAD = timedelta(days=800)
_LOOKED_AT = 60
"""So many runs tell how often they overlap."""


def run_findings(community: Community, now: datetime) -> Iterator[Diagnostic]:
    """What a reviewer should see of a community that comes and goes; nothing for one that stands."""
    model = community.model
    if not isinstance(model.runs, RepeatedRuns):
        return
    runs = (runs_of(model, now, now + _AHEAD) or ())[:_LOOKED_AT]
    if not runs:
        return
    for key, planned in model.calendar.items():
        if planned.post is not None and planned.when.after is Event.run_started and _to_its_own(community, planned):
            yield from _too_late(community, key, planned, runs[0])
    yield from _overlapping(community, runs)


def _to_its_own(community: Community, planned: CalendarItem) -> bool:
    """Whether it goes to a group that is gone when the run is over; a standing one may be told afterwards."""
    groups = community.model.groups
    keys = [name.partition("/")[0] for name in planned.to]
    return any(key in groups and follows_runs(groups[key]) for key in keys)


def _too_late(community: Community, key: str, planned: CalendarItem, run: CommunityRun) -> Iterator[Diagnostic]:
    model = community.model
    zone = ZoneInfo(zone_of(model))
    started = (Happened(Event.run_started, run.start),)
    moment = next(iter(expand(planned.when, zone.key, run.start, run.end + _AHEAD, events=started)), None)
    if moment is None:
        return
    due = after_quiet(moment.instant, zone, model.sending.quiet_hours if model.sending else None)
    if due < run.end:
        return
    code = "run-post-after-end" if moment.instant >= run.end else "run-post-held-past-end"
    words = {"key": key, "when": _shown(moment.instant, zone), "due": _shown(due, zone), "end": _shown(run.end, zone)}
    yield at_path(community, f"calendar.{key}.when", code, Severity.warning, **words)


def _overlapping(community: Community, runs: Sequence[CommunityRun]) -> Iterator[Diagnostic]:
    most = max(sum(each.start <= one.start < each.end for each in runs) for one in runs)
    for key, group in community.model.groups.items():
        if follows_runs(group) and _copies(group) < most:
            words = {"key": key, "count": most, "copies": _copies(group)}
            yield at_path(community, f"groups.{key}", "runs-overlap", Severity.warning, **words)


def _copies(group: Group) -> int:
    return group.each.from_.run if group.each is not None and isinstance(group.each.from_, FromRuns) else 1


def _shown(instant: datetime, zone: ZoneInfo) -> str:
    return f"{instant.astimezone(zone):%Y-%m-%d %H:%M}"
