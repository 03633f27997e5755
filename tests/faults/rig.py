"""What a fault test stands on: a memory world, a state on disk, projects loaded once, and what must hold in the end."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from conformance.memory_platform import MemoryPlatform
from conformance.walking import DEPLOYMENT, Walk
from faults.killing import Reaper
from groupform.config.project import Project, ResolvedDeployment
from groupform.engine.applying import apply_plan
from groupform.engine.plan import Action, DeploymentPlan
from groupform.engine.planning import plan_deployment
from groupform.engine.world import ApplyReport
from groupform.providers.memory import Variant
from groupform.providers.memory.world import Thing
from groupform.state.document import Document
from groupform.state.local import LocalStore
from groupform.state.store import StateKey

Loaded = tuple[Project, ResolvedDeployment]
KEY = StateKey(DEPLOYMENT, "default")


def project(folder: Path, community: dict[str, Any]) -> Loaded:
    """A project with this community, loaded as a user's would be."""
    return Walk(MemoryPlatform(Variant.api), folder, community).load()


class Rig:
    """One world with its state. `reaper` watches every request and every durable step."""

    def __init__(self, folder: Path, reaper: Reaper | None = None) -> None:
        self.platform = MemoryPlatform(Variant.api)
        self.there = self.platform.there
        self.reaper = reaper or Reaper()
        self.looked_at: frozenset[str] = frozenset()
        self.there.around = lambda request, moment: self.reaper.point(f"{moment} {request.verb} {request.about}")
        self.walk = Walk(self.platform, folder, {})
        self.folder = folder / "state"
        self.walk.store = LocalStore(self.folder, step=lambda name: self.reaper.point(name), now=self.platform.now)

    async def plan(self, loaded: Loaded, **options: Any) -> DeploymentPlan:
        return await plan_deployment(loaded[1], loaded[0], self.walk.world(), **options)

    async def carry_out(
        self, plan: DeploymentPlan, loaded: Loaded, approve: frozenset[str] = frozenset(), **more: Any
    ) -> ApplyReport:
        approve |= {plan.digest}
        return await apply_plan(plan, loaded[1], loaded[0], self.walk.world(**more), approve=approve)

    async def apply(self, loaded: Loaded, **more: Any) -> ApplyReport:
        return await self.carry_out(await self.plan(loaded), loaded, **more)

    async def document(self) -> Document:
        found = await LocalStore(self.folder).read(KEY)
        assert found is not None
        return found

    async def somebody_looks(self) -> None:
        """Where the platform cannot tell whether a badge was made, a person looks, and takes away the one too many."""
        document = await LocalStore(self.folder).read(KEY)
        known = {each.id for each in document.bindings.values()} if document is not None else set()
        intents = document.intents if document is not None else {}
        self.looked_at = frozenset(address for address, each in intents.items() if each.type == "badge")
        for each in list(self.there.living("badge")):
            if each.id not in known:
                del self.there.things[each.id]

    async def again(self, loaded: Loaded) -> ApplyReport:
        """The same command once more, after a death."""
        self.reaper = Reaper()
        await self.somebody_looks()
        return await self.apply(loaded)

    async def finished(self, loaded: Loaded) -> bool:
        """Whether the plan under way has been recorded as done to its end."""
        document = await LocalStore(self.folder).read(KEY)
        return document is not None and document.progress is None and not (await self.plan(loaded)).changes

    async def converged(self, loaded: Loaded, *, forgotten: frozenset[str] = frozenset()) -> None:
        """Nothing left to do, nothing twice, nothing lost."""
        plan = await self.plan(loaded)
        assert not plan.changes, [(each.address, each.action.value, each.attributes) for each in plan.changes]
        assert not plan.conflicts
        assert not plan.unreadable
        assert not plan.drift
        document = await self.document()
        assert not document.intents
        assert document.progress is None
        living = {each.id: each for each in self.there.living()}
        bound = {each.id for each in document.bindings.values()}
        assert bound <= living.keys(), f"bound but not there: {bound - living.keys()}"
        lost = {each for each in living.keys() - bound if name(living[each]) not in forgotten}
        assert not lost, f"there but not bound: {[name(living[each]) for each in lost]}"
        twice = [each for each, count in Counter(name(each) for each in living.values()).items() if count > 1]
        assert not twice, f"twice: {twice}"


def name(thing: Thing) -> str:
    """What two things must not share."""
    own = thing.attributes
    return f"{thing.type} {own.get('name') or own.get('title') or own.get('room')}"


def removes(plan: DeploymentPlan) -> list[str]:
    return [each.address for each in plan.changes if each.action in (Action.delete, Action.forget, Action.archive)]
