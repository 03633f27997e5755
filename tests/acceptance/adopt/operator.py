"""Somebody at a keyboard with a project of their own, on a real homeserver."""

from __future__ import annotations

import uuid
from pathlib import Path

from commands.typist import Typist
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


class Operator(Typist):
    """Runs commands in `folder`. `key` is a community's unlike any other's, so that tests can share a server."""

    def __init__(self, folder: Path, server: Homeserver) -> None:
        super().__init__(folder, {"TOKEN": server.token})
        self.server = server
        self.key = f"cats-{uuid.uuid4().hex[:6]}"
        self.deployment, self.community = f"{self.key}-home", f"communities/{self.key}.yaml"
        self.write("communities/seed.yaml", SEED)
        self.write("groupform.yaml", PROJECT % server.base_url)
