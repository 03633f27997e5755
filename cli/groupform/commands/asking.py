"""Owns the step commands' way to the calendar's ledgers: what is open there, and what is said of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence

import anyio

from groupform import __version__
from groupform.calendar.answering import check_word, settled, taken_back, words_given
from groupform.calendar.asked import asked_steps, rounds_of_today, still_to_come
from groupform.calendar.due import spelled
from groupform.calendar.running import ledger_of, state_of
from groupform.config.diagnostics import Refused
from groupform.config.project import ResolvedDeployment
from groupform.engine.dispatching import destinations
from groupform.engine.plan import DeploymentPlan, Inputs, Step
from groupform.engine.posting import TakesPosts
from groupform.engine.step_today import Notice
from groupform.engine.world import World
from groupform.state.document import Attestation, Document, Entry
from groupform.state.store import Holder, StateKey

_PATIENCE = 20
"""How often a ledger that a run of the calendar holds is asked for again, a quarter of a second apart."""


async def asked_of(deployments: Sequence[ResolvedDeployment], world: World) -> dict[str, list[Step]]:
    """What the calendar asks of people, by deployment. Reads states and ledgers, and asks no platform."""
    found: dict[str, list[Step]] = {}
    for each in deployments:
        state, ledger = await state_of(each, world), await ledger_of(each, world, _holder(world), rename=False)
        found[each.name] = asked_steps(each, state, ledger, world.now(), posts_in(each, world))
    return found


async def today_of(deployment: ResolvedDeployment, world: World) -> tuple[list[Notice], frozenset[str]]:
    """The posts that people will have to send before the day is over; and the lists of today that they have by now."""
    ledger = await ledger_of(deployment, world, _holder(world), rename=False)
    handed = rounds_of_today(deployment, ledger, world.now())
    if isinstance(world.providers.get(deployment.connection.platform), TakesPosts):
        return [], handed
    state = await state_of(deployment, world)
    return still_to_come(deployment, state, world.now(), posts_in(deployment, world)), handed


async def ledgers_of(deployments: Sequence[ResolvedDeployment], world: World) -> dict[str, Document]:
    """The ledgers as they are, by deployment."""
    return {each.name: await ledger_of(each, world, _holder(world), rename=False) for each in deployments}


async def words_of(deployments: Sequence[ResolvedDeployment], world: World) -> dict[str, Attestation]:
    """What was said before of what the calendar asks, by the key of the step."""
    found: dict[str, Attestation] = {}
    for each in deployments:
        found |= words_given(each, await ledger_of(each, world, _holder(world), rename=False))
    return found


def check(deployment: ResolvedDeployment, world: World, step: Step, who: str) -> None:
    """Raises Refused where `who` has no say in a step of the calendar."""
    check_word(deployment, step, who, world.now(), posts_in(deployment, world))


async def settle(deployment: ResolvedDeployment, world: World, words: Sequence[tuple[Step, Attestation]]) -> None:
    """Makes durable what people said of the calendar's steps, in one write under the ledger's lock."""
    said = [(step.key, word) for step, word in words]

    def entries(ledger: Document) -> Sequence[Entry]:
        return settled(deployment, ledger, said, world.now(), posts_in(deployment, world))

    await write(deployment, world, entries)


async def take_back(deployment: ResolvedDeployment, world: World, key: str) -> None:
    """Takes back what was said of one of the calendar's steps."""
    await write(deployment, world, lambda ledger: taken_back(deployment, ledger, key, world.now()))


async def write(deployment: ResolvedDeployment, world: World, entries: Callable[[Document], Sequence[Entry]]) -> None:
    """Makes durable what `entries` gives for the ledger as it is inside its lock.

    A run of the calendar may hold that for a moment: it is waited for. Raises Refused `state-locked` after that.
    """
    holder = _holder(world)
    await ledger_of(deployment, world, holder, rename=True)
    key = StateKey(deployment.name, deployment.environment).ledger
    for attempt in range(_PATIENCE + 1):
        try:
            async with world.store.open(key, holder) as writer:
                found = entries(writer.document)
                if found:
                    await writer.commit(found)
                return
        except Refused as refused:
            locked = next(iter(refused.diagnostics)).code == "state-locked"
            if not locked or attempt == _PATIENCE:
                raise
        await anyio.sleep(0.25)


def joined(
    plans: Sequence[DeploymentPlan],
    asked: Mapping[str, Sequence[Step]],
    deployments: Sequence[ResolvedDeployment],
    world: World,
) -> list[DeploymentPlan]:
    """The plans with the calendar's steps behind their own. A deployment that could not be planned is there for the
    sake of those alone."""
    by_name = {each.deployment: each for each in plans}
    found: list[DeploymentPlan] = []
    for each in deployments:
        plan, mine = by_name.get(each.name), list(asked.get(each.name, ()))
        if plan is None and mine:
            plan = _bare(each, world)
        if plan is not None:
            found.append(plan.model_copy(update={"steps": [*plan.steps, *mine]}) if mine else plan)
    return found


def _bare(deployment: ResolvedDeployment, world: World) -> DeploymentPlan:
    inputs = Inputs(
        config_digest="",
        as_of=world.now().isoformat(),
        version=__version__,
        account="",
        server="",
        state_lineage=None,
        state_serial=0,
    )
    return DeploymentPlan(
        deployment=deployment.name,
        environment=deployment.environment,
        platform=deployment.connection.platform,
        inputs=inputs,
    )


def _holder(world: World) -> Holder:
    return Holder(world.who, os.getpid(), spelled(world.now()), world.command)


def posts_in(deployment: ResolvedDeployment, world: World) -> str:
    """Where a deployment's posts go: the type of those resources, "" where people send them by hand."""
    provider = world.providers.get(deployment.connection.platform)
    return destinations(provider) if provider is not None else ""
