"""`ignore` on a group: set when the group is made, left to people from then on, and said so in the claims."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands.line import CLUB, WECHAT, groupform, write_project
from commands.matrix_desk import Desk
from commands.state_rig import MEMORY, memory_world, state
from groupform.providers.memory import MemoryWorld
from homeserver import Homeserver

LEFT = CLUB.replace("default: true}", "default: true, ignore: [topic, title]}")


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> MemoryWorld:
    return memory_world(monkeypatch)


def test_it_is_set_once_and_then_left_to_people(tmp_path: Path, world: MemoryWorld) -> None:
    home = write_project(tmp_path, MEMORY, LEFT)
    assert groupform(home, "apply", "--yes").code == 0
    room = next(world.living("room"))
    assert (room.attributes["name"], room.attributes["topic"]) == ("大厅", "先打个招呼")
    room.attributes.update(name="换了名字", topic="换了话题")
    said = groupform(home, "plan", "--detailed-exitcode")
    assert said.code == 0, said.out
    (home / "club.yaml").write_text(LEFT.replace("title: 大厅", "title: 前厅"), encoding="utf-8")
    assert groupform(home, "plan", "--detailed-exitcode").code == 0
    assert groupform(home, "apply", "--yes").code == 0
    assert room.attributes["name"] == "换了名字"


def test_what_is_not_named_is_still_looked_after(tmp_path: Path, world: MemoryWorld) -> None:
    home = write_project(tmp_path, MEMORY, CLUB.replace("default: true}", "default: true, ignore: [topic]}"))
    groupform(home, "apply", "--yes")
    next(world.living("room")).attributes.update(name="x", topic="y")
    said = groupform(home, "plan", "--detailed-exitcode")
    assert said.code == 2
    assert "name" in said.out
    assert "topic" not in said.out


def test_taken_back_it_is_drift_again(tmp_path: Path, world: MemoryWorld) -> None:
    home = write_project(tmp_path, MEMORY, LEFT)
    groupform(home, "apply", "--yes")
    room = next(world.living("room"))
    room.attributes["topic"] = "换了话题"
    (home / "club.yaml").write_text(CLUB, encoding="utf-8")
    assert groupform(home, "plan", "--detailed-exitcode").code == 2
    assert groupform(home, "apply", "--yes").code == 0
    assert room.attributes["topic"] == "先打个招呼"


def test_a_saved_plan_does_not_grow_stale_by_what_is_ignored(tmp_path: Path, world: MemoryWorld) -> None:
    home = write_project(tmp_path, MEMORY, LEFT)
    groupform(home, "apply", "--yes")
    (home / "club.yaml").write_text(LEFT.replace("title: 宠友之家", "title: 宠友之屋"), encoding="utf-8")
    assert groupform(home, "plan", "--out", "p.json").code == 0
    next(world.living("room")).attributes["name"] = "meanwhile"
    assert groupform(home, "apply", "p.json").code == 0


def test_the_claims_say_so(tmp_path: Path, world: MemoryWorld) -> None:
    home = write_project(tmp_path, MEMORY, LEFT)
    said = groupform(home, "coverage", environ={"COLUMNS": "200"})
    assert "left to people from the day it was made" in said.out
    plain = groupform(write_project(tmp_path / "plain", MEMORY), "coverage", environ={"COLUMNS": "200"})
    assert "left to people" not in plain.out


def test_who_comes_in_is_never_left_to_chance(tmp_path: Path, world: MemoryWorld) -> None:
    home = write_project(tmp_path, MEMORY, CLUB.replace("default: true}", "default: true, ignore: [entry]}"))
    assert groupform(home, "validate").code == 1


def test_where_people_do_everything_no_step_asks_for_it(tmp_path: Path) -> None:
    home = write_project(tmp_path, WECHAT, LEFT)
    keys = [line.split()[0] for line in groupform(home, "steps", "list", "--format", "json").out.split('"key": "')[1:]]
    for key in keys:
        groupform(home, "steps", "done", key.strip('",'))
    (home / "club.yaml").write_text(LEFT.replace("title: 大厅", "title: 前厅"), encoding="utf-8")
    assert "!title" not in groupform(home, "steps", "list", "--format", "json").out
    (home / "club.yaml").write_text(CLUB.replace("title: 大厅", "title: 前厅"), encoding="utf-8")
    assert "!title" in groupform(home, "steps", "list", "--format", "json").out
    said = groupform(write_project(tmp_path / "again", WECHAT, LEFT), "coverage", environ={"COLUMNS": "200"})
    assert "part of the notice here" in said.out


@pytest.mark.acceptance
def test_on_a_real_homeserver_what_people_change_stays(tmp_path: Path, homeserver: Homeserver) -> None:
    desk = Desk(tmp_path / "home", homeserver)
    file = desk.home / "club.yaml"
    said = file.read_text(encoding="utf-8").replace("{title: 广场}", "{title: 广场, topic: 随便聊, ignore: [topic]}")
    file.write_text(said, encoding="utf-8")
    desk.applied()
    room = str(desk.state()["bindings"][f"{desk.name}/room.plaza"]["id"])
    assert homeserver.operator.get_state(room, "m.room.topic")["topic"] == "随便聊"
    homeserver.operator.set_state(room, "m.room.topic", {"topic": "今天聊猫"})
    assert desk.run("plan", "--detailed-exitcode").code == 0
    desk.applied()
    assert homeserver.operator.get_state(room, "m.room.topic")["topic"] == "今天聊猫"
    assert state(desk.home, desk.name)["bindings"][f"{desk.name}/room.plaza"]["id"] == room
