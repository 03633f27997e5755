"""Owns taking drift into the files: planned deeply, put as a diff of the files, written when somebody agrees."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import anyio

from groupform.commands.carrying_out import ask
from groupform.commands.editing import Edits
from groupform.commands.ending import exit_code
from groupform.commands.planning import Options, choose, plan_all, show_troubles
from groupform.commands.projects import open_project
from groupform.commands.run import Run
from groupform.commands.worlds import open_world
from groupform.config.diagnostics import Refused
from groupform.config.load import load_project
from groupform.config.project import Project, ResolvedDeployment
from groupform.engine.desired import compile_deployment
from groupform.engine.plan import DeploymentPlan
from groupform.engine.pulling import Pull, Taken, pull
from groupform.engine.world import World
from groupform.state.document import Document
from groupform.state.store import StateKey

_YES_OR_NO = ("default", "encrypted")


def pull_drift(run: Run, names: Sequence[str] | None, env: str | None, *, yes: bool) -> int:
    """Plans, shows the diff of the files that would make the drift the declaration, and writes it when agreed to."""
    project = open_project(run, env, list(names) if names else None)
    world = open_world(run, project)
    chosen = choose(project, world, names)
    planned = anyio.run(plan_all, chosen, project, world, Options(deep=True))
    terminal = run.terminal
    show_troubles(terminal, planned.troubles)
    plans = {each.deployment: each for each in planned.plan.deployments}
    edits = Edits(project.root)
    taken = 0
    for each in chosen:
        if each.name not in plans:
            continue
        found = anyio.run(_pull, each, plans[each.name], world)
        for reason in found.left:
            text = terminal.say(reason.code, **reason.params)
            terminal.aside(f"{terminal.glyph('⚠')} {each.name}: {text}", hanging=2, style="caution")
        for one in found.taken:
            try:
                _edit(edits, project, each, one)
                taken += 1
            except Refused as refused:
                from groupform.render.diagnostics import show_diagnostics

                show_diagnostics(terminal, refused.diagnostics)
    if edits.empty:
        terminal.line(terminal.say("pull-nothing"))
        return exit_code([planned.trouble_code])
    edits.show(terminal)
    if not yes and not ask(run, terminal.say("ask-write")):
        terminal.aside(terminal.say("ask-declined"))
        return 1
    edits.write(lambda: load_project(run.root, environ=run.environ, environment=env, now=run.now(), deployments=()))
    terminal.line()
    terminal.line(terminal.count("pull-done", taken), style="good")
    return exit_code([planned.trouble_code])


async def _pull(deployment: ResolvedDeployment, plan: DeploymentPlan, world: World) -> Pull:
    document = await world.store.read(StateKey(deployment.name, deployment.environment))
    if document is None:
        document = Document(lineage="", deployment=deployment.name, environment=deployment.environment)
    provider = world.providers[deployment.connection.platform]
    return pull(deployment, compile_deployment(deployment, document, provider), plan, provider)


def _edit(edits: Edits, project: Project, deployment: ResolvedDeployment, taken: Taken) -> None:
    folder, file = deployment.community.folder, deployment.community.file
    if taken.file is not None:
        edits.replace(_below(project, folder / taken.file), taken.value)
        return
    # A value whose surroundings are not there yet is made with them: `entry: {door: open}`.
    place, value = taken.place, taken.value
    if place[-2:] == ("entry", "door") and len(place) > 2:
        group = deployment.community.model.groups[place[1]]
        if group.entry is None:
            edits.set(file, place[:-1], {"door": value})
            return
    # A yes or no is written bare, as people write it; a title that reads so keeps its quotes.
    edits.set(file, place, value == "true" if place[-1] in _YES_OR_NO and value in ("true", "false") else value)


def _below(project: Project, path: Path) -> str:
    return path.resolve().relative_to(project.root.resolve()).as_posix()
