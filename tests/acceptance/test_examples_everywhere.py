"""Every example is validated, and planned on every platform that it names and that needs no server of its own."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from commands.line import groupform

EXAMPLES = Path(__file__).parents[2] / "examples"
STORIES = sorted(each.name for each in EXAMPLES.iterdir() if (each / "groupform.yaml").is_file())
OWN_SERVER = {"matrix"}
"""Planned on a real homeserver elsewhere (tests/acceptance/matrix)."""
NOT_BUILT = {"discord"}
"""Platforms that an example names and no provider brings yet."""


def deployments() -> list[tuple[str, str]]:
    found = []
    for story in STORIES:
        project = yaml.load((EXAMPLES / story / "groupform.yaml").read_text("utf-8"), Loader=yaml.BaseLoader)
        platforms = {key: each["platform"] for key, each in project["connections"].items()}
        found += [
            (story, name)
            for name, each in project["deployments"].items()
            if platforms[each["connection"]] not in OWN_SERVER | NOT_BUILT
        ]
    return found


@pytest.mark.parametrize("story", STORIES)
def test_every_example_is_valid(tmp_path: Path, story: str) -> None:
    shutil.copytree(EXAMPLES / story, tmp_path / story, ignore=shutil.ignore_patterns(".groupform"))
    environ = {"MATRIX_ACCESS_TOKEN": "t", "WECOM_SECRET": "s", "DISCORD_BOT_TOKEN": "b", "WECOM_TEST_SECRET": "s"}
    said = groupform(tmp_path / story, "validate", environ=environ)
    assert said.code == 0, said.err


@pytest.mark.parametrize(("story", "name"), deployments())
def test_every_deployment_is_planned(tmp_path: Path, story: str, name: str) -> None:
    shutil.copytree(EXAMPLES / story, tmp_path / story, ignore=shutil.ignore_patterns(".groupform"))
    said = groupform(tmp_path / story, "plan", "--rehearse", "-d", name, "--detailed-exitcode")
    assert said.code == 2 or "steps" in said.out, said.err
