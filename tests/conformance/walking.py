"""How a platform walks the list: writes the project, plans, applies, lets people act, and looks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.platform import Live, Platform
from groupform.compile.address import Address
from groupform.config.load import load_project
from groupform.config.project import Project, ResolvedDeployment
from groupform.engine.applying import apply_plan
from groupform.engine.attest import steps_done
from groupform.engine.desired import compile_deployment
from groupform.engine.plan import Action, DeploymentPlan, Step, StepStatus
from groupform.engine.planning import plan_deployment
from groupform.engine.world import ApplyReport, World
from groupform.state.local import LocalStore
from groupform.state.store import Holder, StateKey

if TYPE_CHECKING:
    from conformance.story import Step as StoryStep

DEPLOYMENT = "readers-here"


class Walk:
    """One platform on its way through the list."""

    def __init__(self, platform: Platform, folder: Path, community: dict[str, Any]) -> None:
        self.platform = platform
        self.folder = folder
        self.community = community
        self.store = LocalStore(folder / "state")
        self.plan: DeploymentPlan
        self.report: ApplyReport | None = None
        self.hidden: Live | None = None
        self.adopt: dict[str, str] = {}
        self._groups: list[Live] = []
        self._bindings: dict[str, Any] = {}

    def world(self, **more: Any) -> World:
        return World(
            store=self.store,
            providers={self.platform.provider.name: self.platform.provider},
            now=self.platform.now,
            sleep=self.platform.sleep,
            who="tester@here",
            command="conformance",
            version="0",
            **more,
        )

    def load(self) -> tuple[Project, ResolvedDeployment]:
        """Writes the files as they stand now, and loads them as a user's would be."""
        name = self.platform.provider.name
        directory = self.platform.connection().get("directory", name)
        people = {
            key: {"name": key, "accounts": {directory: account}} for key, account in self.platform.accounts().items()
        }
        adopt = {"adopt": {"groups": self.adopt}} if self.adopt else {}
        project = {
            "groupform": "1",
            "communities": ["readers.yaml"],
            "people": people,
            "connections": {"here": dict(self.platform.connection())},
            "deployments": {DEPLOYMENT: {"community": "readers", "connection": "here", **adopt}},
        }
        self.folder.mkdir(exist_ok=True)
        # JSON is YAML, and keeps the order in which groups are declared.
        for file, value in (("groupform.yaml", project), ("readers.yaml", self.community)):
            (self.folder / file).write_text(json.dumps(value, ensure_ascii=False, indent=1), encoding="utf-8")
        loaded = load_project(self.folder, environ=self.platform.environ(), now=self.platform.now(), platforms=(name,))
        assert loaded.project is not None, [(each.code, dict(each.params)) for each in loaded.diagnostics]
        deployment = loaded.project.deployment(DEPLOYMENT)
        assert deployment is not None
        return loaded.project, deployment

    def live(self, part: str) -> Live:
        """The one live group whose title holds `part`."""
        [found] = [each for each in self._groups if part in each.title]
        return found

    def touched(self, kind: str) -> list[tuple[str, Action | str]]:
        """What the plan does to objects of a type: (address, action), steps for people as (key, "step")."""
        changes = [(each.address, each.action) for each in self.plan.changes if each.type == kind]
        # A step about a whole object (no attribute in its key) makes or removes it.
        steps: list[tuple[str, Action | str]] = [
            (each.key, Action.delete if each.what.code.endswith("-delete") else Action.create)
            for each in self.new_steps()
            if Address.parse(each.address).type == kind and "!" not in each.key
        ]
        return [*changes, *steps]

    def new_steps(self) -> list[Step]:
        return [each for each in self.plan.steps if each.status is not StepStatus.open]

    def open_steps(self) -> list[str]:
        return [each.key for each in self.plan.steps]

    def bindings(self) -> list[str]:
        return list(self._bindings)

    async def look(self, **options: Any) -> DeploymentPlan:
        project, deployment = self.load()
        self.plan = await plan_deployment(deployment, project, self.world(), **options)
        return self.plan

    async def apply(self) -> ApplyReport:
        project, deployment = self.load()
        approve = frozenset({self.plan.digest})
        return await apply_plan(self.plan, deployment, project, self.world(), approve=approve)

    async def people_act(self) -> None:
        """People carry out what is open, round after round: some steps open only when others are done."""
        for _ in range(10):
            deployment = self.load()[1]
            plan = await self.look()
            if not plan.steps:
                return
            key = StateKey(deployment.name, deployment.environment)
            await self.platform.act(plan, deployment, await self.store.read(key))
            attested = [each.key for each in plan.steps if each.proof == "attested" and not each.blocked_by]
            if attested:
                await self._attest(deployment, key, plan, attested)
            await self.look()
            if self.plan.changes:
                self.report = await self.apply()
        raise AssertionError(f"people never got done: {self.open_steps()}")

    async def _attest(
        self, deployment: ResolvedDeployment, key: StateKey, plan: DeploymentPlan, steps: list[str]
    ) -> None:
        provider = self.platform.provider
        async with self.store.open(key, Holder("tester@here", 1, "now", "steps")) as writer:
            compiled = compile_deployment(deployment, writer.document, provider)
            await steps_done(
                writer,
                plan,
                steps,
                resources=compiled.resources,
                types=provider.types,
                who="tester",
                note="",
                now=self.platform.now(),
            )

    async def step(self, step: StoryStep) -> None:
        before = self._groups = await self.platform.groups()
        await step.do(self)
        await self.look()
        step.planned(self)
        if not step.applies:
            return
        self.report = await self.apply()
        assert not self.report.failed, self.report.failed
        assert not self.report.blocked, self.report.blocked
        assert self.report.stopped is None, self.report.stopped
        await self.people_act()
        await self.look()
        assert self.plan.empty, [(each.address, each.action, each.attributes) for each in self.plan.changes]
        assert self.open_steps() == []
        assert not self.plan.unreadable, self.plan.unreadable
        now = self._groups = await self.platform.groups()
        document = await self.store.read(StateKey(DEPLOYMENT, self.plan.environment))
        self._bindings = dict(document.bindings) if document else {}
        assert document is None or not document.intents, document.intents
        step.after(self, before, now)


async def walk(platform: Platform, folder: Path) -> list[str]:
    """Walks the whole list. Returns the steps that were walked, by name; fails naming the one that did not hold."""
    from conformance.story import STEPS, community

    await platform.start()
    walked: list[str] = []
    try:
        journey = Walk(platform, folder, community())
        for step in STEPS:
            if step.needs is not None and step.needs not in platform.can:
                continue
            try:
                await journey.step(step)
            except BaseException as error:
                error.add_note(f"conformance: {platform.name}, step {step.name!r}")
                raise
            walked.append(step.name)
    finally:
        await platform.aclose()
    return walked
