"""Owns the carrying out of tasks: side by side where nothing stands between them, durable before anything follows."""

from __future__ import annotations

import heapq
import math
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC

import anyio
from anyio.abc import TaskGroup

from groupform.config.diagnostics import Refused
from groupform.engine.carry import Outcome, carry
from groupform.engine.plan import Action, Reason
from groupform.engine.records import remembered, widened
from groupform.engine.recover import defect
from groupform.engine.report import Tally
from groupform.engine.run import Run
from groupform.engine.tasks import Task, Tasks
from groupform.engine.turns import Turns
from groupform.engine.world import Failed
from groupform.engine.writes import values_of
from groupform.state.document import ClosedIntent, Entry, OpenedIntents, OpenIntent, SetBinding

_WAVE = 64
"""How many creates are announced in one durable write (DESIGN §7)."""
_GROUP = 32
"""How many results are made durable in one write, at most, while more work is ready."""
_HELD = 0.5
"""For how many seconds a result is held back for company, at most."""


class Execution:
    """One run over a plan's tasks. `turns` bound how many are under way at a time, with others on the connection.

    What `tally` counts as failed already, before the first task, is left alone, and so is what waits for it; likewise
    what is `held` until somebody has answered a question about it.
    """

    def __init__(self, run: Run, tasks: Tasks, turns: Turns, tally: Tally, held: frozenset[str] = frozenset()) -> None:
        self._run = run
        self._turns = turns
        self._tally = tally
        self._lost = frozenset(tally.failed)
        self._held = held
        self._by_key = {each.key: each for each in tasks.tasks}
        self._rank = {each.key: rank for rank, each in enumerate(tasks.tasks)}
        self._left = {key: len(befores) for key, befores in tasks.after.items()}
        self._followers = defaultdict[str, list[str]](list)
        for key, befores in tasks.after.items():
            for each in befores:
                self._followers[each].append(key)
        self._ready: list[tuple[int, str]] = []
        self._unannounced: list[tuple[int, str]] = []
        self._opened: set[str] = set()
        self._running = 0
        self._finished: list[tuple[Task, Outcome]] = []
        self._woken = anyio.Event()
        self._silent = 0

    async def carry_out(self) -> None:
        """Runs until all is done, nothing more can be done, or the run was asked to stop; what is in flight ends."""
        for key, left in self._left.items():
            if not left:
                self._put(key)
        async with anyio.create_task_group() as group:
            group.start_soon(self._watch_for_stop)
            waited = False
            while True:
                if waited or self._flush_is_due():
                    await self._flush()
                await self._start(group)
                if not self._running and not self._turns.wanted_by(self):
                    if not self._finished:
                        break
                    waited = True
                    continue
                with anyio.move_on_after(_HELD if self._finished else math.inf) as patience:
                    await self._woken.wait()
                waited = patience.cancelled_caught
                self._woken = anyio.Event()
            group.cancel_scope.cancel()
        await self._close_unsent()

    async def _watch_for_stop(self) -> None:
        """Whoever waits for a turn of others' must hear of it too."""
        await self._run.stop.event.wait()
        self._wake()

    def _wake(self) -> None:
        self._woken.set()

    def _flush_is_due(self) -> bool:
        """Results are held back only while there is other work, and only good ones: a kill costs looking for them."""
        return (
            not self._ready
            or len(self._finished) >= _GROUP
            or self._run.stop.reason is not None
            or any(not outcome.done for _, outcome in self._finished)
        )

    async def _start(self, group: TaskGroup) -> None:
        while self._ready and self._run.stop.reason is None:
            key = self._ready[0][1]
            task = self._by_key[key]
            if task.change.protected:
                heapq.heappop(self._ready)
                self._protect(task)
                continue
            if task.change.address in self._held:
                heapq.heappop(self._ready)
                self._tally.withheld.update([task.change.address, *self._behind(key)])
                continue
            if task.change.address in self._lost:
                heapq.heappop(self._ready)
                self._tally.blocked.update(self._behind(key))
                continue
            if not self._turns.take(self, self._wake):
                return
            heapq.heappop(self._ready)
            if not await self._announce(task):
                self._turns.give_back(self)
                break
            self._running += 1
            self._run.world.observer.started(task.change.address, task.change.label)
            group.start_soon(self._work, task)
        self._turns.leave(self)

    async def _announce(self, task: Task) -> bool:
        """Makes durable, before it is sent, what a kill would otherwise hide. False when the state cannot be written.

        Creates of the ready wave are announced together. Where a lost create cannot be looked for, an announcement
        that was never followed by its request would have to be cleared by a person: those go one by one.
        """
        entries: list[Entry] = []
        if self._needs_intent(task):
            wave = self._wave(task) if self._listable(task) else [task]
            entries.append(OpenedIntents(intents={each.change.address: self._intent(each) for each in wave}))
            self._opened.update(each.key for each in wave)
        elif task.change.action in (Action.update, Action.bind, Action.adopt, Action.move):
            binding = self._run.document.bindings.get(task.change.address)
            kind = self._run.types[task.change.type]
            if binding is not None:
                after = widened(binding, task.change.attributes, kind)
                if after is not binding:
                    entries.append(SetBinding(address=task.change.address, binding=after))
        return not entries or await self._commit(entries)

    def _put(self, key: str) -> None:
        """Nothing stands before it any more."""
        place = (self._rank[key], key)
        heapq.heappush(self._ready, place)
        task = self._by_key[key]
        lost = task.change.address in self._lost or task.change.address in self._held
        if self._needs_intent(task) and self._listable(task) and not lost:
            # A heap of their own: in a fleet's thousands of ready tasks the next wave is found without a search.
            heapq.heappush(self._unannounced, place)

    def _wave(self, first: Task) -> list[Task]:
        """The creates to announce together: `first`, and those that come next among the ready ones."""
        wave = [first]
        while self._unannounced and len(wave) < _WAVE:
            each = self._by_key[heapq.heappop(self._unannounced)[1]]
            if each is not first and self._needs_intent(each):
                wave.append(each)
        return wave

    def _needs_intent(self, task: Task) -> bool:
        known = task.key in self._opened or task.change.address in self._run.recovered
        return task.makes and not task.change.protected and not known

    def _listable(self, task: Task) -> bool:
        return self._run.types[task.change.type].listable

    def _intent(self, task: Task) -> OpenIntent:
        run, change = self._run, task.change
        attempt = run.attempts.get(change.address, 0) + 1
        values = values_of(change, run.desired[change.address])
        return OpenIntent(
            # The serial tells this announcement from every other: no two are made durable under one.
            nonce=run.nonce(change.address, "create", attempt, run.document.serial),
            type=change.type,
            attempt=attempt,
            sent_at=run.world.now().astimezone(UTC).isoformat(timespec="seconds"),
            plan=run.progress.plan,
            attributes=remembered(run.types[change.type], values),
        )

    async def _work(self, task: Task) -> None:
        change = task.change
        try:
            outcome = await carry(self._run, task)
        except Exception as error:  # a provider's defect must not cost the other changes their record
            outcome = Outcome(failed=Failed(change.address, change.label, defect(error), unknown=True))
        if outcome.entries and task.makes and not self._listable(task) and await self._commit(outcome.entries):
            outcome = Outcome(
                (), outcome.failed, outcome.refused, outcome.unreachable, outcome.interrupted, outcome.stop
            )
        self._running -= 1
        self._turns.give_back(self)
        self._run.world.observer.finished(
            change.address, change.label, outcome.failed.reason if outcome.failed is not None else None
        )
        self._finished.append((task, outcome))
        self._woken.set()

    async def _flush(self) -> None:
        """Makes durable whatever has finished, in one write; only then may others build on it."""
        if not self._finished:
            return
        finished, self._finished = self._finished, []
        durable = await self._commit([entry for _, outcome in finished for entry in outcome.entries])
        for task, outcome in finished:
            if not durable and outcome.entries and outcome.done:
                reason = self._run.stop.reason or Reason(code="state-not-writable")
                problem = Failed(task.change.address, task.change.label, reason, unknown=True)
                outcome = Outcome(failed=problem)
            self._conclude(task, outcome)

    def _conclude(self, task: Task, outcome: Outcome) -> None:
        if outcome.stop is not None:
            self._run.stop.ask(outcome.stop)
        self._silent = self._silent + 1 if outcome.unreachable else 0
        if self._silent > self._turns.size:
            # Asking a dead server for each of a thousand changes would take hours to say the same.
            self._run.stop.ask(Reason(code="apply-nobody-answers"))
        self._tally.conclude(task, outcome)
        if outcome.done:
            self._release(task.key)
        elif outcome.failed is not None:
            self._tally.blocked.update(self._behind(task.key))

    def _release(self, key: str) -> None:
        for each in self._followers[key]:
            self._left[each] -= 1
            if not self._left[each]:
                self._put(each)

    def _protect(self, task: Task) -> None:
        """Skipped, and with it what cannot be done while it stays: kept on purpose, not failed."""
        self._tally.protected.add(task.change.address)
        self._tally.protected.update(self._behind(task.key))

    def _behind(self, key: str) -> Sequence[str]:
        """The addresses of all that waits for `key`, directly or not."""
        seen, ahead = {key}, [key]
        while ahead:
            for each in self._followers[ahead.pop()]:
                if each not in seen:
                    seen.add(each)
                    ahead.append(each)
        return [self._by_key[each].change.address for each in sorted(seen - {key}, key=self._rank.__getitem__)]

    async def _close_unsent(self) -> None:
        """Announcements whose request never went out are taken back: nothing needs to be looked for."""
        unsent = [self._by_key[key] for _, key in sorted(self._ready) if key in self._opened]
        open_ = self._run.document.intents
        await self._commit([ClosedIntent(address=e.change.address) for e in unsent if e.change.address in open_])

    async def _commit(self, entries: Sequence[Entry]) -> bool:
        """False when the state would not be written: the apply then stops, and the next one finds what is there."""
        if not entries:
            return True
        try:
            await self._run.commit(entries)
        except Refused as refused:
            first = next(iter(refused.diagnostics))
            self._run.stop.ask(Reason(code=first.code, params=dict(first.params)))
            return False
        return True
