"""Decides whether a plan opens and closes the groups of runs and does nothing else: then nobody need agree. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from groupform.calendar.opening import Ground, group_named, is_a_day
from groupform.calendar.season import zone_of
from groupform.compile.address import Address
from groupform.engine.plan import Action, AttributeChange, Change, DeploymentPlan, GuardFinding, Reason, StepStatus, Why
from groupform.engine.values import same

_BY_CLOSING = ("delete-groups", "delete-others", "members")
"""What speaks against the end of a group; that a run's groups end is what `then` says."""


@dataclass(frozen=True, slots=True)
class Judged:
    """Whether a plan may be carried out: `waits` says what speaks against it, `approve` what `then` has agreed to."""

    waits: tuple[Reason, ...] = ()
    approve: frozenset[str] = frozenset()


def judge(ground: Ground, plan: DeploymentPlan, now: datetime) -> Judged:
    """What speaks against carrying it out, and which guards `then` has answered."""
    return _Judge(ground, now).judged(plan)


@dataclass(frozen=True)
class _Judge:
    ground: Ground
    now: datetime

    def judged(self, plan: DeploymentPlan) -> Judged:
        """What in a plan is not the opening or the closing of a run, and what agrees to the rest."""
        waits = [_said("run-waits-change", each) for each in plan.changes if not self._of_runs(each)]
        for step in plan.steps:
            given_out = step.since is not None or step.status is StepStatus.open
            if not given_out and step.address not in self.ground.owners:
                waits.append(Reason(code="run-waits-step", params={"address": step.address, "label": step.label}))
        noted = [each for each in plan.remembered if each not in self.ground.owners and not self._over(each)]
        waits += [_about("run-waits-change", each) for each in noted]
        waits += [
            _about("run-waits-broken-off", each)
            for each in self.ground.document.intents
            if each not in self.ground.owners
        ]
        approve: set[str] = set()
        ending = {each.address for each in plan.changes if self.ground.ends(each)}
        for finding in (*plan.guards, *plan.checks, *plan.conflicts):
            if not finding.blocks:
                continue
            if _agreed(finding, ending):
                approve |= {f"{finding.guard}:{each}" for each in finding.addresses}
            else:
                waits.append(finding.reason)
        told = {each.model_dump_json(): each for each in waits}
        return Judged(tuple(told.values()), frozenset(approve))

    def _of_runs(self, change: Change) -> bool:
        """Whether a change opens or closes a run's group, or follows from that alone."""
        if change.protected:
            return True
        if change.previous is not None or change.temporary or change.purge:
            return False
        if change.address not in self.ground.owners:
            return self._follows(change)
        if change.action in (Action.create, Action.bind, Action.delete, Action.archive, Action.forget):
            return True
        # What a broken-off opening left unwritten was never applied; whatever else differs is somebody's doing.
        binding = self.ground.document.bindings.get(change.address)
        if change.action is not Action.update or binding is None:
            return False
        unwritten = () if self.ground.document.progress is None else change.attributes
        never = {each.name for each in unwritten if each.why is Why.change and each.name not in binding.applied}
        return all(each.name in never or self._by_runs(change, each) for each in change.attributes)

    def _follows(self, change: Change) -> bool:
        """Whether a standing object differs by nothing but which runs there are."""
        if self.ground.types[change.type].people_inside and change.action is not Action.update:
            return False
        if self._dated(change):
            return True
        binding = self.ground.document.bindings.get(change.address)
        if change.action is Action.update:
            return all(self._by_runs(change, each) for each in change.attributes)
        if change.action is Action.forget and binding is not None:
            return self._only_runs(binding.applied)
        if change.action is Action.create:
            return self._only_runs({each.name: each.after for each in change.attributes})
        return False

    def _dated(self, change: Change) -> bool:
        """Whether it is one of a series that goes on with time: the next one, or one whose day is over."""
        if change.action in (Action.delete, Action.forget):
            return self._over(change.address)
        address = Address.parse(change.address)
        if change.action is not Action.create or not self._day(change.address):
            return False
        bound = (Address.parse(each) for each in self.ground.document.bindings)
        return any((each.type, each.key) == (address.type, address.key) for each in bound)

    def _over(self, address: str) -> bool:
        """Whether an object is dated, and its day has come."""
        day, zone = self._day(address), ZoneInfo(zone_of(self.ground.deployment.community.model))
        return bool(day) and date.fromisoformat(day) <= self.now.astimezone(zone).date()

    def _day(self, text: str) -> str:
        """The day that an object of a series is named by; "" for a group, and for what bears no date."""
        address = Address.parse(text)
        groups = self.ground.deployment.community.model.groups
        named = address.key not in groups and address.instance is not None and is_a_day(address.instance)
        return address.instance or "" if named else ""

    def _by_runs(self, change: Change, attribute: AttributeChange) -> bool:
        """Whether an attribute changes for no other reason than that runs have ended and begun."""
        binding = self.ground.document.bindings.get(change.address)
        if binding is None or attribute.why is not Why.change or attribute.name not in binding.applied:
            return False
        applied, former = binding.applied[attribute.name], self.ground.former.get(change.address, {})
        if attribute.name in former and same(former[attribute.name], applied):
            return True
        if not isinstance(applied, list | dict):
            return False
        return bool(self._without(attribute.before) == self._without(attribute.after) == self._without(applied))

    def _only_runs(self, attributes: Mapping[str, Any]) -> bool:
        lists = [each for each in attributes.values() if isinstance(each, list) and each]
        return bool(lists) and all(not self._without(each) for each in lists)

    def _without(self, value: Any) -> Any:
        """A value without what belongs to runs."""
        if isinstance(value, list):
            return [self._without(each) for each in value if not self._a_runs(each)]
        if isinstance(value, dict):
            return {key: self._without(each) for key, each in value.items() if not self._a_runs(key)}
        return value

    def _a_runs(self, value: Any) -> bool:
        if not isinstance(value, str):
            return False
        return value in self.ground.owners or group_named(self.ground.deployment, value) is not None


def _agreed(finding: GuardFinding, ending: Collection[str]) -> bool:
    named = finding.guard in _BY_CLOSING and finding.approvable and not finding.named
    return named and bool(finding.addresses) and set(finding.addresses) <= set(ending)


def _said(code: str, change: Change) -> Reason:
    return Reason(code=code, params={"address": change.address, "label": change.label})


def _about(code: str, address: str) -> Reason:
    return Reason(code=code, params={"address": address, "label": address})
