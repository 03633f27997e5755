"""Owns whether a saved plan may still run: what was reviewed is what runs, or nothing is (DESIGN §1, promise 2).

A plan that was begun and not finished resumes: what it did must read as its `after`, what is open as its `before`.
Since the files are the same (their digest is compared), an object for which the fresh plan has nothing to do reads as
its `after`. Member counts, times, steps and a state that was written to never make a plan stale; a managed value, an
absence and a guard's verdict do, and a state that is older than the one the plan was made from.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from groupform.engine.digest import plan_digest, verdict
from groupform.engine.plan import Action, Change, DeploymentPlan, GuardFinding, Reason, Why
from groupform.engine.values import same
from groupform.state.document import Progress


@dataclass(frozen=True, slots=True)
class Fresh:
    """Nothing that the plan relies on has changed."""


@dataclass(frozen=True, slots=True)
class Resume:
    """The plan is half done: `done` are the keys of changes that hold, `open` those that are still to be made."""

    done: tuple[str, ...]
    open: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stale:
    """The plan must not run; each reason names an address, or what differs in the plan's inputs."""

    reasons: tuple[Reason, ...]


Verdict: TypeAlias = Fresh | Resume | Stale

_MADE_BY_TOOL = (Action.create, Action.replace, Action.bind, Action.adopt, Action.move)


def compare(saved: DeploymentPlan, fresh: DeploymentPlan, progress: Progress | None) -> Verdict:
    """Compares a saved plan with one made now, under the lock. `progress` is the state's word on a plan under way."""
    begun = progress is not None and progress.plan == saved.digest
    reasons = [
        *_edited(saved),
        *_inputs(saved, fresh, begun),
        *_changes(saved, fresh, begun),
        *_values(saved, fresh),
        *_absences(saved, fresh, begun),
        *_verdicts(saved, fresh, begun),
    ]
    if reasons:
        return Stale(tuple({each.model_dump_json(): each for each in reasons}.values()))
    left = {each.key for each in fresh.changes}
    done = tuple(each.key for each in saved.changes if each.key not in left)
    return Resume(done, tuple(each.key for each in saved.changes if each.key in left)) if begun else Fresh()


def _edited(saved: DeploymentPlan) -> Iterable[Reason]:
    """Under a digest lies what it was made from: who approved a digest has approved nothing else."""
    if plan_digest(saved) != saved.digest:
        yield Reason(code="plan-stale-edited")


def _inputs(saved: DeploymentPlan, fresh: DeploymentPlan, begun: bool) -> Iterable[Reason]:
    pairs: dict[str, tuple[object, object]] = {
        "deployment": (saved.deployment, fresh.deployment),
        "environment": (saved.environment, fresh.environment),
        "platform": (saved.platform, fresh.platform),
        "account": (saved.inputs.account, fresh.inputs.account),
        "server": (saved.inputs.server, fresh.inputs.server),
        "version": (saved.inputs.version, fresh.inputs.version),
        "files": (saved.inputs.config_digest, fresh.inputs.config_digest),
    }
    for name, (was, now) in pairs.items():
        if was != now:
            yield Reason(code=f"plan-stale-{name}", params={"was": was, "now": now})
    for name in sorted({*saved.inputs.variables, *fresh.inputs.variables}):
        if saved.inputs.variables.get(name) != fresh.inputs.variables.get(name):
            yield Reason(code="plan-stale-variable", params={"name": name})
    was, now = saved.inputs.state_lineage, fresh.inputs.state_lineage
    # The first apply makes the state; until it has bound something, that is still the state there was: none.
    found = {each.address for each in fresh.changes if each.action in (Action.bind, Action.adopt)}
    made_since = was is None and (begun or not fresh.observed.keys() - found)
    if was != now and not made_since:
        yield Reason(code="plan-stale-lineage", params={"was": was, "now": now})
    elif was is not None and fresh.inputs.state_serial < saved.inputs.state_serial:
        # Every write counts on: a lower number is an older copy, which has forgotten what was written since.
        serials = {"was": saved.inputs.state_serial, "now": fresh.inputs.state_serial}
        yield Reason(code="plan-stale-serial", params=serials)


def _changes(saved: DeploymentPlan, fresh: DeploymentPlan, begun: bool) -> Iterable[Reason]:
    planned = {each.key: each for each in saved.changes}
    now = {each.key: each for each in fresh.changes}
    for key, change in now.items():
        former = planned.get(key)
        if former is None:
            yield _about("plan-stale-new-change", change.address, change.label)
        elif not _continues(former, change, planned.get(f"{change.address}!temporary"), begun):
            yield _about("plan-stale-change", change.address, change.label)
    for key, former in planned.items():
        if key not in now and not begun:
            yield _about("plan-stale-done", former.address, former.label)
    unreadable = {each.address: each.label for each in fresh.unreadable}
    known = {each.address for each in saved.unreadable}
    for address, label in unreadable.items():
        if address not in known:
            yield _about("plan-stale-unreadable", address, label)
    waiting = {each.address for each in saved.waiting}
    for each in fresh.waiting:
        if each.address not in waiting:
            yield _about("plan-stale-waiting", each.address, each.label)
    for each in saved.waiting if not begun else ():
        if each.address not in {one.address for one in fresh.waiting}:
            yield _about("plan-stale-waiting", each.address, each.label)


def _continues(saved: Change, fresh: Change, half: Change | None, begun: bool) -> bool:
    """Whether `fresh` is `saved`, or what is left of it. `half` is the first half of the swap that it is part of."""
    if fresh.action is saved.action:
        if (fresh.id, fresh.previous, fresh.protected) != (saved.id, saved.previous, saved.protected):
            return False
        if fresh.kept != saved.kept or _ends(fresh) != _ends(saved):
            return False
        names = {each.name for each in saved.attributes}
        exact = {each.name for each in fresh.attributes} == names
        if not exact and not begun:
            return False
    elif begun and saved.action in (Action.delete, Action.archive) and fresh.action is Action.forget:
        return fresh.id == saved.id  # removed by this plan, and only the state has not heard of it
    elif not (begun and saved.action in _MADE_BY_TOOL and fresh.action in (Action.update, Action.bind)):
        return False
    planned = {each.name: each for each in saved.attributes}
    between = {each.name: each.after for each in half.attributes} if half is not None and begun else {}
    for each in fresh.attributes:
        was = planned.get(each.name)
        if was is None or not same(was.after, each.after):
            return False
        untouched = same(was.before, each.before) or (each.name in between and same(between[each.name], each.before))
        # What a half-made object lacks was never written (`change`); what it lost since, somebody took away (`drift`).
        following = begun and fresh.action is not saved.action and each.why is Why.change
        if not untouched and not following:
            return False
    return True


def _ends(change: Change) -> list[str] | None:
    """What a purge takes with it, in codes: an account that gained a right would take more than was reviewed."""
    return [each.code for each in change.irreversible] if change.purge else None


def _values(saved: DeploymentPlan, fresh: DeploymentPlan) -> Iterable[Reason]:
    """Objects that the plan does not change must read as they did."""
    changing = {each.address for each in saved.changes}
    for address, digest in saved.observed.items():
        if address in changing or address not in fresh.observed:
            continue
        if fresh.observed[address] != digest:
            yield _about("plan-stale-value", address, address)
    gone = saved.observed.keys() - fresh.observed.keys() - changing - {each.address for each in fresh.unreadable}
    for address in sorted(gone):
        yield _about("plan-stale-value", address, address)


def _absences(saved: DeploymentPlan, fresh: DeploymentPlan, begun: bool) -> Iterable[Reason]:
    """What the plan relies on not being there must not be there, unless this plan made it."""
    if begun:
        return
    labels: Mapping[str, str] = {each.address: each.label for each in saved.changes}
    for address in saved.absent:
        if address not in fresh.absent:
            yield _about("plan-stale-absent", address, labels.get(address, address))


def _verdicts(saved: DeploymentPlan, fresh: DeploymentPlan, begun: bool) -> Iterable[Reason]:
    """No guard may say anything that was not reviewed; of a plan half done it may have less to say."""
    for was, now in ((saved.guards, fresh.guards), (saved.checks, fresh.checks), (saved.conflicts, fresh.conflicts)):
        before, after = [verdict(each) for each in was], [verdict(each) for each in now]
        for each in now:
            if verdict(each) in before:
                continue
            reviewed = (set(one.addresses) for one in was if one.guard == each.guard and one.blocks >= each.blocks)
            if not (begun and each.addresses and any(set(each.addresses) <= one for one in reviewed)):
                yield _guard(each)
        for each in was if not begun else ():
            if verdict(each) not in after:
                yield _guard(each)


def _guard(finding: GuardFinding) -> Reason:
    return Reason(code="plan-stale-guard", params={"guard": finding.guard, "addresses": ", ".join(finding.addresses)})


def _about(code: str, address: str, label: str) -> Reason:
    return Reason(code=code, params={"address": address, "label": label})
