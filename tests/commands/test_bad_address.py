"""An address that is none is a mistake in a file, told at its line before any request: no platform is out of reach."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands.line import groupform, write_project
from secrets_rig import matrix_project

WRONG = [
    "localhost:8008",
    "matrix.example.org",
    "http://",
    "http：//127.0.0.1:8008",
    "ftp://127.0.0.1",
    "http://127.0.0.1:x",
    "http://127.0.0.1:99999",
    "http://[::1",
    "http://a b.example.org",
    "http://127.0.0.1:8008/?x=1",
    "http://me@127.0.0.1:8008",
]


@pytest.mark.parametrize("homeserver", WRONG)
@pytest.mark.parametrize("verb", ["validate", "plan", "drift", "doctor"])
def test_an_address_that_is_none(tmp_path: Path, verb: str, homeserver: str) -> None:
    home = write_project(tmp_path, matrix_project())
    environ = {"MATRIX_HOMESERVER": homeserver, "MATRIX_ACCESS_TOKEN": "syt_something"}
    said = groupform(home, verb, environ=environ)
    assert said.code == 1, said
    text = said.out + said.err
    assert verb == "doctor" or "groupform.yaml:8:" in text, text
    assert "does not lead to a server" in " ".join(text.split())
    chinese = groupform(home, verb, environ={**environ, "GROUPFORM_LANG": "zh-CN"})
    assert "不是服务器地址" in chinese.out + chinese.err


def test_a_server_that_is_down_is_out_of_reach(tmp_path: Path) -> None:
    environ = {"MATRIX_HOMESERVER": "http://127.0.0.1:9", "MATRIX_ACCESS_TOKEN": "syt_something"}
    said = groupform(write_project(tmp_path, matrix_project()), "plan", environ=environ)
    assert said.code == 4, said
