"""Lays messages before the people who must send them: announced, made, written down."""

from __future__ import annotations

from collections.abc import Sequence

import anyio

from groupform.calendar.bundling import Bundle, Piece, bundled, trail_before
from groupform.calendar.due import spelled
from groupform.calendar.neighbours import Lookout
from groupform.calendar.notebook import Notebook
from groupform.engine.dispatching import Dispatches, DispatchRequest
from groupform.engine.posting import Absent, Posted, Unsure
from groupform.engine.provider import Failure
from groupform.engine.world import World
from groupform.state.ledger import Send


class Laying:
    """One run's laying, under the ledger's lock. `at_once` groups get one message, `concurrency` messages are made at
    a time; with `new` the ledger may be one that was lost."""

    def __init__(
        self, notes: Notebook, world: World, lookout: Lookout, *, at_once: int, concurrency: int, new: bool
    ) -> None:
        self._notes, self._world, self._lookout = notes, world, lookout
        self._at_once, self._concurrency, self._new = at_once, concurrency, new

    async def lay_all(self, session: Dispatches, pieces: Sequence[Piece]) -> None:
        """Message by message, several at a time; what is alike one after the other."""
        waves: list[list[Bundle]] = []
        depth: dict[tuple[str, str], int] = {}
        for bundle in bundled(pieces, self._at_once):
            at = depth.get(bundle.first.like, 0)
            waves.extend([] for _ in range(at + 1 - len(waves)))
            waves[at].append(bundle)
            depth[bundle.first.like] = at + 1
        for wave in waves:
            free = [each for each in wave if each.first.like not in self._notes.stuck]
            free = [each for each in free if not await self._was_there(session, each)] if self._new else free
            if not free or self._notes.report.unreachable:
                continue
            sends = {key: each for bundle in free for key, each in bundle.records(self._world.now()).items()}
            await self._notes.write(sends)
            limiter = anyio.CapacityLimiter(self._concurrency)
            async with anyio.create_task_group() as group:
                for bundle in free:
                    group.start_soon(self.lay, session, bundle, limiter)

    async def _was_there(self, session: Dispatches, bundle: Bundle) -> bool:
        """A ledger that knows nothing may be one that was lost: then it is looked for first."""
        now, first = self._world.now(), bundle.first
        records = bundle.records(now)
        record = next(iter(records.values()))
        found = await self._lookout.find(session, record, trail_before(first, self._notes.ledger, now), now)
        if found is None:
            self._notes.left_open(records, "send-still-open", {})
        elif isinstance(found, Posted):
            await self._notes.keep(records, "handed", id=found.id)
        elif isinstance(found, Unsure):
            await self._notes.keep(records, "unknown", code=found.reason, settled_at=spelled(now))
            self._notes.tell(records, "unknown", found.reason, found.params)
        return not isinstance(found, Absent)

    async def lay(self, session: Dispatches, bundle: Bundle, limiter: anyio.CapacityLimiter | None = None) -> None:
        async with limiter or anyio.CapacityLimiter(1):
            if self._notes.report.unreachable:
                return
            await self._notes.check()
            records = {each.task.key: self._notes.ledger.sends[each.task.key] for each in bundle.pieces}
            first = bundle.first
            request = DispatchRequest(first.sender, bundle.places, first.words.text, first.words.beside)
            try:
                done = await session.dispatch(request)
            except Failure as failure:
                # Whatever the answer was: it is looked for before it is made again.
                await self._notes.keep(records, "announced", code=failure.code)
                self._notes.left_open(records, failure.code, dict(failure.params))
                self._notes.report.unreachable |= failure.unreachable or failure.wait is not None
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
            await self._notes.write(sends)
            for place, lost in done.unreached.items():
                mine = {key: each for key, each in records.items() if each.place == place}
                self._notes.tell(mine, "blocked" if lost.passing else "missed", lost.code, lost.params)
            self._notes.laid({key: each for key, each in records.items() if each.place not in done.unreached})
