"""Lays what is due before the people who must send it, at most once, and follows it until it is sent or given up."""

from __future__ import annotations

from collections.abc import Mapping

import anyio

from groupform.calendar.approving import takes_file
from groupform.calendar.bundling import (
    Change,
    Piece,
    Records,
    announced,
    bundled,
    change_of,
    in_time,
    settled,
    tally,
    trail_of,
    waiting,
)
from groupform.calendar.due import Sorted, Task, Verdict, instant, spelled
from groupform.calendar.laying import Laying
from groupform.calendar.neighbours import Lookout
from groupform.calendar.notebook import Notebook, like
from groupform.calendar.report import Tally, told_of
from groupform.calendar.senders import Lacking, Senders
from groupform.calendar.shift import Shift
from groupform.engine.dispatching import Dispatches, Progress, Reminded, TakesDispatches
from groupform.engine.planning import session_context
from groupform.engine.post_parts import media_of
from groupform.engine.posting import Absent, Found, Posted, Unsure
from groupform.engine.provider import Failure
from groupform.state.document import Document
from groupform.state.ledger import Send
from groupform.state.store import StateKey


def under_way(ledger: Document) -> bool:
    """Whether anything was laid before somebody, or is about to be, of which it is not known what came of it."""
    return bool(announced(ledger) or waiting(ledger))


class Tasking:
    """One run's work under the ledger's lock, where people send what the platform keeps for them."""

    def __init__(self, shift: Shift, *, new: bool) -> None:
        deployment, world, provider, state = shift.deployment, shift.world, shift.provider, shift.state
        assert isinstance(provider, TakesDispatches)
        self._takes: TakesDispatches = provider
        self._provider, self._deployment, self._world, self._state = provider, deployment, world, state
        self._report = shift.report
        self._notes = Notebook(deployment, shift.writer, shift.report)
        self._lookout = Lookout(world.store, StateKey(deployment.name, deployment.environment))
        self._laying = Laying(
            self._notes, world, self._lookout, at_once=provider.at_once, concurrency=provider.concurrency, new=new
        )
        self._confirmed: dict[tuple[str, str], str] = {}
        self._senders = Senders(deployment, state, provider)

    async def go(self, found: Sorted) -> None:
        """Settles what a run before left behind, follows what waits, lays before people what is due."""
        self._notes.tasks = {each.key: each for each in found.tasks if each.verdict is not Verdict.missed}
        for each in self._notes.tasks.values():
            piece = self._senders.piece(each)
            if isinstance(piece, Piece) and not self._agreed_to(piece):
                piece = Lacking("send-approval")
            if isinstance(piece, Piece):
                self._notes.pieces[each.key] = piece
            elif isinstance(piece, Lacking) and each.verdict is Verdict.send:
                self._report.told.append(
                    told_of(each, "blocked", self._world.now(), code=piece.code, params=piece.params)
                )
        due = [each for each in found.tasks if each.verdict is Verdict.send and each.key in self._notes.pieces]
        if not due and not under_way(self._notes.ledger):
            return
        context = session_context(self._deployment, self._state, self._world)
        try:
            async with self._provider.connect(context) as session:
                assert isinstance(session, Dispatches)
                again: list[Piece] = []
                for records in announced(self._notes.ledger).values():
                    again += await self._settle(session, records)
                await self._follow(session)
                free = [self._notes.pieces[each.key] for each in due if not self._overtaken(each)]
                await self._laying.lay_all(session, [*again, *free])
        except Failure as failure:
            self._report.failure = failure
            self._report.unreachable |= failure.unreachable or failure.wait is not None
        for (item, scheduled), title in self._confirmed.items():
            confirmed, of, missing = tally(self._notes.ledger, item, scheduled)
            names = tuple(self._notes.name(each) for each in missing)
            self._report.tallies.append(Tally(title, scheduled, confirmed, of, names))

    # What a run before left behind

    async def _settle(self, session: Dispatches, records: Records) -> list[Piece]:
        """Finds out whether an announced message was made; what may be made again."""
        first = next(iter(records.values()))
        try:
            found = await self._found(session, first)
            if isinstance(found, Absent):
                left = session.settles - max((self._world.now() - instant(first.announced_at)).total_seconds(), 0.0)
                if left > self._world.max_wait:
                    return self._left_open(records, "send-still-open", {})
                if left > 0:
                    await self._world.sleep(left)
                    found = await self._found(session, first)
        except Failure as failure:
            if failure.unreachable or failure.wait is not None:
                raise
            if any(self._may_be_sent(key, each) for key, each in records.items()):
                return self._left_open(records, failure.code, dict(failure.params))
            found = Unsure(failure.code, dict(failure.params))
        if found is None:
            return self._left_open(records, "send-still-open", {})
        if isinstance(found, Posted):
            await self._notes.keep(records, "handed", id=found.id, code="")
            self._notes.laid(records)
            return []
        if isinstance(found, Unsure):
            await self._notes.keep(records, "unknown", code=found.reason, settled_at=spelled(self._world.now()))
            self._notes.tell(records, "unknown", found.reason, found.params)
            return []
        return await self._not_made(records)

    async def _found(self, session: Dispatches, record: Send) -> Found | None:
        now = self._world.now()
        return await self._lookout.find(session, record, trail_of(record, self._notes.ledger, now), now)

    async def _not_made(self, records: Records) -> list[Piece]:
        # Nobody has agreed to the words as they are by now: it waits like a new one, and what was before is remembered.
        unread = {key: each for key, each in records.items() if self._unapproved(key)}
        fresh = [key for key, each in unread.items() if not each.after]
        if fresh:
            await self._notes.write(dict.fromkeys(fresh))
        records = {key: each for key, each in records.items() if key not in unread}
        again = {key: self._notes.pieces[key] for key, each in records.items() if self._may_be_sent(key, each)}
        gone = {key: each for key, each in records.items() if key not in self._notes.tasks}
        late = {key: each for key, each in records.items() if key in self._notes.tasks and key not in again}
        now = spelled(self._world.now())
        await self._notes.keep(gone, "cancelled", code="send-undeclared", settled_at=now)
        await self._notes.keep(late, "missed", code="send-too-late", settled_at=now)
        self._notes.tell(gone, "cancelled", "send-undeclared")
        self._notes.tell(late, "missed", "send-too-late")
        return [_next(piece, records[key]) for key, piece in again.items()]

    def _may_be_sent(self, key: str, record: Send) -> bool:
        piece = self._notes.pieces.get(key)
        return piece is not None and in_time(piece.task, self._deployment, self._world.now(), record)

    def _overtaken(self, task: Task) -> bool:
        """Whether a later one of its kind is there, or may be: one that was to be taken back, since its time was
        changed, and could not be. The next run says what follows."""
        whose, when = (task.occasion.calendar, task.target), spelled(task.occasion.scheduled)
        return any(
            (each.item, each.target) == whose
            and each.scheduled > when
            and each.outcome in ("announced", "handed", "sent")
            for each in self._notes.ledger.sends.values()
        )

    def _agreed_to(self, piece: Piece) -> bool:
        """Whether the files, as they were read just now, are those that somebody agreed to, where somebody has to."""
        item, ledger = piece.task.occasion.calendar, self._notes.ledger
        media = [found for each in piece.words.beside if (found := media_of(each)) is not None]
        return all(takes_file(self._deployment, item, ledger, each.sha256) for each in media)

    def _unapproved(self, key: str) -> bool:
        return key in self._notes.tasks and self._notes.tasks[key].code == "send-approval"

    def _left_open(self, records: Records, code: str, params: Mapping[str, object]) -> list[Piece]:
        self._notes.left_open(records, code, params)
        return []

    # What waits for somebody

    async def _follow(self, session: Dispatches) -> None:
        """Asks how far each message is, once, and then does what follows, one message after the other."""
        messages = waiting(self._notes.ledger)
        known: dict[str, Progress | Failure | None] = {}
        limiter = anyio.CapacityLimiter(self._provider.concurrency)

        async def ask(message_id: str, sender: str) -> None:
            async with limiter:
                try:
                    known[message_id] = await session.progress(message_id, sender)
                except Failure as failure:
                    known[message_id] = failure

        async with anyio.create_task_group() as group:
            for message_id, records in messages.items():
                group.start_soon(ask, message_id, next(iter(records.values())).device)
        for message_id, records in messages.items():
            progress = known[message_id]
            if isinstance(progress, Failure):
                if progress.unreachable or progress.wait is not None:
                    raise progress
                self._notes.left_open(records, progress.code, progress.params)
            elif not await self._has_ended(session, records, progress):
                await self._act_on(session, message_id, records)

    async def _has_ended(self, session: Dispatches, records: Records, progress: Progress | None) -> bool:
        """Whether nothing can be done about a message any more: confirmed, or unknown to the platform."""
        now = self._world.now()
        if progress is None:
            await self._notes.keep(records, "unknown", code="send-message-gone", settled_at=spelled(now))
            self._notes.tell(records, "unknown", "send-message-gone")
            return True
        if progress.confirmed_at is None:
            return False
        sends = settled(records, progress, now, session.delivers)
        if sends:
            await self._notes.write(sends)
        for key, each in sends.items():
            params = progress.unreached[each.place].params if each.place in progress.unreached else {}
            self._notes.tell({key: each}, each.outcome, each.code, params)
            self._confirmed[each.item, each.scheduled] = self._notes.title(key, each)
        return True

    async def _act_on(self, session: Dispatches, message_id: str, records: Records) -> None:
        """Takes back what the calendar says otherwise now, brings to mind, gives up: what its time has come for."""
        now = self._world.now()
        changes = {
            key: change_of(each, self._notes.pieces.get(key), self._notes.tasks.get(key), now)
            for key, each in records.items()
        }
        if any(each is not Change.none for each in changes.values()):
            if not self._notes.stuck & {like(each) for each in records.values()}:
                await self._take_back(session, message_id, records, changes)
            return
        sending = self._deployment.community.model.sending
        confirm = sending.confirm if sending is not None else None
        since = instant(min(each.announced_at for each in records.values()))
        if confirm is None:
            return
        if confirm.cancel_after is not None and now - since >= confirm.cancel_after.timedelta:
            if not await self._cancelled(session, message_id, records):
                await self._notes.keep(records, "expired", settled_at=spelled(now))
                self._notes.tell(records, "expired", "send-taken-back")
            return
        reminded = all(each.reminded_at for each in records.values())
        if confirm.remind_after is not None and not reminded and now - since >= confirm.remind_after.timedelta:
            await self._remind(session, message_id, records)

    async def _remind(self, session: Dispatches, message_id: str, records: Records) -> None:
        now = spelled(self._world.now())
        await self._notes.check()
        if await session.remind(message_id) is Reminded.withdrawn:
            await self._notes.keep(records, "cancelled", code="send-cancelled-there", settled_at=now)
            self._notes.tell(records, "withdrawn", "send-cancelled-there")
        else:
            await self._notes.keep(records, "handed", reminded_at=now)
            self._notes.tell(records, "unconfirmed", "send-was-reminded")

    async def _take_back(
        self, session: Dispatches, message_id: str, records: Records, changes: Mapping[str, Change]
    ) -> None:
        """Takes the whole message back, and lays anew what is still to be sent: at once, since a message that is alike
        could not be told from it later."""
        if await self._cancelled(session, message_id, records):
            return
        now = self._world.now()
        again: list[Piece] = []
        ended: dict[str, Send] = {}
        for key, record in records.items():
            piece, change = self._notes.pieces.get(key), changes[key]
            task = self._notes.tasks.get(key)
            # What nobody changed was laid in time: it goes on waiting in a message of its own. What somebody has to
            # agree to first is announced as well, so that the ledger keeps the ids, and laid once they have.
            wanted = task is not None and (change is Change.none or in_time(task, self._deployment, now))
            if piece is not None and wanted:
                again.append(_next(piece, record))
                continue
            code = change.value if change is not Change.none else "send-no-group"
            outcome = "expired" if change is Change.old else "cancelled"
            values = {"outcome": outcome, "code": code, "settled_at": spelled(now)}
            ended[key] = record.model_copy(update=values)
        bundles = bundled(again, self._takes.at_once)
        laid = {key: each for bundle in bundles for key, each in bundle.records(now).items()}
        await self._notes.write({**ended, **laid})
        for key, record in ended.items():
            self._notes.tell({key: record}, "withdrawn", record.code)
        for bundle in bundles:
            if Change.unapproved in {changes[each.task.key] for each in bundle.pieces}:
                self._notes.tell(bundle.records(now), "withdrawn", "send-approval")
            else:
                await self._laying.lay(session, bundle)

    async def _cancelled(self, session: Dispatches, message_id: str, records: Records) -> bool:
        """Takes it back. True where somebody was faster and has confirmed it: then that is recorded instead."""
        await self._notes.check()
        await session.cancel(message_id)
        progress = await session.progress(message_id, next(iter(records.values())).device)
        return progress is not None and await self._has_ended(session, records, progress)


def _next(piece: Piece, record: Send) -> Piece:
    """The same, once more: what it was known by before is no trace of it."""
    former = " ".join(filter(None, (record.after, record.id)))
    return Piece(piece.task, piece.sender, piece.who, piece.words, record.attempt + 1, former)
