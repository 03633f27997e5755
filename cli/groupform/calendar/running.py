"""Owns a run of the calendar: what is due is sent, laid before people or handed over, under the ledger's lock."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime

from groupform.calendar.ahead import Ahead, ahead_work
from groupform.calendar.delivering import Delivery, record_of
from groupform.calendar.due import Sorted, Task, Verdict, adrift, outdated, sort_out, spelled
from groupform.calendar.handing import handed_over
from groupform.calendar.pinning import pins_due
from groupform.calendar.prompting import prompts
from groupform.calendar.renames import as_named, renamed_sends
from groupform.calendar.report import CalendarReport, merged, told_of
from groupform.calendar.season import zone_of
from groupform.calendar.senders import foreseen
from groupform.calendar.shift import Shift
from groupform.calendar.tasking import Tasking, under_way
from groupform.calendar.voting import polls_due
from groupform.compile.markdown import plain
from groupform.config.diagnostics import Diagnostic, Refused
from groupform.config.project import ResolvedDeployment
from groupform.engine.dispatching import TakesDispatches, destinations
from groupform.engine.post_parts import words_in
from groupform.engine.posting import TakesPosts
from groupform.engine.provider import Provider
from groupform.engine.world import World
from groupform.state.document import Document, Entry
from groupform.state.ledger import Outcome, Send, SetReach, SetSends
from groupform.state.renaming import rename_deployment
from groupform.state.store import Holder, StateKey

_IDLE = (Verdict.waiting, Verdict.blocked, Verdict.left)
"""Of what is so judged, nothing is to be sent or written by a run."""


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
    found = sort_out(deployment, state, ledger, world.now(), posts_in, apart=isinstance(provider, TakesPosts))
    asks = prompts(deployment, state, ledger, world.now(), posts_in)
    if dry_run:
        report.prompts = [*asks.told]
        report.told = merged([told_of(each, _would(each), world.now()) for each in found.tasks])
        if isinstance(provider, TakesDispatches):
            report.told = foreseen(deployment, state, provider, found, world.now())
        elif isinstance(provider, TakesPosts):
            coming = ahead_work(deployment, state, ledger, world.now(), posts_in)
            report.told += [told_of(each, "would-leave", world.now()) for each in coming.leave.values()]
        return report
    idle = not _coming(deployment, provider, state, ledger, world.now())
    if idle and not _work(found, ledger, world.now()) and not asks.entries:
        report.told = [told_of(each, each.verdict.value, world.now()) for each in found.tasks if _shown(each)]
        return report
    try:
        async with world.store.open(key.ledger, holder) as writer:
            await _Round(Shift(deployment, world, provider, state, writer, report), posts_in).go()
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
    found = sort_out(deployment, state, ledger, now, posts_in, apart=isinstance(provider, TakesPosts))
    asks = prompts(deployment, state, ledger, now, posts_in)
    if _work(found, ledger, now) or asks.entries or _coming(deployment, provider, state, ledger, now):
        acting = [each for each in found.tasks if each.verdict not in _IDLE]
        return Look(max((spelled(each.occasion.due) for each in acting), default="-"), report)
    report.told = [told_of(each, each.verdict.value, now) for each in found.tasks if _shown(each)]
    return Look(None, report)


async def state_of(deployment: ResolvedDeployment, world: World) -> Document:
    """The state, also under an earlier name of the deployment, its groups under the names that they have in the files;
    an empty one where there is none."""
    for name in (deployment.name, *map(str, deployment.previously)):
        found = await world.store.read(StateKey(name, deployment.environment))
        if found is not None:
            renamed = found if name == deployment.name else rename_deployment(found, deployment.name)
            return as_named(deployment, renamed)
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


def _work(found: Sorted, ledger: Document, now: datetime) -> bool:
    """Whether there is anything to write or to ask: most runs find nothing, and leave no trace."""
    acting = any(each.verdict not in _IDLE for each in found.tasks)
    known = ledger.reach is not None and ledger.reach.known == found.reach.known
    later = pins_due(ledger, now) or polls_due(ledger, now)
    return acting or not known or bool(adrift(ledger, found.tasks) or later) or under_way(ledger)


def _coming(
    deployment: ResolvedDeployment, provider: Provider, state: Document, ledger: Document, now: datetime
) -> bool:
    """Whether anything is to be left with a platform that sends by itself, or to be seen to there."""
    posts_in = destinations(provider)
    return isinstance(provider, TakesPosts) and bool(ahead_work(deployment, state, ledger, now, posts_in))


def _would(task: Task) -> str:
    return "due" if task.verdict in (Verdict.send, Verdict.settle) else task.verdict.value


def _shown(task: Task) -> bool:
    return task.verdict is Verdict.blocked


class _Round:
    """One run under the ledger's lock."""

    def __init__(self, shift: Shift, posts_in: str) -> None:
        self._shift, self._posts_in = shift, posts_in
        self._deployment, self._world, self._provider = shift.deployment, shift.world, shift.provider
        self._state, self._writer, self._report = shift.state, shift.writer, shift.report
        self._new = shift.writer.document.reach is None

    async def go(self) -> None:
        if isinstance(self._provider, TakesPosts):
            await Ahead(self._shift).go(self._posts_in)
        if isinstance(self._provider, TakesDispatches):
            items = self._deployment.community.model.calendar
            moved = renamed_sends(self._state, self._writer.document, self._posts_in, items)
            if moved:
                await self._writer.commit([SetSends(sends=moved)])
        now, apart = self._world.now(), isinstance(self._provider, TakesPosts)
        found = sort_out(self._deployment, self._state, self._writer.document, now, self._posts_in, apart=apart)
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
        if isinstance(self._provider, TakesDispatches):
            await Tasking(self._shift, new=self._new).go(found)
        elif not self._posts_in:
            now = self._world.now()
            sends, told = handed_over(self._deployment, found.tasks, now, self._record)
            if sends:
                await self._writer.commit([SetSends(sends=sends)])
            self._report.told += [
                told_of(task, outcome, now, who=who, text="" if task.code else plain(words_in(task.parts)))
                for task, outcome, who in told
            ]
        else:
            await Delivery(self._shift, new=self._new).go(found.tasks, gone)
        self._report.told = merged(self._report.told)

    def _record(self, task: Task, outcome: Outcome, **more: object) -> Send:
        return record_of(self._deployment, task, outcome, self._world.now(), **more)

    def _tell(self, task: Task, outcome: str, **more: object) -> None:
        self._report.told.append(told_of(task, outcome, self._world.now(), **more))
