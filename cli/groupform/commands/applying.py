"""Owns the two ways into an apply: from a saved plan, and from a fresh one that somebody agrees to."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

import anyio

from groupform.commands.boxes import hints_after
from groupform.commands.carrying_out import approvals, ask, carry_out
from groupform.commands.ending import exit_code
from groupform.commands.planning import (
    Options,
    Planned,
    Trouble,
    choose,
    named,
    plan_all,
    plan_code,
    show_troubles,
    whole,
    worth_applying,
)
from groupform.commands.projects import open_project
from groupform.commands.run import Run
from groupform.commands.saved import read_plan
from groupform.commands.worlds import open_world, seconds_of
from groupform.config.diagnostics import Diagnostic, Refused
from groupform.config.project import Project
from groupform.engine.approval import refusals, unapproved
from groupform.engine.plan import DeploymentPlan
from groupform.engine.world import World
from groupform.render.diagnostics import show_diagnostics
from groupform.render.plan_text import show_plan, summary
from groupform.render.plan_view import Tally, tally


@dataclass(frozen=True, slots=True)
class Request:
    """What the command line asked of an apply."""

    deployments: list[str] | None = None
    env: str | None = None
    yes: bool = False
    approve: list[str] | None = None
    max_wait: str = "15m"
    deep: bool = False
    full: bool = False
    purge: list[str] | None = None


def apply_saved(run: Run, file: Path, request: Request) -> int:
    """Carries out a saved plan as it stands. The engine refuses a stale one, with zero writes."""
    plan = read_plan(file)
    if request.deployments or request.env or request.purge:
        raise Refused([Diagnostic("saved-plan-is-whole")])
    environments = {each.environment for each in plan.deployments}
    if len(environments) > 1:
        raise Refused([Diagnostic("plan-file-wrong", params={"file": str(file)})])
    names = [each.deployment for each in plan.deployments]
    project = open_project(run, next(iter(environments), None), names)
    world = open_world(run, project, max_wait=seconds_of(request.max_wait, "--max-wait"))
    choose(project, world, names)
    terminal = run.terminal
    total = sum((tally(each) for each in plan.deployments), Tally())
    terminal.line(summary(terminal, total), style="head")
    if not request.yes and terminal.interactive and not ask(run, terminal.say("ask-apply")):
        terminal.aside(terminal.say("ask-declined"))
        return 1
    return carry_out(run, plan, project, world, approvals(plan, request.approve), resume=_again(run))


def apply_fresh(run: Run, request: Request, *, destroy: bool = False) -> int:
    """Plans, shows, asks unless --yes was given, and carries out. Without anybody to ask, nothing is done."""
    max_wait = seconds_of(request.max_wait, "--max-wait")
    project = open_project(run, request.env, request.deployments)
    world = open_world(run, project, max_wait=max_wait)
    chosen = choose(project, world, request.deployments)
    options = Options(deep=request.deep, destroy=destroy, purge=named(request.purge, chosen))
    planned = anyio.run(plan_all, chosen, project, world, options)
    question = "ask-destroy" if destroy else "ask-apply"
    return agree_and_carry_out(run, request, planned, project, world, question=question)


def agree_and_carry_out(
    run: Run, request: Request, planned: Planned, project: Project, world: World, *, question: str
) -> int:
    """Shows plans, asks unless --yes was given, and carries them out."""
    terminal, plan = run.terminal, planned.plan
    if plan.deployments:
        show_plan(terminal, plan, full=request.full)
    show_troubles(terminal, planned.troubles)
    show_diagnostics(terminal, hints_after(run, planned.troubles))
    before = plan_code(planned, detailed=False)
    if not any(worth_applying(each) for each in plan.deployments):
        return exit_code([before, carry_out(run, plan, project, world, frozenset(), resume=_again(run))])
    approve = approvals(plan, request.approve)
    held = [each for each in plan.deployments if worth_applying(each) and unapproved(each, approve)]
    show_troubles(terminal, [_held(each) for each in held])
    ready = whole([each for each in plan.deployments if each not in held])
    # What people are told to take back deserves a yes as well.
    asked = any(each.changes or each.undo is not None for each in ready.deployments)
    if asked and not request.yes and not ask(run, terminal.say(question)):
        terminal.aside(terminal.say("ask-declined"))
        return 1
    done = carry_out(run, ready, project, world, approve, resume=_again(run), steps_known=True)
    return exit_code([planned.trouble_code, 1 if held else 0, done])


def _held(plan: DeploymentPlan) -> Trouble:
    """Why a plan is not even asked about: the engine would refuse it. The plan has just said what speaks against it."""
    return Trouble(plan.deployment, tuple(refusals(plan, ())), 1)


def _again(run: Run) -> str:
    """The command line that goes on: the same one."""
    return run.command if " " in run.command else shlex.join([run.command, "apply"])
