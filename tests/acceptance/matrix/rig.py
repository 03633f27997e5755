"""An operator's desk for tests: a project on a real homeserver, edited, planned and applied as a command would."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio
import httpx
import yaml

from groupform.config.load import load_project
from groupform.config.project import Project, ResolvedDeployment
from groupform.engine.applying import apply_plan
from groupform.engine.plan import Action, DeploymentPlan
from groupform.engine.planning import plan_deployment
from groupform.engine.world import ApplyReport, World
from groupform.providers.matrix import MatrixProvider
from groupform.state.document import Document
from groupform.state.local import LocalStore
from groupform.state.store import StateKey
from homeserver import Homeserver

EXAMPLES = Path(__file__).parents[3] / "examples"
NOW = datetime(2026, 12, 1, 4, 0, tzinfo=UTC)
PEOPLE = {"lead": "lead", "host-sh": "host", "ops": "ops"}

Told = tuple[str, str, tuple[str, ...]]
"""A change in short: action, address without deployment, the attributes it writes (for updates and moves)."""


class Desk:
    """One deployment on one homeserver. `community` is the file as plain data: edit it, then plan.

    The community's key is made unlike any other's, so that tests can share a server.
    """

    def __init__(
        self,
        folder: Path,
        server: Homeserver,
        community: Mapping[str, Any],
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        token: str | None = None,
        max_wait: float = 900.0,
    ) -> None:
        self.folder = folder
        self.server = server
        self.key = f"{community['community']}-{uuid.uuid4().hex[:6]}"
        self.community: dict[str, Any] = {**community, "community": self.key}
        self.people: dict[str, Any] = {
            key: {"name": name, "accounts": {"matrix": f"@{name}:localhost"}} for key, name in PEOPLE.items()
        }
        self.name = self.key
        self.deployment: dict[str, Any] = {"community": self.key, "connection": "here"}
        self.more: dict[str, Any] = {}
        self.later: dict[str, Any] = {}
        """Other deployments of the file, before and after this one."""
        self.environments: dict[str, Any] | None = None
        self.environment: str | None = None
        self.guards: dict[str, Any] = {}
        self.provider = MatrixProvider(transport)
        self.token = token or server.token
        self.store = LocalStore(folder / "state")
        self.max_wait = max_wait
        self.waited = 0.0
        self.born = datetime.now(UTC)
        self.pace = 1.0
        """So much faster than the server's the tool's clock runs, and so much shorter its pauses are."""

    @staticmethod
    def example(folder: Path, server: Homeserver, name: str, **more: Any) -> Desk:
        """A copy of an example's community, with everybody it names registered."""
        shutil.copytree(EXAMPLES / name / "communities", folder, dirs_exist_ok=True)
        text = (folder / f"{name}.yaml").read_text(encoding="utf-8")
        for person in PEOPLE.values():
            server.register(person)
        return Desk(folder, server, yaml.load(text, Loader=yaml.BaseLoader), **more)

    def world(self) -> World:
        async def sleep(seconds: float) -> None:
            self.waited += seconds
            await anyio.sleep(seconds / self.pace)

        return World(
            store=self.store,
            providers={"matrix": self.provider},
            now=lambda: self.born + (datetime.now(UTC) - self.born) * self.pace,
            sleep=sleep,
            who="tester@here",
            command="test",
            version="0",
            max_wait=self.max_wait,
        )

    def load(self) -> tuple[Project, ResolvedDeployment]:
        self.folder.mkdir(exist_ok=True)
        project: dict[str, Any] = {
            "groupform": "1",
            "communities": ["community.yaml"],
            "people": self.people,
            "connections": {
                "here": {"platform": "matrix", "homeserver": self.server.base_url, "access_token": "${env:TOKEN}"}
            },
            "deployments": {**self.more, self.name: self.deployment, **self.later},
            **({"environments": self.environments} if self.environments else {}),
            **({"guards": self.guards} if self.guards else {}),
        }
        for file, value in (("groupform.yaml", project), ("community.yaml", self.community)):
            text = yaml.safe_dump(value, allow_unicode=True, sort_keys=False)
            (self.folder / file).write_text(text, encoding="utf-8")
        loaded = load_project(
            self.folder,
            environ={"TOKEN": self.token},
            environment=self.environment,
            now=NOW,
            platforms=("matrix",),
        )
        assert loaded.project is not None, [(each.code, dict(each.params)) for each in loaded.diagnostics]
        deployment = loaded.project.deployment(self.name)
        assert deployment is not None
        return loaded.project, deployment

    async def plan(self, **options: Any) -> DeploymentPlan:
        project, deployment = self.load()
        return await plan_deployment(deployment, project, self.world(), **options)

    async def apply(self, plan: DeploymentPlan | None = None) -> ApplyReport:
        """Applies a plan (a fresh one where none is given), approved as a whole."""
        plan = plan or await self.plan()
        project, deployment = self.load()
        return await apply_plan(plan, deployment, project, self.world(), approve=frozenset({plan.digest}))

    async def settle(self, **options: Any) -> DeploymentPlan:
        """Plans, applies without a failure, and finds the plan empty after. Returns the plan that was applied."""
        plan = await self.plan(**options)
        report = await self.apply(plan)
        assert not report.failed, report.failed
        assert not report.blocked, report.blocked
        if not plan.destroy:
            await self.holds()
        return plan

    async def holds(self) -> None:
        after = await self.plan()
        assert after.empty, [(each.address, each.action, each.attributes) for each in after.changes]
        assert not after.drift, after.drift
        assert not after.conflicts, after.conflicts

    async def document(self) -> Document:
        _, deployment = self.load()
        found = await self.store.read(StateKey(deployment.name, deployment.environment))
        assert found is not None
        return found

    async def id(self, short: str) -> str:
        """The remote id of `room.lobby`."""
        end = f"@{self.environment}" if self.environment else ""
        return (await self.document()).bindings[f"{self.name}/{short}{end}"].id


def told(plan: DeploymentPlan) -> set[Told]:
    """What a plan would do, in short."""
    return {
        (
            each.action.value,
            each.address.split("/", 1)[1],
            tuple(sorted(attribute.name for attribute in each.attributes))
            if each.action in (Action.update, Action.move, Action.bind)
            else (),
        )
        for each in plan.changes
    }


def settled(check: Callable[[], bool], *, within: float = 10.0) -> None:
    """Waits for something that a server does after its answer."""
    import time

    until = time.monotonic() + within
    while not check():
        assert time.monotonic() < until, "it never came true"
        time.sleep(0.05)
