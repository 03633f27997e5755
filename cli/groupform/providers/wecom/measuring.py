"""Owns WeCom's own counting: per owner and per day, so that a group's number is known where its owner has no other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import anyio

from groupform.compile.address import Address
from groupform.engine.measuring import JOINS, LEAVE_RATE, LEAVES, MESSAGES, Answer, Measured, Place, Reading, Unknown
from groupform.http import HttpError
from groupform.providers.wecom.api_groups import Groups, Statistic
from groupform.providers.wecom.api_people import fold

_DAY = 86_400
_CHINA = 8 * 3600
_SPAN = 30
"""Days in one question (D-92133)."""


@dataclass(frozen=True, slots=True)
class _Window:
    """Whole days in China, the last one yesterday: each by the moment at which it begins."""

    first: int
    last: int

    @property
    def eve(self) -> int:
        return self.first - _DAY

    @property
    def reading(self) -> tuple[datetime, datetime]:
        return datetime.fromtimestamp(self.first, UTC), datetime.fromtimestamp(self.last + _DAY, UTC)


@dataclass(frozen=True, slots=True)
class _Owned:
    """What was counted of one owner: on the eve, over the window, on its last day."""

    eve: Statistic
    over: Statistic
    last: Statistic


async def measure(groups: Groups, now: float, metric: str, within: float, places: Sequence[Place]) -> Measured:
    """Three requests for a hundred owners, side by side; two where nobody's leaving is asked for. Raises HttpError."""
    days = int(within // _DAY)
    reason = _why_not(days, within)
    if reason is not None:
        return Measured({each.address: reason for each in places}, reason)
    today = int((now + _CHINA) // _DAY * _DAY - _CHINA)
    window = _Window(today - days * _DAY, today - _DAY)
    owners: dict[str, list[Place]] = {}
    for each in places:
        owners.setdefault(fold(str(each.observed.get("owner") or "")), []).append(each)
    counted = await _ask(groups, sorted(each for each in owners if each), window)
    answers: dict[Address, Answer] = {}
    for owner, own in owners.items():
        found = counted.get(owner)
        for place in own:
            answers[place.address] = _answer(metric, window, found, len(own), 1)
    whole = _whole(metric, window, owners, counted)
    return Measured(answers, whole)


def _why_not(days: int, within: float) -> Unknown | None:
    if within % _DAY or days < 1:
        return Unknown("wecom-number-by-day")
    if days > _SPAN:
        return Unknown("wecom-number-too-long", {"days": days, "most": _SPAN})
    return None


async def _ask(groups: Groups, owners: Sequence[str], window: _Window) -> Mapping[str, _Owned]:
    asked = {"eve": (window.eve, window.eve), "over": (window.first, window.last), "last": (window.last, window.last)}
    found: dict[str, Mapping[str, Statistic]] = {}
    errors: list[HttpError] = []

    async def one(name: str, begin: int, end: int) -> None:
        try:
            found[name] = await groups.statistic(owners, begin, end)
        except HttpError as error:
            errors.append(error)

    # Over one day the whole is its last day.
    several = {name: each for name, each in asked.items() if name != "over" or window.first != window.last}
    async with anyio.create_task_group() as tasks:
        for name, (begin, end) in several.items():
            tasks.start_soon(one, name, begin, end)
    if errors:
        raise errors[0]
    found.setdefault("over", found["last"])
    told = [each for each in owners if all(each in part for part in found.values())]
    return {each: _Owned(found["eve"][each], found["over"][each], found["last"][each]) for each in told}


def _answer(metric: str, window: _Window, found: _Owned | None, own: int, most: int) -> Answer:
    """The number of one owner's groups, where they are `own` and no other; at most `most` of them are asked for."""
    if found is None:
        return Unknown("wecom-number-not-told")
    if own > most or found.last.groups != own:
        return Unknown("wecom-number-several-groups", {"count": max(found.last.groups, own)})
    if found.eve.groups > own:
        # The owner had another group that is gone: what happened there is in the numbers too.
        return Unknown("wecom-number-several-groups", {"count": found.eve.groups})
    value = _value(metric, [found])
    return Reading(value, *window.reading)


def _whole(
    metric: str, window: _Window, owners: Mapping[str, Sequence[Place]], counted: Mapping[str, _Owned]
) -> Answer:
    """Over all groups, where their owners have no other ones."""
    for owner, own in owners.items():
        answer = _answer(metric, window, counted.get(owner), len(own), len(own))
        if isinstance(answer, Unknown):
            return Unknown("wecom-number-other-groups") if owner in counted else answer
    if not owners:
        return Unknown("number-no-groups")
    if metric == LEAVE_RATE and sum(map(len, owners.values())) > 1:
        return Unknown("number-people-in-several")
    return Reading(_value(metric, list(counted.values())), *window.reading)


def _value(metric: str, found: Sequence[_Owned]) -> float:
    if metric == MESSAGES:
        return sum(each.over.messages for each in found)
    joined = sum(each.over.new_members for each in found)
    if metric == JOINS:
        return joined
    after = sum(each.last.members for each in found)
    left = max(0, sum(each.eve.members for each in found) + joined - after)
    if metric == LEAVES:
        return left
    return left / (after + left) if after + left else 0.0
