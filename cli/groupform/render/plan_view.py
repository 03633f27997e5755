"""Owns what of a plan is shown first, together, or only counted: the same choice for text and Markdown."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from groupform.compile.address import Address, AddressError
from groupform.engine.plan import Action, Change, DeploymentPlan, Gap, GuardFinding, Step, StepStatus, Why, digest_of

# As many alike changes as a reviewer reads before believing the rest.
SHOWN_ALIKE = 3
_REMOVALS = (Action.delete, Action.archive, Action.forget)
# Additions first, removals last: the order in which they are carried out, more or less, and the order of alarm.
_ORDER = (Action.bind, Action.move, Action.create, Action.update, Action.replace, *_REMOVALS)


@dataclass(frozen=True, slots=True)
class Tally:
    """What one or more deployment plans amount to."""

    actions: Counter[Action] = field(default_factory=Counter)
    people: int = 0
    steps: int = 0
    gaps: int = 0
    protected: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.actions + other.actions,
            self.people + other.people,
            self.steps + other.steps,
            self.gaps + other.gaps,
            self.protected + other.protected,
        )


@dataclass(frozen=True, slots=True)
class Family:
    """Changes that are alike: some are shown, the others are counted. `detailed` of the shown ones with attributes."""

    shown: tuple[Change, ...]
    detailed: int
    hidden: int = 0
    hidden_people: int = 0


@dataclass(frozen=True, slots=True)
class GapGroup:
    """The same gap at many places: `path` has `*` where they differ."""

    path: str
    count: int
    gap: Gap


def tally(plan: DeploymentPlan) -> Tally:
    """Counts one deployment's plan. Protected objects are not acted on, so they count apart."""
    acting = [each for each in plan.changes if not each.protected]
    return Tally(
        actions=Counter(each.action for each in acting if not each.temporary),
        people=sum(each.impact or 0 for each in acting),
        steps=len(plan.steps),
        gaps=sum(1 for each in plan.gaps if not each.accepted),
        protected=len(plan.changes) - len(acting),
    )


def short_address(address: str) -> str:
    """`room.city/sh` of `pet-club-home/room.city/sh`: the deployment is said once, above."""
    try:
        return Address.parse(address).short
    except AddressError:
        return address


def families(changes: Sequence[Change], *, full: bool = False) -> list[Family]:
    """Changes in showing order, alike ones together.

    A change that people should look at one by one is never folded away: one that is protected or irreversible, a
    replace, and a removal of something that people are in.
    """
    ranked = sorted(changes, key=lambda each: _ORDER.index(each.action))
    together: dict[str, list[Change]] = {}
    for index, each in enumerate(ranked):
        together.setdefault(f"alone {index}" if full or _stands_alone(each) else _kind(each), []).append(each)
    return [_family(each) for each in together.values()]


def _stands_alone(change: Change) -> bool:
    removal_of_people = change.action in _REMOVALS and change.impact != 0
    return bool(
        change.protected
        or change.irreversible
        or change.temporary
        or change.action is Action.replace
        or removal_of_people
    )


def _kind(change: Change) -> str:
    reason = change.reason.code if change.reason else ""
    attributes = [(each.name, each.why) for each in change.attributes]
    return f"{change.action} {change.type} {_without_instance(change.address)} {reason} {attributes}"


def _family(changes: list[Change]) -> Family:
    if len(changes) <= SHOWN_ALIKE + 1:
        # Folding a single change away saves nobody a line.
        return Family(tuple(changes), len(changes))
    hidden = changes[SHOWN_ALIKE:]
    # Created objects differ in what they are called, which the heading says; edits may differ in what matters.
    same = len({digest_of([(each.before, each.after) for each in change.attributes]) for change in changes}) == 1
    detailed = 1 if same or changes[0].action is Action.create else SHOWN_ALIKE
    people = sum(each.impact or 0 for each in hidden)
    return Family(tuple(changes[:SHOWN_ALIKE]), detailed, len(hidden), people)


def gap_groups(gaps: Iterable[Gap]) -> list[GapGroup]:
    """Gaps that differ only in the copy of a group they are about, as one."""
    together: dict[str, list[Gap]] = {}
    for each in gaps:
        together.setdefault(f"{pattern(each.path)} {each.accepted} {each.reason.model_dump_json()}", []).append(each)
    return [
        GapGroup(pattern(each[0].path) if len(each) > 1 else each[0].path, len(each), each[0])
        for each in together.values()
    ]


def pattern(path: str) -> str:
    """`groups.store/*.title` of `groups.store/rmgc.title`."""
    return re.sub(r"/[^.\s]+", "/*", path)


def steps_to_show(plan: DeploymentPlan, *, full: bool = False) -> tuple[list[Step], int]:
    """The steps that somebody should read now, and how many are merely still open."""
    if full:
        return list(plan.steps), 0
    shown = [each for each in plan.steps if each.status is not StepStatus.open]
    return shown, len(plan.steps) - len(shown)


def is_first(plan: DeploymentPlan) -> bool:
    """Whether nothing was ever applied: then everything is worth saying in full."""
    return plan.inputs.state_serial == 0


def drifted(change: Change) -> bool:
    return any(each.why is Why.drift for each in change.attributes)


def findings(plan: DeploymentPlan) -> list[tuple[str, GuardFinding]]:
    """Everything that speaks against the plan: conflicts first, then checks, then guards."""
    return [
        *(("conflict", each) for each in plan.conflicts),
        *(("check", each) for each in plan.checks),
        *(("guard", each) for each in plan.guards),
    ]


def _without_instance(address: str) -> str:
    try:
        parsed = Address.parse(address)
    except AddressError:
        return address
    return f"{parsed.deployment}/{parsed.type}.{parsed.key}"
