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
    world, chosen = _opened(run, env, names, max_wait)
    return anyio.run(_once, run, world, chosen, dry_run)


def send_for_ever(run: Run, env: str | None, names: Sequence[str] | None, max_wait: str) -> int:
    """Sends what is due, sleeps until the next, and so on until it is interrupted. Files are read anew each time."""
    opened = _opened(run, env, names, max_wait)
    while True:
        anyio.run(_once, run, *opened, False)
        anyio.run(_rest, run, *opened)
        try:
            opened = _opened(run, env, names, max_wait)
        except Refused as refused:
            # Somebody is editing: what was declared last goes on.
            show_diagnostics(run.terminal, refused.diagnostics)


def _opened(
    run: Run, env: str | None, names: Sequence[str] | None, max_wait: str
) -> tuple[World, list[ResolvedDeployment]]:
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
        try:
            reports[deployment.name] = await run_calendar(deployment, world, dry_run=dry_run)
        except Exception as error:
            troubles[deployment.name] = trouble_of(deployment.name, error)

    async with anyio.create_task_group() as group:
        for each in chosen:
            group.start_soon(one, each)
    for each in chosen:
        if each.name in reports:
            show_sent(run.terminal, reports[each.name])
    show_troubles(run.terminal, [troubles[each.name] for each in chosen if each.name in troubles])
    return exit_code([*(each.exit_code for each in reports.values()), *(each.exit_code for each in troubles.values())])


async def _rest(run: Run, world: World, chosen: Sequence[ResolvedDeployment]) -> None:
    """Sleeps until something may be due."""
    now = run.now()
    waits = [_LONGEST]
    for each in chosen:
        provider = world.providers[each.connection.platform]
        posts_in = provider.posts_in if isinstance(provider, TakesPosts) else ""
        due = next_due(each, await state_of(each, world), now, now + _LONGEST, posts_in)
        if due is not None:
            waits.append(due - now)
    await anyio.sleep(max(min(waits), _SHORTEST).total_seconds())
