"""`--approve`, as a pipeline uses it: by address, by guard and address, by the digest that was reviewed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from commands.line import CLUB, groupform, write_project
from commands.state_rig import MEMORY, memory_world
from groupform.providers.memory import MemoryWorld

TWO = CLUB.replace(
    "groups:\n", "groups:\n  plaza: {title: 广场, on_remove: delete}\n  attic: {title: 阁楼, on_remove: delete}\n"
)
PLAZA, ATTIC = "club-home/room.plaza", "club-home/room.attic"


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> MemoryWorld:
    return memory_world(monkeypatch)


@pytest.fixture
def home(tmp_path: Path, world: MemoryWorld) -> Path:
    """Two groups are gone from the files, and the guard lets none be deleted unseen."""
    made = write_project(tmp_path, MEMORY, TWO)
    assert groupform(made, "apply", "--yes").code == 0
    (made / "club.yaml").write_text(CLUB, encoding="utf-8")
    return made


def rooms(world: MemoryWorld) -> set[str]:
    return {str(each.attributes["name"]) for each in world.living("room")}


def planned(home: Path) -> dict[str, Any]:
    return dict(json.loads(groupform(home, "plan", "--format", "json").out))


ALL, NONE = {"大厅", "广场", "阁楼"}, {"大厅"}


@pytest.mark.parametrize(
    ("approve", "done"),
    [
        ((), False),
        ((PLAZA,), False),
        ((PLAZA, ATTIC), True),
        ((f"delete-groups:{PLAZA}", f"delete-groups:{ATTIC}"), True),
        ((f"members:{PLAZA}", f"members:{ATTIC}"), False),
        (("club-home",), False),
        (("*",), False),
        (("room.plaza", "room.attic"), False),
        (("0" * 64,), False),
        (("",), False),
    ],
)
def test_every_address_a_guard_names_must_be_approved(
    home: Path, world: MemoryWorld, approve: tuple[str, ...], done: bool
) -> None:
    options = [word for each in approve for word in ("--approve", each)]
    said = groupform(home, "apply", "--yes", *options)
    assert said.code == (0 if done else 1)
    assert rooms(world) == (NONE if done else ALL)
    assert done or "apply-not-approved" in said.err


@pytest.mark.parametrize("which", ["whole", "deployment"])
@pytest.mark.parametrize("saved", [True, False])
def test_a_digest_approves_exactly_what_was_reviewed(home: Path, world: MemoryWorld, which: str, saved: bool) -> None:
    assert groupform(home, "plan", "--out", "p.json").code == 0
    plan = json.loads((home / "p.json").read_text(encoding="utf-8"))
    digest = plan["digest"] if which == "whole" else plan["deployments"][0]["digest"]
    file = ("p.json",) if saved else ()
    assert groupform(home, "apply", *file, "--yes").code == 1
    assert rooms(world) == ALL
    said = groupform(home, "apply", *file, "--yes", "--approve", digest)
    assert said.code == 0, said.err
    assert rooms(world) == NONE


def test_a_digest_is_good_for_one_plan_only(home: Path, world: MemoryWorld) -> None:
    (home / "club.yaml").write_text(TWO.replace("  attic: {title: 阁楼, on_remove: delete}\n", ""), encoding="utf-8")
    digest = planned(home)["digest"]
    (home / "club.yaml").write_text(CLUB, encoding="utf-8")
    said = groupform(home, "apply", "--yes", "--approve", digest)
    assert said.code == 1
    assert rooms(world) == ALL


def test_the_refusal_says_what_to_type(home: Path) -> None:
    digest = planned(home)["deployments"][0]["digest"]
    said = groupform(home, "apply", "--yes")
    words = said.err.replace("\n", "").replace(" ", "")
    assert digest in words
    assert "--approve" in words
    chinese = groupform(home, "apply", "--yes", environ={"GROUPFORM_LANG": "zh-CN"})
    assert "--approve" in chinese.err


def test_members_count_does_not_void_an_approval_but_a_new_finding_does(home: Path, world: MemoryWorld) -> None:
    assert groupform(home, "plan", "--out", "p.json").code == 0
    digest = json.loads((home / "p.json").read_text(encoding="utf-8"))["digest"]
    for each in world.living("room"):
        each.people += 200  # now the guard for members has a say as well, which nobody has reviewed
    said = groupform(home, "apply", "p.json", "--yes", "--approve", digest)
    assert said.code == 1
    assert rooms(world) == ALL


def test_what_is_approved_for_one_is_not_for_a_deployment_beside_it(home: Path, world: MemoryWorld) -> None:
    twice = MEMORY.replace("connections:\n", "connections:\n  second: {platform: memory}\n")
    (home / "groupform.yaml").write_text(twice + "  club-two: {community: club, connection: second}\n", "utf-8")
    said = groupform(home, "apply", "--yes", "--approve", PLAZA, "-d", "club-home")
    assert said.code == 1
    assert rooms(world) == ALL


@pytest.mark.parametrize("form", ["text", "markdown"])
def test_what_cannot_be_undone_is_said_in_plain_words(home: Path, form: str) -> None:
    said = groupform(home, "plan", "--format", form)
    assert " ".join(said.out.split()).count("this cannot be undone") == 2
    chinese = groupform(home, "plan", "--format", form, environ={"GROUPFORM_LANG": "zh-CN"})
    assert "无法撤销" in chinese.out
    changes = planned(home)["deployments"][0]["changes"]
    told = {each["address"] for each in changes if each["irreversible"]}
    assert told == {PLAZA, ATTIC}, "a place or a note that goes can be had again"


def test_a_group_that_is_only_forgotten_is_not_announced_as_lost(home: Path, world: MemoryWorld) -> None:
    kept = TWO.replace(", on_remove: delete", "")
    (home / "club.yaml").write_text(kept, encoding="utf-8")
    assert groupform(home, "apply", "--yes").code == 0
    (home / "club.yaml").write_text(CLUB, encoding="utf-8")
    assert "cannot be undone" not in groupform(home, "plan").out
