"""The whole way on a real homeserver, with a umask that masks nothing: what is written is closed, and silent."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from commands.line import write_project
from homeserver import Homeserver
from secrets_rig import files_with, leaks_in, matrix_project, process_environment, too_open

pytestmark = pytest.mark.acceptance

WAY = (
    ("plan", "--out", "plan.json"),
    ("apply", "plan.json"),
    ("plan", "--deep", "--format", "markdown"),
    ("plan", "--format", "svg"),
    ("plan", "--format", "json"),
    ("doctor",),
    ("show", "club-home", "--format", "json"),
    ("state", "list"),
    ("state", "pull", "club-home"),
    ("unmanaged",),
    ("recover",),
    ("steps", "list"),
    ("destroy", "--yes", "--approve", "ALL"),
)


def run(home: Path, environ: dict[str, str], *argv: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "groupform", *argv],
        cwd=home,
        env=process_environment(environ),
        capture_output=True,
        text=True,
        check=False,
        umask=0,
        timeout=120,
    )


def test_from_the_first_plan_to_the_end_nothing_holds_the_token(tmp_path: Path, homeserver: Homeserver) -> None:
    homeserver.person("lead")
    home = write_project(tmp_path / "home", matrix_project())
    environ = {"MATRIX_HOMESERVER": homeserver.base_url, "MATRIX_ACCESS_TOKEN": homeserver.token}
    for argv in WAY:
        done = run(home, environ, *argv)
        assert leaks_in(done.stdout + done.stderr, homeserver.token) == [], argv
        assert done.returncode in (0, 1, 3), (argv, done.stderr)
    assert list((home / ".groupform" / "state").rglob("state.json")), "nothing was applied: this test proves nothing"
    assert files_with(home, homeserver.token) == []
    assert too_open(home / ".groupform") == []
    assert too_open(home / "plan.json") == []


def test_a_sandbox_keeps_its_tokens_in_one_file_and_in_its_database(tmp_path: Path) -> None:
    home = write_project(tmp_path / "home", matrix_project())
    try:
        up = run(home, {}, "sandbox", "up", "--port", str(18_500 + os.getpid() % 400), "--person", "lead")
        assert up.returncode == 0, up.stderr
        box = home / ".groupform" / "sandbox"
        lines = run(home, {}, "sandbox", "env").stdout.splitlines()
        token = next(line.partition("=")[2].strip("'\"") for line in lines if "ACCESS_TOKEN" in line)
        assert len(token) > 20
        status = run(home, {}, "sandbox", "status")
        assert leaks_in(up.stdout + up.stderr + status.stdout + status.stderr, token) == []
        held = files_with(home, token)
        assert ".groupform/sandbox/credentials.json" in held
        allowed = {"credentials.json", "homeserver.db", "homeserver.db-wal", "homeserver.db-shm"}
        assert {Path(each).name for each in held} <= allowed
        assert too_open(home / ".groupform") == []
        assert box.is_dir()
    finally:
        run(home, {}, "sandbox", "down")
