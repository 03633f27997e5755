"""`recover`: where an apply stopped, in words; what only a person can tell is asked, checked and written down."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from commands.line import groupform, write_project
from commands.state_rig import MEMORY, ROOM, backups, memory_world, state
from groupform.engine.provider import Ownership
from groupform.providers.memory import MemoryWorld
from groupform.providers.memory.world import Fault, Request
from groupform.state.document import Document, OpenIntent, Progress
from groupform.state.folder import Folder
from groupform.state.store import StateKey

BADGE = "club-home/badge.member"


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> MemoryWorld:
    return memory_world(monkeypatch)


@pytest.fixture
def home(tmp_path: Path, world: MemoryWorld) -> Path:
    return write_project(tmp_path, MEMORY)


def once(kind: str, fault: Fault) -> Callable[[Request], Fault | None]:
    left = [1]

    def decide(request: Request) -> Fault | None:
        if request.verb == "create" and request.type == kind and left:
            left.pop()
            return fault
        return None

    return decide


def opened(home: Path, world: MemoryWorld, fault: Fault = Fault.dropped) -> str | None:
    """An apply whose answer to a badge, which nothing can look for, was never seen; the id that it had, if any."""
    world.fault = once("badge", fault)
    assert groupform(home, "apply", "--yes").code == 1
    world.fault = lambda request: None
    assert BADGE in state(home)["intents"]
    made = next(world.living("badge"), None)
    return made.id if made is not None else None


def test_nothing_open_is_said(home: Path) -> None:
    assert groupform(home, "recover").code == 0
    groupform(home, "apply", "--yes")
    said = groupform(home, "recover")
    assert said.code == 0
    assert "Nothing is open" in said.out


def test_where_it_stopped_and_what_is_unknown_is_told(home: Path, world: MemoryWorld) -> None:
    opened(home, world)
    said = groupform(home, "recover")
    words = " ".join(said.out.split())
    assert said.code == 3
    assert "the last apply began at" in words
    assert "some changes failed" in words
    assert f"groupform recover --bind {BADGE}=ID" in words
    assert "1 creation is left" in words
    assert BADGE in state(home)["intents"], "telling changes nothing"


def test_an_id_that_a_person_names_is_looked_at_and_bound(home: Path, world: MemoryWorld) -> None:
    badge = opened(home, world)
    said = groupform(home, "recover", "--bind", f"badge.member={badge}")
    assert said.code == 0, said.err
    assert state(home)["bindings"][BADGE]["id"] == badge
    assert state(home)["intents"] == {}
    assert backups(home)
    assert groupform(home, "apply", "--yes").code == 0
    assert [each.id for each in world.living("badge")] == [badge]
    assert "No changes" in groupform(home, "plan").out


def test_what_never_was_is_made_by_the_next_apply(home: Path, world: MemoryWorld) -> None:
    assert opened(home, world, Fault.lost) is None
    assert groupform(home, "recover", "--never", BADGE).code == 0
    assert state(home)["intents"] == {}
    assert groupform(home, "apply", "--yes").code == 0
    assert len(list(world.living("badge"))) == 1


@pytest.mark.parametrize(
    ("typed", "language", "code"),
    [("no\n", "en", 0), ("否\n", "zh-CN", 0), ("没有\n", "zh-CN", 0), ("\n", "en", 3), ("", "en", 3)],
)
def test_somebody_at_a_terminal_is_asked(home: Path, world: MemoryWorld, typed: str, language: str, code: int) -> None:
    opened(home, world, Fault.lost)
    said = groupform(home, "recover", typed=typed, environ={"GROUPFORM_LANG": language})
    assert said.code == code
    assert (BADGE in state(home)["intents"]) is (code == 3)


def test_an_id_typed_at_the_terminal_is_bound(home: Path, world: MemoryWorld) -> None:
    badge = opened(home, world)
    assert groupform(home, "recover", typed=f"{badge}\n").code == 0
    assert state(home)["bindings"][BADGE]["id"] == badge


@pytest.mark.parametrize(
    ("argv", "code"),
    [
        (("--bind", f"{BADGE}=nothing-7"), "recover-not-there"),
        (("--bind", BADGE), "recover-bind-wrong"),
        (("--bind", f"{BADGE}="), "recover-bind-wrong"),
        (("--bind", "badge.other=x"), "recover-open"),
        (("--never", "room.lobby"), "recover-open"),
        (("--bind", f"{BADGE}=x", "--never", BADGE), "recover-both"),
    ],
)
def test_answers_that_cannot_be_are_refused(home: Path, world: MemoryWorld, argv: tuple[str, ...], code: str) -> None:
    opened(home, world)
    said = groupform(home, "recover", *argv)
    assert said.code == 1
    assert code in said.err
    assert BADGE in state(home)["intents"]
    assert BADGE not in state(home)["bindings"]


def test_one_object_is_not_bound_twice_nor_taken_from_another_state(home: Path, world: MemoryWorld) -> None:
    opened(home, world)
    theirs = world.add("badge", {"title": "x"}, owner=Ownership("else", "other", "production"), uid="other/badge.x")
    said = groupform(home, "recover", "--bind", f"{BADGE}={theirs.id}")
    assert "recover-not-ours" in said.err
    document = Document.model_validate(state(home))
    held = document.bindings["club-home/hall.club"].model_copy(update={"type": "badge", "id": "badge-77"})
    write(home, document.model_copy(update={"bindings": {**document.bindings, "club-home/badge.vip": held}}))
    said = groupform(home, "recover", "--bind", f"{BADGE}=badge-77")
    assert "recover-held" in said.err


def write(home: Path, document: Document) -> None:
    """Puts a document where the program would have left it."""
    path = next((home / ".groupform" / "state").glob("*/club-home"), None)
    if path is None:
        path = home / ".groupform" / "state" / document.environment / "club-home"
        path.mkdir(parents=True)
    Folder(path, StateKey("club-home", document.environment)).state.write_text(document.model_dump_json(), "utf-8")


def pending(home: Path, address: str, kind: str, **attributes: object) -> None:
    groupform(home, "apply", "--yes")
    document = Document.model_validate(state(home))
    intent = OpenIntent(nonce="n", type=kind, sent_at="2026-12-01T07:00:00+00:00", plan="p", attributes=attributes)
    progress = Progress(plan="p", serial=1, started_at="2026-12-01T07:00:00+00:00")
    bindings = {name: each for name, each in document.bindings.items() if name != address}
    write(home, document.model_copy(update={"bindings": bindings, "intents": {address: intent}, "progress": progress}))


def test_what_can_be_told_by_looking_needs_nobody(home: Path, world: MemoryWorld) -> None:
    pending(home, ROOM, "room", handle="club-lobby@production")
    room = next(world.living("room")).id
    said = groupform(home, "recover")
    words = " ".join(said.out.split())
    assert said.code == 0
    assert "it was cut off" in words
    assert f"found as {room}" in words
    refused = groupform(home, "recover", "--never", ROOM)
    assert refused.code == 1
    assert "recover-is-there" in refused.err
    assert groupform(home, "apply", "--yes").code == 0
    assert [each.id for each in world.living("room")] == [room]


def test_a_stranger_in_the_place_is_for_a_person(home: Path, world: MemoryWorld) -> None:
    pending(home, "club-home/room.new", "room", handle="wanted")
    world.add("room", {"name": "theirs", "handle": "wanted"})
    said = groupform(home, "recover")
    assert said.code == 3
    assert "does not bear our mark" in " ".join(said.out.split())


def test_a_deployment_that_no_file_declares_can_still_be_closed(home: Path, world: MemoryWorld) -> None:
    pending(home, ROOM, "room")
    (home / "groupform.yaml").write_text(MEMORY.replace("club-home", "club-away"), encoding="utf-8")
    said = groupform(home, "recover")
    assert said.code == 3
    assert "nothing declares it any more" in " ".join(said.out.split())
    assert "recover-undeclared-bind" in groupform(home, "recover", "--bind", f"{ROOM}=room-3").err
    assert groupform(home, "recover", "--never", ROOM).code == 0


def test_a_platform_out_of_reach_is_said_by_its_code(home: Path, world: MemoryWorld) -> None:
    opened(home, world)
    world.fault = lambda request: Fault.unreachable
    pending_state = json.dumps(state(home))
    said = groupform(home, "recover", "--bind", f"{BADGE}=badge-1")
    assert said.code == 4
    assert json.dumps(state(home)) == pending_state
