"""Purges and encryption from the command line, on a real homeserver: what a person types, reads and is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands.matrix_desk import Desk
from homeserver import Homeserver

pytestmark = pytest.mark.acceptance


def test_a_purge_is_typed_twice(tmp_path: Path, homeserver: Homeserver) -> None:
    desk = Desk(tmp_path / "project", homeserver).applied()
    room = desk.state()["bindings"][f"{desk.name}/room.plaza"]["id"]
    homeserver.person("passer-by").join(desk.state()["bindings"][f"{desk.name}/space.{desk.key}"]["id"])
    homeserver.person("passer-by").join(room)
    address = f"{desk.name}/room.plaza"
    wild = desk.run("destroy", "--yes", "--purge", f"{desk.name}/room.*")
    assert wild.code == 1 and "is not an address" in wild.err
    declared = desk.run("plan", "--purge", address)
    assert declared.code == 1 and "still declared" in declared.err
    elsewhere = desk.run("plan", "--purge", "other-home/room.plaza")
    assert elsewhere.code == 1 and "does not work on" in elsewhere.err
    community = desk.home / "club.yaml"
    text = community.read_text(encoding="utf-8")
    community.write_text(text.replace("  plaza: {title: 广场}\n", ""), encoding="utf-8")
    shown = desk.run("plan", "--purge", address)
    assert "everybody inside (1) is put out" in shown.out
    assert f"--approve {address}" in shown.out
    once = desk.run("apply", "--yes", "--purge", address)
    assert once.code == 1 and room in homeserver.operator.joined_rooms()
    done = desk.run("apply", "--yes", "--purge", address, "--approve", address)
    assert done.code in (0, 3), done.err
    assert room not in homeserver.person("passer-by").joined_rooms()
    again = desk.run("plan", "--purge", address)
    assert again.code == 1 and "is not in the state" in again.err


def test_a_saved_plan_holds_its_purges(tmp_path: Path, homeserver: Homeserver) -> None:
    desk = Desk(tmp_path / "project", homeserver).applied()
    room, address = desk.state()["bindings"][f"{desk.name}/room.plaza"]["id"], f"{desk.name}/room.plaza"
    planned = desk.run("plan", "--destroy", "--purge", address, "--out", "gone.plan")
    assert planned.code == 0, planned.err
    assert desk.run("apply", "gone.plan", "--yes", "--purge", address).code == 1
    assert desk.run("apply", "gone.plan", "--yes").code == 1
    assert room in homeserver.operator.joined_rooms()
    rooms = [each for each in desk.state()["bindings"] if each.split("/")[1].split(".")[0] in ("room", "space", "team")]
    approve = [word for each in desk.state()["bindings"] for word in ("--approve", each)]
    done = desk.run("apply", "gone.plan", "--yes", *approve)
    assert done.code in (0, 3), done.err
    assert len(rooms) == 4 and not desk.state()["bindings"]


def test_encryption_by_hand_is_taken_into_the_files(tmp_path: Path, homeserver: Homeserver) -> None:
    desk = Desk(tmp_path / "project", homeserver).applied()
    room = desk.state()["bindings"][f"{desk.name}/room.plaza"]["id"]
    homeserver.operator.set_state(room, "m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"})
    shown = desk.run("plan")
    assert shown.code == 0 and "nothing can undo that" in shown.out
    pulled = desk.run("pull", "--yes")
    assert pulled.code == 0, pulled.out + pulled.err
    assert "encrypted: true" in (desk.home / "club.yaml").read_text(encoding="utf-8")
    again = desk.run("plan", "--detailed-exitcode")
    assert "nothing can undo that" not in again.out
