"""Owns looking at every deployment for the sake of today: planned, with the people who are in each group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import anyio

from groupform.commands.asking import asked_of, today_of
from groupform.commands.planning import Planned, Trouble, choose, trouble_of
from groupform.commands.projects import open_project, ready_deployments
from groupform.commands.run import Run
from groupform.commands.standings import places_of
from groupform.commands.stepping import Open, check_person
from groupform.commands.worlds import open_world
from groupform.config.project import Project, ResolvedDeployment
from groupform.engine.measuring import Numbers, take_numbers
from groupform.engine.plan import Plan, Step
from groupform.engine.planner import PlanInputs, make_plan
from groupform.engine.planning import gather, session_context
from groupform.engine.provider import Present
from groupform.engine.step_today import Ground, Morning, Notice, Watches, morning
from groupform.engine.world import World


@dataclass(frozen=True, slots=True)
class Mornings:
    """What there is to do, deployment by deployment, and what could not be looked at."""

    mornings: tuple[Morning, ...]
    troubles: tuple[Trouble, ...]


def mornings(run: Run, env: str | None, deployments: Sequence[str] | None, who: str | None) -> Mornings:
    """Today, for everybody or for one person. Raises Refused `person-unknown`."""
    deployments = deployments or ready_deployments(run, env) or None
    project = open_project(run, env, deployments)
    world = open_world(run, project)
    chosen = choose(project, world, deployments)
    found, troubles = anyio.run(_look, chosen, project, world)
    asked = anyio.run(asked_of, chosen, world)
    found = [
        _with_asked(each, asked[each.deployment.name], *anyio.run(today_of, each.deployment, world)) for each in found
    ]
    if who is not None:
        steps = {each.key: (one.plan.deployment, each) for one in found for each in one.plan.steps}
        check_person(run, env, who, Open(Planned(Plan(deployments=[one.plan for one in found])), steps))
    return Mornings(tuple(morning(each, who) for each in found), tuple(troubles))


def _with_asked(given: Ground, asked: Sequence[Step], later: Sequence[Notice], handed: frozenset[str]) -> Ground:
    """What the calendar asks of people stands beside the plan's own steps; what it will ask today is named."""
    plan = given.plan.model_copy(update={"steps": [*given.plan.steps, *asked]})
    return replace(given, plan=plan, posts=(*given.posts, *later), handed=handed)


async def _look(
    deployments: Sequence[ResolvedDeployment], project: Project, world: World
) -> tuple[list[Ground], list[Trouble]]:
    found: dict[str, Ground] = {}
    troubles: dict[str, Trouble] = {}

    async def one(deployment: ResolvedDeployment) -> None:
        try:
            found[deployment.name] = await _ground(deployment, project, world)
        except Exception as error:
            troubles[deployment.name] = trouble_of(deployment.name, error)

    async with anyio.create_task_group() as group:
        for each in deployments:
            group.start_soon(one, each)
    names = [each.name for each in deployments]
    return [found[each] for each in names if each in found], [troubles[each] for each in names if each in troubles]


async def _ground(deployment: ResolvedDeployment, project: Project, world: World) -> Ground:
    given = await gather(deployment, project, world)
    provider = world.providers[deployment.connection.platform]
    seen = given.survey.observations.items()
    numbers = await _numbers(deployment, given, world)
    return Ground(
        deployment,
        make_plan(given),
        given.document,
        given.compiled.resources,
        given.types,
        given.as_of,
        {address: each.people for address, each in seen if isinstance(each, Present) and each.people is not None},
        provider.thresholds(deployment.connection) if isinstance(provider, Watches) else (),
        numbers=numbers.outside,
        unknown=numbers.unknown,
    )


async def _numbers(deployment: ResolvedDeployment, given: PlanInputs, world: World) -> Numbers:
    """What of `health` is out of bounds; without bounds nothing is asked."""
    if not deployment.community.model.health:
        return Numbers()
    groups, away = places_of(deployment, given, world)
    provider = world.providers[deployment.connection.platform]
    async with provider.connect(session_context(deployment, given.document, world)) as session:
        return await take_numbers(deployment, session, groups, given.as_of, away)
