"""A project on a real homeserver, worked on by command lines."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

from commands.line import CLUB, Said, groupform, write_project
from homeserver import Homeserver
from secrets_rig import matrix_project


class Desk:
    """A project of its own on a server that is shared."""

    def __init__(self, folder: Path, server: Homeserver) -> None:
        self.key = f"club-{uuid.uuid4().hex[:6]}"
        self.name = f"{self.key}-home"
        server.person("lead")
        project = matrix_project().replace("club-home", self.name).replace("community: club", f"community: {self.key}")
        community = CLUB.replace("community: club", f"community: {self.key}")
        self.home = write_project(folder, project, community.replace("  lobby:", "  plaza: {title: 广场}\n  lobby:"))
        self.environ = {"MATRIX_HOMESERVER": server.base_url, "MATRIX_ACCESS_TOKEN": server.token}

    def run(self, *argv: str) -> Said:
        return groupform(self.home, *argv, environ=self.environ)

    def applied(self) -> Desk:
        done = self.run("apply", "--yes")
        assert done.code in (0, 3), done.err
        return self

    def state(self) -> dict[str, Any]:
        return dict(json.loads(self.run("state", "pull", self.name).out))
