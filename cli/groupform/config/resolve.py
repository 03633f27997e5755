"""Turns validated documents into a resolved project: fan-out done, names checked, files and variables read."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from groupform.config import connections, deployments
from groupform.config.attached import attach
from groupform.config.calendar_table import with_planned
from groupform.config.diagnostics import Diagnostics
from groupform.config.document import Document
from groupform.config.fanout import Ground, check_instance_keys, expand, offered_words
from groupform.config.files import Inputs, Unreadable
from groupform.config.names import Desk, Everybody
from groupform.config.notify import resolve_notify
from groupform.config.people import resolve_people
from groupform.config.places import Places
from groupform.config.project import Community, Project
from groupform.config.references import References
from groupform.config.runs import next_runs
from groupform.config.state_settings import resolve_state
from groupform.config.together import check_together
from groupform.config.variables import fill
from groupform.config.wording import check_wording
from groupform_schemas import CommunityFile, FromRuns, Person, ProjectFile, RepeatedRuns


@dataclass(frozen=True, slots=True)
class World:
    """What resolving depends on besides the files: environment variables, the chosen environment, the time, and more.

    `deployments` narrows whose variables must be there; None means all of the environment's.
    """

    environ: Mapping[str, str]
    environment: str | None
    now: datetime
    platforms: Collection[str] = ()
    deployments: Collection[str] | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """One community file that validated."""

    document: Document
    model: CommunityFile
    folder: Path


def resolve(
    document: Document,
    model: ProjectFile,
    written: tuple[Written, ...],
    inputs: Inputs,
    world: World,
    found: Diagnostics,
) -> Project | None:
    """The project in one environment; None, with errors in `found`, where something in it does not hold."""
    desk = Desk(document, found)
    people = resolve_people(desk, model, inputs.root, inputs)
    chosen = deployments.choose(desk, model, world.environment)
    deployments.check_environments(desk, model)
    needed = _needed(model, chosen, world) if chosen else ()
    reached = connections.resolve_connections(desk, model, inputs.root, world.environ, needed)
    platforms = {each.platform for each in model.connections.values()}
    made: dict[str, Community] = {}
    first: dict[str, Written] = {}
    for each in written:
        key = each.model.community
        if key in first:
            _twice(each, first[key], found)
            continue
        first[key] = each
        made[key] = resolve_community(each, people, platforms, inputs, world.now, found)
    if chosen is None or people is None:
        return None
    ready = deployments.resolve_deployments(desk, model, chosen, made, reached.connections, people, world.now)
    deployments.check_no_deployment(desk, model, made)
    project = Project(
        root=inputs.root,
        file=_with_state(desk, model, world, inputs.root),
        environment=chosen.name,
        default_environment=chosen.default,
        environments=model.environments,
        communities=made,
        connections=reached.connections,
        deployments=ready,
        guards=model.guards,
        digest=inputs.digest(),
        variables=reached.variables,
        state=resolve_state(desk, model, inputs.root, world.environ),
        notify=resolve_notify(desk, model, inputs.root, world.environ),
    )
    check_together(desk, project, world.platforms)
    return None if found.failed else project


def _needed(model: ProjectFile, chosen: deployments.Chosen, world: World) -> set[str]:
    """The connections whose variables must be there: those that the deployments asked for really use."""
    names = deployments.deployed(model, chosen)
    if world.deployments is not None:
        names = [each for each in names if each in world.deployments]
    used = {deployments.connection_of(model, chosen, model.deployments[each]) for each in names}
    declared = {key for key in used if key in model.connections}
    return {key for key in declared if not world.platforms or model.connections[key].platform in world.platforms}


def _with_state(desk: Desk, model: ProjectFile, world: World, folder: Path) -> ProjectFile:
    """The project file with the variables of its state's path filled."""
    if model.state.path is None or "${" not in model.state.path:
        return model
    try:
        path = fill(model.state.path, world.environ, folder).text
    except Unreadable as refused:
        desk.report(refused.code, ("state", "path"), **refused.params)
        return model
    return model.model_copy(update={"state": model.state.model_copy(update={"path": path})})


def _twice(second: Written, first: Written, found: Diagnostics) -> None:
    related = (("first-here", first.document.span(("community",))),)
    second.document.report(found, "community-twice", ("community",), related=related, key=second.model.community)


def resolve_community(
    written: Written,
    people: Mapping[str, Person] | None,
    platforms: Collection[str],
    inputs: Inputs,
    now: datetime,
    found: Diagnostics,
) -> Community:
    """One community with its groups fanned out. With `people` None names go unchecked."""
    desk = Desk(written.document, found)
    model = with_planned(desk, written.model, people or {}, written.folder, inputs)
    attached = attach(desk, model, written.folder, inputs)
    everybody = people if people is not None else Everybody()
    ground = Ground(desk, model, attached.tables, _runs(desk, model, now), everybody, {"community": model.title})
    groups = expand(ground)
    check_instance_keys(ground, groups)
    instances = {each.name: each for each in groups}
    References(desk, model, everybody, instances, platforms).check()
    check_wording(desk, model, attached, {key: offered_words(ground, key, each) for key, each in model.groups.items()})
    return Community(
        key=model.community,
        model=model,
        groups=groups,
        folder=written.folder,
        file=written.document.source.file,
        files=attached.files,
        places=Places(written.document, groups),
    )


def _runs(desk: Desk, model: CommunityFile, now: datetime) -> tuple[date, ...] | None:
    """The coming runs of a community that repeats, as many as any of its groups wants; None for one that does not."""
    if not isinstance(model.runs, RepeatedRuns):
        return None
    wanted = [
        each.each.from_.run for each in model.groups.values() if each.each and isinstance(each.each.from_, FromRuns)
    ]
    days = next_runs(model.runs, model.timezone or "UTC", now, max(wanted, default=1))
    if not days:
        desk.warn("runs-over", ("runs",), key=model.community)
    return days
