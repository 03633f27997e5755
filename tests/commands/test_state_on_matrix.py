"""The verbs that put a state right, on a real homeserver: a lost state, a stranger's room, a forgotten one."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from commands.matrix_desk import Desk
from homeserver import Homeserver

pytestmark = pytest.mark.acceptance


@pytest.fixture
def desk(tmp_path: Path, homeserver: Homeserver) -> Desk:
    return Desk(tmp_path / "home", homeserver).applied()


def test_a_lost_state_is_rebuilt_whole_and_nothing_is_made_twice(desk: Desk, homeserver: Homeserver) -> None:
    before, rooms = desk.state(), set(homeserver.operator.joined_rooms())
    shutil.rmtree(desk.home / ".groupform")
    said = desk.run("state", "rebuild", desk.name, "--yes")
    assert said.code == 0, said.err
    after = desk.state()
    assert after["lineage"] == before["lineage"]
    ids = {address: each["id"] for address, each in before["bindings"].items()}
    found = {address: each["id"] for address, each in after["bindings"].items()}
    assert found == ids
    plan = desk.run("plan")
    assert "No changes" in plan.out, plan.out
    desk.applied()
    assert set(homeserver.operator.joined_rooms()) == rooms
    assert desk.run("plan", "--detailed-exitcode").code == 0
    assert {address: each["id"] for address, each in desk.state()["bindings"].items()} == ids


def test_the_unmanaged_report_knows_strangers_from_what_is_managed(desk: Desk, homeserver: Homeserver) -> None:
    stray = homeserver.operator.create_room(name="老群 🐾")
    try:
        found = json.loads(desk.run("unmanaged", "--format", "json").out)
        listed = {each["id"]: each for each in found[0]["strays"]}
        assert listed[stray]["label"] == "老群 🐾"
        assert not {each["id"] for each in desk.state()["bindings"].values()} & listed.keys()
    finally:
        homeserver.operator.leave(stray)


def test_a_room_that_was_forgotten_is_taken_in_again_by_its_mark(desk: Desk, homeserver: Homeserver) -> None:
    room = f"{desk.name}/room.lobby"
    was, rooms = desk.state()["bindings"][room]["id"], set(homeserver.operator.joined_rooms())
    assert desk.run("state", "rm", room, "--yes").code == 0
    found = json.loads(desk.run("unmanaged", "--format", "json").out)
    assert [each["lost_by"] for each in found[0]["strays"] if each["id"] == was] == [desk.name]
    desk.applied()
    assert desk.state()["bindings"][room]["id"] == was
    assert set(homeserver.operator.joined_rooms()) == rooms


def test_an_address_moved_in_state_and_files_keeps_its_room(desk: Desk, homeserver: Homeserver) -> None:
    rooms, bound = set(homeserver.operator.joined_rooms()), desk.state()["bindings"]
    file = desk.home / "club.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("  plaza:", "  square:"), encoding="utf-8")
    for address in bound:
        if address.endswith(".plaza"):
            new = address.replace(".plaza", ".square")
            assert desk.run("state", "mv", address, new).code == 0
    desk.applied()
    assert set(homeserver.operator.joined_rooms()) == rooms
    assert desk.state()["bindings"][f"{desk.name}/room.square"]["id"] == bound[f"{desk.name}/room.plaza"]["id"]
    assert desk.run("plan", "--detailed-exitcode").code == 0
