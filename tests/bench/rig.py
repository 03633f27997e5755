"""Owns what a benchmark runs in: a fresh homeserver, and a world to plan and apply in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import anyio

from groupform import sandbox
from groupform.config.project import Project
from groupform.engine.applying import apply_plan
from groupform.engine.plan import DeploymentPlan
from groupform.engine.planning import plan_deployment
from groupform.engine.provider import Provider
from groupform.engine.world import ApplyReport, World
from groupform.providers.matrix.provider import MatrixProvider
from groupform.sandbox import process
from groupform.state.local import LocalStore

from .project import deployment, load


@contextmanager
def homeserver(folder: Path) -> Iterator[sandbox.Running]:
    """A fresh sandbox for as long as the block runs."""
    running = sandbox.up(folder, port=process.next_free(19_000), people=("ops",))
    try:
        yield running
    finally:
        sandbox.down(folder)


@dataclass(frozen=True)
class Rig:
    """A project in `root`, on a homeserver (None: on none), with its state beside it."""

    root: Path
    running: sandbox.Running | None = None

    @property
    def base_url(self) -> str:
        return self.environ["MATRIX_HOMESERVER"]

    @property
    def environ(self) -> dict[str, str]:
        if self.running is None:
            return {"MATRIX_HOMESERVER": "http://127.0.0.1:9", "MATRIX_ACCESS_TOKEN": "bench"}
        return {"MATRIX_HOMESERVER": self.running.base_url, "MATRIX_ACCESS_TOKEN": self.running.access_token}

    @property
    def headers(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self.environ['MATRIX_ACCESS_TOKEN']}"}

    def load(self) -> Project:
        return load(self.root, self.environ)

    def world(self, provider: Provider | None = None) -> World:
        return World(
            store=LocalStore(self.root / ".groupform" / "state"),
            providers={"matrix": provider or MatrixProvider()},
            now=lambda: datetime.now(UTC),
            sleep=anyio.sleep,
            who="bench@localhost",
            command="bench",
            version="bench",
        )

    async def plan(self, name: str, world: World | None = None) -> DeploymentPlan:
        project = self.load()
        return await plan_deployment(deployment(project, name), project, world or self.world())

    async def apply(self, plan: DeploymentPlan, name: str, world: World | None = None) -> ApplyReport:
        """Carries a plan out; a change that failed ends the benchmark: it would else measure something else."""
        project = self.load()
        report = await apply_plan(plan, deployment(project, name), project, world or self.world())
        if report.failed or report.blocked or report.stopped is not None:
            raise SystemExit(f"the apply did not go through: {report.failed[:3]} {report.stopped}")
        return report
