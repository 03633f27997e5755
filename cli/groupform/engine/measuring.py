"""Owns the contract between the bounds of `health` and a platform that can count, and what is told of a number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeAlias, runtime_checkable
from zoneinfo import ZoneInfo

import anyio

from groupform.compile.address import Address
from groupform.compile.resource import Attributes
from groupform.config.project import ResolvedDeployment
from groupform.engine.provider import Failure
from groupform.engine.step_people import staff_of
from groupform.engine.step_today import Notice, Unmeasured
from groupform_schemas import HealthBound, Per
from groupform_schemas.values import Duration, Percent

MESSAGES, JOINS, LEAVES, LEAVE_RATE, MEMBERS = "messages", "joins", "leaves", "leave_rate", "members"
COUNTED = (MESSAGES, JOINS, LEAVES, LEAVE_RATE)
"""What happened over a time. Any other metric is one that no platform is asked for, but for MEMBERS: how many are in a
group now, which was read for the plan."""


@dataclass(frozen=True, slots=True)
class Place:
    """One group: `id` on the platform, what was observed of it, who of the project answers for it."""

    address: Address
    id: str
    label: str
    observed: Attributes
    people: int | None = None
    who: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """A number, over the time that it is of. `or_more` says that the counting was broken off there."""

    value: float
    since: datetime
    until: datetime
    or_more: bool = False


@dataclass(frozen=True, slots=True)
class Unknown:
    """It cannot be known here; `reason` is a sentence."""

    reason: str
    params: Mapping[str, object] = field(default_factory=dict)


Answer: TypeAlias = Reading | Unknown


@dataclass(frozen=True, slots=True)
class Measured:
    """A metric in each group, by its address, and over all of them."""

    groups: Mapping[Address, Answer]
    whole: Answer


@runtime_checkable
class Measures(Protocol):
    """What a session has besides where a platform can be asked for numbers."""

    async def measure(self, metric: str, within: float, groups: Sequence[Place]) -> Measured:
        """One of COUNTED over the last `within` seconds, or over what the platform takes for them.

        `leave_rate` is the share of those who have left among those who were there at any time. Raises Failure.
        """


@dataclass(frozen=True, slots=True)
class Numbers:
    """What is out of bounds, and what could not be known."""

    outside: tuple[Notice, ...] = ()
    unknown: tuple[Unmeasured, ...] = ()


async def take_numbers(
    deployment: ResolvedDeployment, session: object, groups: Sequence[Place], now: datetime
) -> Numbers:
    """Compares every bound of `health` with what the platform says; asks for nothing that no bound is about.

    Where the platform fails, that is a notice of its own: the rest of the morning is not lost for a number.
    """
    bounds = deployment.community.model.health
    found = [Numbers() for _ in bounds]

    async def one(at: int, bound: HealthBound) -> None:
        found[at] = await _compare(deployment, session, groups, now, bound)

    async with anyio.create_task_group() as tasks:
        for at, bound in enumerate(bounds):
            tasks.start_soon(one, at, bound)
    outside = dict.fromkeys(_key(each) for one in found for each in one.outside)
    by_key = {_key(each): each for one in found for each in one.outside}
    return Numbers(tuple(by_key[each] for each in outside), tuple(each for one in found for each in one.unknown))


async def _compare(
    deployment: ResolvedDeployment, session: object, groups: Sequence[Place], now: datetime, bound: HealthBound
) -> Numbers:
    metric = str(bound.metric)
    answers: list[tuple[Place | None, Answer]]
    try:
        measured = await _measure(session, groups, now, bound)
    except Failure as failure:
        params = {"deployment": deployment.name, "connection": deployment.connection.key, **failure.params}
        return Numbers((Notice(failure.code, params),))
    if isinstance(measured, Unknown):
        answers = [(None, measured)]
    elif bound.per is Per.group:
        missing = Unknown("number-not-answered")
        answers = [(each, measured.groups.get(each.address, missing)) for each in groups]
    else:
        answers = [(None, measured.whole)]
    outside: list[Notice] = []
    unknown: list[Unmeasured] = []
    for place, answer in answers:
        label = place.label if place is not None else None
        if isinstance(answer, Unknown):
            unknown.append(Unmeasured(metric, answer.reason, answer.params, label))
        elif (verdict := _outside(bound, answer)) is None:
            unknown.append(Unmeasured(metric, "number-not-counted-out", {"value": round(answer.value)}, label))
        elif verdict:
            outside.append(_notice(deployment, bound, place, answer))
    return Numbers(tuple(outside), tuple(unknown))


async def _measure(session: object, groups: Sequence[Place], now: datetime, bound: HealthBound) -> Measured | Unknown:
    metric = str(bound.metric)
    if bound.per is Per.journey:
        return Unknown("number-no-journeys")
    if metric == MEMBERS:
        return _members(groups, now)
    if metric not in COUNTED:
        return Unknown("number-not-counted", {"metric": metric})
    if not isinstance(session, Measures):
        return Unknown("number-no-platform")
    if bound.within is None:
        return Unknown("number-without-time", {"metric": metric})
    if not groups:
        return Measured({}, Unknown("number-no-groups"))
    return await session.measure(metric, float(bound.within.seconds), groups)


def _members(groups: Sequence[Place], now: datetime) -> Measured:
    """How many are in each group now. Somebody may be in several: together they make no number of people."""
    unread = Unknown("number-not-answered")
    one = {each.address: Reading(each.people, now, now) if each.people is not None else unread for each in groups}
    (whole,) = one.values() if len(one) == 1 else (Unknown("number-people-in-several"),)
    return Measured(one, whole)


def _outside(bound: HealthBound, found: Reading) -> bool | None:
    """Whether a number is out of bounds; None where it was not counted far enough to tell."""
    if bound.at_least is not None:
        short = found.value < _amount(bound.at_least)
        return None if short and found.or_more else short
    if bound.below is not None:
        over = found.value >= _amount(bound.below)
    else:
        low, high = (_amount(each) for each in bound.between or ())
        if found.value < low and not found.or_more:
            return True
        over = found.value > high
    return None if found.or_more and not over else over


def _amount(amount: int | Percent | Duration) -> float:
    if isinstance(amount, Percent):
        return amount.fraction
    return float(amount.seconds if isinstance(amount, Duration) else amount)


def _notice(deployment: ResolvedDeployment, bound: HealthBound, place: Place | None, found: Reading) -> Notice:
    zone = ZoneInfo(str(deployment.community.model.timezone or "UTC"))
    limits = [bound.at_least, bound.below, *(bound.between or ())]
    share = any(isinstance(each, Percent) for each in limits)
    value = f"{found.value:.1%}" if share or bound.metric == LEAVE_RATE else f"{found.value:.0f}"
    params: dict[str, object] = {
        "label": place.label if place is not None else deployment.community.model.title,
        "metric": str(bound.metric),
        "value": f"{value}+" if found.or_more else value,
        "since": found.since.astimezone(zone).strftime("%m-%d %H:%M"),
        "until": found.until.astimezone(zone).strftime("%m-%d %H:%M"),
    }
    if bound.at_least is not None:
        code, params["low"] = "number-too-low", str(bound.at_least)
    elif bound.below is not None:
        code, params["high"] = "number-too-high", str(bound.below)
    else:
        params["low"], params["high"] = (str(each) for each in bound.between or ())
        code = "number-not-between"
    who = place.who if place is not None else _owner(deployment, found.until)
    return Notice(code, params, who)


def _owner(deployment: ResolvedDeployment, at: datetime) -> str | None:
    """Whose the community is: a number of the whole is theirs."""
    team = deployment.community.model.team
    owner = team.owner if team is not None else None
    named = (owner.person or owner.role or owner.duty or owner.name) if owner is not None else None
    return staff_of(deployment).doer(str(named) if named is not None else None, at).key


def _key(notice: Notice) -> str:
    """One failure met by several bounds is told once."""
    return f"{notice.code} {sorted((name, str(value)) for name, value in notice.params.items())}"
