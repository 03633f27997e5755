"""The real thing, in short form: a process killed by SIGKILL in the middle of an apply, started again, converges."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest

from faults.rig import Rig, project
from faults.stories import FORGOTTEN, first, second
from faults.victim import load

VICTIM = Path(__file__).with_name("victim.py")


def run(folder: Path, story: int, at: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(VICTIM), str(folder), str(story), str(at)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize("story", [0, 1])
def test_killed_and_started_again(tmp_path: Path, story: int) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    for earlier in range(story):
        assert run(folder, earlier, 0).returncode == 0
    # Each life ends a little further on; none starts afresh.
    for at in (9, 25, 40, 17, 31):
        died = run(folder, story, at)
        if died.returncode == 0:
            break
        assert died.returncode == -9, died.stderr
    lived = run(folder, story, 0)
    assert lived.returncode == 0, lived.stderr
    assert json.loads(lived.stdout)["failed"] == []

    rig = Rig(folder)
    load(rig.there, folder / "world.json")
    loaded = project(tmp_path / "files", (first, second)[story]())
    asyncio.run(rig.converged(loaded, forgotten=FORGOTTEN if story else frozenset()))
