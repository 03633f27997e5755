"""Sends what is due, at most once, and tells what came of each: the ledger is written before and after every send."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import anyio

from groupform.calendar.due import (
    Sorted,
    Task,
    Verdict,
    adrift,
    mark_of,
    nonce_of,
    outdated,
    sort_out,
    spelled,
)
from groupform.calendar.handing import handed_over
from groupform.calendar.prompting import prompts
from groupform.calendar.report import CalendarReport, Told, told_of
from groupform.calendar.season import zone_of
from groupform.calendar.settling import Fate, Settled, account_of, before, device_of, settle
from groupform.calendar.senders import foreseen
from groupform.calendar.tasking import Tasking, under_way
from groupform.compile.markdown import plain
from groupform.config.diagnostics import Diagnostic, Refused
from groupform.config.project import ResolvedDeployment
from groupform.engine.dispatching import TakesDispatches, destinations
from groupform.engine.planning import session_context
from groupform.engine.posting import Posted, PostRequest, Posts, Trail
from groupform.engine.provider import Failure, Provider
from groupform.engine.world import World
from groupform.state.document import Document, Entry
from groupform.state.ledger import Outcome, Send, SetReach, SetSends
from groupform.state.renaming import rename_deployment
from groupform.state.store import Holder, StateKey, Writer

_WAVE = 32
"""So many posts are announced in one write, each in a group of its own."""


@dataclass(frozen=True, slots=True)
class Look:
    """`due` names what a run would do, by the last moment (UTC) that has come; None where it would do nothing: then
    `report` tells what it would say all the same."""

    due: str | None
    report: CalendarReport


async def run_calendar(deployment: ResolvedDeployment, world: World, *, dry_run: bool = False) -> CalendarReport:
    """Sends what is due now. A second run at the same time does nothing and says so.

    A dry run reads the state and the ledger only. Raises Refused for what is wrong with the store or the platform.
    """
    provider = world.providers.get(deployment.connection.platform)
    if provider is None:
        params = {"platform": deployment.connection.platform, "deployment": deployment.name}
        raise Refused([Diagnostic("provider-not-installed", params=params)])
    report = CalendarReport(deployment.name, zone_of(deployment.community.model))
    key = StateKey(deployment.name, deployment.environment)
    holder = Holder(world.who, os.getpid(), spelled(world.now()), world.command)
    state = await state_of(deployment, world)
    ledger = await ledger_of(deployment, world, holder, rename=not dry_run)
    posts_in = destinations(provider)
    found = sort_out(deployment, state, ledger, world.now(), posts_in)
    asks = prompts(deployment, state, ledger, world.now(), posts_in)
    if dry_run:
        report.prompts = [*asks.told]
        report.told = [told_of(each, _would(each), world.now()) for each in found.tasks]
        if isinstance(provider, TakesDispatches):
            report.told = foreseen(deployment, state, provider, found, world.now())
        return report
    if not _work(found, ledger) and not asks.entries:
        report.told = [told_of(each, each.verdict.value, world.now()) for each in found.tasks if _shown(each)]
        return report
    try:
        async with world.store.open(key.ledger, holder) as writer:
            await _Round(deployment, world, provider, state, writer, report, posts_in).go()
    except Refused as refused:
        first = next(iter(refused.diagnostics))
        if first.code != "state-locked":
            raise
        report.busy = dict(first.params)
    return report


async def look(deployment: ResolvedDeployment, world: World) -> Look:
    """What a run would find now. Reads the state and the ledger only. Raises Refused as a run does."""
    report = CalendarReport(deployment.name, zone_of(deployment.community.model))
    provider = world.providers[deployment.connection.platform]
    posts_in = destinations(provider)
    now = world.now()
    holder = Holder(world.who, os.getpid(), spelled(now), world.command)
    state = await state_of(deployment, world)
    ledger = await ledger_of(deployment, world, holder, rename=False)
    found = sort_out(deployment, state, ledger, now, posts_in)
    if _work(found, ledger) or prompts(deployment, state, ledger, now, posts_in).entries:
        acting = [each for each in found.tasks if each.verdict not in (Verdict.waiting, Verdict.blocked)]
        return Look(max((spelled(each.occasion.due) for each in acting), default="-"), report)
    report.told = [told_of(each, each.verdict.value, now) for each in found.tasks if _shown(each)]
    return Look(None, report)


async def state_of(deployment: ResolvedDeployment, world: World) -> Document:
    """The state, also under an earlier name of the deployment; an empty one where there is none."""
    for name in (deployment.name, *map(str, deployment.previously)):
        found = await world.store.read(StateKey(name, deployment.environment))
        if found is not None:
            return found if name == deployment.name else rename_deployment(found, deployment.name)
    return Document(lineage="", deployment=deployment.name, environment=deployment.environment)


async def ledger_of(deployment: ResolvedDeployment, world: World, holder: Holder, *, rename: bool) -> Document:
    """The send ledger, also under an earlier name of the deployment; with `rename` it gets its new one."""
    key = StateKey(deployment.name, deployment.environment).ledger
    found = await world.store.read(key)
    for name in () if found is not None else map(str, deployment.previously):
        former = StateKey(name, deployment.environment).ledger
        found = await world.store.read(former)
        if found is not None:
            if rename and await world.store.rename(former, key, holder):
                found = await world.store.read(key)
            break
    return found or Document(lineage="", deployment=key.deployment, environment=key.environment)


def _work(found: Sorted, ledger: Document) -> bool:
    """Whether there is anything to write or to ask: most runs find nothing, and leave no trace."""
    acting = any(each.verdict not in (Verdict.waiting, Verdict.blocked) for each in found.tasks)
    known = ledger.reach is not None and ledger.reach.known == found.reach.known
    return acting or not known or bool(adrift(ledger, found.tasks)) or under_way(ledger)


def _would(task: Task) -> str:
    return "due" if task.verdict in (Verdict.send, Verdict.settle) else task.verdict.value


def _shown(task: Task) -> bool:
    return task.verdict is Verdict.blocked


class _Round:
    """One run under the ledger's lock."""

    def __init__(
        self,
        deployment: ResolvedDeployment,
        world: World,
        provider: Provider,
        state: Document,
        writer: Writer,
        report: CalendarReport,
        posts_in: str,
    ) -> None:
        self._deployment, self._world, self._provider = deployment, world, provider
        self._state, self._writer, self._report, self._posts_in = state, writer, report, posts_in
        self._new = writer.document.reach is None
        self._device = ""

    async def go(self) -> None:
        found = sort_out(self._deployment, self._state, self._writer.document, self._world.now(), self._posts_in)
        gone = adrift(self._writer.document, found.tasks)
        entries: list[Entry] = [SetReach(reach=found.reach)]
        if old := outdated(self._writer.document, self._world.now()):
            entries.append(SetSends(sends=dict.fromkeys(old)))
        missed = [each for each in found.tasks if each.verdict is Verdict.missed]
        if missed:
            entries.append(SetSends(sends={each.key: self._record(each, "missed", code=each.code) for each in missed}))
        now = self._world.now()
        asks = prompts(self._deployment, self._state, self._writer.document, now, self._posts_in)
        await self._writer.commit([*entries, *asks.entries])
        self._report.prompts += asks.told
        for each in missed:
            self._tell(each, "missed")
        for each in found.tasks:
            if each.verdict is Verdict.blocked:
                self._tell(each, "blocked")
        due = [each for each in found.tasks if each.verdict is Verdict.send]
        open_ = [each for each in found.tasks if each.verdict is Verdict.settle]
        if isinstance(self._provider, TakesDispatches):
            tasking = Tasking(
                self._deployment, self._world, self._provider, self._state, self._writer, self._report, new=self._new
            )
            await tasking.go(found)
        elif not self._posts_in:
            now = self._world.now()
            sends, told = handed_over(self._deployment, found.tasks, now, self._record)
            if sends:
                await self._writer.commit([SetSends(sends=sends)])
            self._report.told += [
                told_of(task, outcome, now, who=who, text="" if task.code else plain(task.text))
                for task, outcome, who in told
            ]
        elif due or open_ or gone:
            await self._connected(due, open_, gone)

    async def _connected(self, due: Sequence[Task], open_: Sequence[Task], gone: Mapping[str, Send]) -> None:
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
                    await self._announce(wave)
                    limiter = anyio.CapacityLimiter(self._provider.concurrency)
                    async with anyio.create_task_group() as group:
                        for task, record in wave:
                            group.start_soon(self._send, session, task, record, limiter)
        except Failure as failure:
            self._stopped(failure)

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
            told = Told(key, record.item, record.item, record.target, record.scheduled, outcome, code)
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
            request = PostRequest(record.place, task.text, task.occasion.title, record.mark, record.nonce)
            try:
                posted = await session.post(request)
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

    def _announced(self, task: Task, attempt: int) -> Send:
        record = self._record(task, "announced", attempt=attempt)
        return record.model_copy(
            update={
                "nonce": nonce_of(record.mark, task.place, attempt),
                "device": self._device,
                "announced_at": spelled(self._world.now()),
                "after": before(self._writer.document, task.place),
            }
        )

    def _record(self, task: Task, outcome: Outcome, **more: object) -> Send:
        settled = {"settled_at": spelled(self._world.now())} if outcome == "missed" else {}
        return Send.model_validate(
            {
                "item": task.occasion.calendar,
                "target": task.target,
                "scheduled": spelled(task.occasion.scheduled),
                "outcome": outcome,
                "mark": mark_of(self._deployment.environment, task.key),
                "digest": task.digest,
                "place": task.place if outcome != "missed" else "",
                **settled,
                **more,
            }
        )

    def _tell(self, task: Task, outcome: str, **more: object) -> None:
        self._report.told.append(told_of(task, outcome, self._world.now(), **more))

    def _stopped(self, failure: Failure) -> None:
        self._report.failure = failure
        self._report.unreachable = self._report.unreachable or failure.unreachable or failure.wait is not None


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
