"""Owns what of a plan is counted, and what of it is said now: the same choice for text and Markdown."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from groupform.compile.address import Address, AddressError
from groupform.engine.plan import (
    Action,
    Change,
    DeploymentPlan,
    Gap,
    GuardFinding,
    Reason,
    Step,
    StepStatus,
    Unreadable,
    Why,
)
from groupform.render.families import SHOWN_ALIKE, bundles


@dataclass(frozen=True, slots=True)
class Tally:
    """What one or more deployment plans amount to. `parts` come along with the objects that are counted as actions."""

    actions: Counter[Action] = field(default_factory=Counter)
    parts: int = 0
    people: int = 0
    steps: int = 0
    gaps: int = 0
    protected: int = 0
    unreadable: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.actions + other.actions,
            self.parts + other.parts,
            self.people + other.people,
            self.steps + other.steps,
            self.gaps + other.gaps,
            self.protected + other.protected,
            self.unreadable + other.unreadable,
        )


@dataclass(frozen=True, slots=True)
class GapGroup:
    """Gaps with one reason: where they are, with `*` for what differs, and how many."""

    gap: Gap
    places: tuple[str, ...]
    count: int


def tally(plan: DeploymentPlan) -> Tally:
    """Counts one deployment's plan as it is shown: a room with its notice and its alias is one.

    Protected objects are not acted on, so they count apart.
    """
    acting = [each for each in plan.changes if not each.protected]
    whole = bundles([each for each in acting if not each.temporary])
    return Tally(
        actions=Counter(each.change.action for each in whole),
        parts=sum(len(each.along) for each in whole),
        # Whoever is in a group that is adopted notices nothing of it.
        people=sum(each.impact or 0 for each in acting if each.action is not Action.adopt or _touches(each)),
        steps=len(plan.steps),
        gaps=declared(each.path for each in plan.gaps if not each.accepted),
        protected=len(plan.changes) - len(acting),
        unreadable=len(plan.unreadable),
    )


def _touches(change: Change) -> bool:
    """Whether an adoption also brings something in the object to what is declared."""
    return len(change.attributes) > 1


def kept_names(change: Change) -> list[str]:
    """What an adopted object keeps in place of what is declared: `history`, `levels`."""
    return sorted({name for form in change.kept for name in form.declared})


def short_address(address: str) -> str:
    """`room.city/sh` of `pet-club-home/room.city/sh`: the deployment is said once, above. An `!attribute` stays."""
    place, mark, attribute = address.partition("!")
    try:
        return Address.parse(place).short + mark + attribute
    except AddressError:
        return address


def gap_groups(gaps: Iterable[Gap], say: Callable[[Reason], str]) -> list[GapGroup]:
    """Gaps that are given one sentence as their reason (by `say`), in the order in which they are met."""
    together: dict[str, list[Gap]] = {}
    for each in gaps:
        together.setdefault(say(each.reason), []).append(each)
    return [
        GapGroup(each[0], _places([one.path for one in each]), declared(one.path for one in each))
        for each in together.values()
    ]


def _places(paths: list[str]) -> tuple[str, ...]:
    """Paths in few words: alone as they are; many below one head as `head.*`; copies of a group as `/*`."""
    distinct = list(dict.fromkeys(pattern(each) for each in paths)) if len(paths) > 1 else paths
    for depth in (3, 2, 1):
        if len(distinct) <= SHOWN_ALIKE:
            break
        heads: dict[str, list[str]] = {}
        for each in distinct:
            heads.setdefault(".".join(each.removesuffix(".*").split(".")[:depth]), []).append(each)
        distinct = [below[0] if len(below) == 1 else f"{head}.*" for head, below in heads.items()]
    return tuple(distinct)


def pattern(path: str) -> str:
    """`groups.store/*.title` of `groups.store/rmgc.title`."""
    return re.sub(r"/[^.\s]+", "/*", path)


def declared(paths: Iterable[str]) -> int:
    """How many things somebody has written down: three hundred copies of a group are written once."""
    return len({pattern(each) for each in paths})


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


@dataclass(frozen=True, slots=True)
class Unread:
    """Objects that cannot be read for one reason."""

    reason: Reason
    objects: tuple[Unreadable, ...]


def unread_groups(plan: DeploymentPlan) -> list[Unread]:
    """What could not be read, by reason: a room that nobody lets us into is one piece of news, not one for each thing
    that hangs in it."""
    groups: dict[str, list[Unreadable]] = {}
    for each in plan.unreadable:
        groups.setdefault(each.reason.model_dump_json(), []).append(each)
    return [Unread(each[0].reason, tuple(each)) for each in groups.values()]


def drift_alone(plan: DeploymentPlan) -> list[str]:
    """What drifted and no change speaks of, as `room.lobby` or `room.lobby!topic`."""
    spoken = {each.address for each in plan.changes}
    return [short_address(each) for each in plan.drift if each.partition("!")[0] not in spoken]


def findings(plan: DeploymentPlan) -> list[tuple[str, GuardFinding]]:
    """Everything that speaks against the plan: conflicts first, then checks, then guards."""
    return [
        *(("conflict", each) for each in plan.conflicts),
        *(("check", each) for each in plan.checks),
        *(("guard", each) for each in plan.guards),
    ]
