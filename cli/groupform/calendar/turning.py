"""Opens and closes the groups of runs on time: by a plan that does that and nothing else, under the state's lock."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from groupform.calendar.due import spelled
from groupform.calendar.judging import judge
from groupform.calendar.opening import CHANGED, HIDDEN, Due, Ground, Kept, Turn, as_before
from groupform.calendar.season import zone_of
from groupform.config.diagnostics import Diagnostic, Refused
from groupform.config.project import Project, ResolvedDeployment
from groupform.engine.applying import apply_plan
from groupform.engine.desired import compile_deployment
from groupform.engine.diff import compare
from groupform.engine.plan import DeploymentPlan, Reason, digest_of
from groupform.engine.planner import PlanInputs, make_plan
from groupform.engine.planning import gather
from groupform.engine.provider import Failure, Provider
from groupform.engine.subjects import join
from groupform.engine.world import ApplyReport, World
from groupform.state.document import Document
from groupform.state.ledger import Send, SetSends
from groupform.state.renaming import rename_deployment
from groupform.state.store import Holder, StateKey
from groupform_schemas import RepeatedRuns

_WAITS = "!runs"
"""Under this name the ledger remembers what has been said; no entry of a calendar can have it."""
_ATTEMPTS = 3


@dataclass
class Turned:
    """What became of a deployment's runs. `would` in a dry run; `busy` is who else was at it; `code` the exit code."""

    deployment: str
    zone: str
    turns: Sequence[Turn] = ()
    kept: Sequence[Kept] = ()
    waits: Sequence[Reason] = ()
    would: bool = False
    busy: Mapping[str, object] | None = None
    report: ApplyReport | None = None
    troubles: Sequence[Diagnostic] = field(default_factory=tuple)
    code: int = 0


async def turn_runs(
    deployment: ResolvedDeployment, project: Project, world: World, *, dry_run: bool = False
) -> Turned | None:
    """Brings the groups of a community's runs to where its files want them now; None where there is nothing to do.

    Most calls find nothing, and ask no platform. A dry run reads the state and the ledger only. What the platform or
    the store have to say against it is in the answer.
    """
    if not has_turns(deployment):
        return None
    provider = world.providers[deployment.connection.platform]
    turned = Turned(deployment.name, zone_of(deployment.community.model))
    told = await _told(deployment, world)
    for _ in range(_ATTEMPTS):
        due = await _due(deployment, provider, world, told)
        if not due and not due.kept:
            return None
        if dry_run:
            turned.turns, turned.would = due.turns, True
            return turned if turned.turns else None
        try:
            if due:
                await _carry_out(deployment, project, world, provider, told, turned)
            else:
                turned.kept = due.kept
            await _say_once(deployment, world, told, turned)
            return turned
        except Refused as refused:
            found = tuple(refused.diagnostics)
            if found[0].code == "state-locked":
                turned.busy = dict(found[0].params)
                return turned
            turned.troubles, turned.code = found, refused.exit_code
            if found[0].code != "apply-stale":
                return turned
            # Somebody was faster. Whether there is anything left to do is seen in the state.
        except Failure as failure:
            turned.troubles = (Diagnostic(failure.code, params=dict(failure.params)),)
            turned.code = 4 if failure.unreachable else 1
            return turned
    return turned


def has_turns(deployment: ResolvedDeployment) -> bool:
    """Whether the groups of this community come and go with its runs."""
    return isinstance(deployment.community.model.runs, RepeatedRuns)


async def anything_to_turn(deployment: ResolvedDeployment, world: World) -> bool:
    """Whether a run of the calendar would have to look at the runs' groups now. Reads the state and the ledger."""
    if not has_turns(deployment):
        return False
    provider = world.providers[deployment.connection.platform]
    return bool(await _due(deployment, provider, world, await _told(deployment, world)))


async def _due(deployment: ResolvedDeployment, provider: Provider, world: World, told: Mapping[str, Send]) -> Due:
    document = await _state(deployment, world)
    compiled = compile_deployment(deployment, document, provider)
    return Ground.of(deployment, document, compiled, provider.types).due(world.now(), _settled(told))


async def _state(deployment: ResolvedDeployment, world: World) -> Document:
    for name in (deployment.name, *map(str, deployment.previously)):
        found = await world.store.read(StateKey(name, deployment.environment))
        if found is not None:
            return found if name == deployment.name else rename_deployment(found, deployment.name)
    return Document(lineage="", deployment=deployment.name, environment=deployment.environment)


async def _carry_out(
    deployment: ResolvedDeployment,
    project: Project,
    world: World,
    provider: Provider,
    told: Mapping[str, Send],
    turned: Turned,
) -> None:
    """Plans, and applies where the plan is about runs alone. Raises Refused, Failure."""
    given = await gather(deployment, project, world)
    ground = Ground.of(deployment, given.document, given.compiled, provider.types)
    due = ground.due(world.now(), _settled(told))
    names = set(ground.bound()) - {each.name for each in due.kept}
    former = compile_deployment(as_before(deployment, names), given.document, provider)
    ground = Ground.of(deployment, given.document, given.compiled, provider.types, former)
    plan = make_plan(given)
    turned.kept = ground.leave(plan, due, _changed(given, ground))
    leave = ground.left(turned.kept)
    if leave:
        plan = make_plan(replace(given, leave=leave))
    silent = [each for each in plan.unreadable if not each.hidden]
    if silent:
        turned.troubles = tuple(Diagnostic(each.reason.code, params=dict(each.reason.params)) for each in silent[:1])
        turned.code = 4
        return
    judged = judge(ground, plan, world.now())
    turned.waits = judged.waits
    if judged.waits or not _worth(plan):
        return
    report = await apply_plan(plan, deployment, project, world, approve=judged.approve, leave=leave)
    turned.report = report
    done = {each.name for each in turned.kept}
    turned.turns = [each for each in due.turns if each.name not in done]
    turned.code = _code(report)


def _worth(plan: DeploymentPlan) -> bool:
    given_out = any(each.pressing for each in plan.steps)
    return bool(not plan.empty or given_out or plan.converged or plan.remembered or plan.recovery)


def _changed(given: PlanInputs, ground: Ground) -> frozenset[str]:
    """The groups that the files do not ask for any more, and in which people have changed what we had set."""
    # A closing that was broken off has taken rights away itself; the words on a group are people's alone to change.
    broken_off = given.document.progress is not None
    found: set[str] = set()
    subjects, _ = join(given.document, given.compiled, given.survey, given.types)
    for each in subjects:
        if each.resource is not None or each.present is None or each.attested or not each.kind.people_inside:
            continue
        if each.address not in ground.owners or each.binding is None:
            continue
        observed = each.present.attributes
        seen = compare(each.kind, applied=each.applied, observed=observed, desired=each.applied, ignore=each.ignored)
        if any(not broken_off or _is_text(each.applied.get(name), observed.get(name)) for name in seen.drift):
            found.add(each.address)
    return frozenset(found)


def _is_text(applied: object, observed: object) -> bool:
    return isinstance(applied, str) and isinstance(observed, str)


def _code(report: ApplyReport) -> int:
    if report.unreachable:
        return 4
    if report.failed or report.blocked or report.stopped is not None:
        return 1
    return 3 if any(each.pressing for each in report.steps) else 0


def _settled(told: Mapping[str, Send]) -> Mapping[str, str]:
    """Groups that were said to be left, for a reason that only the platform could tell, by name."""
    return {each.target: each.code for each in told.values() if each.code in (CHANGED, HIDDEN)}


async def _told(deployment: ResolvedDeployment, world: World) -> Mapping[str, Send]:
    """What was said before about this deployment's runs."""
    found = await world.store.read(StateKey(deployment.name, deployment.environment).ledger)
    sends = found.sends if found is not None else {}
    return {key: each for key, each in sends.items() if each.item == _WAITS}


async def _say_once(deployment: ResolvedDeployment, world: World, told: Mapping[str, Send], turned: Turned) -> None:
    """Leaves out what was said before, and remembers the rest; what waits no more may be said again one day."""
    news: dict[str, Send | None] = {}
    now = spelled(world.now())

    def record(target: str, code: str, digest: str = "") -> Send:
        return Send(item=_WAITS, target=target, scheduled=now, outcome="missed", mark="", code=code, digest=digest)

    fresh = []
    for each in turned.kept:
        key = f"{_WAITS} {each.name}"
        if key not in told or told[key].code != each.reason:
            news[key] = record(each.name, each.reason)
            fresh.append(each)
    key, digest = _WAITS, digest_of([each.model_dump(mode="json") for each in turned.waits])
    if not turned.waits:
        news |= {key: None} if key in told else {}
    elif key in told and told[key].digest == digest:
        turned.waits = ()
    else:
        news[key] = record("-", "run-waits", digest)
    turned.kept = fresh
    if (fresh or turned.waits) and turned.code == 0:
        turned.code = 3
    if not news:
        return
    holder = Holder(world.who, os.getpid(), now, world.command)
    try:
        async with world.store.open(StateKey(deployment.name, deployment.environment).ledger, holder) as writer:
            await writer.commit([SetSends(sends=news)])
    except Refused as refused:
        # Another run is sending: what was said is said again.
        if next(iter(refused.diagnostics)).code != "state-locked":
            raise
