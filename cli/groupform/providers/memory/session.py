"""Owns a session with the memory platform: what it reads, writes and remembers of an intent."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

from groupform.compile.address import Address
from groupform.compile.resource import Resource
from groupform.engine.owned import apply_edit
from groupform.engine.provider import (
    Bound,
    Check,
    Context,
    CreateRequest,
    Discovered,
    Done,
    Failed,
    Failure,
    Free,
    Gone,
    Hidden,
    Identity,
    Intent,
    Observation,
    Ours,
    Pending,
    Present,
    Probe,
    Prospect,
    Taken,
    UpdateRequest,
    Write,
)
from groupform.engine.resource_type import ResourceType
from groupform.providers.memory.types import Variant
from groupform.providers.memory.world import MemoryWorld, Thing

T = TypeVar("T")
_SLOWNESS = 0.5
_KEY = {"hall": "name", "room": "handle", "note": "room", "place": "room", "badge": "title"}
"""By which attribute a thing that a person has made is known."""


class MemorySession:
    """One deployment's session."""

    def __init__(
        self, world: MemoryWorld, context: Context, kinds: Mapping[str, ResourceType], variant: Variant
    ) -> None:
        self._world = world
        self._context = context
        self._kinds = kinds
        self._variant = variant
        self._waiting: dict[str, Done | Pending] = {}
        self._count = 0

    @property
    def requests(self) -> int:
        return self._count

    async def whoami(self) -> Identity:
        return Identity(account="bot", server="memory")

    async def observe(self, bindings: Sequence[Bound], *, deep: bool = False) -> Mapping[Address, Observation]:
        def look() -> Mapping[Address, Observation]:
            return {each.address: self._look(each) for each in bindings}

        try:
            return await self._send("observe", "", f"{len(bindings)}", look)
        except Failure as failure:
            if failure.unreachable:
                raise
            return {each.address: Failed(failure) for each in bindings}

    def _look(self, bound: Bound) -> Observation:
        thing = self._world.things.get(bound.id)
        if thing is None or thing.archived:
            return Gone("memory-gone", {"id": bound.id})
        if thing.hidden:
            return Hidden("memory-hidden", {"id": bound.id})
        shown = {name: value for name, value in thing.attributes.items() if name != "passcode"}
        if thing.type == "room":
            shown["number"] = thing.number
        return Present(shown, people=thing.people, owner=thing.owner)

    async def probe(self, desired: Sequence[Resource]) -> Mapping[Address, Probe]:
        def look() -> Mapping[Address, Probe]:
            return {each.address: self._probe(each) for each in desired}

        return await self._send("probe", "", f"{len(desired)}", look)

    def _probe(self, desired: Resource) -> Probe:
        kind = desired.address.type
        if not self._kinds[kind].listable and self._variant is Variant.api:
            return Free()
        mine = self._world.marked(self._context.ownership, str(desired.address))
        if mine is not None:
            return Ours(mine.id, {"mark": mine.number})
        if self._variant is not Variant.api:
            made = self._made(kind, desired.attributes)
            return Ours(made.id) if made is not None else Free()
        held = self._world.holder(str(desired.attributes.get("handle")))
        if kind == "room" and held is not None:
            return Taken("memory-handle-taken", {"handle": held.attributes["handle"]}, held.id)
        return Free()

    def _made(self, kind: str, attributes: Mapping[str, Any]) -> Thing | None:
        name = _KEY[kind]
        return next((each for each in self._world.living(kind) if each.attributes.get(name) == attributes[name]), None)

    async def find(self, intent: Intent) -> Probe:
        def look() -> Probe:
            thing = self._world.marked(self._context.ownership, str(intent.address))
            if thing is not None:
                return Ours(thing.id, {"mark": thing.number})
            held = self._world.holder(str(intent.attributes.get("handle")))
            return Taken("memory-handle-taken", {"handle": held.attributes["handle"]}, held.id) if held else Free()

        return await self._send("find", intent.address.type, str(intent.address), look)

    async def create(self, request: CreateRequest) -> Done | Pending:
        def make() -> Done | Pending:
            kind = request.address.type
            attributes: dict[str, Any] = dict(request.attributes)
            refused = {name: "memory-denied" for name in attributes if f"{kind}.{name}" in self._world.deny}
            for name in refused:
                del attributes[name]
            marked = self._kinds[kind].listable
            thing = self._world.add(
                kind,
                attributes,
                owner=self._context.ownership if marked else None,
                uid=str(request.address) if marked else None,
            )
            return Done(thing.id, {"mark": thing.number}, refused)

        if request.address.type not in self._world.slow:
            return await self._send("create", request.address.type, str(request.address), make)
        token = f"token-{request.nonce}"

        def begin() -> None:
            self._waiting[token] = make()

        await self._send("create", request.address.type, str(request.address), begin)
        return Pending(token, _SLOWNESS)

    async def update(self, request: UpdateRequest) -> Done | Pending:
        refused: dict[str, str] = {}
        for name, write in request.writes.items():
            if f"{request.bound.address.type}.{name}" in self._world.deny:
                refused[name] = "memory-denied"
                continue
            await self._send(
                "update",
                request.bound.address.type,
                f"{request.bound.address}.{name}",
                partial(self._write, request.bound, name, write, f"{request.nonce}.{name}"),
            )
        return Done(request.bound.id, dict(request.bound.private), refused)

    def _write(self, bound: Bound, name: str, write: Write, once: str) -> None:
        thing = self._thing(bound)
        if bound.address.type == "note" and once in self._world.sent:
            return  # as servers do that know a transaction: a repeated send is answered, and not done again
        self._world.sent.add(once)
        if write.edit is not None:
            thing.attributes[name] = apply_edit(thing.attributes.get(name), write.edit)
            return
        if name == "handle":
            held = self._world.holder(str(write.after))
            if held is not None and held is not thing:
                raise Failure("memory-handle-taken", handle=write.after)
        if write.after is None:
            thing.attributes.pop(name, None)
        else:
            thing.attributes[name] = write.after

    async def delete(self, bound: Bound, *, archive: bool) -> Done | Pending:
        def remove() -> Done | Pending:
            thing = self._thing(bound)
            if archive:
                thing.archived = True
            else:
                del self._world.things[thing.id]
            return Done(bound.id)

        return await self._send("delete", bound.address.type, str(bound.address), remove)

    def _thing(self, bound: Bound) -> Thing:
        thing = self._world.things.get(bound.id)
        if thing is None or thing.hidden or thing.archived:
            raise Failure("memory-not-found", id=bound.id)
        return thing

    async def prospect(self, bound: Bound) -> Prospect:
        thing = self._world.things.get(bound.id)
        if thing is None or thing.archived:
            return Prospect(None)
        return Prospect(None if thing.hidden and not thing.purging else thing.people, "memory-purge")

    async def purge(self, bound: Bound) -> Done | Pending:
        """A slow purge puts everybody out at once, us too; the room goes later."""
        thing = self._world.things.get(bound.id)
        if thing is None:
            return Done(bound.id)

        def begin() -> None:
            assert thing is not None
            thing.purging, thing.hidden, thing.people = True, True, 0

        def end() -> Done:
            self._world.things.pop(bound.id, None)
            return Done(bound.id)

        if "purge" not in self._world.slow:
            return await self._send("purge", bound.address.type, str(bound.address), end)
        await self._send("purge", bound.address.type, str(bound.address), begin)
        return Pending(f"purge-{bound.id}", _SLOWNESS)

    async def poll(self, token: str) -> Done | Pending:
        def look() -> Done | Pending:
            if token in self._waiting:
                return self._waiting[token]
            gone = token.removeprefix("purge-")
            self._world.things.pop(gone, None)
            return Done(gone)

        return await self._send("poll", "", token, look)

    async def discover(self) -> Sequence[Discovered]:
        def look() -> Sequence[Discovered]:
            return [
                Discovered(each.type, each.id, str(each.attributes.get("name", each.id)), each.owner, each.people)
                for each in self._world.living()
                if not each.hidden and each.type in ("hall", "room")
            ]

        return await self._send("discover", "", "", look)

    async def doctor(self) -> Sequence[Check]:
        return (Check("memory-reachable", True),)

    async def _send(self, verb: str, kind: str, about: str, effect: Callable[[], T]) -> T:
        self._count += 1
        await self._context.sleep(0.0)
        return self._world.send(verb, kind, about, effect)
