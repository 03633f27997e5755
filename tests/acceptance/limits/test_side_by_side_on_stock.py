"""Several deployments on one connection, on a server with stock limits: by one command and by two processes they run
into a limit hardly more often than one deployment of the same size does, and all of them converge."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import uuid
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from acceptance.limits.recorder import Recorder, record
from homeserver import Homeserver

pytestmark = pytest.mark.acceptance

_LONGEST = 900.0
_ALLOWANCE = 6
"""Refusals more than one deployment alone meets: whoever is under way when a limit is met learns of it too late."""

PROJECT = """\
groupform: 1
communities: [communities/*.yaml]
people:
  ops: {name: 运营, accounts: {matrix: "%s"}}
connections:
  home: {platform: matrix, homeserver: "%s", access_token: "${env:TOKEN}"}
deployments:
%s
"""
COMMUNITY = """\
community: %s
title: 猫友之家
team: {owner: ops}
entry: {door: request}
rules:
  kind: {title: 友善, text: 对事不对人。}
notice: {parts: [rules]}
groups:
%s
"""


class Project:
    """Communities of an account of their own, each deployed to the same connection, through a recorder."""

    def __init__(self, folder: Path, server: Homeserver, recorder: Recorder, sizes: Sequence[int]) -> None:
        person = server.person(f"limits-{uuid.uuid4().hex[:8]}")
        self.folder, self.recorder = folder, recorder
        self.environ = {**os.environ, "TOKEN": person.token, "GROUPFORM_LANG": "en", "COLUMNS": "200"}
        keys = [f"c{uuid.uuid4().hex[:6]}" for _ in sizes]
        self.names = [f"{key}-home" for key in keys]
        (folder / "communities").mkdir(parents=True)
        for key, size in zip(keys, sizes, strict=True):
            groups = "\n".join(f"  g{number}: {{title: 群{number}}}" for number in range(size))
            (folder / "communities" / f"{key}.yaml").write_text(COMMUNITY % (key, groups), encoding="utf-8")
        deployments = "\n".join(f"  {key}-home: {{community: {key}, connection: home}}" for key in keys)
        text = PROJECT % (person.user_id, recorder.base_url, deployments)
        (folder / "groupform.yaml").write_text(text, encoding="utf-8")

    def start(self, *argv: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "groupform", *argv]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, cwd=self.folder, env=self.environ, stdout=pipe, stderr=pipe, text=True)

    def converged(self) -> None:
        plan = self.start("plan", "--detailed-exitcode")
        out, err = plan.communicate(timeout=_LONGEST)
        assert plan.returncode == 0, out + err


def ended(process: subprocess.Popen[str]) -> tuple[str, str]:
    out, err = process.communicate(timeout=_LONGEST)
    assert process.returncode == 0, out + err
    return out, err


def test_deployments_side_by_side_meet_limits_as_one_does(tmp_path: Path, stock_homeserver: Homeserver) -> None:
    """All three at the same time, each by an account of its own: what is waited for is waited for once."""
    with ExitStack() as stack:
        recorders = [stack.enter_context(record(stock_homeserver.base_url)) for _ in range(3)]
        alone, together, apart = (
            Project(tmp_path / name, stock_homeserver, recorder, sizes)
            for name, recorder, sizes in zip(
                ("alone", "together", "apart"), recorders, ((3,), (1, 1), (1, 1)), strict=True
            )
        )
        running = [
            alone.start("apply", "--yes"),
            together.start("apply", "--yes"),
            *(apart.start("apply", "--yes", "-d", name) for name in apart.names),
        ]
        said = [ended(each) for each in running]
        figures = [(sum(each.limited.values()), each.most, each.requests, dict(each.limited)) for each in recorders]
        print("refused, most at once, requests: alone, by one command, by two processes:", figures)
        (one, most, *_), (command, most_together, *_), (processes, *_) = figures
        assert one > 0, "no limit was met: this is no stock server"
        assert most_together <= most == 4
        assert command <= one + _ALLOWANCE
        assert processes <= one + _ALLOWANCE
        # The reports come in the order of the files, whoever was done first.
        reported = [found for found in re.findall(r"c[0-9a-f]{6}-home", said[1][0]) if found in together.names]
        assert list(dict.fromkeys(reported)) == together.names
        for project in (alone, together, apart):
            project.converged()
