"""Somebody at a keyboard with a project of their own, on a real homeserver."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

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

Told = tuple[str, str, tuple[str, ...]]


class Operator:
    """Runs commands in `folder`. `key` is a community's unlike any other's, so that tests can share a server."""

    def __init__(self, folder: Path, server: Homeserver) -> None:
        self.folder, self.server = folder, server
        self.key = f"cats-{uuid.uuid4().hex[:6]}"
        self.deployment, self.community = f"{self.key}-home", f"communities/{self.key}.yaml"
        self.write("communities/seed.yaml", SEED)
        self.write("groupform.yaml", PROJECT % server.base_url)

    def read(self, file: str) -> str:
        return (self.folder / file).read_text(encoding="utf-8")

    def write(self, file: str, text: str) -> None:
        (self.folder / file).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / file).write_text(text, encoding="utf-8")

    def change(self, file: str, old: str, new: str) -> None:
        text = self.read(file)
        assert old in text, text
        self.write(file, text.replace(old, new, 1))

    def __call__(self, *argv: str, code: int | None = 0) -> Said:
        said = groupform(self.folder, *argv, environ={"TOKEN": self.server.token})
        assert code is None or said.code == code, said.out + said.err
        return said

    def plan(self, deployment: str, *argv: str) -> dict[str, Any]:
        said = self("plan", "--format", "json", "-d", deployment, *argv, code=None)
        found: dict[str, Any] = json.loads(said.out)["deployments"][0]
        return found

    def changes(self, deployment: str) -> set[Told]:
        """What a plan would do, in short: action, address, attributes. A conflict fails the test."""
        plan = self.plan(deployment)
        assert not plan["conflicts"], plan["conflicts"]
        return {
            (
                each["action"],
                each["address"].split("/", 1)[1],
                tuple(sorted(attribute["name"] for attribute in each["attributes"])),
            )
            for each in plan["changes"]
        }
