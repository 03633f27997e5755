"""The memory platform's adapter: a world with a clock of its own, strangers and people who read their steps."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from conformance.platform import Can, Clock, Live, Platform
from groupform.compile.address import Address
from groupform.config.project import ResolvedDeployment
from groupform.engine.plan import DeploymentPlan, Step
from groupform.providers.memory import MemoryProvider, MemoryWorld, Variant
from groupform.providers.memory.world import Thing
from groupform.state.document import Document

SEEN = frozenset({Can.drift, Can.vanish, Can.hide, Can.delete, Can.read_notice})


class MemoryPlatform(Platform):
    """A memory world with a clock of its own."""

    group_type = "room"

    def __init__(self, variant: Variant) -> None:
        self.name = f"memory ({variant})"
        self.clock = Clock()
        self.there = MemoryWorld(self.clock.seconds)
        self.provider = MemoryProvider(self.there, variant)
        self.can = {
            Variant.api: SEEN | {Can.replace, Can.adopt},
            Variant.hand_over: SEEN,
            Variant.attest: frozenset({Can.delete, Can.read_notice}),
        }[variant]

    def connection(self) -> Mapping[str, str]:
        return {"platform": "memory"}

    def now(self) -> datetime:
        return self.clock.now()

    async def sleep(self, seconds: float) -> None:
        await self.clock.sleep(seconds)

    async def groups(self) -> list[Live]:
        notes = {each.attributes["room"]: each.attributes["text"] for each in self.there.living("note")}
        return [
            Live(
                each.id, each.attributes["name"], each.attributes.get("topic"), notes.get(each.id, notes.get(each.uid))
            )
            for each in self.there.living("room")
        ]

    async def rename_by_hand(self, live: Live, title: str) -> None:
        self.there.things[live.id].attributes["name"] = title

    async def vanish(self, live: Live) -> None:
        del self.there.things[live.id]
        for each in list(self.there.living()):
            if each.attributes.get("room") == live.id:
                del self.there.things[each.id]

    async def hide(self, live: Live) -> None:
        self.there.things[live.id].hidden = True

    async def show(self, live: Live) -> None:
        self.there.things[live.id].hidden = False

    async def make_by_hand(self, title: str) -> Live:
        made = self.there.add("room", {"name": title, "handle": "old-name", "powers": {"stranger": 60}}, people=3)
        return Live(made.id, title)

    def replacing(self, group: dict[str, Any]) -> None:
        group["kind"] = "announcement"

    async def act(self, plan: DeploymentPlan, deployment: ResolvedDeployment, document: Document | None) -> None:
        """A person reads the steps and does them, one by one, to the things themselves."""
        for address, binding in document.bindings.items() if document is not None else ():
            if binding.id in self.there.things:
                self.there.things[binding.id].uid = address
        compiled = self.provider.compile(deployment, refused={})
        for each in compiled.resources:
            for former in map(str, each.previously):
                thing = self._thing(former)
                if thing is not None and self._thing(str(each.address)) is None:
                    thing.uid = str(each.address)
        desired = {str(each.address): each.attributes for each in compiled.resources}
        for step in plan.steps:
            if not step.blocked_by:
                self._do(step, desired.get(step.address, {}))

    def _do(self, step: Step, desired: Mapping[str, Any]) -> None:
        kind = Address.parse(step.address).type
        thing = self._thing(step.address)
        if step.what.code == f"memory-step-{kind}-delete":
            assert thing is not None
            del self.there.things[thing.id]
        elif step.what.code == f"memory-step-{kind}-create":
            assert thing is None, f"{step.key} is there already"
            self.there.add(kind, self._remote(desired), uid=step.address)
        else:
            assert thing is not None, step.key
            attribute = step.key.partition("!")[2]
            if attribute in desired:
                thing.attributes[attribute] = self._remote(desired)[attribute]
            elif step.text is not None:
                thing.attributes[attribute] = step.text
            else:
                thing.attributes.pop(attribute, None)

    def _thing(self, address: str) -> Thing | None:
        """The thing a person means by an address: by the name it was made under, or by the step it was made for."""
        return next((each for each in self.there.living() if each.uid == address), None)

    def _remote(self, value: Any) -> Any:
        """A person points at things; here, that is an id in place of an address."""
        if isinstance(value, str):
            thing = self._thing(value)
            return thing.id if thing is not None else value
        if isinstance(value, list):
            return [self._remote(each) for each in value]
        return {name: self._remote(each) for name, each in value.items()} if isinstance(value, Mapping) else value
