"""Owns the making of a plan from what is desired, known and seen: pure, and the same for the same arguments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from groupform.compile.resource import Compiled
from groupform.engine.adoption import adopt
from groupform.engine.decide import Decision, decide
from groupform.engine.digest import observed_digests, plan_digest
from groupform.engine.gaps import guard_gaps, guard_locked, list_gaps
from groupform.engine.graph import order
from groupform.engine.guard import guard
from groupform.engine.only_copy import guard_only_copies
from groupform.engine.plan import (
    Action,
    Change,
    DeploymentPlan,
    GuardFinding,
    Inputs,
    Reason,
    Unmanaged,
    Unreadable,
)
from groupform.engine.provider import Ownership
from groupform.engine.purging import guard_purges, purge_named
from groupform.engine.recovery import recovery
from groupform.engine.renames import hint_renames
from groupform.engine.renew import renew
from groupform.engine.resource_type import Accounts, ResourceType
from groupform.engine.step_rules import StepRules
from groupform.engine.steps import list_steps
from groupform.engine.subjects import Subject, join
from groupform.engine.survey import Survey
from groupform.engine.swaps import held_elsewhere
from groupform.engine.undo import Goal
from groupform.engine.undo_changes import explanation, going
from groupform.engine.waiting import hold
from groupform.engine.words import known_by, words
from groupform.state.document import Document
from groupform_schemas import Guards

_SECONDS_A_REQUEST = 0.1
_UNSENT = (Action.forget,)


@dataclass(frozen=True)
class PlanInputs:
    """All that a plan is made from.

    `owners` are the ownership marks that mean us. `claimed` tells which other deployment's state names an object, by
    (type, id). `checks` are the failed promises, evaluated before. `people` are names by key, `accounts` by account.
    `concurrency` is how many writes may be under way. `fleeting` says that the state is thrown away after this command.
    `leave` are addresses whose objects are kept, as protected ones are, though they are declared no more.
    """

    deployment: str
    environment: str
    platform: str
    types: Mapping[str, ResourceType]
    compiled: Compiled
    document: Document
    survey: Survey
    inputs: Inputs
    as_of: datetime
    owners: frozenset[Ownership] = frozenset()
    guards: Guards = field(default_factory=Guards)
    accept_gaps: tuple[str, ...] = ()
    checks: tuple[GuardFinding, ...] = ()
    claimed: Mapping[tuple[str, str], str] = field(default_factory=dict)
    people: Mapping[str, str] = field(default_factory=dict)
    accounts: Mapping[str, str] = field(default_factory=dict)
    steps: StepRules = field(default_factory=StepRules)
    concurrency: int = 1
    destroy: bool = False
    deep: bool = False
    purge: tuple[str, ...] = ()
    refresh_only: bool = False
    fleeting: bool = False
    undo: int | None = None
    goal: Goal | None = None
    leave: frozenset[str] = frozenset()


def make_plan(given: PlanInputs) -> DeploymentPlan:
    """The plan, with its digest."""
    subjects, strays = join(given.document, given.compiled, given.survey, given.types)
    by_address = {each.address: each for each in subjects}
    back = given.goal is not None
    decided = [_singly_owned(decide(each, given.owners, destroy=given.destroy, back=back), given) for each in subjects]
    decided = [_kept(each) if each.subject.address in given.leave else each for each in decided]
    held = hold(renew(adopt(purge_named(decided, given.survey.purges), given.document)))
    changes = [each.change for each in held.decisions if each.change is not None and not given.refresh_only]
    changes = going(changes, by_address, given.goal) if given.goal is not None else hint_renames(changes, given.types)
    ordered = order(changes, by_address)
    said, unknown = recovery(subjects, given.as_of)
    gaps = list_gaps(given.compiled.claims, held.decisions, given.accept_gaps, given.guards.on_gap)
    steps = list_steps(
        held.decisions,
        given.document,
        given.platform,
        given.as_of,
        given.people,
        rules=given.steps,
        claims=given.compiled.claims,
        waiting=held.waiting,
        accounts=given.accounts,
    )
    account = given.survey.identity.account
    conflicts = [_by_name(each, given.accounts) for each in held.decisions if each.conflict is not None]
    plan = DeploymentPlan(
        deployment=given.deployment,
        environment=given.environment,
        platform=given.platform,
        inputs=given.inputs,
        destroy=given.destroy,
        deep=given.deep,
        purge=list(given.purge),
        undo=given.undo,
        undone=explanation(ordered.changes, by_address, given.goal) if given.goal is not None else None,
        changes=list(ordered.changes),
        drift=[*_named(held.decisions, "drift"), *(_gone(subjects) if given.refresh_only else ())],
        # Of what is bound by this very plan nothing was known that could have changed.
        converged=_named([each for each in held.decisions if each.subject.binding is not None], "converged"),
        steps=list(steps.open),
        steps_done=steps.done,
        gaps=list(gaps),
        remembered=[] if given.refresh_only else _remembered(subjects, given.goal),
        unmanaged=_unmanaged(given),
        unreadable=[
            *(each.unreadable for each in held.decisions if each.unreadable is not None),
            *(_stray(each.address, each.binding.label, each.failure.code, each.failure.params) for each in strays),
        ],
        waiting=[] if given.refresh_only else list(held.waiting),
        guards=[]
        if given.refresh_only
        else [
            *guard(ordered.changes, by_address, given.compiled, given.guards, account),
            *guard_gaps(gaps, given.guards.on_gap),
            *guard_purges(ordered.changes),
            *guard_only_copies(ordered.changes, given.types, fleeting=given.fleeting),
            *guard_locked(held.decisions, given.accept_gaps),
            *unknown,
        ],
        checks=list(given.checks),
        conflicts=[*conflicts, *held_elsewhere(ordered.changes, by_address), *ordered.circles],
        recovery=said,
        observed=observed_digests(subjects),
        absent=sorted(each.address for each in ordered.changes if each.action is Action.create),
        unchanged=sum(_unchanged(each) for each in held.decisions),
        requests=given.survey.requests,
    )
    requests = _requests(ordered.changes, given.types)
    plan = plan.model_copy(
        update={
            "predicted_requests": requests,
            "predicted_seconds": round(requests * _SECONDS_A_REQUEST / max(given.concurrency, 1), 1),
        }
    )
    return plan.model_copy(update={"digest": plan_digest(plan)})


def _by_name(decision: Decision, accounts: Mapping[str, str]) -> GuardFinding:
    """Its conflict, with the names of those whom it tells of by their accounts."""
    subject, found = decision.subject, decision.conflict
    assert found is not None
    params, known = found.reason.params, subject.kind.attributes
    told = {
        f"{name}_names": known_by(each, accounts)
        for name, each in params.items()
        if f"{name}_names" in params and name in known and known[name].has(Accounts)
    }
    return found.model_copy(update={"reason": found.reason.model_copy(update={"params": {**params, **told}})})


def _singly_owned(decision: Decision, given: PlanInputs) -> Decision:
    """A conflict in place of a decision about an object that another deployment's state names as its own."""
    subject = decision.subject
    other = given.claimed.get((subject.kind.name, subject.id)) if subject.id is not None else None
    if other is None or subject.attested:
        return decision
    reason = Reason(code="plan-two-owners", params={"label": subject.label, "deployment": other})
    finding = GuardFinding(guard="owner", reason=reason, addresses=[subject.address], approvable=False)
    return replace(decision, change=None, hand=None, hand_attributes=(), unreadable=None, conflict=finding)


def _kept(decision: Decision) -> Decision:
    """An object that is declared no more, and is left where it is all the same."""
    if decision.subject.resource is not None:
        return decision
    change = decision.change.model_copy(update={"protected": True}) if decision.change is not None else None
    return replace(decision, change=change, hand=None)


def _remembered(subjects: Sequence[Subject], goal: Goal | None) -> list[str]:
    shifted = goal.shifted if goal is not None else ()
    return [each.address for each in subjects if each.address in shifted or _fate_moved(each)]


def _fate_moved(subject: Subject) -> bool:
    """Whether the files say something else than the state of what becomes of an object once it is declared no more."""
    binding, resource = subject.binding, subject.resource
    return (
        binding is not None
        and resource is not None
        and (binding.on_remove, binding.protect) != (resource.on_remove.value, resource.protect)
    )


def _gone(subjects: Iterable[Subject]) -> list[str]:
    """Objects that are bound and proven not to be there: a plan that makes no changes would not speak of them."""
    return [each.address for each in subjects if each.binding is not None and each.gone]


def _named(decisions: Iterable[Decision], which: str) -> list[str]:
    return [f"{each.subject.address}!{name}" for each in decisions for name in getattr(each.difference, which)]


def _unchanged(decision: Decision) -> bool:
    """Declared, there, and as declared."""
    subject = decision.subject
    return (
        subject.resource is not None
        and subject.present is not None
        and decision.change is None
        and decision.conflict is None
        and not decision.difference.changes
        and decision.hand is None
    )


def _unmanaged(given: PlanInputs) -> list[Unmanaged]:
    """What the account can see and nobody manages; with our own mark, only what no binding names any more."""
    bound = {each.id for each in given.document.bindings.values()} | set(given.survey.ids.values())
    return [
        Unmanaged(type=each.type, id=each.id, label=each.label, people=each.people)
        for each in sorted(given.survey.discovered or (), key=lambda each: (each.type, each.label, each.id))
        if each.id not in bound and (each.owner is None or each.owner in given.owners)
    ]


def _stray(address: str, label: str, code: str, params: Mapping[str, object]) -> Unreadable:
    reason = Reason(code=code, params=words(params))
    return Unreadable(address=address, label=label or address, reason=reason, hidden=False)


def _requests(changes: Sequence[Change], types: Mapping[str, ResourceType]) -> int:
    """About how many requests the changes take."""
    total = 0
    for each in changes:
        if each.protected or each.action in _UNSENT:
            continue
        writes = 1 if each.action in (Action.create, Action.delete, Action.archive) else len(each.attributes)
        if each.action is Action.replace:
            writes = 2
        total += writes * types[each.type].requests
    return total
