"""Owns whether a plan that guards speak against may run: what blocks it, and what a person has approved. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from groupform.config.diagnostics import Diagnostic
from groupform.engine.plan import DeploymentPlan, GuardFinding


def unapproved(plan: DeploymentPlan, approve: Collection[str]) -> list[GuardFinding]:
    """The findings that keep the plan from running.

    `approve` holds plan digests, addresses, or `guard:address` for one guard only. What is not approvable stays.
    """
    return [each for each in _speaking(plan, approve) if not each.alone]


def withheld(plan: DeploymentPlan, approve: Collection[str]) -> frozenset[str]:
    """The addresses that a finding holds back by themselves: the plan runs without them and what depends on them."""
    alone = [each for each in _speaking(plan, approve) if each.alone]
    return frozenset(address for each in alone for address in each.addresses if not _named(each, address, approve))


def _speaking(plan: DeploymentPlan, approve: Collection[str]) -> list[GuardFinding]:
    return [each for each in _blocking(plan) if not (each.approvable and _approved(plan, each, approve))]


def refusals(plan: DeploymentPlan, findings: Iterable[GuardFinding]) -> list[Diagnostic]:
    """What a user is told: that the plan was not begun, and each finding in its own words."""
    possible = all(each.approvable for each in _blocking(plan) if not each.alone)
    code = "apply-not-approved" if possible else "apply-not-approvable"
    found = [Diagnostic(code, params={"deployment": plan.deployment, "digest": plan.digest})]
    for each in findings:
        params = {"guard": each.guard, "addresses": ", ".join(each.addresses), **each.reason.params}
        found.append(Diagnostic(each.reason.code, params=params))
    return found


def _blocking(plan: DeploymentPlan) -> list[GuardFinding]:
    return [each for each in (*plan.guards, *plan.checks, *plan.conflicts) if each.blocks]


def _approved(plan: DeploymentPlan, finding: GuardFinding, approve: Collection[str]) -> bool:
    if plan.digest in approve and not finding.named:
        return True
    return bool(finding.addresses) and all(_named(finding, address, approve) for address in finding.addresses)


def _named(finding: GuardFinding, address: str, approve: Collection[str]) -> bool:
    return address in approve or f"{finding.guard}:{address}" in approve
