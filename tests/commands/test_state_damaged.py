"""A state that cannot be trusted: every verb refuses it, writes nothing, and names a way back that works."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from commands.line import groupform, write_project
from commands.state_rig import MEMORY, ROOM, memory_world, state
from groupform.providers.memory import MemoryWorld


def truncated(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-40])


def newer(file: Path) -> None:
    file.write_text(json.dumps({**json.loads(file.read_text("utf-8")), "format_version": 99}), "utf-8")


def foreign(file: Path) -> None:
    file.write_text(json.dumps({**json.loads(file.read_text("utf-8")), "deployment": "other"}), "utf-8")


def gone(file: Path) -> None:
    file.unlink()


def emptied(file: Path) -> None:
    file.write_bytes(b"")


DAMAGES = {
    "state-corrupt": truncated,
    "state-newer": newer,
    "state-foreign": foreign,
    "state-missing": gone,
    "state-corrupt (empty)": emptied,
}
VERBS = (
    ("plan",),
    ("apply", "--yes"),
    ("destroy", "--yes"),
    ("recover",),
    ("unmanaged",),
    ("state", "pull", "club-home"),
    ("state", "push", "copy.json", "--yes", "--force"),
    ("state", "rebuild", "club-home", "--yes"),
    ("state", "mv", "room.lobby", "room.front"),
    ("state", "rm", "room.lobby", "--yes"),
)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> MemoryWorld:
    return memory_world(monkeypatch)


@pytest.fixture
def home(tmp_path: Path, world: MemoryWorld) -> Path:
    made = write_project(tmp_path / "home", MEMORY)
    assert groupform(made, "apply", "--yes").code == 0
    (made / "copy.json").write_text(groupform(made, "state", "pull", "club-home").out, encoding="utf-8")
    # A second apply: only then is there a backup of the first one's state.
    (made / "club.yaml").write_text((made / "club.yaml").read_text("utf-8").replace("大厅", "前厅"), encoding="utf-8")
    assert groupform(made, "apply", "--yes").code == 0
    return made


def everything(folder: Path) -> dict[str, bytes]:
    locks = ("lock", "holder.json")
    return {
        str(each.relative_to(folder)): each.read_bytes()
        for each in folder.rglob("*")
        if each.is_file() and each.name not in locks
    }


@pytest.mark.parametrize("code", DAMAGES)
def test_every_verb_refuses_and_changes_nothing(home: Path, world: MemoryWorld, code: str) -> None:
    damage: Callable[[Path], None] = DAMAGES[code]
    (file,) = home.glob(".groupform/state/*/club-home/state.json")
    damage(file)
    before, things = everything(home / ".groupform"), dict(world.things)
    for verb in VERBS:
        said = groupform(home, *verb)
        if verb[-1].startswith("room.") or verb[1:2] == ("rm",) or verb == ("unmanaged",) or verb == ("recover",):
            # A missing file is not on the list of states, so these have nothing to look at.
            assert said.code == 1 or code == "state-missing", verb
        else:
            assert said.code == 1, (verb, said.out)
            assert code.split()[0] in said.err, verb
        assert "bug" not in said.err.split(), (verb, said.err)
    assert everything(home / ".groupform") == before
    assert world.things == things


def test_the_way_back_by_the_newest_copy_works(home: Path) -> None:
    whole = state(home)
    (file,) = home.glob(".groupform/state/*/club-home/state.json")
    truncated(file)
    backup = sorted(file.parent.glob("backups/*.json"))[-1]
    shown = groupform(home, "plan").err
    assert backup.name[-12:] in shown.replace("\n", "").replace(" ", "")
    shutil.copy(backup, file)
    for each in file.parent.glob("journal-*"):
        each.unlink()
    assert groupform(home, "apply", "--yes").code == 0
    assert state(home)["bindings"].keys() == whole["bindings"].keys()


@pytest.mark.parametrize("damage", [truncated, gone])
def test_the_way_back_without_a_copy_works(
    home: Path, tmp_path: Path, world: MemoryWorld, damage: Callable[[Path], None]
) -> None:
    (file,) = home.glob(".groupform/state/*/club-home/state.json")
    damage(file)
    assert "groupform state rebuild" in " ".join(groupform(home, "plan").err.split())
    file.parent.rename(tmp_path / "away")
    rooms = [each.id for each in world.living("room")]
    assert groupform(home, "state", "rebuild", "club-home", "--yes").code == 0
    assert state(home)["bindings"][ROOM]["id"] in rooms
    assert groupform(home, "apply", "--yes").code == 3, "a badge cannot be looked for: it is asked about"
    assert [each.id for each in world.living("room")] == rooms
