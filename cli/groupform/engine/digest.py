"""Owns the digests of a plan: what was relied on object by object, and what the whole would do."""

from __future__ import annotations

from collections.abc import Iterable

from groupform.engine.plan import Change, DeploymentPlan, GuardFinding, digest_of
from groupform.engine.subjects import Subject


def observed_digests(subjects: Iterable[Subject]) -> dict[str, str]:
    """The digest of the managed values of each object that was seen. Who is inside does not count."""
    relied_on = (each for each in subjects if each.id is not None and not each.kind.passes)
    found = ((each.address, each.managed) for each in relied_on)
    return {address: digest_of(values) for address, values in sorted(found) if values is not None}


def plan_digest(plan: DeploymentPlan) -> str:
    """What a plan would do, and from what: without member counts, times, requests and how steps stand."""
    inputs = plan.inputs.model_dump(exclude={"as_of", "state_serial"})
    return digest_of(
        {
            "deployment": plan.deployment,
            "environment": plan.environment,
            "platform": plan.platform,
            "inputs": inputs,
            "destroy": plan.destroy,
            **({"purge": plan.purge} if plan.purge else {}),
            **({"undo": plan.undo} if plan.undo is not None else {}),
            "changes": [change_essence(each) for each in plan.changes],
            "verdicts": [verdict(each) for each in (*plan.guards, *plan.checks, *plan.conflicts)],
            "steps": [[each.key, each.digest] for each in plan.steps],
            "waiting": [each.address for each in plan.waiting],
            "unreadable": [each.address for each in plan.unreadable],
            "gaps": [[each.path, each.reason.code, each.accepted] for each in plan.gaps],
            "observed": plan.observed,
            "absent": plan.absent,
            "remembered": plan.remembered,
        }
    )


def change_essence(change: Change) -> object:
    """A change without its impact and its reason, which explain and never decide."""
    return change.model_dump(mode="json", exclude={"impact", "reason", "irreversible"})


def verdict(finding: GuardFinding) -> object:
    """A guard's verdict: which guard, about what, and whether it blocks. The numbers behind it may move."""
    return [finding.guard, finding.reason.code, sorted(finding.addresses), finding.blocks]
