"""Owns an apply from its lock to its report: what was reviewed is planned again, and only if it still holds, done."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC

from groupform.config.diagnostics import Diagnostic, Refused
from groupform.config.project import Project, ResolvedDeployment
from groupform.engine.applies import gives_out, recorded
from groupform.engine.approval import refusals, unapproved, withheld
from groupform.engine.execute import Execution
from groupform.engine.openings import opening
from groupform.engine.plan import Action, Change, DeploymentPlan, Reason, Step
from groupform.engine.planner import PlanInputs, make_plan
from groupform.engine.planning import gather, session_context, unanswered
from groupform.engine.provider import Context, Failure, Provider, Session
from groupform.engine.records import described
from groupform.engine.recover import recover
from groupform.engine.report import Tally
from groupform.engine.resuming import comparable, unreviewed
from groupform.engine.run import Run, Stop
from groupform.engine.stale import Stale, compare
from groupform.engine.tasks import tasks_of
from groupform.engine.turns import Turns
from groupform.engine.undo_strays import end_strays
from groupform.engine.uninterrupted import uninterrupted
from groupform.engine.world import ApplyReport, World
from groupform.state.document import Applied, Entry, IssuedStep, Progress, SetApplies, SetBinding, SetProgress, SetSteps
from groupform.state.store import Holder, StateKey, Writer


async def apply_plan(
    saved: DeploymentPlan,
    deployment: ResolvedDeployment,
    project: Project,
    world: World,
    *,
    approve: frozenset[str] = frozenset(),
    leave: frozenset[str] = frozenset(),
) -> ApplyReport:
    """Carries out a reviewed plan of one deployment, or what is left of it.

    Raises Refused, with nothing written anywhere, when somebody else is at it, when the plan no longer holds
    (`apply-stale`), or when a guard blocks it and `approve` (plan digests, addresses, `guard:address`) does not name
    it. `leave` are the addresses that the plan was made to leave alone. Whatever happens after the first write is in
    the report. A cancellation lets what is in flight finish.
    """
    provider = world.providers.get(deployment.connection.platform)
    if provider is None:
        raise Refused([Diagnostic("provider-not-installed", params={"platform": deployment.connection.platform})])
    began = world.now()
    key = StateKey(deployment.name, deployment.environment)
    holder = Holder(world.who, os.getpid(), began.astimezone(UTC).isoformat(timespec="seconds"), world.command)
    await _take_along(deployment, world, key, holder)
    async with world.store.open(key, holder) as writer:
        given = await gather(
            deployment,
            project,
            world,
            deep=saved.deep,
            destroy=saved.destroy,
            document=writer.document,
            undo=saved.undo,
            purge=saved.purge,
            leave=leave,
        )
        fresh = make_plan(given)
        held = _check(saved, fresh, writer, provider, approve)
        stop = Stop()

        async def work() -> ApplyReport:
            try:
                async with provider.connect(_context(deployment, writer, world, stop)) as session:
                    return await _carry_out(
                        saved, fresh, given, deployment, provider, session, writer, world, stop, held
                    )
            except Failure as failure:
                raise unanswered(deployment, failure) from failure

        report = await uninterrupted(work, lambda: stop.ask(Reason(code="apply-interrupted")))
        if report.stopped is not None:
            world.observer.note(report.stopped)
        seconds = (world.now() - began).total_seconds()
        return replace(report, requests=report.requests + fresh.requests, seconds=seconds)


def _context(deployment: ResolvedDeployment, writer: Writer, world: World, stop: Stop) -> Context:
    """The session's context, with a sleep that ends when the apply is asked to stop, and the lock looked at before
    each write."""

    async def permit() -> None:
        try:
            await writer.check()
        except Refused as refused:
            first = next(iter(refused.diagnostics))
            stop.ask(Reason(code=first.code, params=dict(first.params)))
            failure = Failure(first.code, effect_unknown=True, wait=0.0)
            failure.params = dict(first.params)
            raise failure from refused

    return replace(
        session_context(deployment, writer.document, world),
        sleep=lambda seconds: stop.sleep(seconds, world),
        permit=permit,
    )


async def _take_along(deployment: ResolvedDeployment, world: World, key: StateKey, holder: Holder) -> None:
    """A deployment that was renamed keeps its state."""
    if not deployment.previously or await world.store.read(key) is not None:
        return
    for former in deployment.previously:
        if await world.store.rename(StateKey(str(former), key.environment), key, holder):
            return


def _check(
    saved: DeploymentPlan, fresh: DeploymentPlan, writer: Writer, provider: Provider, approve: frozenset[str]
) -> frozenset[str]:
    """The addresses that wait for somebody's answer, while the rest runs. Raises Refused."""
    verdict = compare(saved, comparable(saved, fresh, provider.types), writer.document.progress)
    if isinstance(verdict, Stale):
        found = [Diagnostic("apply-stale", params={"deployment": saved.deployment})]
        found += [Diagnostic(each.code, params=dict(each.params)) for each in verdict.reasons]
        raise Refused(found)
    # Who approved the saved plan approved what is left of it, but not what came up since.
    news = unreviewed(saved, fresh)
    known = fresh.model_copy(update={"guards": [each for each in fresh.guards if each not in news]})
    approved = approve | {fresh.digest} if saved.digest in approve else approve
    new = fresh.model_copy(update={"guards": news, "digest": ""})
    blocking = unapproved(known, approved) + unapproved(new, approve)
    if blocking:
        raise Refused(refusals(saved, blocking))
    return withheld(known, approved) | withheld(new, approve)


async def _carry_out(
    saved: DeploymentPlan,
    fresh: DeploymentPlan,
    given: PlanInputs,
    deployment: ResolvedDeployment,
    provider: Provider,
    session: Session,
    writer: Writer,
    world: World,
    stop: Stop,
    held: frozenset[str],
) -> ApplyReport:
    document = writer.document
    goal = given.goal
    aside: Sequence[Entry] = goal.aside if goal is not None else ()
    # What it was planned from is what it is carried out from.
    compiled = given.compiled
    progress = document.progress
    if progress is None or progress.plan != saved.digest:
        started = world.now().astimezone(UTC).isoformat(timespec="seconds")
        progress = Progress(plan=saved.digest, serial=document.serial, started_at=started)
    run = Run(
        world,
        session,
        writer,
        provider.types,
        {str(each.address): each for each in compiled.resources},
        fresh,
        progress,
        stop,
        ids={address: each.id for address, each in document.bindings.items()},
        goal=goal,
    )
    tally = Tally()
    before, entered = document.applies, recorded(document, saved, world)
    changes: Sequence[Change] = fresh.changes
    world.observer.planned(deployment.name, len(changes))
    if changes or document.intents or fresh.converged or aside:
        if changes or document.intents or aside:
            record = [SetApplies(applies=entered)] if entered != before else []
            await run.commit([SetProgress(progress=progress), *record, *aside])
        making = {
            each.address: each.action
            for each in changes
            if each.action in (Action.create, Action.replace) and each.address not in held
        }
        for each in await recover(run, making):
            tally.recover(each)
        if goal is not None:
            await end_strays(run, tally)
        await opening(run, changes, tally, given.survey.probes)
        place = ("turns", deployment.connection.platform, fresh.inputs.server, fresh.inputs.account)
        turns = world.together.once(place, lambda: Turns(provider.concurrency))
        await Execution(run, tasks_of(changes), turns, tally, held).carry_out()
    steps = tuple(fresh.steps)
    told = gives_out(steps, document)
    await _close(run, steps, tally, entered if told or tally.touched() else before)
    return tally.report(
        deployment.name, fresh.changes, steps, stopped=stop.reason, requests=session.requests, seconds=0.0
    )


async def _close(run: Run, steps: Sequence[Step], tally: Tally, applies: tuple[Applied, ...]) -> None:
    """The last write: what must be known of objects once undeclared, the steps given out, how the plan ended, and
    whether it counts among the applies that changed something."""
    document = run.document
    now = run.world.now().astimezone(UTC).isoformat(timespec="seconds")
    entries: list[Entry] = []
    for address, resource in run.desired.items():
        binding = document.bindings.get(address)
        if binding is not None and (after := described(binding, resource)) != binding:
            entries.append(SetBinding(address=address, binding=after))
    issued = {each.key: IssuedStep(since=each.since or now, digest=each.digest, ticket=each.ticket) for each in steps}
    if issued != document.steps:
        entries.append(SetSteps(steps=issued))
    stopped = run.stop.reason
    ended = (
        None
        if tally.whole(stopped)
        else run.progress.model_copy(update={"stopped": stopped.code if stopped is not None else tally.shortfall})
    )
    if ended != document.progress:
        entries.append(SetProgress(progress=ended))
    if applies != document.applies:
        entries.append(SetApplies(applies=applies))
    try:
        await run.commit(entries)
    except Refused as refused:
        first = next(iter(refused.diagnostics))
        run.stop.ask(Reason(code=first.code, params=dict(first.params)))
