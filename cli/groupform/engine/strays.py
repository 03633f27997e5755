"""Owns the unmanaged report: what a connection's account can see and no state of the project names."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from groupform.config.project import Project, ResolvedDeployment
from groupform.engine.desired import team_accounts
from groupform.engine.planning import session_context, unanswered
from groupform.engine.provider import Discovered, Failure
from groupform.engine.world import World
from groupform.state.document import Document


@dataclass(frozen=True, slots=True)
class Stray:
    """An object that no state names. `lost_by` is the deployment of ours whose mark it bears nevertheless."""

    type: str
    id: str
    label: str
    people: int | None = None
    lost_by: str | None = None


@dataclass(frozen=True, slots=True)
class Strays:
    """What was found on one connection; `elsewhere` counts objects that bear the mark of somebody else's state."""

    connection: str
    platform: str
    strays: tuple[Stray, ...]
    elsewhere: int


async def find_strays(deployments: Sequence[ResolvedDeployment], project: Project, world: World) -> list[Strays]:
    """Looks once through each connection of these deployments; writes nothing. Raises Refused where nobody answers."""
    documents = [each for key in await world.store.list() if (each := await world.store.read(key)) is not None]
    bound = {binding.id for each in documents for binding in each.bindings.values()}
    by_connection: dict[str, list[ResolvedDeployment]] = {}
    for deployment in deployments:
        by_connection.setdefault(deployment.connection.key, []).append(deployment)
    found = []
    for sharing in by_connection.values():
        seen = await _discover(sharing, world)
        left = [each for each in seen if each.id not in bound]
        ours = {each.lineage: each for each in documents}
        strays = [_stray(each, ours, project) for each in left]
        told = tuple(sorted((e for e in strays if e is not None), key=lambda each: (each.type, each.label, each.id)))
        connection = sharing[0].connection
        found.append(Strays(connection.key, connection.platform, told, len(left) - len(told)))
    return found


async def _discover(sharing: Sequence[ResolvedDeployment], world: World) -> Sequence[Discovered]:
    first = sharing[0]
    empty = Document(lineage="", deployment=first.name, environment=first.environment)
    team = frozenset[str]().union(*(team_accounts(each) for each in sharing))
    provider = world.providers[first.connection.platform]
    try:
        async with provider.connect(replace(session_context(first, empty, world), team=team)) as session:
            return await session.discover()
    except Failure as failure:
        raise unanswered(first, failure) from failure


def _stray(each: Discovered, ours: Mapping[str, Document], project: Project) -> Stray | None:
    """None where somebody else's state manages it."""
    if each.owner is None:
        return Stray(each.type, each.id, each.label, each.people)
    document = ours.get(each.owner.lineage)
    if document is None and not _declared(each.owner.deployment, project.deployments, each.owner.environment):
        return None
    return Stray(each.type, each.id, each.label, each.people, each.owner.deployment)


def _declared(name: str, deployments: Collection[ResolvedDeployment], environment: str) -> bool:
    """Whether the mark names a deployment of these files: its state was lost, or it is a namesake's."""
    return any(
        each.environment == environment and name in (each.name, *map(str, each.previously)) for each in deployments
    )
