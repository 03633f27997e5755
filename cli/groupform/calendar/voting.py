"""Ends the polls of posts when their time is over, each once: the ledger says `ending` before, and `over` after."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime

from groupform.calendar.due import Task, instant, spelled
from groupform.calendar.report import CalendarReport, Told
from groupform.calendar.settling import account_of
from groupform.engine.post_parts import Ballot
from groupform.engine.posting import EndsPolls
from groupform.engine.provider import Failure
from groupform.engine.world import World
from groupform.state.document import Document
from groupform.state.ledger import Poll, Send, SetSends
from groupform.state.store import Writer


def to_end(task: Task, now: datetime) -> dict[str, object]:
    """What the record of a message that is a poll says about its end: when what it belongs to is over (`lasts`).

    Counted from when it was due; one that is sent so late that this has gone by stays open as long from now.
    """
    lasts = task.occasion.model.lasts
    if lasts is None or not any(isinstance(each.part, Ballot) for each in task.parts):
        return {}
    ends = task.occasion.due + lasts.timedelta
    return {"poll": "wanted", "poll_until": spelled(ends if ends > now else now + lasts.timedelta)}


def polls_due(ledger: Document, now: datetime) -> dict[str, Send]:
    """The polls that are to be ended, by key."""
    return {
        key: each
        for key, each in ledger.sends.items()
        if each.outcome == "sent" and each.id and each.poll in ("wanted", "ending") and instant(each.poll_until) <= now
    }


class Polls:
    """One run's work on polls, under the ledger's lock."""

    def __init__(self, writer: Writer, world: World, report: CalendarReport) -> None:
        self._writer, self._world, self._report = writer, world, report

    async def go(self, session: object) -> None:
        """Raises Failure where the platform cannot be reached; what it refuses is told, and not tried again."""
        due = polls_due(self._writer.document, self._world.now())
        if not due:
            return
        if not isinstance(session, EndsPolls):
            await self._keep(due, "refused")
            return
        await self._keep(due, "ending")
        for key, record in due.items():
            await self._writer.check()
            done: Poll = "over"
            try:
                await session.end_poll(record.place, record.id, account_of(record.device), _nonce(record))
            except Failure as failure:
                if failure.unreachable or failure.wait is not None:
                    raise
                done = "refused"
                self._tell(key, record, failure)
            await self._keep({key: record}, done)

    async def _keep(self, records: Mapping[str, Send], poll: Poll) -> None:
        sends = {key: record.model_copy(update={"poll": poll}) for key, record in records.items()}
        await self._writer.commit([SetSends(sends=sends)])

    def _tell(self, key: str, record: Send, failure: Failure) -> None:
        params = {**failure.params, "why": failure.code}
        told = Told(key, record.item, record.item, record.target, record.scheduled, "unended", failure.code, params)
        self._report.told.append(told)


def _nonce(record: Send) -> str:
    """What the end is known by, for ever the same: two that send it at once send it once."""
    return "gfv-" + hashlib.sha256(f"{record.mark} {record.place} {record.id}".encode()).hexdigest()[:32]
