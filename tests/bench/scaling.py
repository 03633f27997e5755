"""Measures how time and memory grow with the number of groups; `python -m tests.bench.scaling N` is one size, alone."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import anyio

from groupform.engine.plan import DeploymentPlan
from groupform.engine.planning import plan_deployment
from groupform.engine.records import described, remembered
from groupform.state.document import Binding, Document

from .echo import EchoProvider
from .measure import Row, seconds
from .project import deployment, write_fleets
from .rig import Rig

NAME = "fleet"
_PHASES = ("load", "compile", "first plan", "next plan")


def bench_scaling(small: int, large: int) -> list[Row]:
    """Both sizes in processes of their own, each phase's processor time and the memory of all: how they grow."""
    one, other = _alone(small), _alone(large)
    growth = large / small
    rows = []
    for name in (*_PHASES, "memory"):
        ratio = other[name] / one[name] / growth
        shown = (lambda value: f"{value:.0f} MB") if name == "memory" else seconds
        rows.append(
            Row(
                f"{name}: {large} groups / {small} groups / {growth:g}",
                shown(other[name]),
                shown(one[name]),
                f"{ratio:.2f}",
                # A table that outgrows a cache costs a little more a row; what is quadratic would be at 4.
                "≤ 1.5 (linear)",
                ratio <= 1.5,
            )
        )
    return rows


def measure(groups: int) -> dict[str, float]:
    """Seconds of processor time by phase, and megabytes on top of what the imports take. No server is asked."""
    before = _megabytes()
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        rig = Rig(Path(folder))
        write_fleets(rig.root, {NAME: groups})
        began = time.process_time()
        project = rig.load()
        found["load"] = time.process_time() - began

        target, provider = deployment(project, NAME), EchoProvider()
        began = time.process_time()
        compiled = provider.compile(target, refused={})
        found["compile"] = time.process_time() - began

        def planned(document: Document | None, name: str) -> DeploymentPlan:
            async def plan() -> DeploymentPlan:
                return await plan_deployment(target, project, rig.world(provider), document=document)

            began = time.process_time()
            made = anyio.run(plan)
            found[name] = time.process_time() - began
            return made

        first = planned(None, "first plan")
        assert len(first.changes) == len(compiled.resources) >= groups
        document = Document(lineage="bench", deployment=NAME, environment=target.environment)
        for number, each in enumerate(compiled.resources):
            kind = provider.types[each.address.type]
            applied = remembered(kind, each.attributes)
            document.bindings[str(each.address)] = described(
                Binding(type=kind.name, id=f"!{number}", applied=applied), each
            )
        assert not planned(document, "next plan").changes
    found["memory"] = _megabytes() - before
    return found


def _alone(groups: int) -> dict[str, float]:
    command = [sys.executable, "-m", f"{__package__}.scaling", str(groups)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return {name: float(value) for name, value in json.loads(done.stdout).items()}


def _megabytes() -> float:
    """The most memory this process has held."""
    status = Path("/proc/self/status")
    if status.exists():
        # getrusage goes on counting from what the parent held when it started us.
        return int(status.read_text().partition("VmHWM:")[2].split()[0]) / 1024
    # Elsewhere; macOS counts in bytes.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 1024 * 1024)


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]))))
