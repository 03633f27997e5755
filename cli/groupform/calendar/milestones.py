"""Puts the beginning and the end of each run on the calendar, beside what is sent during it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from groupform.calendar.agenda import Occasion
from groupform.calendar.season import CommunityRun, follows_runs, group_of, runs_of, zone_of
from groupform.config.project import ResolvedDeployment
from groupform_schemas import CalendarItem, CalendarKind, RepeatedRuns

BEGINS, ENDS = "run.begins", "run.ends"
"""No entry of a file can have these names: a key holds no dot."""


def milestones(
    deployment: ResolvedDeployment, since: datetime, until: datetime, words: Callable[[str], str]
) -> list[Occasion]:
    """When runs begin and end with `since <= instant < until`, one occasion for each group that a run has to itself.

    `words` gives the sentences by their codes. Nothing is sent for them: `calendar run` opens and closes the groups.
    """
    runs = deployment.community.model.runs
    if not isinstance(runs, RepeatedRuns):
        return []
    found: list[Occasion] = []
    # One that ends just then is not under way any more, and yet its end is within.
    for run in runs_of(deployment.community.model, since - timedelta(seconds=1), until) or ():
        for key, at, code in ((BEGINS, run.start, "run-begins"), (ENDS, run.end, f"run-ends-{runs.then.value}")):
            if since <= at < until:
                found += _at(deployment, run, key, at, words(code))
    return found


def _at(deployment: ResolvedDeployment, run: CommunityRun, key: str, at: datetime, title: str) -> list[Occasion]:
    zone = ZoneInfo(zone_of(deployment.community.model))
    runs = deployment.community.model.runs
    assert isinstance(runs, RepeatedRuns)
    groups = [
        group
        for name, model in deployment.community.model.groups.items()
        if follows_runs(model) and (group := group_of(deployment, name, run)) is not None
    ]
    to = tuple(each.name for each in groups)
    planned = CalendarItem.model_construct(
        title=title, kind=CalendarKind.activity, when=runs.every, to=to, lasts=None, post=None, by=None, approve=None
    )
    instant = at.astimezone(UTC)
    return [
        Occasion(deployment.name, key, planned, instant, at.astimezone(zone), instant, each, run.key) for each in groups
    ]
