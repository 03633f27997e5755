"""Owns the making of undo plans: which deployments, to which of their states, with which commits to revert."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import anyio

from groupform.commands.applying import Request, agree_and_carry_out
from groupform.commands.boxes import hints_after
from groupform.commands.choices import Format
from groupform.commands.plan import write_out
from groupform.commands.planning import Options, Planned, choose, plan_all, plan_code, show_troubles, whole
from groupform.commands.projects import open_project
from groupform.commands.revisions import commits_between
from groupform.commands.run import Run
from groupform.commands.saved import write_plan
from groupform.commands.worlds import open_world, seconds_of
from groupform.config.diagnostics import Diagnostic, Refused
from groupform.config.project import Project, ResolvedDeployment
from groupform.engine.plan import DeploymentPlan
from groupform.engine.undoing import latest
from groupform.engine.world import World
from groupform.render.diagnostics import show_diagnostics
from groupform.state.document import Document
from groupform.state.store import StateKey


@dataclass(frozen=True, slots=True)
class _Prepared:
    project: Project
    world: World
    planned: Planned


def save_undo(run: Run, request: Request, to: int | None, out: Path | None, form: Format) -> int:
    """Shows the plan, and saves it where a file is named; nothing is done."""
    prepared = _prepare(run, request, to)
    planned = prepared.planned
    if planned.plan.deployments or form is not Format.text:
        write_out(run, planned.plan, form, full=request.full)
    show_troubles(run.terminal, planned.troubles)
    show_diagnostics(run.terminal, hints_after(run, planned.troubles))
    if out is not None and planned.troubles:
        run.terminal.aside(run.terminal.say("plan-not-saved", file=str(out)), style="alarm")
    elif out is not None:
        write_plan(run.folder() / out, planned.plan)
        run.terminal.aside()
        run.terminal.aside(run.terminal.say("plan-saved", file=str(out)), style="note")
    return plan_code(planned, detailed=False)


def apply_undo(run: Run, request: Request, to: int | None) -> int:
    """Shows the plan, asks unless --yes was given, and goes back."""
    prepared = _prepare(run, request, to)
    return agree_and_carry_out(run, request, prepared.planned, prepared.project, prepared.world, question="ask-undo")


def _prepare(run: Run, request: Request, to: int | None) -> _Prepared:
    project = open_project(run, request.env, request.deployments)
    world = open_world(run, project, max_wait=seconds_of(request.max_wait, "--max-wait"))
    chosen = choose(project, world, request.deployments)
    serials = _serials(run, chosen, world, request, to)
    going = [each for each in chosen if each.name in serials]
    planned = anyio.run(plan_all, going, project, world, Options(undo=serials))
    plans = [_with_commits(each, project.root, run.environ) for each in planned.plan.deployments]
    return _Prepared(project, world, replace(planned, plan=whole(plans)))


def _serials(
    run: Run, chosen: Sequence[ResolvedDeployment], world: World, request: Request, to: int | None
) -> Mapping[str, int]:
    """To which state each deployment goes back. Raises Refused where there is nothing to undo.

    Without a name, what goes back is what the last command had applied; the others are named.
    """
    if to is not None:
        if len(chosen) != 1:
            names = ", ".join(each.name for each in chosen)
            raise Refused([Diagnostic("undo-to-needs-one", params={"known": names})])
        return {chosen[0].name: to}
    documents = anyio.run(_documents, chosen, world)
    if request.deployments or len(documents) < 2:
        absent = Document(lineage="", deployment=chosen[0].name if chosen else "", environment="")
        return {name: latest(each) for name, each in (documents or {absent.deployment: absent}).items()}
    applied = {name: each for name, each in documents.items() if each.applies}
    if not applied:
        raise Refused([Diagnostic("undo-nothing", params={"deployment": ", ".join(documents)})])
    newest = max((each.applies[-1] for each in applied.values()), key=lambda each: each.when)
    together = {
        name: latest(each)
        for name, each in applied.items()
        if each.applies[-1] == newest or (newest.run and each.applies[-1].run == newest.run)
    }
    for name, each in applied.items():
        if name not in together:
            last = each.applies[-1]
            run.terminal.aside(run.terminal.say("undo-left-out", deployment=name, when=last.when), style="faint")
    return together


async def _documents(chosen: Sequence[ResolvedDeployment], world: World) -> dict[str, Document]:
    found = {each.name: await world.store.read(StateKey(each.name, each.environment)) for each in chosen}
    return {name: each for name, each in found.items() if each is not None}


def _with_commits(plan: DeploymentPlan, folder: Path, environ: Mapping[str, str]) -> DeploymentPlan:
    undone = plan.undone
    if undone is None:
        return plan
    commits = commits_between(folder, environ, undone.commit_from, undone.commit_to)
    return plan.model_copy(update={"undone": undone.model_copy(update={"commits": commits})})
