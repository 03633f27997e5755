"""Owns looking at how every deployment stands against the bounds of its `health`, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import anyio

from groupform.commands.ending import exit_code
from groupform.commands.planning import Room, Trouble, choose, trouble_of
from groupform.commands.projects import open_project
from groupform.commands.run import Run
from groupform.commands.worlds import open_world
from groupform.config.diagnostics import Diagnostic
from groupform.config.project import Project, ResolvedDeployment
from groupform.engine.measuring import Away, Judged, Place, Unknown, judge_numbers
from groupform.engine.planner import PlanInputs
from groupform.engine.planning import gather, session_context
from groupform.engine.posting import TakesPosts
from groupform.engine.provider import Failed, Failure, Gone, Hidden, Observation, Present
from groupform.engine.resource_type import Actor, ResourceType, Verb
from groupform.engine.world import World


@dataclass(frozen=True, slots=True)
class Standing:
    """One deployment; `judged` is empty where no bound is declared. `groups` is how many groups it was about."""

    deployment: ResolvedDeployment
    judged: tuple[Judged, ...] = ()
    groups: int = 0


@dataclass(frozen=True, slots=True)
class Standings:
    """What was found, and what could not be looked at."""

    standings: tuple[Standing, ...]
    troubles: tuple[Trouble, ...]

    @property
    def exit_code(self) -> int:
        """3 where a number is out of bounds; 1 and 4 before it; what cannot be known is no fault of anybody's."""
        outside = any(each.outside for one in self.standings for each in one.judged)
        return exit_code([*(each.exit_code for each in self.troubles), 3 if outside else 0])


def standings(run: Run, env: str | None, names: Sequence[str] | None) -> Standings:
    """Holds every bound against the platforms; writes nothing. Raises Refused for what concerns all deployments."""
    project = open_project(run, env, names)
    world = open_world(run, project)
    return anyio.run(_look, choose(project, world, names), project, world)


def places_of(
    deployment: ResolvedDeployment, given: PlanInputs, world: World
) -> tuple[tuple[Place, ...], tuple[Away, ...]]:
    """The groups of a deployment in which something can be counted now, and the others."""
    provider = world.providers[deployment.connection.platform]
    names = {each.name for each in deployment.groups}
    held = {each.address for each in given.compiled.resources if each.address.name in names}
    places: list[Place] = []
    away: list[Away] = []
    for each in given.compiled.resources:
        seen, binding = given.survey.observations.get(str(each.address)), given.document.bindings.get(str(each.address))
        kind = given.types[each.address.type]
        # Where posts go is where people talk; a platform without such a type has one kind of thing that people are in.
        wanted = kind.name == provider.posts_in if isinstance(provider, TakesPosts) else kind.people_inside
        if not wanted or each.address not in held:
            continue
        if isinstance(seen, Present) and binding is not None:
            places.append(Place(each.address, binding.id, each.label, seen.attributes, seen.people, each.who))
        else:
            away.append(Away(each.label, _away(kind, seen), made=isinstance(seen, Hidden | Failed)))
    return tuple(places), tuple(away)


def _away(kind: ResourceType, seen: Observation | None) -> Unknown:
    if kind.actor(Verb.read) is not Actor.api:
        return Unknown("number-no-platform")
    if isinstance(seen, Hidden):
        return Unknown(seen.reason, seen.params)
    if isinstance(seen, Failed):
        return Unknown(seen.failure.code, dict(seen.failure.params))
    return Unknown("number-group-gone" if isinstance(seen, Gone) else "number-group-not-made")


async def _look(deployments: Sequence[ResolvedDeployment], project: Project, world: World) -> Standings:
    found: dict[str, Standing] = {}
    troubles: list[Trouble] = []
    room = Room()

    async def one(deployment: ResolvedDeployment) -> None:
        try:
            async with room.on(deployment):
                found[deployment.name] = await _stand(deployment, project, world, troubles)
        except Exception as error:
            troubles.append(trouble_of(deployment.name, error))

    async with anyio.create_task_group() as group:
        for each in deployments:
            group.start_soon(one, each)
    names = [each.name for each in deployments]
    return Standings(
        tuple(found[each] for each in names if each in found),
        tuple(sorted(troubles, key=lambda each: names.index(each.deployment))),
    )


async def _stand(deployment: ResolvedDeployment, project: Project, world: World, troubles: list[Trouble]) -> Standing:
    """Without bounds nothing is asked. A platform that fails at a number is told like one that fails at all."""
    if not deployment.community.model.health:
        return Standing(deployment)
    given = await gather(deployment, project, world)
    groups, away = places_of(deployment, given, world)
    provider = world.providers[deployment.connection.platform]
    async with provider.connect(session_context(deployment, given.document, world)) as session:
        judged = await judge_numbers(deployment, session, groups, given.as_of, away)
    failures = [each.failure for each in judged if each.failure is not None]
    failures += [each.failure for each in given.survey.observations.values() if isinstance(each, Failed)]
    if failures:
        troubles.append(_failed(deployment.name, failures))
    return Standing(deployment, judged, len(groups) + len(away))


def _failed(deployment: str, failures: Sequence[Failure]) -> Trouble:
    """One failure met by several bounds or groups is told once."""
    by_words = {f"{each.code} {sorted(map(str, each.params.items()))}": each for each in failures}
    parts = [trouble_of(deployment, each) for each in by_words.values()]
    found: tuple[Diagnostic, ...] = tuple(each for part in parts for each in part.diagnostics)
    return Trouble(deployment, found, exit_code([each.exit_code for each in parts]))
