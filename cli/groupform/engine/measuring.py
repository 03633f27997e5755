"""Owns the contract between the bounds of `health` and a platform that can count, and what is told of a number."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
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
class Away:
    """A group in which nothing can be counted now, and why. `made` tells whether people are in it all the same."""

    label: str
    why: Unknown
    made: bool


@dataclass(frozen=True, slots=True)
class Judged:
    """A bound held against the answer of one group, or of the whole, where `label` is None. `outside` is None where
    it cannot be told; `failure` is what the platform failed with when it was asked."""

    bound: HealthBound
    answer: Answer
    outside: bool | None = None
    label: str | None = None
    who: str | None = None
    failure: Failure | None = None

    @property
    def why(self) -> Unknown | None:
        """Why it cannot be told."""
        if isinstance(self.answer, Unknown):
            return self.answer
        return Unknown("number-not-counted-out", {"value": round(self.answer.value)}) if self.outside is None else None


@dataclass(frozen=True, slots=True)
class Numbers:
    """What is out of bounds, and what could not be known."""

    outside: tuple[Notice, ...] = ()
    unknown: tuple[Unmeasured, ...] = ()


async def judge_numbers(
    deployment: ResolvedDeployment,
    session: object,
    groups: Sequence[Place],
    now: datetime,
    away: Sequence[Away] = (),
) -> tuple[Judged, ...]:
    """Holds every bound of `health`, in declared order, against what the platform says; asks for nothing else.

    Where the platform fails, that is the answer for what was asked: nothing else is lost for a number.
    """
    bounds = deployment.community.model.health
    found: list[list[Judged]] = [[] for _ in bounds]

    async def one(at: int, bound: HealthBound) -> None:
        found[at] = [each async for each in _judge(deployment, session, groups, now, bound, away)]

    async with anyio.create_task_group() as tasks:
        for at, bound in enumerate(bounds):
            tasks.start_soon(one, at, bound)
    return tuple(each for one in found for each in one)


async def take_numbers(
    deployment: ResolvedDeployment,
    session: object,
    groups: Sequence[Place],
    now: datetime,
    away: Sequence[Away] = (),
) -> Numbers:
    """What of `health` somebody looks at this morning. A failure of the platform is a notice of its own."""
    outside: dict[str, Notice] = {}
    unknown: list[Unmeasured] = []
    for each in await judge_numbers(deployment, session, groups, now, away):
        if each.failure is not None:
            params = {"deployment": deployment.name, "connection": deployment.connection.key, **each.failure.params}
            notice = Notice(each.failure.code, params)
            outside.setdefault(_key(notice), notice)
        elif (why := each.why) is not None:
            unknown.append(Unmeasured(str(each.bound.metric), why.reason, why.params, each.label))
        elif each.outside:
            notice = _notice(deployment, each)
            outside.setdefault(_key(notice), notice)
    return Numbers(tuple(outside.values()), tuple(unknown))


async def _judge(
    deployment: ResolvedDeployment,
    session: object,
    groups: Sequence[Place],
    now: datetime,
    bound: HealthBound,
    away: Sequence[Away],
) -> AsyncIterator[Judged]:
    try:
        measured = await _measure(session, groups, now, bound, away)
    except Failure as failure:
        yield Judged(bound, Unknown(failure.code, dict(failure.params)), failure=failure)
        return
    if isinstance(measured, Unknown):
        yield Judged(bound, measured)
        return
    if bound.per is not Per.group:
        whose = _owner(deployment, now) if isinstance(measured.whole, Reading) else None
        yield _judged(bound, measured.whole, who=whose)
        return
    if not groups and not away:
        yield Judged(bound, Unknown("number-no-groups"))
    for each in groups:
        answer = measured.groups.get(each.address, Unknown("number-not-answered"))
        yield _judged(bound, answer, each.label, each.who)
    for one in away:
        yield Judged(bound, one.why, label=one.label)


def _judged(bound: HealthBound, answer: Answer, label: str | None = None, who: str | None = None) -> Judged:
    return Judged(bound, answer, _outside(bound, answer) if isinstance(answer, Reading) else None, label, who)


async def _measure(
    session: object, groups: Sequence[Place], now: datetime, bound: HealthBound, away: Sequence[Away]
) -> Measured | Unknown:
    metric = str(bound.metric)
    if bound.per is Per.journey:
        return Unknown("number-no-journeys")
    unseen = bound.per is Per.community and any(each.made for each in away)
    if metric == MEMBERS and unseen:
        return Unknown("number-not-answered")
    if metric == MEMBERS:
        return _members(groups, now)
    if metric not in COUNTED:
        return Unknown("number-not-counted", {"metric": metric})
    if not isinstance(session, Measures):
        return Unknown("number-no-platform")
    if bound.within is None:
        return Unknown("number-without-time", {"metric": metric})
    if unseen:
        return Unknown("number-not-answered")
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


def value_of(bound: HealthBound, found: Reading) -> str:
    """A number as it is told: a share in per cent, with a sign where the counting was broken off."""
    share = any(isinstance(each, Percent) for each in limits_of(bound))
    value = f"{found.value:.1%}" if share or bound.metric == LEAVE_RATE else f"{found.value:.0f}"
    return f"{value}+" if found.or_more else value


def limits_of(bound: HealthBound) -> tuple[int | Percent | Duration, ...]:
    """What is declared of a number: one amount, or two."""
    return tuple(each for each in (bound.at_least, bound.below, *(bound.between or ())) if each is not None)


def _notice(deployment: ResolvedDeployment, judged: Judged) -> Notice:
    zone = ZoneInfo(str(deployment.community.model.timezone or "UTC"))
    bound, found = judged.bound, judged.answer
    assert isinstance(found, Reading)
    params: dict[str, object] = {
        "label": judged.label if judged.label is not None else deployment.community.model.title,
        "metric": str(bound.metric),
        "value": value_of(bound, found),
        "since": found.since.astimezone(zone).strftime("%m-%d %H:%M"),
        "until": found.until.astimezone(zone).strftime("%m-%d %H:%M"),
    }
    if bound.at_least is not None:
        code, params["low"] = "number-too-low", str(bound.at_least)
    elif bound.below is not None:
        code, params["high"] = "number-too-high", str(bound.below)
    else:
        params["low"], params["high"] = map(str, limits_of(bound))
        code = "number-not-between"
    return Notice(code, params, judged.who)


def _owner(deployment: ResolvedDeployment, at: datetime) -> str | None:
    """Whose the community is: a number of the whole is theirs."""
    team = deployment.community.model.team
    owner = team.owner if team is not None else None
    named = (owner.person or owner.role or owner.duty or owner.name) if owner is not None else None
    return staff_of(deployment).doer(str(named) if named is not None else None, at).key


def _key(notice: Notice) -> str:
    """One failure met by several bounds is told once."""
    return f"{notice.code} {sorted((name, str(value)) for name, value in notice.params.items())}"
