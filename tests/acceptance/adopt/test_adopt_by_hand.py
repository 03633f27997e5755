"""A community that people made by hand is adopted: nothing in it changes but our mark, and the plan after is empty."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from acceptance.adopt.by_hand import ByHand, make_by_hand
from commands.line import Said, groupform
from homeserver import Homeserver

PROJECT = """\
# The project of a test.
groupform: 1
communities: [communities/*.yaml]   # one file a community

people:
  ops: {name: 运营, accounts: {matrix: "@groupform:localhost"}}   # that is us
connections:
  home:
    platform: matrix
    homeserver: "%s"
    access_token: ${env:TOKEN}
deployments: {}
"""

SEED = """\
community: seed
title: 种子
team: {owner: ops}
entry: {door: link}
groups:
  one: {title: 一}
"""


class Operator:
    """Somebody at a keyboard, in a project of their own."""

    def __init__(self, folder: Path, server: Homeserver) -> None:
        self.folder, self.server = folder, server
        (folder / "communities").mkdir()
        (folder / "communities" / "seed.yaml").write_text(SEED, encoding="utf-8")
        (folder / "groupform.yaml").write_text(PROJECT % server.base_url, encoding="utf-8")

    def __call__(self, *argv: str, code: int | None = 0) -> Said:
        said = groupform(self.folder, *argv, environ={"TOKEN": self.server.token})
        assert code is None or said.code == code, said.out + said.err
        return said

    def actions(self, *argv: str) -> set[tuple[str, str, tuple[str, ...]]]:
        import json

        said = self("plan", "--format", "json", *argv, code=None)
        plan: dict[str, Any] = json.loads(said.out)
        assert not [each["conflicts"] for each in plan["deployments"] if each["conflicts"]], said.out
        return {
            (change["action"], change["address"].split("/", 1)[1], tuple(each["name"] for each in change["attributes"]))
            for deployment in plan["deployments"]
            for change in deployment["changes"]
        }


@pytest.fixture
def operator(tmp_path: Path, homeserver: Homeserver) -> Operator:
    return Operator(tmp_path, homeserver)


@pytest.fixture
def made(homeserver: Homeserver) -> ByHand:
    return make_by_hand(homeserver)


def test_a_space_made_by_hand_is_adopted_and_nothing_is_lost(operator: Operator, made: ByHand) -> None:
    before = made.snapshot()
    said = operator("adopt", "home", made.space, "--as", "cats", "--yes")
    print(said.out)
    text = (operator.folder / "groupform.yaml").read_text(encoding="utf-8")
    assert "# one file a community" in text
    assert "# that is us" in text
    print((operator.folder / "communities" / "cats.yaml").read_text(encoding="utf-8"))
    planned = operator.actions("-d", "cats-home")
    assert {action for action, _, _ in planned} == {"adopt"}, planned
    assert {attributes for _, _, attributes in planned} == {(), ("mark",)}, planned
    print(operator("apply", "-d", "cats-home", "--yes"))
    assert operator.actions("-d", "cats-home") == set()
    assert made.snapshot() == before
