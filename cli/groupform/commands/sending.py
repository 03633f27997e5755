"""Owns the sending of what is due, once or for ever: deployment by deployment, each by itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import anyio

from groupform.calendar.due import next_due
from groupform.calendar.report import CalendarReport
from groupform.calendar.running import run_calendar, state_of
from groupform.commands.ending import exit_code
from groupform.commands.planning import Trouble, choose, show_troubles, trouble_of
from groupform.commands.projects import open_project, ready_deployments
from groupform.commands.run import Run
from groupform.commands.worlds import open_world, seconds_of
from groupform.config.diagnostics import Refused
from groupform.config.project import ResolvedDeployment
from groupform.engine.posting import TakesPosts
from groupform.engine.world import World
from groupform.render.diagnostics import show_diagnostics
from groupform.render.sending import show_sent

_LONGEST = timedelta(minutes=5)
"""A watch looks again at least so often: the files and the groups may have changed."""
_SHORTEST = timedelta(seconds=5)


def send_due(run: Run, env: str | None, names: Sequence[str] | None, max_wait: str, *, dry_run: bool = False) -> int:
    """Sends what is due now, and returns the exit code. Says nothing where there is nothing to say."""
    world, chosen = open_calendars(run, env, names, max_wait)
    return anyio.run(_once, run, world, chosen, dry_run)


def send_for_ever(run: Run, env: str | None, names: Sequence[str] | None, max_wait: str) -> int:
    """Sends what is due, sleeps until the next, and so on until it is interrupted. Files are read anew each time."""
    opened = open_calendars(run, env, names, max_wait)
    while True:
        anyio.run(_once, run, *opened, False)
        anyio.run(_rest, *opened)
        try:
            opened = open_calendars(run, env, names, max_wait)
        except Refused as refused:
            # Somebody is editing: what was declared last goes on.
            show_diagnostics(run.terminal, refused.diagnostics)


def open_calendars(
    run: Run, env: str | None, names: Sequence[str] | None, max_wait: str
) -> tuple[World, list[ResolvedDeployment]]:
    """The world, and the deployments that have something to send."""
    seconds = seconds_of(max_wait, "--max-wait")
    names = names or ready_deployments(run, env) or None
    project = open_project(run, env, names)
    world = open_world(run, project, max_wait=seconds)
    chosen = choose(project, world, names)
    return world, [each for each in chosen if any(one.post for one in each.community.model.calendar.values())]


async def _once(run: Run, world: World, chosen: Sequence[ResolvedDeployment], dry_run: bool) -> int:
    reports: dict[str, CalendarReport] = {}
    troubles: dict[str, Trouble] = {}

    async def one(deployment: ResolvedDeployment) -> None:
        found = await send_one(deployment, world, dry_run=dry_run)
        if isinstance(found, Trouble):
            troubles[deployment.name] = found
        else:
            reports[deployment.name] = found

    async with anyio.create_task_group() as group:
        for each in chosen:
            group.start_soon(one, each)
    for each in chosen:
        if each.name in reports:
            show_sent(run.terminal, reports[each.name])
    show_troubles(run.terminal, [troubles[each.name] for each in chosen if each.name in troubles])
    return exit_code([*(each.exit_code for each in reports.values()), *(each.exit_code for each in troubles.values())])


async def send_one(deployment: ResolvedDeployment, world: World, *, dry_run: bool = False) -> CalendarReport | Trouble:
    """All that a run does for one deployment: here, and in whichever worker takes it from a queue."""
    try:
        return await run_calendar(deployment, world, dry_run=dry_run)
    except Exception as error:
        return trouble_of(deployment.name, error)


async def _rest(world: World, chosen: Sequence[ResolvedDeployment]) -> None:
    """Sleeps until something may be due."""
    await anyio.sleep(await seconds_to_next(world, chosen))


async def seconds_to_next(world: World, chosen: Sequence[ResolvedDeployment]) -> float:
    """For how long nothing will be due, as far as is known now."""
    now = world.now()
    waits = [_LONGEST]
    for each in chosen:
        provider = world.providers[each.connection.platform]
        posts_in = provider.posts_in if isinstance(provider, TakesPosts) else ""
        due = next_due(each, await state_of(each, world), now, now + _LONGEST, posts_in)
        if due is not None:
            waits.append(due - now)
    return max(min(waits), _SHORTEST).total_seconds()
