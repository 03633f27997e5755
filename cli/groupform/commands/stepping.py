"""Owns what a person says about steps: listed, found by a short name, attested, taken back."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC

import anyio

from groupform.commands.finding import one_of
from groupform.commands.planning import Options, Planned, choose, plan_all
from groupform.commands.projects import open_project, ready_deployments
from groupform.commands.run import Run
from groupform.commands.worlds import open_world
from groupform.compile.resource import Resource
from groupform.config.diagnostics import Diagnostic, Refused
from groupform.config.project import Project, ResolvedDeployment
from groupform.engine.attest import attested, reopened
from groupform.engine.plan import Step
from groupform.engine.provider import Provider
from groupform.engine.world import World
from groupform.state.document import Attestation, Document, Entry
from groupform.state.store import Holder, StateKey


@dataclass(frozen=True, slots=True)
class _Place:
    """Where steps are written down."""

    run: Run
    project: Project
    world: World


def open_steps(run: Run, env: str | None, deployments: Sequence[str] | None) -> Planned:
    """Plans for the sake of the steps: of the deployments asked for, or of all whose variables are set."""
    deployments = deployments or ready_deployments(run, env) or None
    project = open_project(run, env, deployments)
    world = open_world(run, project)
    chosen = choose(project, world, deployments)
    return anyio.run(plan_all, chosen, project, world, Options())


def find_steps(run: Run, env: str | None, texts: Sequence[str]) -> list[tuple[str, Step]]:
    """The open steps that `texts` name, each with its deployment. Raises Refused `step-unknown`."""
    named = [_deployment_of(each) for each in texts]
    planned = open_steps(run, env, None if None in named else [each for each in named if each])
    steps = {step.key: (each.deployment, step) for each in planned.plan.deployments for step in each.steps}
    if not steps and planned.troubles:
        raise Refused(planned.troubles[0].diagnostics, exit_code=planned.trouble_code)
    return [steps[one_of(each, steps, "step-unknown")] for each in texts]


def attest(run: Run, env: str | None, keys: Sequence[str], by: str | None, note: str) -> list[str]:
    """Writes down that steps are done, for exactly the words that the steps show now. Returns their full keys.

    Either all of them are written down, or none: a key that names no step, or one that closes by itself, is refused
    before anything is written.
    """
    place = _open(run, env)
    found = find_steps(run, env, keys)
    observed = [
        Diagnostic("step-is-observed", params={"key": step.key}) for _, step in found if step.proof == "observed"
    ]
    if observed:
        raise Refused(observed)
    for deployment, step in found:
        word = Attestation(who=by or place.world.who, when=_instant(run), digest=step.digest, note=note)

        def entries(
            document: Document, name: str = deployment, step: Step = step, word: Attestation = word
        ) -> list[Entry]:
            types = _provider(place, name).types
            return attested(step, _resource(place, name, document, step.address), types, document, word)

        anyio.run(_commit, place, deployment, entries)
    return [step.key for _, step in found]


def reopen(run: Run, env: str | None, keys: Sequence[str]) -> list[str]:
    """Takes back what was said of steps. Returns their full keys. Raises Refused `step-not-done`."""
    place = _open(run, env)
    back = []
    for text in keys:
        found = _said(place, text)
        deployment = found.partition("/")[0]
        anyio.run(_commit, place, deployment, lambda document, key=found: reopened(key, document))
        back.append(found)
    return back


def _open(run: Run, env: str | None) -> _Place:
    from groupform.commands.bindings import load_leniently

    project = load_leniently(run, env)
    return _Place(run, project, open_world(run, project))


async def _commit(place: _Place, deployment: str, entries: Callable[[Document], Sequence[Entry]]) -> None:
    key = StateKey(deployment, place.project.environment)
    holder = Holder(place.world.who, os.getpid(), _instant(place.run), place.run.command)
    async with place.world.store.open(key, holder) as writer:
        await writer.commit(entries(writer.document))


def _provider(place: _Place, name: str) -> Provider:
    """The platform of a deployment that has open steps: it was planned, so it is there."""
    deployment = place.project.deployment(name)
    assert deployment is not None
    return place.world.providers[deployment.connection.platform]


def _resource(place: _Place, name: str, document: Document, address: str) -> Resource | None:
    from groupform.engine.desired import compile_deployment

    deployment: ResolvedDeployment | None = place.project.deployment(name)
    if deployment is None:
        return None
    compiled = compile_deployment(deployment, document, _provider(place, name))
    return next((each for each in compiled.resources if str(each.address) == address), None)


def _said(place: _Place, text: str) -> str:
    async def read() -> list[str]:
        found: list[str] = []
        for key in await place.world.store.list():
            if key.environment == place.project.environment:
                document = await place.world.store.read(key)
                found.extend(document.attestations if document else ())
        return found

    return one_of(text, anyio.run(read), "step-not-done")


def _deployment_of(text: str) -> str | None:
    """The deployment a full key names: then only that one is looked at."""
    head, slash, rest = text.partition("/")
    return head if slash and "." in rest.partition("/")[0] else None


def _instant(run: Run) -> str:
    return run.now().astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
