"""Sends the messages that are due one by one, at most once: each is announced in the ledger, sent, and recorded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import anyio

from groupform.calendar.approving import takes_file
from groupform.calendar.due import Task, Verdict, mark_of, nonce_of, spelled
from groupform.calendar.pinning import Pins, pins_due, wanted
from groupform.calendar.report import Told, told_of
from groupform.calendar.settling import Fate, Settled, account_of, before, device_of, settle
from groupform.calendar.shift import Shift
from groupform.calendar.voting import Polls, polls_due, to_end
from groupform.config.project import ResolvedDeployment
from groupform.engine.planning import session_context
from groupform.engine.post_parts import media_of
from groupform.engine.posting import KeepsMedia, Posted, PostRequest, Posts, Trail
from groupform.engine.provider import Failure
from groupform.state.ledger import Outcome, Send, SetMedia, SetSends, send_key
from groupform_schemas import Mentions

_WAVE = 32
"""So many messages are announced in one write, each in a group of its own."""


class Delivery:
    """One run's sending under the ledger's lock, where a program sends."""

    def __init__(self, shift: Shift, *, new: bool) -> None:
        self._deployment, self._world, self._provider = shift.deployment, shift.world, shift.provider
        self._state, self._writer, self._report, self._new = shift.state, shift.writer, shift.report, new
        self._device = ""

    async def go(self, tasks: Sequence[Task], gone: Mapping[str, Send]) -> None:
        """Settles what a run before left behind, sends what is due, and keeps at the top what is to be there."""
        due = [each for each in tasks if each.verdict is Verdict.send]
        open_ = [each for each in tasks if each.verdict is Verdict.settle]
        ledger, now = self._writer.document, self._world.now()
        if not (due or open_ or gone or pins_due(ledger, now) or polls_due(ledger, now)):
            return
        context = session_context(self._deployment, self._state, self._world)
        try:
            async with self._provider.connect(context) as session:
                assert isinstance(session, Posts)
                self._device = device_of(await session.whoami())
                for key, record in gone.items():
                    await self._settle_gone(session, key, record)
                again = [each for task in open_ for each in await self._settled(session, task)]
                again += [each for task in due for each in await self._looked_for(session, task)]
                for wave in _waves(sorted(again, key=lambda each: each[0].occasion.scheduled)):
                    if self._report.unreachable:
                        break
                    await self._send_wave(session, wave)
                if not self._report.unreachable:
                    await Pins(self._writer, self._world, self._report, account_of(self._device)).go(session)
                    await Polls(self._writer, self._world, self._report).go(session)
        except Failure as failure:
            self._stopped(failure)

    async def _send_wave(self, session: Posts, wave: Sequence[tuple[Task, Send]]) -> None:
        ready = [each for each in wave if self._follows(each[0]) and await self._uploaded(session, each[0])]
        if not ready or self._report.unreachable:
            return
        await self._announce(ready)
        limiter = anyio.CapacityLimiter(self._provider.concurrency)
        async with anyio.create_task_group() as group:
            for task, record in ready:
                group.start_soon(self._send, session, task, record, limiter)

    def _follows(self, task: Task) -> bool:
        """A further message of a post is sent once the first one is known to be there, and never without it."""
        if not task.part:
            return True
        sends = self._writer.document.sends
        first = sends.get(task.first_key)
        if first is not None:
            return first.outcome == "sent"
        # The group had another name when the first one was sent.
        same = (task.place, task.occasion.calendar, spelled(task.occasion.scheduled))
        former = (each for each in sends.values() if (each.place, each.item, each.scheduled) == same and not each.part)
        return any(each.outcome == "sent" for each in former)

    async def _uploaded(self, session: Posts, task: Task) -> bool:
        """Whether the files of a message are with the platform: each is left there once, whatever names it.

        A run that is killed in between leaves a file that no message names, which is harmless, and uploads it again.
        """
        for part in task.parts:
            media = media_of(part.part)
            if media is None or not isinstance(session, KeepsMedia):
                continue
            try:
                item = task.occasion.calendar
                if not takes_file(self._deployment, item, self._writer.document, media.sha256):
                    self._tell(task, "blocked", code="send-approval")
                    return False
                key = f"{account_of(self._device)} {media.sha256}"
                if key not in self._writer.document.media:
                    address = await session.upload(media)
                    await self._writer.commit([SetMedia(media={key: address})])
            except OSError:
                self._tell(task, "blocked", code="send-no-file", params={"file": media.name})
                return False
            except Failure as failure:
                self._tell(task, "open", code=failure.code, params=dict(failure.params))
                self._report.unreachable |= failure.unreachable or failure.wait is not None
                return False
        return True

    async def _settled(self, session: Posts, task: Task) -> list[tuple[Task, Send]]:
        """What is to be sent again of something that was announced before; nothing where that is settled now."""
        record = task.record
        assert record is not None
        late = bool(task.code)
        found = await self._fate(session, record, "" if late else self._device)
        match found.fate:
            case Fate.sent:
                await self._keep(task.key, record, "sent", id=found.id)
                self._tell(task, "sent")
            case Fate.unknown:
                await self._keep(task.key, record, "unknown", code=found.code)
                self._tell(task, "unknown", code=found.code, params=found.params or {})
            case Fate.repeat:
                return [(task, record)]
            case Fate.fresh if task.code == "send-approval":
                # Nobody has agreed to the words as they are by now: it was not sent, and waits like a new one.
                await self._writer.commit([SetSends(sends={task.key: None})])
            case Fate.fresh if late or record.place != task.place:
                code = task.code or "send-no-group"
                await self._keep(task.key, record, "missed", code=code)
                self._tell(task, "missed", code=code)
            case Fate.fresh:
                return [(task, self._announced(task, record.attempt + 1))]
            case Fate.unread:
                self._tell(task, "open", code=found.code, params=found.params or {})
            case Fate.wait:
                self._tell(task, "open", code="send-still-open")
        return []

    async def _settle_gone(self, session: Posts, key: str, record: Send) -> None:
        """Of a post that the calendar has no more, it is found out whether it was sent; it is not sent again."""
        found = await self._fate(session, record, "")
        outcomes: dict[Fate, Outcome] = {Fate.sent: "sent", Fate.fresh: "cancelled", Fate.unknown: "unknown"}
        outcome = outcomes.get(found.fate)
        if outcome is not None:
            code = found.code or ("send-undeclared" if outcome == "cancelled" else "")
            await self._keep(key, record, outcome, id=found.id, code=code)
            parts = (record.part,) if record.part else ()
            first = send_key(record.item, record.scheduled, record.target)
            told = Told(first, record.item, record.item, record.target, record.scheduled, outcome, code, parts=parts)
            self._report.told.append(told)

    async def _fate(self, session: Posts, record: Send, device: str) -> Settled:
        found = await settle(session, record, device, self._world.now())
        if found.fate is Fate.wait and found.seconds <= self._world.max_wait:
            await self._world.sleep(found.seconds)
            found = await settle(session, record, device, self._world.now())
        return found

    async def _looked_for(self, session: Posts, task: Task) -> list[tuple[Task, Send]]:
        """A ledger that knows nothing may be one that was lost: then the groups are asked first."""
        record = self._announced(task, 1)
        if self._new:
            trail = Trail(task.place, record.mark, account_of(self._device))
            try:
                found = await session.find_post(trail)
            except Failure as failure:
                if failure.unreachable or failure.wait is not None:
                    raise
                return [(task, record)]
            if isinstance(found, Posted):
                await self._keep(task.key, record, "sent", id=found.id)
                return []
        return [(task, record)]

    async def _announce(self, wave: Iterable[tuple[Task, Send]]) -> None:
        await self._writer.commit([SetSends(sends={task.key: record for task, record in wave})])

    async def _send(self, session: Posts, task: Task, record: Send, limiter: anyio.CapacityLimiter) -> None:
        async with limiter:
            if self._report.unreachable:
                return
            await self._writer.check()
            try:
                posted = await session.post(self._request(task, record))
            except Failure as failure:
                # Whatever the answer was: it is looked for before it is sent again.
                await self._writer.commit(
                    [SetSends(sends={task.key: record.model_copy(update={"code": failure.code})})]
                )
                self._tell(task, "open", code=failure.code, params=dict(failure.params))
                if failure.unreachable or failure.wait is not None:
                    self._report.unreachable = True
                return
            await self._keep(task.key, record, "sent", id=posted.id, code="")
            self._tell(task, "sent")

    async def _keep(self, key: str, record: Send, outcome: Outcome, **more: str) -> None:
        values = {"outcome": outcome, "settled_at": spelled(self._world.now()), **more}
        await self._writer.commit([SetSends(sends={key: record.model_copy(update=values)})])

    def _request(self, task: Task, record: Send) -> PostRequest:
        post, account = task.occasion.model.post, account_of(self._device)
        kept = self._writer.document.media
        files = {
            media.sha256: kept[f"{account} {media.sha256}"] for each in task.parts if (media := media_of(each.part))
        }
        return PostRequest(
            record.place,
            task.text,
            task.occasion.title,
            record.mark,
            record.nonce,
            task.parts[0].part if task.parts else None,
            files,
            everyone=not task.part and post is not None and post.mentions is Mentions.everyone,
        )

    def _announced(self, task: Task, attempt: int) -> Send:
        now = self._world.now()
        record = record_of(
            self._deployment, task, "announced", now, attempt=attempt, **wanted(task, now), **to_end(task, now)
        )
        return record.model_copy(
            update={
                "parts": task.names if not task.part else (),
                "nonce": nonce_of(record.mark, task.place, attempt),
                "device": self._device,
                "announced_at": spelled(now),
                "after": before(self._writer.document, task.place),
            }
        )

    def _tell(self, task: Task, outcome: str, **more: object) -> None:
        self._report.told.append(told_of(task, outcome, self._world.now(), **more))

    def _stopped(self, failure: Failure) -> None:
        self._report.failure = failure
        self._report.unreachable = self._report.unreachable or failure.unreachable or failure.wait is not None


def record_of(deployment: ResolvedDeployment, task: Task, outcome: Outcome, now: datetime, **more: object) -> Send:
    """What the ledger holds of a message."""
    settled = {"settled_at": spelled(now)} if outcome == "missed" else {}
    return Send.model_validate(
        {
            "item": task.occasion.calendar,
            "target": task.target,
            "scheduled": spelled(task.occasion.scheduled),
            "outcome": outcome,
            "mark": mark_of(deployment.environment, task.key),
            "digest": task.digest,
            "place": task.place if outcome != "missed" else "",
            "part": task.part,
            **settled,
            **more,
        }
    )


def _waves(tasks: Iterable[tuple[Task, Send]]) -> list[list[tuple[Task, Send]]]:
    """The posts in their order, one a group in each wave: what comes later in a group comes after."""
    waves: list[list[tuple[Task, Send]]] = []
    depth: dict[str, int] = {}
    for task, record in tasks:
        at = depth.get(record.place, 0)
        while at < len(waves) and len(waves[at]) >= _WAVE:
            at += 1
        if at == len(waves):
            waves.append([])
        waves[at].append((task, record))
        depth[record.place] = at + 1
    return waves
