"""Keeps posts at the top of their groups, for good or for a time: pinned once, taken off once, and nobody else's.

The ledger says `pinning` before a message is pinned and `unpinning` before it is taken off. What a killed run left so
is decided by what the room shows, and by what we ourselves did about that message last.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from groupform.calendar.due import Task, instant, spelled
from groupform.calendar.report import CalendarReport, Told
from groupform.engine.posting import PinsPosts
from groupform.engine.provider import Failure
from groupform.engine.world import World
from groupform.state.document import Document
from groupform.state.ledger import Pin, Send, SetSends
from groupform.state.store import Writer

_WANTED: frozenset[Pin] = frozenset({"wanted", "pinning"})
_KEPT: frozenset[Pin] = frozenset({"pinned", "unpinning"})


def wanted(task: Task, now: datetime) -> dict[str, object]:
    """What the record of a post's first message says about its being pinned."""
    pin = task.occasion.model.post.pin if task.occasion.model.post is not None else None
    if not pin or task.part:
        return {}
    until = "" if pin is True else spelled(now + pin.timedelta)
    return {"pin": "wanted", "pinned_until": until}


def pins_due(ledger: Document, now: datetime) -> dict[str, Send]:
    """What is to be pinned, or to be taken off, by the key of the post."""
    return {key: each for key, each in ledger.sends.items() if each.outcome == "sent" and each.id and _due(each, now)}


class Pins:
    """One run's work on what is pinned, under the ledger's lock."""

    def __init__(self, writer: Writer, world: World, report: CalendarReport, account: str) -> None:
        self._writer, self._world, self._report, self._account = writer, world, report, account

    async def go(self, session: object) -> None:
        """Raises Failure where the platform cannot be reached; what it refuses is told, and not tried again."""
        due = pins_due(self._writer.document, self._world.now())
        if not due:
            return
        if not isinstance(session, PinsPosts):
            await self._keep({key: (each, "refused") for key, each in due.items()})
            return
        begun: dict[str, tuple[Send, Pin]] = {
            key: (each, "pinning" if each.pin in _WANTED else "unpinning") for key, each in due.items()
        }
        await self._keep(begun)
        for key, (record, step) in begun.items():
            await self._writer.check()
            try:
                done: Pin = await (self._pin if step == "pinning" else self._unpin)(session, record)
            except Failure as failure:
                if failure.unreachable or failure.wait is not None:
                    raise
                done = "refused"
                self._tell(key, record, failure)
            await self._keep({key: (record, done)})

    async def _pin(self, session: PinsPosts, record: Send) -> Pin:
        if record.pinned_until and instant(record.pinned_until) <= self._world.now() and record.pin == "wanted":
            return "over"  # its time went by before anybody could pin it
        found = await session.pinning(record.place, record.id, self._account)
        if found.ours is not None or found.now:
            # It was pinned before the run was killed, or somebody else was quicker: then it is theirs to take off.
            return "pinned" if found.now and found.ours else "over"
        await session.pin(record.place, record.id)
        return "pinned"

    async def _unpin(self, session: PinsPosts, record: Send) -> Pin:
        found = await session.pinning(record.place, record.id, self._account)
        if found.now and found.ours is not False:
            await session.unpin(record.place, record.id)
        return "over"

    async def _keep(self, records: Mapping[str, tuple[Send, Pin]]) -> None:
        sends = {key: record.model_copy(update={"pin": pin}) for key, (record, pin) in records.items()}
        await self._writer.commit([SetSends(sends=sends)])

    def _tell(self, key: str, record: Send, failure: Failure) -> None:
        params = {**failure.params, "why": failure.code}
        told = Told(key, record.item, record.item, record.target, record.scheduled, "unpinned", failure.code, params)
        self._report.told.append(told)


def _due(record: Send, now: datetime) -> bool:
    over = bool(record.pinned_until) and instant(record.pinned_until) <= now
    return record.pin in _WANTED or (record.pin in _KEPT and over)
