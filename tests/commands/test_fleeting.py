"""A job's own disk is no place for the only copy of an id: which commands know that they run there."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands.line import CLUB, WECHAT
from groupform.commands.run import Run
from groupform.commands.worlds import open_world
from groupform.config.load import load_project
from render.samples import Stream


@pytest.mark.parametrize(
    ("environ", "rehearsing", "fleeting"),
    [
        ({}, False, False),
        ({"CI": "true"}, False, True),
        ({"CI": "1"}, False, True),
        ({"CI": "false"}, False, False),
        ({"CI": ""}, False, False),
        ({"CI": "true"}, True, False),
    ],
)
def test_a_local_state_in_a_job(tmp_path: Path, environ: dict[str, str], rehearsing: bool, fleeting: bool) -> None:
    (tmp_path / "groupform.yaml").write_text(WECHAT, encoding="utf-8")
    (tmp_path / "club.yaml").write_text(CLUB, encoding="utf-8")
    project = load_project(tmp_path, environ=environ).project
    assert project is not None
    run = Run(environ=environ, folder=lambda: tmp_path, stdin=None, stdout=Stream(), stderr=Stream())
    run.rehearsing = rehearsing
    assert open_world(run, project).fleeting is fleeting
