"""A file that holds a secret is read only where it is closed to everybody else; what the program writes is closed."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands.line import groupform, write_project
from secrets_rig import CANARY, closed_file, leaks_in, matrix_project

ADDRESS = {"MATRIX_HOMESERVER": "http://127.0.0.1:9"}


@pytest.mark.parametrize("mode", [0o604, 0o644, 0o666, 0o602, 0o777])
@pytest.mark.parametrize("command", ["validate", "plan", "doctor"])
def test_a_secret_that_everybody_can_read_is_refused_with_its_cure(tmp_path: Path, mode: int, command: str) -> None:
    home = write_project(tmp_path / "home", matrix_project("${file:key}"))
    closed_file(home / "key", CANARY, mode)
    said = groupform(home, command, environ=ADDRESS)
    assert said.code == 1
    assert "secret-file-open" in said.err
    assert f"chmod 600 {home / 'key'}" in " ".join(said.err.split()).replace(" ", "").replace("chmod600", "chmod 600 ")
    assert leaks_in(said.out + said.err) == []


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o640, 0o440])
def test_a_file_of_its_owner_or_group_is_read(tmp_path: Path, mode: int) -> None:
    home = write_project(tmp_path / "home", matrix_project("${file:key}"))
    closed_file(home / "key", CANARY, mode)
    assert groupform(home, "validate", environ=ADDRESS).code == 0


def test_what_a_link_leads_to_counts(tmp_path: Path) -> None:
    home = write_project(tmp_path / "home", matrix_project("${file:key}"))
    (home / "key").symlink_to(closed_file(tmp_path / "real", CANARY, 0o644))
    assert "secret-file-open" in groupform(home, "validate", environ=ADDRESS).err


def test_an_address_in_an_open_file_is_no_secret_unless_it_holds_a_login(tmp_path: Path) -> None:
    project = matrix_project().replace("${env:MATRIX_HOMESERVER}", "${file:server}")
    home = write_project(tmp_path / "home", project)
    closed_file(home / "server", "http://127.0.0.1:9", 0o644)
    assert groupform(home, "validate").code == 0
    closed_file(home / "server", f"http://me:{CANARY}@127.0.0.1:9", 0o644)
    said = groupform(home, "validate")
    assert "secret-file-open" in said.err
    assert leaks_in(said.out + said.err) == []


def test_the_cure_is_said_in_chinese(tmp_path: Path) -> None:
    home = write_project(tmp_path / "home", matrix_project("${file:key}"))
    closed_file(home / "key", CANARY, 0o644)
    said = groupform(home, "validate", environ={**ADDRESS, "GROUPFORM_LANG": "zh-CN"})
    assert "任何账号都能读到" in said.err
    assert "chmod 600" in said.err
