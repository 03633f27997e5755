"""Owns the work past one machine: any number of processes share a queue of what is due, and each takes from it."""

from __future__ import annotations

import hashlib
import signal
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

import anyio
from anyio.abc import TaskGroup
from pydantic import SecretStr

from groupform.calendar.report import CalendarReport
from groupform.calendar.running import look
from groupform.calendar.turning import anything_to_turn
from groupform.commands.ending import INTERRUPTED, exit_code
from groupform.commands.planning import Trouble, show_troubles, trouble_of
from groupform.commands.run import Run
from groupform.commands.sending import Opened, open_project_calendars, seconds_to_next, send_one
from groupform.config.diagnostics import Diagnostic, Refused
from groupform.config.project import ResolvedDeployment
from groupform.render.diagnostics import show_diagnostics
from groupform.render.opening import show_turned
from groupform.render.sending import show_sent
from groupform.state.store import StateKey, Store

if TYPE_CHECKING:
    from groupform.commands.queueing_jobs import Due, Job, JobQueue

URL = "GROUPFORM_QUEUE_URL"
AT_ONCE = 8
"""How many deployments one worker sends for at a time: each holds a lock, and connections of its own."""
_CHUNK = 16
_IDLE = 0.5
_BUSY = 5.0
_BUSY_OFTEN = 40
"""Together longer than the lease of a lock whose holder died."""
_STRANGE = 30.0
_STRANGE_OFTEN = 5

T = TypeVar("T")


def send_by_queue(
    run: Run, env: str | None, names: Sequence[str] | None, max_wait: str, *, watch: bool, posts_only: bool
) -> int:
    """Works from the queue until nothing is due, or with `watch` until it is told to stop; returns the exit code.

    Raises Refused: the state is this machine's alone, no database is named, it is away, or a part is not installed.
    """

    def again() -> Opened:
        return open_project_calendars(run, env, names, max_wait, posts_only=posts_only)

    opened = again()
    store, chosen = opened.world.store, opened.chosen
    _shared(store)
    try:
        from groupform.commands.queueing_jobs import JobQueue
    except ImportError as error:
        raise Refused([Diagnostic("queue-not-installed", params={"extra": "groupform[queue]"})]) from error
    environment = chosen[0].environment if chosen else ""
    queue = JobQueue(_address(run, store), _identity(store, environment))
    return anyio.run(work, run, queue, opened, again, watch)


async def work(run: Run, queue: JobQueue, opened: Opened, again: Callable[[], Opened], watch: bool) -> int:
    """One worker's life; `again` reads the project anew."""
    worker = Worker(run, queue, opened)
    try:
        await queue.make()
        async with _reading(opened.world.store), anyio.create_task_group() as around:
            around.start_soon(worker.listen, around.cancel_scope)
            around.start_soon(worker.beat)
            if watch:
                await worker.watch(again)
            else:
                await worker.until_nothing_is_due()
            around.cancel_scope.cancel()
    finally:
        await queue.close()
    return worker.ended()


class Worker:
    """Looks for what is due, puts it into the queue, and sends what it takes from there."""

    def __init__(self, run: Run, queue: JobQueue, opened: Opened) -> None:
        self._run, self._queue = run, queue
        self._project, self._world, self._chosen = opened
        self._under_way: dict[int, Job] = {}
        self._asked: set[Due] = set()
        self._said: dict[str, tuple[object, ...]] = {}
        self._codes: list[int] = []
        self._planning = self._stopping = self._interrupted = False
        self._away: Refused | None = None
        self._changed = anyio.Event()

    def ended(self) -> int:
        """The exit code. Raises Refused where the queue was lost on the way."""
        if self._away is not None:
            raise self._away
        return INTERRUPTED if self._interrupted else exit_code(self._codes)

    async def until_nothing_is_due(self) -> None:
        """What failed is left to the next run: each deployment is asked for once a moment."""
        while not self._stopping:
            before = len(self._asked)
            mine = await self._may_plan()
            async with anyio.create_task_group() as jobs:
                if mine:
                    jobs.start_soon(self._plan)
                while not self._stopping and (await self._take(jobs) or self._planning or await self._left()):
                    await self._wait(_IDLE)
            if mine and len(self._asked) == before:
                return

    async def watch(self, again: Callable[[], Opened]) -> None:
        """For ever: the files are read anew, what is due is put in, and jobs are taken until the next moment."""
        async with anyio.create_task_group() as jobs:
            while not self._stopping:
                self._asked.clear()  # what is open from before is tried again
                if await self._may_plan():
                    jobs.start_soon(self._plan)
                until = anyio.current_time() + await self._seconds_to_next()
                while not self._stopping and (self._planning or anyio.current_time() < until):
                    await self._take(jobs)
                    await self._wait(_IDLE)
                try:
                    self._project, world, self._chosen = again()
                    self._world = replace(world, store=self._world.store)
                except Refused as refused:
                    # Somebody is editing: what was declared last goes on.
                    show_diagnostics(self._run.terminal, refused.diagnostics)

    async def listen(self, everything: anyio.CancelScope) -> None:
        """A first signal lets what is under way end, a second one does not."""
        # On Windows there are none to be had.
        with suppress(NotImplementedError), anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
            async for each in signals:
                self._interrupted = self._interrupted or each is signal.SIGINT
                if self._stopping:
                    everything.cancel()
                self._stop()

    async def beat(self) -> None:
        """Signs of life for what is under way, thrice as often as they are asked for."""
        while True:
            await anyio.sleep(self._queue.heartbeat / 3)
            if self._under_way:
                await self._asking(self._queue.alive(list(self._under_way.values())))

    async def _may_plan(self) -> bool:
        self._planning = bool(await self._asking(self._queue.may_plan()))
        return self._planning

    async def _plan(self) -> None:
        """Puts in what is due and has not been asked for yet, little by little: others are waiting for it."""
        from groupform.commands.queueing_jobs import Due

        try:
            for start in range(0, len(self._chosen), _CHUNK):
                due: list[Due] = []

                async def one(deployment: ResolvedDeployment, due: list[Due] = due) -> None:
                    try:
                        found = await look(deployment, self._world)
                        turning = self._project is not None and await anything_to_turn(deployment, self._world)
                    except Exception as error:
                        self._tell(trouble_of(deployment.name, error))
                        return
                    if found.due is not None or turning:
                        due.append(Due(deployment.connection.key, deployment.name, found.due or "-"))
                    else:
                        self._tell(found.report)

                async with anyio.create_task_group() as group:
                    for each in self._chosen[start : start + _CHUNK]:
                        group.start_soon(one, each)
                new = sorted({*due} - self._asked, key=lambda each: (each.moment, each.deployment))
                self._asked.update(new)
                await self._asking(self._queue.put(new))
                if self._stopping:
                    break
        finally:
            await self._asking(self._queue.planned())
            self._planning = False

    async def _take(self, jobs: TaskGroup) -> bool:
        """Begins as many jobs as there is room for; whether any are under way."""
        room = AT_ONCE - len(self._under_way)
        connections = sorted({each.connection.key for each in self._chosen})
        for each in (await self._asking(self._queue.take(connections, room)) if room else None) or ():
            if each.id not in self._under_way:
                self._under_way[each.id] = each
                jobs.start_soon(self._carry_out, each)
        return bool(self._under_way)

    async def _left(self) -> bool:
        """Whether the queue still holds anything of ours: what another worker is at may have to be taken over."""
        return bool(await self._asking(self._queue.left(sorted({each.connection.key for each in self._chosen}))))

    async def _carry_out(self, job: Job) -> None:
        try:
            deployment = next((each for each in self._chosen if each.name == job.due.deployment), None)
            again: float | None = None
            if deployment is None:
                # Another worker may have newer files, or send for more deployments than this one.
                again = _STRANGE if job.attempts < _STRANGE_OFTEN else None
            else:
                outcome = await send_one(deployment, self._world, project=self._project)
                if _busy(outcome) and job.attempts < _BUSY_OFTEN:
                    again = _BUSY
                else:
                    self._tell(outcome)
                    again = _BUSY if _lost(outcome) else None
            await self._asking(self._queue.done(job) if again is None else self._queue.later(job, again))
        finally:
            self._under_way.pop(job.id, None)
            self._wake()

    def _tell(self, outcome: CalendarReport | Trouble) -> None:
        """Shows it, unless it says what it said the last time. Without the state nothing more is begun."""
        if _lost(outcome):
            self._stop()
        if isinstance(outcome, Trouble):
            show_troubles(self._run.terminal, [outcome])
            self._codes.append(4 if _lost(outcome) else outcome.exit_code)
            return
        told = tuple((each.key, each.outcome, each.code) for each in outcome.told)
        self._codes.append(4 if _lost(outcome) else outcome.exit_code)
        show_turned(self._run.terminal, outcome.turned)
        if told != self._said.get(outcome.deployment) or outcome.failure is not None or outcome.busy is not None:
            show_sent(self._run.terminal, outcome)
        self._said[outcome.deployment] = told

    async def _seconds_to_next(self) -> float:
        try:
            return await seconds_to_next(self._world, self._chosen)
        except Refused as refused:
            self._tell(trouble_of("-", refused))
            return 0.0

    async def _asking(self, answer: Awaitable[T]) -> T | None:
        """What the queue answers; None where it is lost: then what is under way ends, and nothing else is begun."""
        try:
            return await answer
        except Refused as refused:
            self._away = refused
            self._stop()
            return None

    async def _wait(self, seconds: float) -> None:
        """Sleeps until something has ended, and no longer than so many seconds."""
        if self._stopping:
            return
        self._changed = anyio.Event()
        with anyio.move_on_after(seconds):
            await self._changed.wait()

    def _stop(self) -> None:
        self._stopping = True
        self._wake()

    def _wake(self) -> None:
        self._changed.set()


def _busy(outcome: CalendarReport | Trouble) -> bool:
    """Whether somebody else is at it: a run without a queue, or the lock of one that died elsewhere."""
    if isinstance(outcome, Trouble):
        return False
    return outcome.busy is not None or (outcome.turned is not None and outcome.turned.busy is not None)


def _lost(outcome: CalendarReport | Trouble) -> bool:
    """Whether the database was away in which the state is."""
    turned = () if isinstance(outcome, Trouble) or outcome.turned is None else outcome.turned.troubles
    found = outcome.diagnostics if isinstance(outcome, Trouble) else turned
    return any(each.code == "state-store-lost" for each in found)


def _reading(store: Store) -> AbstractAsyncContextManager[None]:
    """Many documents are read one after the other: where that takes connections, a few are kept."""
    from groupform.state.postgres import PostgresStore

    return store.sessions.kept() if isinstance(store, PostgresStore) else nullcontext()


def _shared(store: Store) -> None:
    """Raises Refused `queue-local-state` where each worker would have a state of its own."""
    from groupform.state.local import LocalStore

    if isinstance(store, LocalStore):
        raise Refused([Diagnostic("queue-local-state")])


def _address(run: Run, store: Store) -> SecretStr:
    """Where the queue is: what the environment names, else the database that the state is in."""
    if run.environ.get(URL, "").strip():
        return SecretStr(run.environ[URL].strip())
    from groupform.state.postgres import PostgresStore

    if isinstance(store, PostgresStore):
        return store.sessions.conninfo
    raise Refused([Diagnostic("queue-url-missing", params={"name": URL})])


def _identity(store: Store, environment: str) -> str:
    """One word for all who share a state, however each of them reaches it; no other project's is the same."""
    from groupform.state.http import HttpStore
    from groupform.state.postgres import PostgresStore

    if isinstance(store, PostgresStore):
        place = store.sessions.place.rpartition("/")[2]  # the host has many names: database and schema have one
    elif isinstance(store, HttpStore):
        place = store.wire.addresses.address
    else:
        place = str(getattr(store, "place")(StateKey("-", environment)))  # noqa: B009 - no part of the protocol
    return "groupform " + hashlib.sha256(f"{type(store).__name__} {place} {environment}".encode()).hexdigest()[:16]
