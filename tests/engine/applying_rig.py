"""A memory platform on which a test declares resources one by one, applies them, and looks at what happened."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.memory_platform import MemoryPlatform
from conformance.story import community
from conformance.walking import DEPLOYMENT, Walk
from groupform.compile.address import Address
from groupform.compile.resource import Compiled, OnRemove, Resource
from groupform.config.project import ResolvedDeployment
from groupform.engine.applying import apply_plan
from groupform.engine.plan import DeploymentPlan, Reason
from groupform.engine.planning import plan_deployment
from groupform.engine.world import ApplyReport
from groupform.providers.memory import MemoryProvider, Variant
from groupform.providers.memory.world import Thing
from groupform.state.document import Document
from groupform.state.store import StateKey

KEY = StateKey(DEPLOYMENT, "default")


@dataclass
class Declared(MemoryProvider):
    """The memory provider, with resources declared by the test in place of a compiled community."""

    declared: tuple[Resource, ...] = ()

    def compile(self, deployment: ResolvedDeployment, *, refused: Mapping[str, Collection[str]]) -> Compiled:
        return Compiled(self.declared, ())


class Watching:
    """An observer that remembers how many changes were under way, and what it was told."""

    def __init__(self) -> None:
        self.running = 0
        self.most = 0
        self.finished_: list[str] = []
        self.notes: list[str] = []

    def planned(self, deployment: str, total: int) -> None:
        self.total = total

    def started(self, address: str, label: str) -> None:
        self.running += 1
        self.most = max(self.most, self.running)

    def finished(self, address: str, label: str, failed: Reason | None) -> None:
        self.running -= 1
        self.finished_.append(address)

    def waiting(self, seconds: float, code: str) -> None:
        pass

    def note(self, reason: Reason) -> None:
        self.notes.append(reason.code)


class Stage:
    """One world, one state, one deployment."""

    def __init__(self, folder: Path, variant: Variant = Variant.api) -> None:
        self.platform = MemoryPlatform(variant)
        self.there = self.platform.there
        self.provider = Declared(self.there, variant)
        self.platform.provider = self.provider
        self.walk = Walk(self.platform, folder, community())
        self.project, self.deployment = self.walk.load()
        self.watching = Watching()

    @property
    def store(self) -> Any:
        return self.walk.store

    def declare(self, *resources: Resource) -> None:
        self.provider.declared = resources

    async def plan(self, **options: Any) -> DeploymentPlan:
        return await plan_deployment(self.deployment, self.project, self.walk.world(), **options)

    async def apply(
        self, plan: DeploymentPlan | None = None, approve: frozenset[str] | None = None, **more: Any
    ) -> ApplyReport:
        """Carries out a plan, a fresh one where none is given; approved as a whole unless said otherwise."""
        plan = plan or await self.plan()
        approve = frozenset({plan.digest}) if approve is None else approve
        world = self.walk.world(observer=self.watching, **more)
        return await apply_plan(plan, self.deployment, self.project, world, approve=approve)

    async def document(self) -> Document:
        found = await self.store.read(KEY)
        assert found is not None
        return found

    async def settled(self) -> None:
        """Everything is as declared, and nothing is open."""
        plan = await self.plan()
        assert plan.empty, [(each.key, each.action.value, each.attributes) for each in plan.changes]
        document = await self.document()
        assert not document.intents
        assert document.progress is None

    def writes(self) -> list[str]:
        """The writing requests so far, as `verb about`."""
        return [f"{each.verb} {short(each.about)}" for each in self.there.requests if each.verb in WRITES]

    def thing(self, kind: str, **attributes: Any) -> Thing:
        """The one living thing with these attributes."""
        [found] = [each for each in self.there.living(kind) if attributes.items() <= each.attributes.items()]
        return found


WRITES = ("create", "update", "delete", "purge")


def address(text: str) -> str:
    return f"{DEPLOYMENT}/{text}"


def short(text: str) -> str:
    return text.removeprefix(f"{DEPLOYMENT}/")


def resource(text: str, /, on_remove: str = "delete", **attributes: Any) -> Resource:
    """`resource("room.a", name="甲", _protect=True)`: names with `_` in front are the resource's own."""
    own = {name[1:]: attributes.pop(name) for name in list(attributes) if name.startswith("_")}
    for name in ("previously", "after"):
        if name in own:
            own[name] = tuple(Address.parse(address(each)) for each in own[name])
    where = Address.parse(address(text))
    return Resource(where, attributes, own.pop("label", where.name), OnRemove(on_remove), **own)
