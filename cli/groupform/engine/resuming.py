"""Owns what a half-done plan has itself brought about, and is therefore no reason to call it stale. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from groupform.engine.plan import Action, AttributeChange, Change, DeploymentPlan, GuardFinding
from groupform.engine.records import retired_address
from groupform.engine.refs import EXTERNAL
from groupform.engine.resource_type import ResourceType, Unique
from groupform.engine.swaps import aside
from groupform.engine.values import same
from groupform.state.renaming import readdress

_RECOVERY = "recovery"
"""The guard that asks a person about a create whose outcome nothing can tell (engine/recovery)."""


def unreviewed(saved: DeploymentPlan, fresh: DeploymentPlan) -> list[GuardFinding]:
    """Questions that a half-done plan raises itself: was that create, whose answer never came, carried out?

    They do not make the plan stale, but no approval that was given before covers them.
    """
    asked = {address for each in saved.guards if each.guard == _RECOVERY for address in each.addresses}
    return [each for each in fresh.guards if each.guard == _RECOVERY and not asked.issuperset(each.addresses)]


def comparable(saved: DeploymentPlan, fresh: DeploymentPlan, types: Mapping[str, ResourceType]) -> DeploymentPlan:
    """The fresh plan as it would read had the saved one not been begun, as far as its replaces go.

    Left out are the ends of objects that it has replaced, and the questions it has raised. What refers to such an
    object, and a unique value that an object about to be replaced has given up already, read as they did.
    """
    replaced = {each.key: each for each in saved.changes if each.action is Action.replace and each.id is not None}
    leftovers = {retired_address(each.address, each.id or ""): EXTERNAL + (each.id or "") for each in replaced.values()}
    news = unreviewed(saved, fresh)
    return fresh.model_copy(
        update={
            "changes": [
                _unreleased(_unnamed(each, leftovers), replaced.get(each.key), types)
                for each in fresh.changes
                if each.address not in leftovers
            ],
            "guards": [
                each
                for each in fresh.guards
                if each not in news and (not each.addresses or not leftovers.keys() >= set(each.addresses))
            ],
        }
    )


def _unnamed(change: Change, leftovers: Mapping[str, str]) -> Change:
    """A change in which references to replaced objects read as before these had addresses of their own."""
    attributes = [each.model_copy(update={"before": readdress(each.before, leftovers)}) for each in change.attributes]
    return change.model_copy(update={"attributes": attributes})


def _unreleased(change: Change, saved: Change | None, types: Mapping[str, ResourceType]) -> Change:
    if saved is None or change.action is not Action.replace:
        return change
    was = {each.name: each for each in saved.attributes}
    kind = types[change.type]

    def unreleased(each: AttributeChange) -> AttributeChange:
        before = was[each.name].before if each.name in was else None
        if before is None or not kind.attributes[each.name].has(Unique):
            return each
        if not same(each.before, aside(saved, kind, each.name, before)):
            return each
        return was[each.name]

    return change.model_copy(update={"attributes": [unreleased(each) for each in change.attributes]})
