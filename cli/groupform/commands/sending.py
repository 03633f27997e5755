"""Owns the sending of what is due, once or for ever: deployment by deployment, each by itself."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import NamedTuple

import anyio

from groupform.calendar.due import next_due
from groupform.calendar.duties import asks_something
from groupform.calendar.opening import next_turn
from groupform.calendar.report import CalendarReport
from groupform.calendar.running import run_calendar, state_of
from groupform.calendar.season import runs_of
from groupform.calendar.turning import Turned, has_turns, turn_runs
from groupform.commands.ending import exit_code
from groupform.commands.planning import Trouble, choose, show_troubles, trouble_of
from groupform.commands.projects import open_project, ready_deployments
from groupform.commands.revisions import revision_of
from groupform.commands.run import Run
from groupform.commands.worlds import open_world, seconds_of
from groupform.config.diagnostics import Refused
from groupform.config.project import Project, ResolvedDeployment
from groupform.engine.dispatching import destinations
from groupform.engine.world import World
from groupform.render.diagnostics import show_diagnostics
from groupform.render.opening import show_turned
from groupform.render.sending import show_sent

_LONGEST = timedelta(minutes=5)
"""A watch looks again at least so often: the files and the groups may have changed."""
_SHORTEST = timedelta(seconds=5)


def send_due(
    run: Run,
    env: str | None,
    names: Sequence[str] | None,
    max_wait: str,
    *,
    dry_run: bool = False,
    posts_only: bool = False,
) -> int:
    """Opens and closes the groups of runs (not with `posts_only`), sends what is due now, and returns the exit code.

    Says nothing where there is nothing to say.
    """
    opened = open_project_calendars(run, env, names, max_wait, posts_only=posts_only)
    return anyio.run(_once, run, *opened, dry_run)


def send_for_ever(
    run: Run, env: str | None, names: Sequence[str] | None, max_wait: str, *, posts_only: bool = False
) -> int:
    """Does so, sleeps until the next is due, and so on until it is interrupted. Files are read anew each time."""
    opened = open_project_calendars(run, env, names, max_wait, posts_only=posts_only)
    while True:
        anyio.run(_once, run, *opened, False)
        anyio.run(_rest, opened.world, opened.chosen)
        try:
            opened = open_project_calendars(run, env, names, max_wait, posts_only=posts_only)
        except Refused as refused:
            # Somebody is editing: what was declared last goes on.
            show_diagnostics(run.terminal, refused.diagnostics)


def open_calendars(
    run: Run, env: str | None, names: Sequence[str] | None, max_wait: str
) -> tuple[World, list[ResolvedDeployment]]:
    """The world, and the deployments that have something to send."""
    opened = open_project_calendars(run, env, names, max_wait)
    return opened.world, opened.chosen


class Opened(NamedTuple):
    """The project (None: no group is to be opened or closed), the world, and who has something to send or to open."""

    project: Project | None
    world: World
    chosen: list[ResolvedDeployment]


def open_project_calendars(
    run: Run, env: str | None, names: Sequence[str] | None, max_wait: str, *, posts_only: bool = False
) -> Opened:
    """As `open_calendars` does, with the project, whose runs may have to be opened and closed."""
    seconds = seconds_of(max_wait, "--max-wait")
    names = names or ready_deployments(run, env) or None
    project = open_project(run, env, names)
    world = open_world(run, project, max_wait=seconds)
    chosen = choose(project, world, names)
    turning = [] if posts_only else [each for each in chosen if has_turns(each)]
    if turning:
        world = replace(world, run=uuid.uuid4().hex, revision=revision_of(project.root, run.environ))
    turn = {each.name for each in turning}
    kept = [each for each in chosen if each.name in turn or asks_something(each.community.model)]
    return Opened(None if posts_only else project, world, kept)


async def _once(
    run: Run, project: Project | None, world: World, chosen: Sequence[ResolvedDeployment], dry_run: bool
) -> int:
    reports: dict[str, CalendarReport] = {}
    troubles: dict[str, Trouble] = {}

    async def one(deployment: ResolvedDeployment) -> None:
        found = await send_one(deployment, world, dry_run=dry_run, project=project)
        if isinstance(found, Trouble):
            troubles[deployment.name] = found
        else:
            reports[deployment.name] = found

    async with anyio.create_task_group() as group:
        for each in chosen:
            group.start_soon(one, each)
    for each in chosen:
        if each.name in reports:
            show_turned(run.terminal, reports[each.name].turned)
            show_sent(run.terminal, reports[each.name])
    show_troubles(run.terminal, [troubles[each.name] for each in chosen if each.name in troubles])
    return exit_code([*(each.exit_code for each in reports.values()), *(each.exit_code for each in troubles.values())])


async def send_one(
    deployment: ResolvedDeployment, world: World, *, dry_run: bool = False, project: Project | None = None
) -> CalendarReport | Trouble:
    """All that a run does for one deployment: here, and in whichever worker takes it from a queue.

    With `project`, the groups of the community's runs are opened and closed first: what is sent goes to the new ones.
    """
    turned: Turned | None = None
    try:
        if project is not None:
            turned = await turn_runs(deployment, project, world, dry_run=dry_run)
            if turned is not None and turned.busy is not None:
                # Whoever is at it sends as well: half of the groups may not be there yet.
                return CalendarReport(deployment.name, turned.zone, turned=turned)
        report = await run_calendar(deployment, world, dry_run=dry_run)
    except Exception as error:
        trouble = trouble_of(deployment.name, error)
        if turned is None:
            return trouble
        zone = turned.zone
        turned.troubles = (*turned.troubles, *trouble.diagnostics)
        turned.code = exit_code([turned.code, trouble.exit_code])
        return CalendarReport(deployment.name, zone, turned=turned)
    report.turned = turned
    return report


async def _rest(world: World, chosen: Sequence[ResolvedDeployment]) -> None:
    """Sleeps until something may be due."""
    await anyio.sleep(await seconds_to_next(world, chosen))


async def seconds_to_next(world: World, chosen: Sequence[ResolvedDeployment]) -> float:
    """For how long nothing will be due, as far as is known now."""
    now = world.now()
    waits = [_LONGEST]
    for each in chosen:
        provider = world.providers[each.connection.platform]
        posts_in = destinations(provider)
        due = next_due(each, await state_of(each, world), now, now + _LONGEST, posts_in)
        if due is not None:
            waits.append(due - now)
        turn = next_turn(runs_of(each.community.model, now, now + _LONGEST) or (), now)
        if turn is not None:
            waits.append(turn - now)
    return max(min(waits), _SHORTEST).total_seconds()
