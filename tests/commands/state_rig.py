"""A project on the platform in memory, for the verbs that put its state right."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from groupform.commands.platforms import Platforms
from groupform.providers.memory import MemoryProvider, MemoryWorld

MEMORY = """\
groupform: 1
communities: [club.yaml]
people:
  lead: {name: 林一, accounts: {memory: lead}}
connections:
  home: {platform: memory}
deployments:
  club-home: {community: club, connection: home}
"""
ROOM = "club-home/room.lobby"


class Installed:
    """An entry point whose provider is at hand."""

    def __init__(self, provider: MemoryProvider) -> None:
        self.name, self.value, self._provider = provider.name, "memory", provider

    def load(self) -> MemoryProvider:
        return self._provider


def install(monkeypatch: pytest.MonkeyPatch, entries: Mapping[str, Installed]) -> None:
    """Makes these the only platforms there are."""
    # The place they all have it from comes last: a module that is only now imported must find the real one there.
    for user in ("claims", "examination", "platforms"):
        monkeypatch.setattr(f"groupform.commands.{user}.installed_platforms", lambda: Platforms(entries))  # type: ignore[arg-type]


def memory_world(monkeypatch: pytest.MonkeyPatch) -> MemoryWorld:
    """The memory platform, installed as any other."""
    made = MemoryWorld(clock=lambda: 0.0)
    install(monkeypatch, {"memory": Installed(MemoryProvider(made, settle=0.0))})
    return made


def state_folder(home: Path, deployment: str = "club-home") -> Path:
    return home / ".groupform" / "state" / "production" / deployment


def state(home: Path, deployment: str = "club-home") -> dict[str, Any]:
    """The document as it stands in its file, for looking at."""
    (file,) = (home / ".groupform" / "state").glob(f"*/{deployment}/state.json")
    return dict(json.loads(file.read_text(encoding="utf-8")))


def backups(home: Path) -> list[Path]:
    return sorted((home / ".groupform" / "state").glob("*/*/backups/*.json"))
