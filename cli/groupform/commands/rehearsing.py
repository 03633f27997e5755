"""Owns `--rehearse`: the same project against rehearsal servers, with no account, no token, and a state of its own."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import anyio

from groupform.calendar.asked import message_of
from groupform.commands.run import Run
from groupform.config.diagnostics import Diagnostic, Refused, Severity
from groupform.config.project import Connection, Project, ResolvedDeployment
from groupform.engine.dispatching import Confirms
from groupform.engine.plan import Step
from groupform.engine.provider import Provider
from groupform.engine.rehearsal import Acts, Rehearsal, Rehearses, Stage, sends_nothing
from groupform.render.diagnostics import show_diagnostics
from groupform.state.document import Document
from groupform.state.store import StateKey, Store
from groupform_schemas import State


def on_stage(run: Run, project: Project, names: Collection[str] | None) -> Project:
    """The project as it is rehearsed: every connection of the deployments asked for leads to a rehearsal server.

    The servers run until the command ends. Says once that nothing real is touched. Raises Refused
    `rehearse-not-possible` for a platform that was asked for by name and brings no rehearsal.
    """
    platforms = dict(run.stage)
    connections = dict(project.connections)
    asked = [each for each in project.deployments if not names or each.name in names]
    for platform in dict.fromkeys(each.connection.platform for each in asked):
        if platform not in run.installed:
            continue
        found = _rehearsal(run, project, platform, run.installed[platform])
        if found is None:
            if names:
                raise Refused([Diagnostic("rehearse-not-possible", params={"platform": platform})])
            continue
        platforms[platform] = found.provider
        for key, settings in found.settings.items():
            connections[key] = replace(connections[key], settings=settings)
    run.stage = platforms
    if not run.warned:
        show_diagnostics(run.terminal, [Diagnostic("rehearsing", Severity.note)])
    return with_own_state(run, _moved(project, connections))


def play(run: Run, project: Project, store: Store, steps: Sequence[tuple[str, Step]]) -> list[str]:
    """Lets the rehearsal's people do these steps, each with its deployment; returns the keys of those that they did."""
    done: list[str] = []
    for name, step in steps:
        deployment = project.deployment(name)
        provider = run.stage.get(deployment.connection.platform) if deployment is not None else None
        if deployment is None or step.proof != "observed":
            continue
        settings = run.staged.get(deployment.connection.key, deployment.connection.settings)
        staged = replace(deployment, connection=replace(deployment.connection, settings=settings))
        if message_of(step):
            if isinstance(provider, Confirms) and provider.confirm(staged, message_of(step)):
                done.append(step.key)
        elif isinstance(provider, Acts):
            document = anyio.run(store.read, StateKey(name, project.environment))
            if provider.act(step, staged, document or Document(lineage="", deployment=name, environment="")):
                done.append(step.key)
    return done


def _rehearsal(run: Run, project: Project, platform: str, provider: Provider) -> Rehearsal | None:
    if platform in run.stage:
        # A command that opens its project twice stays on the stage it has.
        mine = _of(project, platform)
        return Rehearsal(
            run.stage[platform], {each.key: run.staged[each.key] for each in mine if each.key in run.staged}
        )
    if isinstance(provider, Rehearses):
        folder = run.work_folder / platform
        plays = tuple(each for each in project.deployments if each.connection.platform == platform)
        stage = Stage(folder, tuple(_of(project, platform)), plays, run.now)
        found = run.until_the_end.enter_context(provider.rehearse(stage))
        run.staged.update(found.settings)
        return found
    return Rehearsal(provider, {}) if sends_nothing(provider) else None


def _of(project: Project, platform: str) -> list[Connection]:
    return [each for each in project.connections.values() if each.platform == platform]


def with_own_state(run: Run, project: Project) -> Project:
    """The project with the rehearsal's state in place of its own: nothing that is real is read or written."""
    state = State.model_validate({"backend": "local", "path": str(run.work_folder / "state")})
    # A plan names what it was made with, so that one that was rehearsed is stale anywhere else.
    variables = {**project.variables, "--rehearse": "yes"}
    return replace(project, file=project.file.model_copy(update={"state": state}), state={}, variables=variables)


def _moved(project: Project, connections: Mapping[str, Connection]) -> Project:
    def placed(each: ResolvedDeployment) -> ResolvedDeployment:
        return replace(each, connection=connections[each.connection.key])

    return replace(project, connections=connections, deployments=tuple(placed(each) for each in project.deployments))
