"""A community whose runs come and go, on the memory platform, under a clock that a test moves."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

from calendar_rig import at
from groupform.calendar.turning import Turned, turn_runs
from groupform.config.load import load_project
from groupform.config.project import Project, ResolvedDeployment
from groupform.engine.applying import apply_plan
from groupform.engine.plan import DeploymentPlan
from groupform.engine.planning import plan_deployment
from groupform.engine.world import ApplyReport, World
from groupform.providers.memory import MemoryProvider, MemoryWorld, Variant
from groupform.providers.memory.world import Thing
from groupform.state.document import Document
from groupform.state.local import LocalStore
from groupform.state.store import StateKey

PROJECT = """\
groupform: 1
communities: [club.yaml]
people:
  lead: {name: 林一, accounts: {memory: linyi}}
connections:
  chat: {platform: memory}
deployments:
  NAME: {community: sale, connection: chatMORE}
"""
SALE = """\
community: sale
title: 闪购
locale: zh-CN
timezone: Asia/Shanghai
team: {owner: lead}
entry: {door: link}
runs: {every: {weekly: [sat], at: "18:00"}, from: 2026-12-05, lasts: 4h, then: dissolve}
groups:
  lobby: {title: 大厅}
  sale: {title: "闪购 {run}"}
"""
FRIDAY, SATURDAY = at("2026-12-04T18:00"), at("2026-12-05T18:00")
END, WEEK = at("2026-12-05T22:00"), timedelta(weeks=1)


class Shop:
    """One deployment of one community; `text` is its file."""

    def __init__(self, folder: Path, text: str = SALE, variant: Variant = Variant.api) -> None:
        self.folder, self.text, self.now = folder, text, FRIDAY
        self.name, self.more = "shop", ""
        self.there = MemoryWorld(lambda: self.now.timestamp())
        self.provider = MemoryProvider(self.there, variant)
        self.store = LocalStore(folder / "state")

    def edit(self, old: str, new: str) -> None:
        assert old in self.text
        self.text = self.text.replace(old, new)

    def load(self) -> tuple[Project, ResolvedDeployment]:
        self.folder.mkdir(parents=True, exist_ok=True)
        project = PROJECT.replace("NAME", self.name).replace("MORE", self.more)
        (self.folder / "groupform.yaml").write_text(project, encoding="utf-8")
        (self.folder / "club.yaml").write_text(self.text, encoding="utf-8")
        loaded = load_project(self.folder, environ={}, now=self.now, platforms=("memory",))
        assert loaded.project is not None, [(each.code, each.params) for each in loaded.diagnostics]
        return loaded.project, loaded.project.deployments[0]

    def world(self) -> World:
        async def sleep(seconds: float) -> None:
            self.now += timedelta(seconds=seconds)

        return World(
            store=self.store,
            providers={"memory": self.provider},
            now=lambda: self.now,
            sleep=sleep,
            who="tester@here",
            command="calendar run",
            version="0",
        )

    async def plan(self) -> DeploymentPlan:
        project, deployment = self.load()
        return await plan_deployment(deployment, project, self.world())

    async def apply(self) -> ApplyReport:
        project, deployment = self.load()
        plan = await plan_deployment(deployment, project, self.world())
        return await apply_plan(plan, deployment, project, self.world(), approve=frozenset({plan.digest}))

    async def turn(self, now: datetime | None = None, *, dry_run: bool = False) -> Turned | None:
        """`groupform calendar run`, but for the posts."""
        self.now = now or self.now
        project, deployment = self.load()
        return await turn_runs(deployment, project, self.world(), dry_run=dry_run)

    async def document(self) -> Document:
        found = await self.store.read(StateKey(self.name, "default"))
        assert found is not None
        return found

    def room(self, name: str) -> Thing:
        [found] = [each for each in self.there.living("room") if each.attributes.get("name") == name]
        return found

    def rooms(self) -> list[str]:
        return sorted(str(each.attributes["name"]) for each in self.there.living("room"))


def turns(turned: Turned | None) -> list[tuple[str, str]]:
    """What was opened and closed."""
    return [(each.way.value, each.run) for each in (turned.turns if turned is not None else ())]


def codes(found: Iterable[object]) -> list[str]:
    """Of what was kept, or waits."""
    return [str(getattr(each, "reason", None) or getattr(each, "code", "")) for each in found]
