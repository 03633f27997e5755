"""Owns looking for drift in every deployment side by side: one that is broken hides none of the others."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

import anyio

from groupform.commands.ending import exit_code
from groupform.commands.planning import Trouble, choose, trouble_of
from groupform.commands.projects import UNSET, about_connection, read_project
from groupform.commands.run import Run
from groupform.commands.worlds import open_world
from groupform.config.diagnostics import Diagnostic, Severity
from groupform.config.project import Project, ResolvedDeployment
from groupform.engine.drift import Drift, Finding, Kind, Section, appeared, find_drift
from groupform.engine.planning import gather
from groupform.engine.strays import find_strays
from groupform.engine.world import World


@dataclass(frozen=True, slots=True)
class Scope:
    """What is looked at. `managed_only` leaves out what no state names."""

    deep: bool = False
    managed_only: bool = False


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found, and what could not be looked at."""

    drift: Drift
    troubles: tuple[Trouble, ...] = ()

    @property
    def exit_code(self) -> int:
        """0 nothing; 2 something has happened; 3 no more than steps overdue; 1 and 4 before both (DESIGN §6)."""
        return exit_code([*(each.exit_code for each in self.troubles), *map(_code, self.drift.findings)])


def look_for_drift(run: Run, env: str | None, names: Sequence[str] | None, scope: Scope) -> Looked:
    """Looks at the deployments asked for, or at all; writes to no platform and to no state.

    A deployment whose token is not set, or whose connection is wrong, is one that could not be looked at. Raises
    Refused only for what concerns all of them: files that cannot be read, a state that cannot be had.
    """
    project, found = read_project(run, env, names)
    # What a nightly job has to say is drift: a warning about the files or the store would make it speak every night.
    run.warned_of_store = True
    world = open_world(run, project)
    chosen = choose(project, world, names)
    broken = (
        {}
        if run.rehearsing
        else {each.name: trouble for each in chosen if (trouble := _broken(each, project, found, world)) is not None}
    )
    ready = [each for each in chosen if each.name not in broken]
    return anyio.run(_look, chosen, ready, broken, project, world, scope)


def _broken(
    deployment: ResolvedDeployment, project: Project, found: Collection[Diagnostic], world: World
) -> Trouble | None:
    """Why a deployment cannot even be tried."""
    connection = deployment.connection
    unset = [each for each in found if each.code in UNSET and about_connection(each, connection, project)]
    wrong = [replace(each, severity=Severity.error) for each in unset]
    if not wrong:
        checked = world.providers[connection.platform].check_connection(connection)
        wrong = [each for each in checked if each.severity is Severity.error]
    return Trouble(deployment.name, tuple(wrong), 1) if wrong else None


async def _look(
    chosen: Sequence[ResolvedDeployment],
    ready: Sequence[ResolvedDeployment],
    broken: dict[str, Trouble],
    project: Project,
    world: World,
    scope: Scope,
) -> Looked:
    troubles = dict(broken)
    found: dict[str, list[Finding]] = {}

    async def one(deployment: ResolvedDeployment) -> None:
        try:
            given = await gather(deployment, project, world, deep=scope.deep, refresh_only=True)
            found[deployment.name] = find_drift(deployment, given)
        except Exception as error:
            troubles[deployment.name] = trouble_of(deployment.name, error)

    async with anyio.create_task_group() as group:
        for each in ready:
            group.start_soon(one, each)
    shared: list[Section] = []
    if not scope.managed_only:
        answering = [each for each in ready if each.name in found]
        for sharing in _by_connection(answering):
            try:
                shared += _appeared(sharing, await _strays(sharing, project, world), found)
            except Exception as error:
                # The deployments themselves answered; which of them is named does not matter.
                troubles[sharing[0].name] = trouble_of(sharing[0].name, error)
    sections = [
        Section(each.name, each.connection.platform, each.environment, tuple(found[each.name]))
        for each in chosen
        if found.get(each.name)
    ]
    told = tuple(troubles[each.name] for each in chosen if each.name in troubles)
    return Looked(Drift((*sections, *shared), tuple(each.deployment for each in told)), told)


def _by_connection(deployments: Sequence[ResolvedDeployment]) -> Iterator[list[ResolvedDeployment]]:
    by_key: dict[str, list[ResolvedDeployment]] = {}
    for each in deployments:
        by_key.setdefault(each.connection.key, []).append(each)
    yield from by_key.values()


async def _strays(sharing: Sequence[ResolvedDeployment], project: Project, world: World) -> list[Finding]:
    return [appeared(stray) for each in await find_strays(sharing, project, world) for stray in each.strays]


def _appeared(
    sharing: Sequence[ResolvedDeployment], strays: Sequence[Finding], found: dict[str, list[Finding]]
) -> list[Section]:
    """Puts strays where they belong: with the deployment whose mark they bear, or that has the connection to itself.

    What is left is told of the connection, which several deployments share.
    """
    left: list[Finding] = []
    for each in strays:
        marked = str(each.reason.params["deployment"]) if each.reason is not None else ""
        owner = marked if marked in found else sharing[0].name if len(sharing) == 1 else None
        if owner is None:
            left.append(each)
        else:
            found[owner].append(each)
    for name in {each.name for each in sharing}:
        found[name].sort(key=lambda each: list(Kind).index(each.kind))
    connection = sharing[0].connection
    return [Section(connection.key, connection.platform, findings=tuple(left))] if left else []


def _code(finding: Finding) -> int:
    return {Kind.unread: 4, Kind.overdue: 3}.get(finding.kind, 2)
