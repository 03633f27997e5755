"""Owns what apply and destroy share: ask, carry out side by side with progress, report, choose the exit code."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace

import anyio

from groupform.commands.ending import INTERRUPTED, exit_code
from groupform.commands.planning import Room, Trouble, show_troubles, trouble_of, unread_code, worth_applying
from groupform.commands.revisions import revision_of
from groupform.commands.run import Run
from groupform.config.diagnostics import Diagnostic, Refused
from groupform.config.project import Project
from groupform.engine.plan import DeploymentPlan, Plan, StepStatus
from groupform.engine.world import ApplyReport, World
from groupform.render.plan_undone import show_revert
from groupform.render.progress import shown_progress
from groupform.render.report import report_exit_code, show_report
from groupform.render.terminal import Terminal
from groupform.state.store import StateKey


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an apply over several deployments."""

    reports: tuple[ApplyReport, ...]
    troubles: tuple[Trouble, ...]
    interrupted: bool = False


def approvals(plan: Plan, given: Sequence[str] | None) -> frozenset[str]:
    """What --approve named; the digest of the whole plan stands for the digest of each of its deployments."""
    named = frozenset(given or ())
    if plan.digest and plan.digest in named:
        return named | {each.digest for each in plan.deployments}
    return named


def ask(run: Run, question: str) -> bool:
    """Asks for a yes; anything else is a no. Raises Refused `ask-nobody` where nobody can answer."""
    terminal = run.terminal
    if not terminal.interactive or run.stdin is None:
        raise Refused([Diagnostic("ask-nobody")])
    terminal.aside()
    terminal.err.print(question + " ", end="", style="head")
    run.stderr.flush()
    answer = run.stdin.readline().strip().lower()
    return answer in terminal.words.text("ask-yes-words").split()


def carry_out(
    run: Run,
    plan: Plan,
    project: Project,
    world: World,
    approve: frozenset[str],
    *,
    resume: str,
    steps_known: bool = False,
) -> int:
    """Applies what is worth applying, shows progress and reports; returns the exit code."""
    terminal = run.terminal
    idle = [each for each in plan.deployments if not worth_applying(each)]
    ended = anyio.run(_broken_off, idle, world) if idle else frozenset()
    resting = [each for each in idle if each.deployment not in ended]
    doing = [each for each in plan.deployments if each not in resting]
    codes = [*(_resting_code(each) for each in resting), *(unread_code(each) for each in plan.deployments)]
    if doing:
        with shown_progress(terminal) as observer:
            world = replace(
                world, observer=observer, run=uuid.uuid4().hex, revision=revision_of(project.root, run.environ)
            )
            outcome = anyio.run(_apply_all, doing, project, world, approve)
        _report(terminal, outcome, resume=resume, steps_known=steps_known)
        _revert(terminal, doing, outcome)
        codes += [report_exit_code(each) for each in outcome.reports]
        codes += [each.exit_code for each in outcome.troubles]
        if outcome.interrupted and not any(each.stopped for each in outcome.reports):
            terminal.aside(terminal.say("interrupted"), style="caution")
        if outcome.interrupted:
            return INTERRUPTED
    return exit_code(codes)


async def _broken_off(plans: Sequence[DeploymentPlan], world: World) -> frozenset[str]:
    """Deployments with nothing left to do whose state still says that an apply was broken off: it has ended well."""
    documents = {each.deployment: await world.store.read(StateKey(each.deployment, each.environment)) for each in plans}
    return frozenset(name for name, each in documents.items() if each is not None and each.progress is not None)


async def _apply_all(
    plans: Sequence[DeploymentPlan], project: Project, world: World, approve: frozenset[str]
) -> Outcome:
    from groupform.engine.applying import apply_plan

    reports: dict[str, ApplyReport] = {}
    troubles: dict[str, Trouble] = {}
    room = Room()

    async def one(saved: DeploymentPlan) -> None:
        deployment = project.deployment(saved.deployment)
        try:
            if deployment is None:
                raise Refused([Diagnostic("plan-deployment-gone", params={"deployment": saved.deployment})])
            async with room.on(deployment):
                reports[saved.deployment] = await apply_plan(saved, deployment, project, world, approve=approve)
        except Exception as error:
            troubles[saved.deployment] = trouble_of(saved.deployment, error)

    interrupted = False
    try:
        async with anyio.create_task_group() as group:
            for each in plans:
                group.start_soon(one, each)
    except anyio.get_cancelled_exc_class():
        # Ctrl-C: every apply has finished what was in flight and written its state; what they report is worth showing.
        task = asyncio.current_task()
        while task is not None and task.cancelling():
            task.uncancel()
        interrupted = True
    names = [each.deployment for each in plans]
    return Outcome(
        tuple(reports[each] for each in names if each in reports),
        tuple(troubles[each] for each in names if each in troubles),
        interrupted,
    )


def _report(terminal: Terminal, outcome: Outcome, *, resume: str, steps_known: bool) -> None:
    for each in outcome.reports:
        terminal.line()
        show_report(terminal, each, resume=resume, steps_known=steps_known)
    show_troubles(terminal, outcome.troubles)


def _revert(terminal: Terminal, plans: Sequence[DeploymentPlan], outcome: Outcome) -> None:
    """After an undo: what else has to go back, so that the next plan does not make the change again."""
    reported = {each.deployment for each in outcome.reports}
    for each in plans:
        if each.undone is not None and each.deployment in reported:
            terminal.line()
            show_revert(terminal, each.undone)


def _resting_code(plan: DeploymentPlan) -> int:
    return 3 if any(each.status is StepStatus.overdue for each in plan.steps) else 0
