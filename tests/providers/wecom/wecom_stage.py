"""A project on a rehearsal corp: planned and applied as the command line does it, with people who do their steps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from conformance.platform import Clock
from groupform.config.load import load_project
from groupform.config.project import Project, ResolvedDeployment
from groupform.engine.applying import apply_plan
from groupform.engine.attest import steps_done
from groupform.engine.desired import compile_deployment
from groupform.engine.plan import DeploymentPlan, Step
from groupform.engine.planning import plan_deployment
from groupform.engine.world import ApplyReport, World
from groupform.providers.wecom import WeCom
from groupform.providers.wecom.rehearsal import Rehearsal, Unconfirmed
from groupform.state.document import Document
from groupform.state.local import LocalStore
from groupform.state.store import Holder, StateKey

PEOPLE = {"linyi": "林一", "zhouzhou": "周舟", "ops01": "运营"}
ENVIRON = {"WECOM_SECRET": "rehearsal-secret"}


@dataclass
class Stage:
    """One deployment of a project on one corp. `environ` fills the project's variables."""

    folder: Path
    name: str
    rehearsal: Rehearsal
    clock: Clock
    provider: WeCom
    environ: Mapping[str, str] = field(default_factory=lambda: dict(ENVIRON))
    more: Mapping[str, Any] = field(default_factory=dict)

    def load(self) -> tuple[Project, ResolvedDeployment]:
        loaded = load_project(self.folder, environ=self.environ, now=self.clock.now(), platforms=("wecom",))
        assert loaded.project is not None, [(each.code, dict(each.params)) for each in loaded.diagnostics]
        deployment = loaded.project.deployment(self.name)
        assert deployment is not None
        return loaded.project, deployment

    def world(self) -> World:
        return World(
            store=LocalStore(self.folder / "state"),
            providers={"wecom": self.provider},
            now=self.clock.now,
            sleep=self.clock.sleep,
            who="tester@here",
            command="test",
            version="0",
            **self.more,
        )

    async def plan(self, **more: Any) -> DeploymentPlan:
        project, deployment = self.load()
        return await plan_deployment(deployment, project, self.world(), **more)

    async def apply(self, plan: DeploymentPlan | None = None, *, approve: frozenset[str] = frozenset()) -> ApplyReport:
        project, deployment = self.load()
        saved = plan if plan is not None else await self.plan()
        return await apply_plan(saved, deployment, project, self.world(), approve=approve)

    async def document(self) -> Document:
        found = await self.world().store.read(self.key())
        assert found is not None
        return found

    def key(self) -> StateKey:
        return StateKey(self.name, self.load()[1].environment)

    async def act(self, plan: DeploymentPlan) -> None:
        """People do every step that nothing stands before, and say so of what cannot be read."""
        ready = [each for each in plan.steps if not each.blocked_by]
        document = await self.world().store.read(self.key())
        for step in ready:
            if step.proof == "observed":
                self.do(step, document)
        await self.say([each.key for each in ready if each.proof == "attested"], plan)

    async def say(self, keys: list[str], plan: DeploymentPlan) -> None:
        _, deployment = self.load()
        store = self.world().store
        if not keys:
            return
        async with store.open(self.key(), Holder("tester@here", 1, "now", "steps")) as writer:
            compiled = compile_deployment(deployment, writer.document, self.provider)
            await steps_done(
                writer,
                plan,
                keys,
                resources=compiled.resources,
                types=self.provider.types,
                who="tester",
                note="",
                now=self.clock.now(),
            )

    def do(self, step: Step, document: Document | None) -> None:
        """Whoever does the step knows its words and the group it is about, and nothing else."""
        person, words = self.rehearsal.person, step.what.params
        bound = document.bindings.get(step.address) if document is not None else None
        match step.what.code:
            case "wecom-step-group-create":
                assert step.text == words["title"]
                person.create_group(words["owner"], words["title"])
            case "wecom-step-group-title":
                person.rename(self.chat(bound), words["value"])
            case "wecom-step-group-notice":
                assert step.text
                person.set_notice(self.chat(bound), step.text)
            case "wecom-step-group-admins":
                person.set_admins(self.chat(bound), words["value"].split(", "))
            case "wecom-step-group-delete":
                person.dismiss(self.chat(bound))
            case other:
                raise AssertionError(f"nobody knows what to do: {other}")

    def chat(self, bound: Any) -> str:
        assert bound is not None
        return str(bound.id)

    async def settle(self, rounds: int = 6, *, approve: frozenset[str] = frozenset()) -> int:
        """Applies and lets people act until the plan is empty; how many rounds it took."""
        for count in range(1, rounds + 1):
            plan = await self.plan()
            if plan.empty and not plan.steps:
                return count
            report = await self.apply(plan, approve=approve)
            assert not report.failed, report.failed
            await self.act(plan if not plan.changes else await self.plan())
        raise AssertionError([each.what.code for each in plan.steps] + [each.address for each in plan.changes])

    def asked(self, since: int = 0) -> Counter[str]:
        """How often each path was asked, from the `since`-th request on."""
        return Counter(each.path for each in self.rehearsal.seen[since:])


def stage(
    folder: Path, name: str, *, unconfirmed: Unconfirmed | None = None, corp: str = "ww0123456789abcdef", **more: Any
) -> Stage:
    """A stage for the deployment `name` of the project in `folder`, on a fresh corp in which everybody works."""
    clock = Clock(datetime(2026, 12, 1, 4, 0, tzinfo=UTC))
    rehearsal = Rehearsal(corp, now=clock.seconds, unconfirmed=unconfirmed, **more)
    rehearsal.app("1000002", "rehearsal-secret")
    for userid, called in PEOPLE.items():
        rehearsal.member(userid, called)
    return Stage(folder, name, rehearsal, clock, WeCom(rehearsal.transport()))
