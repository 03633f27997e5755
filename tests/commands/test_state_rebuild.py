"""`state rebuild`: a lost state is found again by the marks on the platform, and only where that is sure."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from commands.line import CLUB, groupform, write_project
from commands.state_rig import MEMORY, ROOM, memory_world, state
from groupform.providers.memory import MemoryWorld


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> MemoryWorld:
    return memory_world(monkeypatch)


@pytest.fixture
def home(tmp_path: Path, world: MemoryWorld) -> Path:
    made = write_project(tmp_path, MEMORY)
    done = groupform(made, "apply", "--yes")
    assert done.code == 0, done.err
    return made


def lose(home: Path) -> None:
    shutil.rmtree(home / ".groupform" / "state")


REBUILD = ("state", "rebuild", "club-home", "--yes")


def test_a_lost_state_is_found_again_and_the_plan_after_it_is_empty(home: Path, world: MemoryWorld) -> None:
    before, things = state(home), dict(world.things)
    lose(home)
    assert groupform(home, "plan").code != 0 or "No changes" not in groupform(home, "plan").out
    said = groupform(home, *REBUILD)
    assert said.code == 0, said.err
    after = state(home)
    assert after["lineage"] == before["lineage"]
    listed = {address for address, each in before["bindings"].items() if each["type"] != "badge"}
    assert {a: (b["type"], b["id"]) for a, b in after["bindings"].items()} == {
        a: (b["type"], b["id"]) for a, b in before["bindings"].items() if a in after["bindings"]
    }
    assert listed <= after["bindings"].keys()
    assert "cannot be looked for" in said.out, "a badge bears no mark, and the state was the only copy"
    assert {name: after["bindings"][ROOM]["applied"][name] for name in ("name", "handle")} == {
        name: before["bindings"][ROOM]["applied"][name] for name in ("name", "handle")
    }
    assert world.things == things, "looking changes nothing"
    held = groupform(home, "apply", "--yes")
    assert held.code == 3, held.err
    assert "groupform recover" in held.out
    assert world.things == things, "what may be there already is not made twice before somebody has said so"
    badges = [address for address, each in before["bindings"].items() if each["type"] == "badge"]
    bind = [f"--bind={address}={before['bindings'][address]['id']}" for address in badges[1:]]
    answered = groupform(home, "recover", f"--never={badges[0]}", *bind)
    assert answered.code == 0, answered.err
    assert groupform(home, "apply", "--yes").code == 0
    assert {i for i, t in world.things.items() if t.type != "badge"} == {
        i for i, t in things.items() if t.type != "badge"
    }
    again = groupform(home, "plan", "--detailed-exitcode")
    assert again.code == 0, again.out


def test_what_was_changed_by_hand_meanwhile_is_drift_or_change_and_not_swallowed(
    home: Path, world: MemoryWorld
) -> None:
    lose(home)
    room = next(world.living("room"))
    room.attributes["name"] = "renamed by hand"
    assert groupform(home, *REBUILD).code == 0
    said = groupform(home, "plan", "--detailed-exitcode")
    assert said.code == 2
    assert "renamed by hand" in said.out


def test_a_state_that_is_not_empty_is_left_alone(home: Path) -> None:
    before = state(home)
    said = groupform(home, *REBUILD)
    assert said.code == 1
    assert "rebuild-not-empty" in said.err
    assert state(home) == before


def test_nothing_to_find_is_said(tmp_path: Path, world: MemoryWorld) -> None:
    said = groupform(write_project(tmp_path, MEMORY), *REBUILD)
    assert said.code == 1
    assert "rebuild-nothing" in said.err
    assert list((tmp_path).rglob("state.json")) == []


def test_two_histories_of_one_name_are_not_guessed_at(home: Path, world: MemoryWorld) -> None:
    mine = str(state(home)["lineage"])
    lose(home)
    room = next(world.living("room"))
    assert room.owner is not None
    world.add(
        "room", {"name": "theirs", "handle": "theirs"}, owner=replace(room.owner, lineage="theirs"), uid="x/room.y"
    )
    said = groupform(home, *REBUILD)
    assert said.code == 1
    assert "rebuild-which" in said.err
    assert mine in said.err
    assert groupform(home, *REBUILD, "--lineage", "nobodys").code == 1
    chosen = groupform(home, *REBUILD, "--lineage", mine)
    assert chosen.code == 0, chosen.err
    assert state(home)["lineage"] == mine


def test_what_is_declared_no_more_is_shown_and_left_alone(home: Path, world: MemoryWorld) -> None:
    lose(home)
    (home / "club.yaml").write_text(CLUB.replace("  lobby:", "  hall:"), encoding="utf-8")
    said = groupform(home, *REBUILD)
    assert said.code == 0, said.err
    assert "no file declares it" in said.out
    assert ROOM not in state(home)["bindings"]


@pytest.mark.parametrize(("typed", "written"), [("y\n", True), ("n\n", False)])
def test_it_is_shown_and_asked_about_first(home: Path, typed: str, written: bool) -> None:
    lose(home)
    said = groupform(home, "state", "rebuild", "club-home", typed=typed)
    assert said.code == (0 if written else 1)
    assert "room.lobby" in said.out
    assert bool(list(home.rglob("state.json"))) is written
    assert not written or json.loads(groupform(home, "state", "pull", "club-home").out)["serial"] == 1


def test_a_rebuilt_state_survives_being_read_line_by_line(home: Path) -> None:
    from groupform.state.document import Document, Restored, SetProgress
    from groupform.state.journal import Line, decode, encode

    document = Document.model_validate(state(home))
    lines = [
        Line(1, "fresh", "lock", (Restored(document=document),)),
        Line(2, document.lineage, "lock", (SetProgress(progress=None),)),
    ]
    read = decode(b"".join(map(encode, lines)), serial=0, lineage="fresh")
    assert [each.serial for each in read.lines] == [1, 2]


def test_it_speaks_chinese(home: Path) -> None:
    lose(home)
    said = groupform(home, *REBUILD, environ={"GROUPFORM_LANG": "zh-CN"})
    assert "已重新绑定" in said.out
