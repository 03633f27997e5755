"""Lays what is due before the people who must send it, at most once, and follows it until it is sent or given up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import anyio

from groupform.calendar.approving import takes_file
from groupform.calendar.bundling import (
    Bundle,
    Change,
    Piece,
    Records,
    announced,
    bundled,
    change_of,
    in_time,
    settled,
    tally,
    trail_before,
    trail_of,
    waiting,
)
from groupform.calendar.due import Sorted, Task, Verdict, instant, spelled
from groupform.calendar.report import CalendarReport, Tally, Told, told_of
from groupform.calendar.senders import Lacking, Senders
from groupform.config.project import ResolvedDeployment
from groupform.engine.dispatching import Dispatches, DispatchRequest, Progress, Reminded, TakesDispatches
from groupform.engine.planning import session_context
from groupform.engine.post_parts import media_of
from groupform.engine.posting import Posted, Unsure
from groupform.engine.provider import Failure, Provider
from groupform.engine.world import World
from groupform.state.document import Document
from groupform.state.ledger import Outcome, Send, SetSends
from groupform.state.store import Writer


def under_way(ledger: Document) -> bool:
    """Whether anything was laid before somebody, or is about to be, of which it is not known what came of it."""
    return bool(announced(ledger) or waiting(ledger))


class Tasking:
    """One run's work under the ledger's lock, where people send what the platform keeps for them."""

    def __init__(
        self, deployment: ResolvedDeployment, world: World, provider: Provider, state: Document, writer: Writer,
        report: CalendarReport, *, new: bool,
    ) -> None:  # fmt: skip
        assert isinstance(provider, TakesDispatches)
        self._takes: TakesDispatches = provider
        self._provider, self._deployment, self._world, self._state = provider, deployment, world, state
        self._writer, self._report, self._new = writer, report, new
        self._tasks: dict[str, Task] = {}
        self._pieces: dict[str, Piece] = {}
        self._stuck: set[tuple[str, str]] = set()
        self._confirmed: dict[tuple[str, str], str] = {}
        self._senders = Senders(deployment, state, provider)

    async def go(self, found: Sorted) -> None:
        """Settles what a run before left behind, follows what waits, lays before people what is due."""
        self._tasks = {each.key: each for each in found.tasks if each.verdict is not Verdict.missed}
        for each in self._tasks.values():
            piece = self._senders.piece(each)
            if isinstance(piece, Piece) and not self._agreed_to(piece):
                piece = Lacking("send-approval")
            if isinstance(piece, Piece):
                self._pieces[each.key] = piece
            elif isinstance(piece, Lacking) and each.verdict is Verdict.send:
                self._report.told.append(
                    told_of(each, "blocked", self._world.now(), code=piece.code, params=piece.params)
                )
        due = [each for each in found.tasks if each.verdict is Verdict.send and each.key in self._pieces]
        if not due and not under_way(self._writer.document):
            return
        context = session_context(self._deployment, self._state, self._world)
        try:
            async with self._provider.connect(context) as session:
                assert isinstance(session, Dispatches)
                again: list[Piece] = []
                for records in announced(self._writer.document).values():
                    again += await self._settle(session, records)
                await self._follow(session)
                await self._lay_all(session, [*again, *(self._pieces[each.key] for each in due)])
        except Failure as failure:
            self._report.failure = failure
            self._report.unreachable |= failure.unreachable or failure.wait is not None
        for (item, scheduled), title in self._confirmed.items():
            confirmed, of, missing = tally(self._writer.document, item, scheduled)
            names = tuple(self._name(each) for each in missing)
            self._report.tallies.append(Tally(title, scheduled, confirmed, of, names))

    # What a run before left behind

    async def _settle(self, session: Dispatches, records: Records) -> list[Piece]:
        """Finds out whether an announced message was made; what may be made again."""
        first = next(iter(records.values()))
        try:
            found = await session.find_dispatch(trail_of(first, self._writer.document, self._world.now()))
            if not isinstance(found, Posted | Unsure):
                left = session.settles - max((self._world.now() - instant(first.announced_at)).total_seconds(), 0.0)
                if left > self._world.max_wait:
                    return self._left_open(records, "send-still-open", {})
                if left > 0:
                    await self._world.sleep(left)
                    found = await session.find_dispatch(trail_of(first, self._writer.document, self._world.now()))
        except Failure as failure:
            if failure.unreachable or failure.wait is not None:
                raise
            if any(self._may_be_sent(key, each) for key, each in records.items()):
                return self._left_open(records, failure.code, dict(failure.params))
            found = Unsure(failure.code, dict(failure.params))
        if isinstance(found, Posted):
            await self._keep(records, "handed", id=found.id, code="")
            self._tell_laid(records)
            return []
        if isinstance(found, Unsure):
            await self._keep(records, "unknown", code=found.reason, settled_at=spelled(self._world.now()))
            self._tell_records(records, "unknown", found.reason, found.params)
            return []
        return await self._not_made(records)

    async def _not_made(self, records: Records) -> list[Piece]:
        # Nobody has agreed to the words as they are by now: it waits like a new one, and what was before is remembered.
        unread = {key: each for key, each in records.items() if self._unapproved(key)}
        fresh = [key for key, each in unread.items() if not each.after]
        if fresh:
            await self._writer.commit([SetSends(sends=dict.fromkeys(fresh))])
        records = {key: each for key, each in records.items() if key not in unread}
        again = {key: self._pieces[key] for key, each in records.items() if self._may_be_sent(key, each)}
        gone = {key: each for key, each in records.items() if key not in self._tasks}
        late = {key: each for key, each in records.items() if key in self._tasks and key not in again}
        now = spelled(self._world.now())
        await self._keep(gone, "cancelled", code="send-undeclared", settled_at=now)
        await self._keep(late, "missed", code="send-too-late", settled_at=now)
        self._tell_records(gone, "cancelled", "send-undeclared")
        self._tell_records(late, "missed", "send-too-late")
        return [_next(piece, records[key]) for key, piece in again.items()]

    def _may_be_sent(self, key: str, record: Send) -> bool:
        piece = self._pieces.get(key)
        return piece is not None and in_time(piece.task, self._deployment, self._world.now(), record)

    def _agreed_to(self, piece: Piece) -> bool:
        """Whether the files, as they were read just now, are those that somebody agreed to, where somebody has to."""
        item, ledger = piece.task.occasion.calendar, self._writer.document
        media = [found for each in piece.words.beside if (found := media_of(each)) is not None]
        return all(takes_file(self._deployment, item, ledger, each.sha256) for each in media)

    def _unapproved(self, key: str) -> bool:
        return key in self._tasks and self._tasks[key].code == "send-approval"

    def _left_open(self, records: Records, code: str, params: Mapping[str, object]) -> list[Piece]:
        self._stuck.update(_like(each) for each in records.values())
        self._tell_records(records, "open", code, params)
        return []

    # What waits for somebody

    async def _follow(self, session: Dispatches) -> None:
        """Asks how far each message is, once, and then does what follows, one message after the other."""
        messages = waiting(self._writer.document)
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
                self._tell_records(records, "open", progress.code, progress.params)
                self._stuck.update(_like(each) for each in records.values())
            elif not await self._has_ended(session, records, progress):
                await self._act_on(session, message_id, records)

    async def _has_ended(self, session: Dispatches, records: Records, progress: Progress | None) -> bool:
        """Whether nothing can be done about a message any more: confirmed, or unknown to the platform."""
        now = self._world.now()
        if progress is None:
            await self._keep(records, "unknown", code="send-message-gone", settled_at=spelled(now))
            self._tell_records(records, "unknown", "send-message-gone")
            return True
        if progress.confirmed_at is None:
            return False
        sends = settled(records, progress, now, session.delivers)
        if sends:
            await self._writer.commit([SetSends(sends=sends)])
        for key, each in sends.items():
            params = progress.unreached[each.place].params if each.place in progress.unreached else {}
            self._tell_records({key: each}, each.outcome, each.code, params)
            self._confirmed[each.item, each.scheduled] = self._title(key, each)
        return True

    async def _act_on(self, session: Dispatches, message_id: str, records: Records) -> None:
        """Takes back what the calendar says otherwise now, brings to mind, gives up: what its time has come for."""
        now = self._world.now()
        changes = {
            key: change_of(each, self._pieces.get(key), self._tasks.get(key), now) for key, each in records.items()
        }
        if any(each is not Change.none for each in changes.values()):
            if not self._stuck & {_like(each) for each in records.values()}:
                await self._take_back(session, message_id, records, changes)
            return
        sending = self._deployment.community.model.sending
        confirm = sending.confirm if sending is not None else None
        since = instant(min(each.announced_at for each in records.values()))
        if confirm is None:
            return
        if confirm.cancel_after is not None and now - since >= confirm.cancel_after.timedelta:
            if not await self._cancelled(session, message_id, records):
                await self._keep(records, "expired", settled_at=spelled(now))
                self._tell_records(records, "expired", "send-taken-back")
            return
        reminded = all(each.reminded_at for each in records.values())
        if confirm.remind_after is not None and not reminded and now - since >= confirm.remind_after.timedelta:
            await self._remind(session, message_id, records)

    async def _remind(self, session: Dispatches, message_id: str, records: Records) -> None:
        now = spelled(self._world.now())
        await self._writer.check()
        if await session.remind(message_id) is Reminded.withdrawn:
            await self._keep(records, "cancelled", code="send-cancelled-there", settled_at=now)
            self._tell_records(records, "withdrawn", "send-cancelled-there")
        else:
            await self._keep(records, "handed", reminded_at=now)
            self._tell_records(records, "unconfirmed", "send-was-reminded")

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
            piece, change = self._pieces.get(key), changes[key]
            task = self._tasks.get(key)
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
        await self._writer.commit([SetSends(sends={**ended, **laid})])
        for key, record in ended.items():
            self._tell_records({key: record}, "withdrawn", record.code)
        for bundle in bundles:
            if Change.unapproved in {changes[each.task.key] for each in bundle.pieces}:
                self._tell_records(bundle.records(now), "withdrawn", "send-approval")
            else:
                await self._lay(session, bundle)

    async def _cancelled(self, session: Dispatches, message_id: str, records: Records) -> bool:
        """Takes it back. True where somebody was faster and has confirmed it: then that is recorded instead."""
        await self._writer.check()
        await session.cancel(message_id)
        progress = await session.progress(message_id, next(iter(records.values())).device)
        return progress is not None and await self._has_ended(session, records, progress)

    # What is due

    async def _lay_all(self, session: Dispatches, pieces: Sequence[Piece]) -> None:
        """Message by message, several at a time; what is alike one after the other."""
        waves: list[list[Bundle]] = []
        depth: dict[tuple[str, str], int] = {}
        for bundle in bundled(pieces, self._takes.at_once):
            at = depth.get(bundle.first.like, 0)
            waves.extend([] for _ in range(at + 1 - len(waves)))
            waves[at].append(bundle)
            depth[bundle.first.like] = at + 1
        for wave in waves:
            free = [each for each in wave if each.first.like not in self._stuck]
            free = [each for each in free if not await self._was_there(session, each)] if self._new else free
            if not free or self._report.unreachable:
                continue
            sends = {key: each for bundle in free for key, each in bundle.records(self._world.now()).items()}
            await self._writer.commit([SetSends(sends=sends)])
            limiter = anyio.CapacityLimiter(self._provider.concurrency)
            async with anyio.create_task_group() as group:
                for bundle in free:
                    group.start_soon(self._lay, session, bundle, limiter)

    async def _was_there(self, session: Dispatches, bundle: Bundle) -> bool:
        """A ledger that knows nothing may be one that was lost: then it is looked for first."""
        now, first = self._world.now(), bundle.first
        found = await session.find_dispatch(trail_before(first, self._writer.document, now))
        records = bundle.records(now)
        if isinstance(found, Posted):
            await self._keep(records, "handed", id=found.id)
        elif isinstance(found, Unsure):
            await self._keep(records, "unknown", code=found.reason, settled_at=spelled(now))
            self._tell_records(records, "unknown", found.reason, found.params)
        return isinstance(found, Posted | Unsure)

    async def _lay(self, session: Dispatches, bundle: Bundle, limiter: anyio.CapacityLimiter | None = None) -> None:
        async with limiter or anyio.CapacityLimiter(1):
            if self._report.unreachable:
                return
            await self._writer.check()
            records = {each.task.key: self._writer.document.sends[each.task.key] for each in bundle.pieces}
            first = bundle.first
            request = DispatchRequest(first.sender, bundle.places, first.words.text, first.words.beside)
            try:
                done = await session.dispatch(request)
            except Failure as failure:
                # Whatever the answer was: it is looked for before it is made again.
                await self._keep(records, "announced", code=failure.code)
                self._left_open(records, failure.code, dict(failure.params))
                self._report.unreachable |= failure.unreachable or failure.wait is not None
                return
            sends: dict[str, Send | None] = {}
            for key, each in records.items():
                lost = done.unreached.get(each.place)
                if lost is None:
                    sends[key] = each.model_copy(update={"outcome": "handed", "id": done.id, "code": ""})
                elif lost.passing:
                    sends[key] = None
                else:
                    values = {"outcome": "missed", "code": lost.code, "settled_at": spelled(self._world.now())}
                    sends[key] = each.model_copy(update=values)
            await self._writer.commit([SetSends(sends=sends)])
            for place, lost in done.unreached.items():
                mine = {key: each for key, each in records.items() if each.place == place}
                self._tell_records(mine, "blocked" if lost.passing else "missed", lost.code, lost.params)
            self._tell_laid({key: each for key, each in records.items() if each.place not in done.unreached})

    # What is written down and said

    async def _keep(self, records: Records, outcome: Outcome, **more: str) -> None:
        if records:
            values = {"outcome": outcome, **more}
            sends = {key: each.model_copy(update=values) for key, each in records.items()}
            await self._writer.commit([SetSends(sends=sends)])

    def _tell_laid(self, records: Records) -> None:
        for key, each in records.items():
            self._tell_records({key: each}, "laid", "send-laid-anew" if each.after else "")

    def _tell_records(
        self, records: Records, outcome: str, code: str = "", params: Mapping[str, object] | None = None
    ) -> None:
        for key, each in records.items():
            piece = self._pieces.get(key)
            self._report.told.append(
                Told(
                    key,
                    each.item,
                    self._title(key, each),
                    each.target,
                    each.scheduled,
                    outcome,
                    code,
                    params or {},
                    piece.words.text if piece is not None else "",
                    self._name(each.who or each.device),
                )
            )

    def _title(self, key: str, record: Send) -> str:
        task = self._tasks.get(key)
        planned = self._deployment.community.model.calendar.get(record.item)
        return task.occasion.title if task is not None else planned.title if planned is not None else record.item

    def _name(self, key: str) -> str:
        person = self._deployment.people.get(key)
        return person.name if person is not None else key


def _next(piece: Piece, record: Send) -> Piece:
    """The same, once more: what it was known by before is no trace of it."""
    former = " ".join(filter(None, (record.after, record.id)))
    return Piece(piece.task, piece.sender, piece.who, piece.words, record.attempt + 1, former)


def _like(record: Send) -> tuple[str, str]:
    return record.device.casefold(), record.mark
