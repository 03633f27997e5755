"""Owns looking at connections for `doctor`: all at once, each answered for by its own provider."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import anyio

from groupform.commands.platforms import Platforms, installed_platforms
from groupform.commands.projects import UNSET, about_connection
from groupform.commands.run import Run
from groupform.commands.worlds import looking, open_world
from groupform.config.diagnostics import Diagnostic, Refused, Severity
from groupform.config.load import load_project
from groupform.config.project import Connection, Project
from groupform.engine.desired import team_accounts
from groupform.engine.provider import Check, Failure


@dataclass(frozen=True, slots=True)
class Examined:
    """What was found about one connection, and the exit code that it asks for."""

    connection: str
    platform: str
    checks: tuple[Check, ...]
    exit_code: int


async def examine(run: Run, env: str | None, names: Sequence[str] | None) -> list[Examined]:
    """Looks at the connections asked for, or at all in use. Raises Refused for what the files get wrong."""
    platforms = installed_platforms()
    loaded = load_project(run.root, environ=run.environ, environment=env, now=run.now(), deployments=())
    if loaded.project is None:
        raise Refused(loaded.diagnostics)
    project = loaded.project
    unset = [each for each in loaded.diagnostics if each.code in UNSET]
    used = {each.connection.key for each in project.deployments}
    wanted = list(names or [each for each in project.connections if each in used])
    for name in wanted:
        if name not in project.connections:
            known = ", ".join(project.connections)
            raise Refused([Diagnostic("connection-unknown", params={"name": name, "known": known})])
    found: dict[str, Examined] = {}

    async def one(name: str) -> None:
        connection = project.connections[name]
        missing = [each for each in unset if about_connection(each, connection, project)]
        found[name] = await _examine(run, project, connection, platforms, missing)

    async with anyio.create_task_group() as group:
        for name in wanted:
            group.start_soon(one, name)
    return [found[name] for name in wanted]


async def _examine(
    run: Run, project: Project, connection: Connection, platforms: Platforms, missing: Sequence[Diagnostic]
) -> Examined:
    name, platform = connection.key, connection.platform
    if platform not in platforms:
        check = Check("doctor-no-provider", False, {"platform": platform})
        return Examined(name, platform, (check,), 0)
    wrong = [*missing, *platforms[platform].check_connection(connection)]
    if wrong:
        fatal = [each for each in wrong if each.severity is not Severity.note]
        checks = tuple(Check(each.code, False, dict(each.params), fatal=each in fatal) for each in wrong)
        return Examined(name, platform, checks, 1 if fatal else 0)
    world = open_world(run, project, max_wait=30.0)
    # Who may own a group, and be added, is asked of everybody who runs what is deployed there.
    there = [each for each in project.deployments if each.connection.key == name]
    team = frozenset[str]().union(*map(team_accounts, there))
    context = replace(looking(connection, project, world), team=team)
    try:
        async with platforms[platform].connect(context) as session:
            checks = tuple(await session.doctor())
    except Failure as failure:
        check = Check(failure.code, False, dict(failure.params), fatal=True)
        return Examined(name, platform, (check,), 4 if failure.unreachable else 1)
    return Examined(name, platform, checks, 1 if any(each.fatal and not each.ok for each in checks) else 0)
