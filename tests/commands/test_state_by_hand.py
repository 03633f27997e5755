"""`state mv`, `rm`, `pull` and `push`: what they write, what they refuse, and that a way back is kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from commands.line import CLUB, groupform, write_project
from commands.state_rig import MEMORY, ROOM, backups, memory_world, state
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


def pulled(home: Path, file: Path) -> dict[str, object]:
    said = groupform(home, "state", "pull", "club-home")
    assert said.code == 0, said.err
    file.write_text(said.out, encoding="utf-8")
    return dict(json.loads(said.out))


def test_mv_gives_a_binding_its_new_address_wherever_it_is_written(home: Path) -> None:
    before = state(home)
    said = groupform(home, "state", "mv", "room.lobby", "room.front")
    assert said.code == 0, said.err
    after = state(home)["bindings"]
    assert ROOM not in json.dumps(after)
    assert after["club-home/room.front"]["id"] == before["bindings"][ROOM]["id"]
    assert after["club-home/place.lobby"]["applied"]["room"] == "club-home/room.front"
    assert len(after) == len(before["bindings"])
    assert any(json.loads(each.read_text(encoding="utf-8"))["bindings"] == before["bindings"] for each in backups(home))


def test_mv_there_and_back_is_as_if_nothing_had_been(home: Path) -> None:
    before = state(home)["bindings"]
    for old, new in (("room.lobby", "room.front"), ("room.front", "room.lobby")):
        assert groupform(home, "state", "mv", old, new).code == 0
    assert state(home)["bindings"] == before
    assert "No changes" in groupform(home, "plan").out


def test_a_key_renamed_in_the_files_and_moved_in_the_state_is_the_same_room(home: Path, world: MemoryWorld) -> None:
    ids = {each.id for each in world.living("room")}
    (home / "club.yaml").write_text(CLUB.replace("  lobby:", "  front:"), encoding="utf-8")
    for kind in ("room", "place", "note"):
        assert groupform(home, "state", "mv", f"{kind}.lobby", f"{kind}.front").code == 0
    said = groupform(home, "apply", "--yes")
    assert said.code == 0, said.err
    assert {each.id for each in world.living("room")} == ids


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("room.lobby", "place.lobby", "state-mv-elsewhere"),
        ("room.lobby", "other/room.lobby", "state-mv-elsewhere"),
        ("room.lobby", "room.lobby@staging", "state-mv-elsewhere"),
        ("room.lobby", "Not An Address", "address-wrong"),
        ("room.lobby", "room.lobby", "state-mv-taken"),
        ("room.lobbi", "room.front", "address-unknown"),
    ],
)
def test_mv_refuses_what_it_cannot_mean(home: Path, old: str, new: str, code: str) -> None:
    before = state(home)
    said = groupform(home, "state", "mv", old, new)
    assert said.code == 1
    assert code in said.err
    assert state(home) == before


def test_rm_forgets_and_leaves_the_room_alone(home: Path, world: MemoryWorld) -> None:
    things = dict(world.things)
    said = groupform(home, "state", "rm", "room.lobby", "place.lobby", "--yes")
    assert said.code == 0, said.err
    assert "2 addresses forgotten" in said.out
    assert {ROOM, "club-home/place.lobby"} & state(home)["bindings"].keys() == set()
    assert world.things == things
    assert backups(home)
    assert groupform(home, "apply", "--yes").code == 0
    assert world.things.keys() == things.keys(), "found again by its mark, not made twice"


@pytest.mark.parametrize(("typed", "gone"), [("y\n", True), ("n\n", False), ("\n", False)])
def test_rm_asks(home: Path, typed: str, gone: bool) -> None:
    said = groupform(home, "state", "rm", "room.lobby", typed=typed)
    assert said.code == (0 if gone else 1)
    assert (ROOM not in state(home)["bindings"]) is gone


def test_rm_does_nothing_where_nobody_can_answer(home: Path) -> None:
    said = groupform(home, "state", "rm", "room.lobby")
    assert said.code == 1
    assert "upkeep-nobody" in said.err
    assert ROOM in state(home)["bindings"]


def test_pull_and_push_of_the_same_is_nothing(home: Path, tmp_path: Path) -> None:
    copy = pulled(home, tmp_path / "copy.json")
    assert copy == state(home)
    said = groupform(home, "state", "push", "copy.json", "--yes")
    assert said.code == 0
    assert "says the same already" in said.out
    assert state(home) == copy


def test_push_takes_an_edited_copy_and_shows_what_it_changes(home: Path, tmp_path: Path) -> None:
    copy = pulled(home, tmp_path / "copy.json")
    copy["bindings"].pop(ROOM)  # type: ignore[attr-defined]
    (tmp_path / "copy.json").write_text(json.dumps(copy), encoding="utf-8")
    said = groupform(home, "state", "push", "copy.json", "--yes")
    assert said.code == 0, said.err
    assert f"- {ROOM}" in said.out
    after = state(home)
    assert after["bindings"] == copy["bindings"]
    assert after["serial"] > int(str(copy["serial"]))


def test_push_refuses_an_older_copy_unless_it_is_meant(home: Path, tmp_path: Path) -> None:
    old = pulled(home, tmp_path / "old.json")
    assert groupform(home, "state", "rm", "room.lobby", "--yes").code == 0
    said = groupform(home, "state", "push", "old.json", "--yes")
    assert said.code == 1
    assert "state-push-older" in said.err
    assert ROOM not in state(home)["bindings"]
    assert groupform(home, "state", "push", "old.json", "--yes", "--force").code == 0
    assert state(home)["bindings"] == old["bindings"]


def test_push_never_takes_another_history(home: Path, tmp_path: Path) -> None:
    copy = pulled(home, tmp_path / "copy.json")
    (tmp_path / "copy.json").write_text(json.dumps({**copy, "lineage": "another", "serial": 99}), encoding="utf-8")
    before = state(home)
    for more in ((), ("--force",)):
        said = groupform(home, "state", "push", "copy.json", "--yes", *more)
        assert said.code == 1
        assert "state-push-lineage" in said.err
    assert state(home) == before


def test_push_fills_a_lost_state_with_its_own_history(home: Path, tmp_path: Path, world: MemoryWorld) -> None:
    copy = pulled(home, tmp_path / "copy.json")
    things = dict(world.things)
    (home / ".groupform").rename(tmp_path / "lost")
    said = groupform(home, "state", "push", "copy.json", "--yes")
    assert said.code == 0, said.err
    assert (state(home)["lineage"], state(home)["bindings"]) == (copy["lineage"], copy["bindings"])
    assert "No changes" in groupform(home, "plan").out
    assert groupform(home, "apply", "--yes").code == 0
    assert world.things == things


def test_push_does_not_forget_a_creation_that_is_still_open(home: Path, tmp_path: Path) -> None:
    from groupform.state.document import Document, OpenIntent

    copy = pulled(home, tmp_path / "copy.json")
    document = Document.model_validate(copy)
    intent = OpenIntent(nonce="n", type="room", sent_at="2026-12-01T07:00:00+00:00", plan="p", attributes={})
    open_one = document.model_copy(update={"intents": {"club-home/room.new": intent}})
    (tmp_path / "open.json").write_text(open_one.model_dump_json(), encoding="utf-8")
    assert groupform(home, "state", "push", "open.json", "--yes").code == 0
    (tmp_path / "copy.json").write_text(json.dumps({**copy, "serial": 50}), encoding="utf-8")
    said = groupform(home, "state", "push", "copy.json", "--yes")
    assert said.code == 1
    assert "state-push-intents" in said.err
    assert groupform(home, "state", "rm", "room.lobby", "--yes").code == 0, "what is not open can be forgotten"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("", "state-push-wrong"),
        ("[]", "state-push-wrong"),
        ("{}", "state-push-wrong"),
        ('{"format_version": 99}', "state-newer"),
        (
            '{"format_version": 1, "lineage": "a", "deployment": "d", "environment": "e", "extra": 1}',
            "state-push-wrong",
        ),
        ("[" * 100_000, "state-push-wrong"),
        ("\ud83d", "state-push-wrong"),
    ],
)
def test_push_refuses_what_is_no_copy(home: Path, tmp_path: Path, content: str, code: str) -> None:
    (tmp_path / "copy.json").write_bytes(content.encode("utf-8", "surrogatepass"))
    said = groupform(home, "state", "push", "copy.json", "--yes")
    assert said.code == 1
    assert code in said.err
    assert "bug" not in said.err.split()


def test_push_refuses_addresses_of_another_deployment(home: Path, tmp_path: Path) -> None:
    copy = pulled(home, tmp_path / "copy.json")
    text = json.dumps(copy).replace("club-home/room", "club-away/room")
    (tmp_path / "copy.json").write_text(text, encoding="utf-8")
    assert "state-push-address" in groupform(home, "state", "push", "copy.json", "--yes").err


def test_there_is_nothing_to_pull_where_there_is_no_state(tmp_path: Path, world: MemoryWorld) -> None:
    home = write_project(tmp_path, MEMORY)
    said = groupform(home, "state", "pull", "club-home")
    assert (said.code, said.out) == (1, "")
    assert "state-none" in said.err


def test_every_verb_speaks_chinese(home: Path) -> None:
    said = groupform(home, "state", "rm", "room.lobby", "--yes", environ={"GROUPFORM_LANG": "zh-CN"})
    assert "已忘掉 1 个地址" in said.out
