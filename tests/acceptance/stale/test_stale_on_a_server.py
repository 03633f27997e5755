"""What was reviewed is what runs, or nothing is: refused with zero writes, as a recorder and the server both count."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from acceptance.stale.recorder import Recorder, recording
from acceptance.stale.rig import AFTER, BEFORE, PLAN, PROJECT, Desk
from groupform.compile.address import Address
from groupform.providers.matrix.names import created_alias
from homeserver import Homeserver

pytestmark = pytest.mark.acceptance


@pytest.fixture(scope="module")
def recorder(homeserver: Homeserver) -> Iterator[Recorder]:
    with recording(homeserver.base_url) as found:
        yield found


@pytest.fixture(scope="module")
def reviewed(tmp_path_factory: pytest.TempPathFactory, homeserver: Homeserver, recorder: Recorder) -> Desk:
    """A saved plan, for tests in which the rooms stay as they are."""
    return Desk(tmp_path_factory.mktemp("stale") / "desk", homeserver, recorder).planned()


@pytest.fixture
def desk(tmp_path: Path, reviewed: Desk) -> Desk:
    """A copy of it: files and state can be spoilt."""
    return reviewed.copied(tmp_path / "desk")


@pytest.fixture
def own(tmp_path: Path, homeserver: Homeserver, recorder: Recorder) -> Desk:
    """Rooms of one test's own, with a saved plan."""
    return Desk(tmp_path / "own", homeserver, recorder).planned()


def change_of(content: dict[str, Any], end: str) -> dict[str, Any]:
    (found,) = [each for each in content["changes"] if each["address"].endswith(end)]
    return dict(found)


# (a) the plan file was written to -------------------------------------------------------------------------------------


def topic(content: dict[str, Any]) -> None:
    for each in content["changes"]:
        for attribute in each["attributes"]:
            if attribute["name"] == "topic" and each["address"].endswith("room.plaza"):
                attribute["after"] = "谁改的"


def fewer(content: dict[str, Any]) -> None:
    content["changes"] = content["changes"][1:]


def more(content: dict[str, Any]) -> None:
    name = content["deployment"]
    lobby = {"address": f"{name}/room.lobby", "type": "room", "action": "delete", "label": "大厅"}
    content["changes"].append(lobby)


def other_action(content: dict[str, Any]) -> None:
    for each in content["changes"]:
        if each["action"] == "create":
            each["action"] = "adopt"


def other_id(content: dict[str, Any]) -> None:
    for each in content["changes"]:
        if each["id"] is not None:
            each["id"] = "!elsewhere:localhost"


def destroying(content: dict[str, Any]) -> None:
    content["destroy"] = True


def not_there(content: dict[str, Any]) -> None:
    content["observed"] = dict.fromkeys(content["observed"], "0" * 64)


def other_environment(content: dict[str, Any]) -> None:
    content["environment"] = "staging"


def other_version(content: dict[str, Any]) -> None:
    content["inputs"]["version"] = "99.0"


EDITS: dict[str, tuple[Callable[[dict[str, Any]], None], str]] = {
    "a value": (topic, "plan-stale-change"),
    "a change less": (fewer, "plan-stale-new-change"),
    "a removal more": (more, "plan-stale-done"),
    "another action": (other_action, "plan-stale-change"),
    "another room": (other_id, "plan-stale-change"),
    "to destroy": (destroying, "apply-stale"),
    "other values seen": (not_there, "plan-stale-value"),
    "another environment": (other_environment, "apply-stale"),
    "another version": (other_version, "plan-stale-version"),
}


@pytest.mark.parametrize("edit", EDITS)
def test_a_plan_that_was_written_to(desk: Desk, edit: str) -> None:
    change, code = EDITS[edit]
    desk.edit_plan(change, digested=False)
    desk.refused("plan-file-edited")
    desk.edit_plan(lambda content: None)
    desk.refused("apply-stale", code)


def test_no_approval_by_digest_covers_another_plan(desk: Desk) -> None:
    """Somebody has approved this plan; under its digest lies another one, made for other files."""
    approved = json.loads((desk.folder / PLAN).read_text(encoding="utf-8"))
    desk.write(AFTER.replace("  garden: {title: 花园, topic: 晒太阳}\n", ""))
    desk.saved()
    other = json.loads((desk.folder / PLAN).read_text(encoding="utf-8"))
    other["digest"] = approved["digest"]
    (desk.folder / PLAN).write_text(json.dumps(other), encoding="utf-8")
    desk.refused("plan-file-edited", argv=("apply", PLAN, "--yes", "--approve", approved["digest"]))
    other["deployments"][0]["digest"] = approved["deployments"][0]["digest"]
    for version in (other["format_version"], "1.0"):
        (desk.folder / PLAN).write_text(json.dumps({**other, "format_version": version}), encoding="utf-8")
        code = "plan-file-edited" if version != "1.0" else "plan-stale-edited"
        desk.refused(code, argv=("apply", PLAN, "--yes", "--approve", approved["deployments"][0]["digest"]))


# (b) the files have changed -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("edit", ["a value", "a comment", "a group less", "a guard", "back to before"])
def test_files_that_moved_on(desk: Desk, edit: str) -> None:
    match edit:
        case "a value":
            desk.write(AFTER.replace("周末集市", "每天集市"))
        case "a comment":
            desk.write(AFTER + "# 谁写的\n")
        case "a group less":
            desk.write(AFTER.replace("  garden: {title: 花园, topic: 晒太阳}\n", ""))
        case "a guard":
            desk.write(AFTER, PROJECT.replace("groups: 5", "groups: 50"))
        case "back to before":
            desk.write(BEFORE)
    desk.refused("apply-stale", "plan-stale-files")


# (c) the world has changed --------------------------------------------------------------------------------------------


def test_a_managed_value_that_somebody_changed(own: Desk, homeserver: Homeserver) -> None:
    keeper = homeserver.operator
    plaza, lobby = own.id("room.plaza"), own.id("room.lobby")
    keeper.set_state(plaza, "m.room.topic", {"topic": "有人手改过"})
    said = own.refused("apply-stale", "plan-stale-change")
    assert "room.plaza" in said.err
    keeper.set_state(plaza, "m.room.topic", {"topic": "随便聊聊"})
    keeper.set_state(lobby, "m.room.name", {"name": "不在计划里"})
    said = own.refused("apply-stale", "plan-stale-new-change")
    assert "room.lobby" in said.err
    keeper.set_state(lobby, "m.room.name", {"name": own.read_label("room.lobby")})
    keeper.set_state(plaza, "m.room.topic", {"topic": "周末集市"})
    own.refused("apply-stale", "plan-stale-done")


def test_an_absence_that_ended(own: Desk, homeserver: Homeserver) -> None:
    alias = created_alias(Address.parse(f"{own.name}/room.garden"))
    homeserver.person("stranger").create_room(room_alias_name=alias, name="占位", preset="private_chat")
    own.refused("apply-stale", "plan-stale-guard")


def test_a_guard_that_has_something_to_say_now(own: Desk, homeserver: Homeserver) -> None:
    visitor = homeserver.person("visitor")
    keeper, attic = homeserver.operator, own.id("room.attic")
    keeper.invite(attic, visitor.user_id)
    visitor.join(attic)
    said = own.refused("apply-stale", "plan-stale-guard")
    assert "members" in said.err
    visitor.leave(attic)
    assert own.run("apply", PLAN, "--yes").code in (0, 3), "and nothing once it is silent again"


def test_a_guard_that_has_nothing_to_say_any_more(own: Desk, homeserver: Homeserver) -> None:
    visitor = homeserver.person("visitor")
    keeper, attic = homeserver.operator, own.id("room.attic")
    keeper.invite(attic, visitor.user_id)
    visitor.join(attic)
    digest = own.saved().read_plan().digest
    visitor.leave(attic)
    own.refused("apply-stale", "plan-stale-guard", argv=("apply", PLAN, "--yes", "--approve", digest))


def test_people_who_come_and_go_are_no_reason(own: Desk, homeserver: Homeserver) -> None:
    keeper = homeserver.operator
    for name in ("visitor", "second-visitor"):
        visitor = homeserver.person(name)
        for short in ("room.plaza", "room.lobby"):
            keeper.invite(own.id(short), visitor.user_id)
            visitor.join(own.id(short))
            visitor.send(own.id(short), "大家好")
    done = own.run("apply", PLAN, "--yes")
    assert done.code in (0, 3), done.err
    own.settled()


# (d) applied twice ----------------------------------------------------------------------------------------------------


def test_a_plan_is_good_for_once(tmp_path: Path, own: Desk) -> None:
    colleague = own.copied(tmp_path / "colleague")
    assert own.run("apply", PLAN, "--yes").code in (0, 3)
    own.settled()
    own.refused("apply-stale", "plan-stale-done")
    # With a state of before, whose owner knows nothing of it: what was done is there, and it was not this one's doing.
    colleague.refused("apply-stale", "plan-stale-absent")


# (e) another state ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["missing", "of another lineage", "of another deployment", "rolled back", "emptied"])
def test_another_state(tmp_path: Path, desk: Desk, homeserver: Homeserver, recorder: Recorder, how: str) -> None:
    content = json.loads(desk.state.read_text(encoding="utf-8"))
    code = "plan-stale-lineage"
    match how:
        case "missing":
            shutil.rmtree(desk.state.parent)
        case "of another lineage":
            desk.replace_state({**content, "lineage": "11111111-2222-4333-8444-555555555555"})
        case "of another deployment":
            other = Desk(tmp_path / "other", homeserver, recorder).planned()
            text = other.state.read_text(encoding="utf-8").replace(other.name, desk.name)
            desk.replace_state(json.loads(text))
        case "rolled back":
            desk.replace_state({**content, "serial": content["serial"] - 1})
            code = "plan-stale-serial"
        case "emptied":
            desk.replace_state({**content, "serial": 1, "bindings": {}})
            code = "plan-stale-serial"
    desk.refused("apply-stale", code)


# (f) another account, another homeserver ------------------------------------------------------------------------------


def test_another_account(desk: Desk, homeserver: Homeserver) -> None:
    stranger = homeserver.person("stranger")
    desk.refused("apply-stale", "plan-stale-account", MATRIX_ACCESS_TOKEN=stranger.token)


def test_another_homeserver(tmp_path: Path, desk: Desk, homeserver: Homeserver, fresh_homeserver: Homeserver) -> None:
    """The same name, the same account, an address of its own: and the first plan of all, which relies on nothing."""
    fresh_homeserver.person("lead")
    first = Desk(tmp_path / "first", homeserver, desk.recorder)
    first.write(BEFORE)
    first.saved()
    with recording(fresh_homeserver.base_url) as elsewhere:
        for each in (desk, first):
            each.server, each.recorder = fresh_homeserver, elsewhere
            there = {"MATRIX_HOMESERVER": elsewhere.base_url, "MATRIX_ACCESS_TOKEN": fresh_homeserver.token}
            each.refused("apply-stale", "plan-stale-variable", **there)


# (g) another version, (h) other variables -----------------------------------------------------------------------------


def test_another_version(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("groupform.commands.worlds.__version__", "99.0")
    desk.refused("apply-stale", "plan-stale-version")


def test_a_plan_of_a_newer_format(desk: Desk) -> None:
    content = json.loads((desk.folder / PLAN).read_text(encoding="utf-8"))
    (desk.folder / PLAN).write_text(json.dumps({**content, "format_version": "9.0"}), encoding="utf-8")
    desk.refused("plan-file-version")


def test_another_environment_cannot_be_asked_for(desk: Desk) -> None:
    desk.refused("saved-plan-is-whole", argv=("apply", PLAN, "--yes", "--env", "staging"))


def test_a_variable_that_has_another_value(desk: Desk) -> None:
    """The same server under another name: nobody has reviewed a plan against that one."""
    other = desk.recorder.base_url.replace("127.0.0.1", "localhost")
    said = desk.refused("apply-stale", "plan-stale-variable", MATRIX_HOMESERVER=other)
    assert "MATRIX_HOMESERVER" in said.err


# (i) half applied: resumes, (j) unless the world has changed since ----------------------------------------------------


@pytest.mark.parametrize("write", [1, 2, 3, 5, 8])
def test_a_plan_half_applied_goes_on(own: Desk, write: int) -> None:
    saved = own.read_plan()
    before = {address: each["id"] for address, each in own.document()["bindings"].items()}
    if own.kill_after(write) >= 0:
        pytest.fail(f"the apply has fewer than {write} writes: {own.recorder.writes}")
    assert own.document()["progress"]["plan"] == saved.digest
    done = own.run("apply", PLAN, "--yes")
    assert done.code in (0, 3), done.err
    own.settled()
    after = {address: each["id"] for address, each in own.document()["bindings"].items()}
    assert {each: after[each] for each in before.keys() & after.keys()} == {
        each: before[each] for each in before.keys() & after.keys()
    }, "a room was made anew"
    rooms = own.server.operator.call("GET", "/_synapse/admin/v1/rooms", limit="500", search_term="花园")["rooms"]
    marked = [each for each in rooms if each["room_id"] == after[f"{own.name}/room.garden"]]
    assert len(marked) == 1
    own.refused("apply-stale", "plan-stale-done")


# Writes go out side by side, and a change may take two of them: after the second one none may be done yet.
@pytest.mark.parametrize(
    ("write", "which"), [(5, "done"), (8, "done"), (2, "open"), (5, "open"), (2, "untouched"), (5, "untouched")]
)
def test_a_plan_half_applied_stops_when_the_world_has_changed(own: Desk, write: int, which: str) -> None:
    assert own.kill_after(write) < 0
    keeper = own.server.operator
    fresh = json.loads(own.run("plan", "--format", "json").out)["deployments"][0]
    open_ = {each["address"].partition("/")[2] for each in fresh["changes"]}
    saved = {each.address.partition("/")[2] for each in own.read_plan().changes}
    bound = {each.partition("/")[2] for each in own.document()["bindings"]}
    pool = {"done": saved - open_, "open": saved & open_, "untouched": bound - saved}[which] & bound
    rooms = sorted(each for each in pool if each.startswith("room."))
    if not rooms:
        rooms = [f"room.{each.partition('.')[2]}" for each in sorted(pool) if each.startswith("notice.")]
        assert rooms, (which, pool, saved, open_)
    keeper.set_state(own.id(rooms[0]), "m.room.topic", {"topic": "半路被人改了"})
    own.refused("apply-stale")
