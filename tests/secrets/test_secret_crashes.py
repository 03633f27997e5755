"""A crash is told in a log for one pair of eyes, and neither the log nor the traceback on request holds a secret."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest

from commands.line import groupform, write_project
from groupform.commands import ending
from groupform.engine.provider import Failure
from secrets_rig import CANARY, closed_file, files_with, leaks_in, matrix_project, process_environment, too_open

ADDRESS = {"MATRIX_HOMESERVER": "http://127.0.0.1:9"}
LOGIN = {"MATRIX_HOMESERVER": f"http://me:{CANARY}@127.0.0.1:9"}


class QuotingError(Exception):
    """Something that quotes what it was given."""


def crash(*words: str) -> None:
    try:
        raise QuotingError(f"Bearer {CANARY}", {"token": CANARY})
    except QuotingError as cause:
        raise RuntimeError(f"{words} {quote(CANARY, safe='')} {json.dumps(CANARY)} {[CANARY]!r} {CANARY}") from cause


@pytest.mark.parametrize("source", ["variable", "file", "odd variable", "login"])
@pytest.mark.parametrize("umask", [0o022, 0o000])
def test_a_crash_is_logged_without_the_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, umask: int
) -> None:
    token = {"file": "${file:key}", "odd variable": "${env:HOUSE}"}.get(source, "${env:MATRIX_ACCESS_TOKEN}")
    home = write_project(tmp_path / "home", matrix_project(token))
    closed_file(home / "key", CANARY + "\n")
    environ = {
        "variable": {**ADDRESS, "MATRIX_ACCESS_TOKEN": CANARY},
        "file": ADDRESS,
        "odd variable": {**ADDRESS, "HOUSE": CANARY},
        "login": {**LOGIN, "MATRIX_ACCESS_TOKEN": "syt_something_else"},
    }[source]
    monkeypatch.setattr("groupform.commands.examination.installed_platforms", crash)
    before = os.umask(umask)
    try:
        said = groupform(home, "doctor", environ=environ)
    finally:
        os.umask(before)
    assert said.code == 1
    (log,) = (home / ".groupform").glob("bug-*.log")
    assert "RuntimeError" in log.read_text(encoding="utf-8")
    assert leaks_in(said.out + said.err) == []
    assert files_with(home, apart_from=("key",)) == []
    assert too_open(home / ".groupform") == []


def test_a_second_crash_while_the_first_is_told_hides_every_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = write_project(tmp_path / "home", matrix_project("${env:HOUSE}"))
    monkeypatch.setattr("groupform.commands.examination.installed_platforms", crash)
    monkeypatch.setattr("groupform.config.load.load_project", crash)
    said = groupform(home, "doctor", environ={**ADDRESS, "HOUSE": CANARY})
    assert "bug" in said.err
    assert files_with(home) == []


def test_what_is_refused_by_a_provider_that_quotes_it_goes_through_the_catalogue(tmp_path: Path) -> None:
    assert leaks_in(ending.redact(str(Failure("x", token=CANARY).params), [], [CANARY])) == []


def test_the_traceback_on_request_has_no_secret_either(tmp_path: Path) -> None:
    home = write_project(tmp_path / "home", matrix_project("${env:HOUSE}"))
    broken = tmp_path / "sitecustomize.py"
    broken.write_text(
        "import os, groupform.commands.platforms as p\n"
        "def fail():\n    raise RuntimeError('seen: ' + os.environ['HOUSE'])\n"
        "p.installed_platforms = fail\n",
        encoding="utf-8",
    )
    environ = process_environment({**ADDRESS, "HOUSE": CANARY, "GROUPFORM_DEBUG": "1", "PYTHONPATH": str(tmp_path)})
    done = subprocess.run(
        [sys.executable, "-m", "groupform", "doctor"],
        cwd=home,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "RuntimeError: seen: " in done.stderr
    assert leaks_in(done.stdout + done.stderr) == []
