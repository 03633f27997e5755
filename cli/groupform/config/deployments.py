"""Resolves environments and deployments: which community goes where, under which title, with which groups left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from groupform.config.diagnostics import Severity
from groupform.config.leaving import check_leaving, departed, successors
from groupform.config.names import Desk
from groupform.config.places import Places
from groupform.config.project import Community, Connection, GroupInstance, ResolvedDeployment
from groupform.config.references import check_earlier
from groupform.config.suggest import listed, nearest
from groupform_schemas import Deployment, Environment, Person, ProjectFile

ALONE = "default"
"""The name of the one environment of a project that declares none."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The environment in use."""

    name: str
    model: Environment
    default: bool


def choose(desk: Desk, model: ProjectFile, wanted: str | None) -> Chosen | None:
    """The environment asked for, or the default one; None, with a finding, where there is no telling."""
    declared = model.environments
    defaults = [name for name, each in declared.items() if each.default]
    for name in defaults[1:]:
        related = (("first-here", desk.document.span(("environments", defaults[0], "default"))),)
        desk.report("environment-two-defaults", ("environments", name, "default"), related=related, name=name)
    if not declared:
        if wanted in (None, ALONE):
            return Chosen(ALONE, Environment(), True)
        desk.report("environments-none", ("groupform",), name=wanted)
        return None
    if wanted is None:
        wanted = defaults[0] if defaults else next(iter(declared)) if len(declared) == 1 else None
        if wanted is None:
            desk.report("environment-no-default", ("environments",), known=listed(declared))
            return None
    if not desk.known("unknown-environment", ("environments",), wanted, declared):
        return None
    alone = not defaults and len(declared) == 1
    return Chosen(wanted, declared[wanted], alone or declared[wanted].default)


def check_environments(desk: Desk, model: ProjectFile) -> None:
    """Reports names in any environment that nothing declares."""
    for name, each in model.environments.items():
        loc = ("environments", name)
        for replaced, by in each.connections.items():
            place = (*loc, "connections", replaced)
            good = True
            if replaced not in model.connections:
                good = False
                suggestion = nearest(replaced, model.connections)
                code = "unknown-connection" if suggestion is None else "unknown-connection-close"
                desk.report(
                    code, place, at_key=True, name=replaced, known=listed(model.connections), suggestion=suggestion
                )
            if not desk.known("unknown-connection", place, by, model.connections) or not good:
                continue
            was, becomes = model.connections[replaced].platform, model.connections[by].platform
            if was != becomes:
                desk.report("environment-platform-differs", place, name=by, platform=becomes, other=was)
        for position, deployment in enumerate(each.only or ()):
            desk.known("unknown-deployment", (*loc, "only", position), deployment, model.deployments)


def connection_of(model: ProjectFile, chosen: Chosen, deployment: Deployment) -> str:
    """The connection a deployment uses in the environment in use."""
    return chosen.model.connections.get(deployment.connection, deployment.connection)


def deployed(model: ProjectFile, chosen: Chosen) -> list[str]:
    """The names of the deployments that exist in the environment in use, in declared order."""
    only = chosen.model.only
    return [name for name in model.deployments if only is None or name in only]


def resolve_deployments(
    desk: Desk,
    model: ProjectFile,
    chosen: Chosen,
    communities: Mapping[str, Community],
    connections: Mapping[str, Connection],
    people: Mapping[str, Person],
    now: datetime,
) -> tuple[ResolvedDeployment, ...]:
    """Every deployment of the environment in use; those of other environments are checked as well."""
    made: list[ResolvedDeployment] = []
    today = now.date()
    here = set(deployed(model, chosen))
    heirs, left = successors(people, today), departed(people, today)
    check_leaving(desk, model, people, today)
    check_earlier(desk, {(("deployments", key), key): each.previously for key, each in model.deployments.items()})
    for name, each in model.deployments.items():
        loc = ("deployments", name)
        known = desk.known("unknown-community", (*loc, "community"), each.community, communities)
        known &= desk.known("unknown-connection", (*loc, "connection"), each.connection, connections)
        connection = connections.get(connection_of(model, chosen, each))
        if not known or connection is None:
            continue
        community = communities[each.community]
        groups, excluded = _split(desk, loc, each, community)
        _accepted(desk, loc, each, community)
        _adopted(desk, loc, each, community)
        if name not in here:
            continue
        made.append(
            ResolvedDeployment(
                name=name,
                community=community,
                connection=connection,
                model=each,
                environment=chosen.name,
                default_environment=chosen.default,
                title_suffix=(each.title_suffix or "") + (chosen.model.title_suffix or ""),
                groups=groups,
                excluded=excluded,
                people=people,
                accept_gaps=each.accept_gaps,
                previously=each.previously,
                place=desk.document.place(loc, at_key=True),
                first=not any(one.community is community and one.connection is connection for one in made),
                successors=heirs,
                departed=left,
                as_of=now,
            )
        )
    return tuple(made)


def _split(
    desk: Desk, loc: tuple[str, ...], model: Deployment, community: Community
) -> tuple[tuple[GroupInstance, ...], tuple[GroupInstance, ...]]:
    if model.only is None:
        return community.groups, ()
    names = {each.name for each in community.groups}
    for position, name in enumerate(model.only):
        if name not in community.model.groups and name not in names:
            among = [*community.model.groups, *(names if "/" in name else ())]
            desk.known("unknown-group", (*loc, "only", position), name, sorted(among))
    only = set(model.only)
    taken = tuple(each for each in community.groups if each.group in only or each.name in only)
    left = tuple(each for each in community.groups if not (each.group in only or each.name in only))
    return taken, left


def _adopted(desk: Desk, loc: tuple[str, ...], model: Deployment, community: Community) -> None:
    """A live group is taken over by one copy of a declared group, never by a whole fleet."""
    names = [each.name for each in community.groups]
    for name in model.adopt.groups if model.adopt is not None else ():
        desk.known("unknown-group", (*loc, "adopt", "groups", name), name, names)


def _accepted(desk: Desk, loc: tuple[str, ...], model: Deployment, community: Community) -> None:
    """A gap is agreed by the path it has in the community's file; one that is not there agrees to nothing."""
    places = community.places
    if not isinstance(places, Places):
        return
    for position, path in enumerate(model.accept_gaps):
        if path in places:
            continue
        suggestion = nearest(path, places)
        place: tuple[str | int, ...] = (*loc, "accept_gaps", position)
        if suggestion is None:
            desk.warn("accept-gap-unknown", place, name=path, community=community.key)
        else:
            desk.warn("accept-gap-unknown-close", place, name=path, community=community.key, suggestion=suggestion)


def check_no_deployment(desk: Desk, model: ProjectFile, communities: Mapping[str, Community]) -> None:
    """Warns of communities that go nowhere."""
    used = {each.community for each in model.deployments.values()}
    for key, community in communities.items():
        place = community.places.get("community")
        if key not in used and place is not None:
            desk.found.add(
                "community-not-deployed",
                severity=Severity.warning,
                span=place.span,
                source_line=place.source_line,
                key=key,
            )
