"""Leaves posts with a platform that sends by itself, before their time; takes them back where they have changed since.

The ledger says `leaving` before a post is left, `left` once it waits there, `recalled` before it is taken back. What a
killed run left so is looked for among what waits on the platform, by the post's mark. After its time a post is looked
for in its group: what is not there, and does not wait any more, is sent by the run itself, where it is still in time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from groupform.calendar.agenda import agenda
from groupform.calendar.approving import unapproved
from groupform.calendar.delivering import record_of
from groupform.calendar.due import Task, Verdict, digest_of, events_of, instant, places_of, spelled
from groupform.calendar.parts import parts_of
from groupform.calendar.report import Told, told_of
from groupform.calendar.settling import before, device_of, trail
from groupform.calendar.shift import Shift
from groupform.config.project import ResolvedDeployment
from groupform.engine.planning import session_context
from groupform.engine.post_parts import Words
from groupform.engine.posting import Absent, Posted, PostRequest, Posts
from groupform.engine.posting_later import Room, SendsLater, Waiting
from groupform.engine.provider import Failure
from groupform.state.document import Document
from groupform.state.ledger import LEFT, Outcome, Send, SetSends
from groupform_schemas import Mentions

SOON = timedelta(minutes=2)
"""What is due sooner is not worth leaving with anybody."""
_LATE = timedelta(seconds=60)
"""By so much a platform may be late with what was left with it: twice what it promises."""
_ASK_AGAIN = timedelta(days=1)
_SLACK = timedelta(days=2)
OFF = "!ahead"
"""Under this name the ledger remembers that a platform takes nothing; no entry of a calendar can have it."""


@dataclass(frozen=True, slots=True)
class AheadWork:
    """What there is to do: posts to leave, records of posts to take back, records to look into. All by key."""

    leave: Mapping[str, Task] = field(default_factory=dict)
    recall: Mapping[str, Send] = field(default_factory=dict)
    look: Mapping[str, Send] = field(default_factory=dict)
    wanted: Mapping[str, Task] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.leave or self.recall or self.look)


def ahead_work(
    deployment: ResolvedDeployment, state: Document, ledger: Document, now: datetime, posts_in: str
) -> AheadWork:
    """What is to be left, taken back and looked into now. Pure.

    A platform that was found to take nothing is asked again a day later.
    """
    wanted = {each.key: each for each in _coming(deployment, state, ledger, now, posts_in)}
    left = {key: each for key, each in ledger.sends.items() if each.outcome in LEFT}
    recall, look = {}, {}
    for key, record in left.items():
        same = key in wanted and _same(record, wanted[key])
        if now >= instant(record.due) or record.outcome == "leaving":
            look[key] = record
        elif not same or record.outcome == "recalled":
            recall[key] = record
    off = ledger.sends.get(OFF)
    asks = off is None or now - instant(off.scheduled) >= _ASK_AGAIN
    leave = {
        key: each
        for key, each in wanted.items()
        if asks and key not in ledger.sends and each.occasion.due - now >= SOON
    }
    return AheadWork(leave, recall, look, wanted)


def _coming(
    deployment: ResolvedDeployment, state: Document, ledger: Document, now: datetime, posts_in: str
) -> Iterator[Task]:
    """Every post that may be left now: of one message, of words alone, agreed to, its group there."""
    sending = deployment.community.model.sending
    if sending is None or sending.ahead is None:
        return
    until, places = now + sending.ahead.timedelta, places_of(state, posts_in)
    waits = unapproved(deployment, ledger, by_hand=False)
    for occasion in agenda(deployment, now - _SLACK, until, events_of(state, posts_in)):
        post = occasion.model.post
        if post is None or post.pin or occasion.calendar in waits or not now < occasion.due <= until:
            continue
        parts = parts_of(deployment, occasion.model, occasion.group)
        if len(parts) == 1 and isinstance(parts[0].part, Words):
            for target, place in places.get(occasion.target, {}).items():
                yield Task(occasion, target, parts[0].part.text, place, Verdict.waiting, parts=parts)


def _everyone(task: Task) -> bool:
    post = task.occasion.model.post
    return post is not None and post.mentions is Mentions.everyone


def _digest(task: Task) -> str:
    return digest_of(f"{task.text}\0everyone") if _everyone(task) else task.digest


def _same(record: Send, task: Task) -> bool:
    as_left = (record.digest, record.due, record.place)
    return as_left == (_digest(task), spelled(task.occasion.due), task.place)


class Ahead:
    """One run's work on what is left with the platform, under the ledger's lock."""

    def __init__(self, shift: Shift) -> None:
        self._deployment, self._world, self._provider = shift.deployment, shift.world, shift.provider
        self._state, self._writer, self._report = shift.state, shift.writer, shift.report
        self._device = ""
        self._waiting: Sequence[Waiting] | None = None

    async def go(self, posts_in: str) -> None:
        """A platform that cannot be reached is told of, and nothing else is begun there."""
        work = self._work(posts_in)
        if not work:
            return None
        try:
            context = session_context(self._deployment, self._state, self._world)
            async with self._provider.connect(context) as session:
                if not (isinstance(session, SendsLater) and isinstance(session, Posts)):
                    return await self._say_off()
                self._device = device_of(await session.whoami())
                for key, record in work.look.items():
                    await self._look(session, key, record, work.wanted.get(key))
                for key, record in work.recall.items():
                    await self._recall(session, key, record)
                if work.look or work.recall:
                    work, self._waiting = self._work(posts_in), None
                await self._leave_all(session, work.leave)
        except Failure as failure:
            if failure.unreachable or failure.wait is not None:
                self._report.unreachable = True
            self._report.failure = failure
        return None

    def _work(self, posts_in: str) -> AheadWork:
        return ahead_work(self._deployment, self._state, self._writer.document, self._world.now(), posts_in)

    async def _look(self, session: SendsLater, key: str, record: Send, wanted: Task | None) -> None:
        """What came of one whose time has come, or of which nobody knows whether it was left."""
        if await self._sent(session, key, record):
            return
        now, due, announced = self._world.now(), instant(record.due), instant(record.announced_at)
        there = [each for each in await self._all(session) if (each.place, each.mark) == (record.place, record.mark)]
        if there and now < due and wanted is not None and _same(record, wanted):
            await self._keep(key, record, "left", delay=there[0].id)
            for each in there[1:]:
                await session.recall(each.id)
        elif there and (now < due or now >= due + _LATE):
            if all([await session.recall(each.id) for each in there]):
                await self._forget(key)
        elif not there and now - max(announced, due if now >= due else announced) > self._settles(session):
            await self._forget(key)

    async def _recall(self, session: SendsLater, key: str, record: Send) -> None:
        """Takes one back that has changed, or is not on the calendar any more."""
        await self._keep(key, record, "recalled")
        await self._writer.check()
        if await session.recall(record.delay):
            await self._forget(key)
            self._tell(key, record, "recalled")
        elif not await self._sent(session, key, record) and self._world.now() + _LATE < instant(record.due):
            # It does not wait there, and was not sent: somebody else has taken it back.
            await self._forget(key)

    async def _leave_all(self, session: SendsLater, tasks: Mapping[str, Task]) -> None:
        # What may still be on its way under an earlier time is not left a second time.
        held = {
            (each.item, each.target)
            for each in self._writer.document.sends.values()
            if each.outcome in ("leaving", "recalled")
        }
        ready = {key: each for key, each in tasks.items() if (each.occasion.calendar, each.target) not in held}
        if not ready:
            return None
        room = await session.room_ahead()
        if room is None:
            return await self._say_off()
        there = {(each.place, each.mark): each for each in await self._all(session)}
        free = room.most - len(there)
        for key, task in ready.items():
            if free <= 0 or not await self._leave(session, key, task, room, there):
                break
            free -= 1
        return None

    async def _leave(
        self,
        session: SendsLater,
        key: str,
        task: Task,
        room: Room,
        there: Mapping[tuple[str, str], Waiting],
    ) -> bool:
        """Whether the next one may be left as well."""
        now, due = self._world.now(), task.occasion.due
        if not SOON <= due - now <= timedelta(seconds=room.longest):
            return True
        record = record_of(self._deployment, task, "leaving", now, attempt=1)
        stranger = there.get((record.place, record.mark))
        if stranger is not None and not await session.recall(stranger.id):
            return True  # a ledger that was lost had left it, and it is on its way
        nonce = hashlib.sha256(f"{record.mark} {record.place} {_digest(task)} {now.isoformat()}".encode()).hexdigest()
        told = {"due": spelled(due), "digest": _digest(task), "nonce": f"gfl-{nonce[:32]}", "device": self._device}
        known = {"announced_at": spelled(now), "after": before(self._writer.document, task.place)}
        record = record.model_copy(update={**told, **known})
        await self._writer.commit([SetSends(sends={key: record})])
        await self._writer.check()
        request = PostRequest(
            record.place,
            task.text,
            task.occasion.title,
            record.mark,
            record.nonce,
            task.parts[0].part,
            everyone=_everyone(task),
        )
        try:
            waiting = await session.leave(request, (due - self._world.now()).total_seconds())
        except Failure as failure:
            if failure.unreachable or failure.wait is not None:
                raise
            return True  # it is looked for by the next run; where it was not taken, a run sends it at its time
        await self._keep(key, record, "left", delay=waiting)
        self._report.told.append(told_of(task, "left", self._world.now()))
        return True

    async def _sent(self, session: SendsLater, key: str, record: Send) -> bool:
        """Whether it is settled by what stands in its group."""
        assert isinstance(session, Posts)
        found = await session.find_post(trail(record))
        if isinstance(found, Absent):
            return False
        if isinstance(found, Posted):
            await self._keep(key, record, "sent", id=found.id, settled_at=spelled(self._world.now()))
            self._tell(key, record, "sent")
        else:
            params = {"code": found.reason, "settled_at": spelled(self._world.now())}
            await self._keep(key, record, "unknown", **params)
            self._tell(key, record, "unknown", found.reason, found.params)
        return True

    async def _all(self, session: SendsLater) -> Sequence[Waiting]:
        if self._waiting is None:
            self._waiting = await session.waiting()
        return self._waiting

    async def _say_off(self) -> None:
        """Once; the ledger remembers when it was asked."""
        now, known = spelled(self._world.now()), OFF in self._writer.document.sends
        record = Send(item=OFF, target="-", scheduled=now, outcome="missed", mark="", code="send-ahead-off")
        await self._writer.commit([SetSends(sends={OFF: record})])
        if not known:
            self._report.notes.append("send-ahead-off")

    def _settles(self, session: SendsLater) -> timedelta:
        assert isinstance(session, Posts)
        return timedelta(seconds=session.settles)

    async def _keep(self, key: str, record: Send, outcome: Outcome, **more: str) -> None:
        await self._writer.commit([SetSends(sends={key: record.model_copy(update={"outcome": outcome, **more})})])

    async def _forget(self, key: str) -> None:
        await self._writer.commit([SetSends(sends={key: None})])

    def _tell(
        self, key: str, record: Send, outcome: str, code: str = "", params: Mapping[str, object] | None = None
    ) -> None:
        told = Told(key, record.item, record.item, record.target, record.scheduled, outcome, code, params or {})
        self._report.told.append(told)
