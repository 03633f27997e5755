"""Owns counting in rooms: what was written, who came and who left, from the events that the account may see."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import anyio

from groupform.compile.address import Address
from groupform.engine.measuring import JOINS, LEAVE_RATE, LEAVES, MESSAGES, Answer, Measured, Place, Reading, Unknown
from groupform.http import Forbidden, HttpError, NotFound
from groupform.providers.matrix.api import Api

PAGES = 20
"""A hundred events each: a room in which more happens is counted that far, and the number is called "so many or more".
"""
_WRITTEN = ("m.room.message", "m.room.encrypted", "m.sticker", "m.poll.start", "org.matrix.msc3381.poll.start")
_MEMBER = "m.room.member"
_AT_ONCE = 4


@dataclass
class _Count:
    """What one room has seen. `whole` is False where counting was broken off."""

    messages: int = 0
    came: set[str] = field(default_factory=set)
    left: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    last: dict[str, str] = field(default_factory=dict)
    whole: bool = True


async def measure(
    api: Api, me: str, team: Collection[str], now: float, metric: str, within: float, groups: Sequence[Place]
) -> Measured:
    """Counts back from now. Neither the tool's account nor the team counts among those who come and go; what people
    write counts, what the tool posts does not. A room that is closed to us is unknown. Raises HttpError.
    """
    since, until = datetime.fromtimestamp(now - within, UTC), datetime.fromtimestamp(now, UTC)
    counts: dict[Address, _Count | Unknown] = {}
    errors: list[HttpError] = []
    slots = anyio.Semaphore(_AT_ONCE)
    kinds = _WRITTEN if metric == MESSAGES else (_MEMBER,)

    async def one(place: Place) -> None:
        async with slots:
            try:
                counts[place.address] = await _count(api, place.id, kinds, {me, *team}, me, (now - within) * 1000)
            except (Forbidden, NotFound):
                counts[place.address] = Unknown("matrix-number-hidden")
            except HttpError as error:
                errors.append(error)

    async with anyio.create_task_group() as tasks:
        for each in groups:
            tasks.start_soon(one, each)
    if errors:
        raise errors[0]

    def reading(count: _Count, people: int | None) -> Answer:
        if metric == MESSAGES:
            return Reading(count.messages, since, until, or_more=not count.whole)
        if metric == JOINS:
            return Reading(len(count.came), since, until, or_more=not count.whole)
        if metric == LEAVES:
            return Reading(len(count.left), since, until, or_more=not count.whole)
        if people is None or not count.whole:
            return Unknown("matrix-number-not-whole")
        there = people + len(count.gone)
        return Reading(len(count.gone) / there if there else 0.0, since, until)

    answers: dict[Address, Answer] = {}
    for place in groups:
        count = counts[place.address]
        answers[place.address] = count if isinstance(count, Unknown) else reading(count, place.people)
    known = [each for each in counts.values() if isinstance(each, _Count)]
    if len(known) < len(counts):
        return Measured(answers, Unknown("number-not-answered"))
    if metric == LEAVE_RATE and len(groups) > 1:
        # Who left one room may be in the next.
        return Measured(answers, Unknown("number-people-in-several"))
    return Measured(answers, reading(_together(known), groups[0].people))


def _together(counts: Sequence[_Count]) -> _Count:
    if len(counts) == 1:
        return counts[0]
    return _Count(
        messages=sum(each.messages for each in counts),
        came={f"{at}{who}" for at, each in enumerate(counts) for who in each.came},
        left={f"{at}{who}" for at, each in enumerate(counts) for who in each.left},
        whole=all(each.whole for each in counts),
    )


async def _count(api: Api, room: str, kinds: Sequence[str], ours: Collection[str], me: str, since: float) -> _Count:
    count = _Count()
    after: str | None = None
    for _ in range(PAGES):
        page, after = await api.history(room, kinds, after)
        for event in page:
            if float(event.get("origin_server_ts", 0)) < since:
                return count
            _take(count, event, ours, me)
        if after is None:
            return count
    count.whole = False
    return count


def _take(count: _Count, event: Mapping[str, Any], ours: Collection[str], me: str) -> None:
    """One event; the newest come first."""
    content = event.get("content")
    content = content if isinstance(content, dict) else {}
    if event.get("type") != _MEMBER:
        relation = content.get("m.relates_to")
        edit = isinstance(relation, dict) and relation.get("rel_type") == "m.replace"
        # What was redacted has no content any more: nobody reads it.
        count.messages += bool(content) and not edit and event.get("sender") != me
        return
    who = str(event.get("state_key", ""))
    if who in ours:
        return
    unsigned = event.get("unsigned")
    before = unsigned.get("prev_content") if isinstance(unsigned, dict) else None
    former = before.get("membership") if isinstance(before, dict) else None
    now = content.get("membership")
    newest = count.last.setdefault(who, str(now))
    if now == "join" and former != "join":
        count.came.add(who)
    elif now in ("leave", "ban") and former == "join":
        count.left.add(who)
        if newest != "join":
            count.gone.add(who)
