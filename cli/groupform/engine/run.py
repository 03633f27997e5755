"""Owns what an apply carries with it: the session, the state's writer, the ids known so far, and how it is stopped."""

from __future__ import annotations

from collections.abc import Awaitable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import anyio

from groupform.compile.address import Address
from groupform.compile.resource import Attributes, Json, Resource
from groupform.config.diagnostics import Refused
from groupform.engine.plan import DeploymentPlan, Reason, digest_of
from groupform.engine.provider import Bound, Done, Failure, Intent, Pending, Session
from groupform.engine.refs import References
from groupform.engine.resource_type import ResourceType
from groupform.engine.undo import Goal
from groupform.engine.world import World
from groupform.state.document import Binding, Document, DropBinding, Entry, OpenIntent, Progress, SetBinding
from groupform.state.store import Writer


class Stop:
    """Asked to end early: what is in flight finishes, nothing new begins. The first reason stays."""

    def __init__(self) -> None:
        self.reason: Reason | None = None
        self.event = anyio.Event()

    def ask(self, reason: Reason) -> None:
        if self.reason is None:
            self.reason = reason
            self.event.set()

    async def sleep(self, seconds: float, world: World) -> None:
        """Sleeps, unless the apply is asked to stop meanwhile: then whoever waits gives up with a Failure.

        Nobody can know how far a request has come whose provider sleeps inside of it, so its effect is unknown.
        """
        if seconds <= 0:
            await world.sleep(0)
            return
        woken = False

        async def watch(scope: anyio.CancelScope) -> None:
            nonlocal woken
            await self.event.wait()
            woken = True
            scope.cancel()

        async with anyio.create_task_group() as group:
            group.start_soon(watch, group.cancel_scope)
            await world.sleep(seconds)
            group.cancel_scope.cancel()
        if woken:
            raise Failure("apply-interrupted", effect_unknown=True, wait=seconds)


@dataclass
class Run:
    """One apply on its way. `ids` follow the durable bindings; `attempts` count the creates of an address so far;
    `recovered` are addresses that an earlier apply had made without learning of it. `goal` is where an undo goes."""

    world: World
    session: Session
    writer: Writer
    types: Mapping[str, ResourceType]
    desired: Mapping[str, Resource]
    plan: DeploymentPlan
    progress: Progress
    stop: Stop
    ids: dict[str, str] = field(default_factory=dict)
    attempts: dict[str, int] = field(default_factory=dict)
    recovered: set[str] = field(default_factory=set)
    goal: Goal | None = None

    @property
    def document(self) -> Document:
        return self.writer.document

    def seconds(self) -> float:
        return self.world.now().timestamp()

    async def sleep(self, seconds: float) -> None:
        await self.stop.sleep(seconds, self.world)

    async def commit(self, entries: Sequence[Entry]) -> None:
        """Makes entries durable; only then others may refer to what they bind. Raises Refused."""
        await self.writer.commit(entries)
        self.learn(entries)

    async def still_ours(self) -> Reason | None:
        """Why nothing may be sent any more; None while the lock is ours.

        A process that slept finds its lock taken away, and what it had announced is somebody else's to look for.
        """
        try:
            await self.writer.check()
        except Refused as refused:
            first = next(iter(refused.diagnostics))
            return Reason(code=first.code, params=dict(first.params))
        return None

    def learn(self, entries: Iterable[Entry]) -> None:
        for each in entries:
            if isinstance(each, SetBinding):
                self.ids[each.address] = each.binding.id
            elif isinstance(each, DropBinding):
                self.ids.pop(each.address, None)

    def nonce(self, *words: object) -> str:
        """A word that no other request of any apply has, and that this one has again when it is resumed."""
        begun = (self.document.lineage, self.progress.plan, self.progress.serial)
        return digest_of([*begun, *words])[:32]

    def remote(self, kind: ResourceType, attributes: Attributes) -> tuple[dict[str, Json], frozenset[str]]:
        """Attributes with ids in place of addresses, and the addresses that have none."""
        return References(self.ids).with_ids(kind, attributes)

    def outlived(self, binding: Binding) -> Binding:
        """The binding of an object whose place another one takes. An undo deletes nothing that people sit in."""
        if self.goal is None or binding.on_remove != "delete" or not self.types[binding.type].people_inside:
            return binding
        return binding.model_copy(update={"on_remove": "forget"})

    def bound(self, address: str, binding: Binding) -> Bound:
        """A binding as its provider sees it."""
        applied, _ = self.remote(self.types[binding.type], binding.applied)
        return Bound(Address.parse(address), binding.id, applied, binding.private)

    def intent(self, address: str, intent: OpenIntent) -> Intent:
        """An open intent as its provider sees it."""
        attributes, _ = self.remote(self.types[intent.type], intent.attributes)
        return Intent(Address.parse(address), intent.nonce, intent.attempt, intent.sent_at, attributes)

    async def finish(self, answer: Awaitable[Done | Pending]) -> Done:
        """Waits for a write, asking again as long as the platform is at it. Raises Failure."""
        done = await answer
        waited = 0.0
        while isinstance(done, Pending):
            if waited > self.world.max_wait:
                raise Failure("apply-pending-too-long", effect_unknown=True, wait=done.after, seconds=round(waited))
            await self.sleep(done.after)
            waited += done.after
            done = await self.session.poll(done.token)
        return done
