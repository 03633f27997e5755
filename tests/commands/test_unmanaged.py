"""`unmanaged`: what an account can see and no state names, told apart from what belongs to others."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from commands.line import groupform, write_project
from commands.state_rig import MEMORY, memory_world
from groupform.engine.provider import Ownership
from groupform.providers.memory import MemoryWorld


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> MemoryWorld:
    return memory_world(monkeypatch)


@pytest.fixture
def home(tmp_path: Path, world: MemoryWorld) -> Path:
    made = write_project(tmp_path, MEMORY)
    assert groupform(made, "apply", "--yes").code == 0
    return made


def test_what_is_managed_is_not_listed_and_nothing_is_written(home: Path, world: MemoryWorld) -> None:
    before = len(world.requests)
    said = groupform(home, "unmanaged")
    assert said.code == 0
    assert "Nothing that no state names" in said.out
    assert {each.verb for each in world.requests[before:]} == {"discover"}


def test_strangers_are_listed_with_their_people_and_others_states_only_counted(home: Path, world: MemoryWorld) -> None:
    world.add("room", {"name": "老群", "handle": "old"}, people=12)
    world.add("room", {"name": "theirs", "handle": "x"}, owner=Ownership("else", "other", "production"), uid="o/room.x")
    said = groupform(home, "unmanaged")
    assert "老群" in said.out
    assert "12 people" in said.out
    assert "theirs" not in said.out
    assert "1 more belongs" in said.out
    (found,) = json.loads(groupform(home, "unmanaged", "--format", "json").out)
    assert [(each["label"], each["people"], each["lost_by"]) for each in found["strays"]] == [("老群", 12, None)]
    assert found["elsewhere"] == 1


def test_what_a_lost_state_managed_is_told_with_the_way_back(home: Path) -> None:
    shutil.rmtree(home / ".groupform" / "state")
    said = groupform(home, "unmanaged")
    assert "bears the mark of club-home" in said.out
    assert "groupform state rebuild" in " ".join(said.out.split())


def test_two_deployments_of_one_connection_are_one_report(tmp_path: Path, world: MemoryWorld) -> None:
    project = MEMORY + "  club-twin: {community: club, connection: home, only: []}\n"
    home = write_project(tmp_path, project.replace(", only: []", ""))
    groupform(home, "apply", "--yes", "-d", "club-home")
    found = json.loads(groupform(home, "unmanaged", "--format", "json").out)
    assert [each["connection"] for each in found] == ["home"]
    assert found[0]["strays"] == []
