"""What a nightly look finds on a real homeserver, and that looking leaves nothing behind there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from acceptance.stale.recorder import Recorder, kept, recording
from acceptance.stale.rig import BEFORE, Desk
from homeserver import Homeserver

pytestmark = pytest.mark.acceptance


@pytest.fixture
def recorder(fresh_homeserver: Homeserver) -> Iterator[Recorder]:
    with recording(fresh_homeserver.base_url) as found:
        yield found


@pytest.fixture
def desk(tmp_path: Path, fresh_homeserver: Homeserver, recorder: Recorder) -> Desk:
    made = Desk(tmp_path / "desk", fresh_homeserver, recorder)
    made.write(BEFORE)
    assert made.run("apply", "--yes").code in (0, 3)
    return made


def kinds(desk: Desk, *argv: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for section in json.loads(desk.run("drift", "--format", "json", *argv).out)["sections"]:
        for each in section["findings"]:
            found.setdefault(each["kind"], []).append(each["address"].rpartition("/")[2])
    return found


def test_a_night_on_which_much_has_happened(desk: Desk, recorder: Recorder) -> None:
    for argv in ((), ("--deep",), ("--format", "markdown")):
        quiet = desk.run("drift", *argv)
        assert (quiet.code, quiet.out, quiet.err) == (0, "", "")
    keeper, lead = desk.server.operator, desk.server.person("lead")
    plaza, attic, lobby = (desk.id(f"room.{each}") for each in ("plaza", "attic", "lobby"))
    keeper.invite(attic, lead.user_id)
    lead.join(attic)
    keeper.set_state(plaza, "m.room.topic", {"topic": "有人手改过"})
    keeper.set_state(lobby, "m.room.name", {"name": "大厅（新）"})
    for name in ("visitor", "second-visitor"):
        visitor = desk.server.person(name)
        keeper.invite(plaza, visitor.user_id)
        visitor.join(plaza)
    keeper.leave(attic)
    stranger = keeper.create_room(name="老群", preset="private_chat")
    at_first, serial = kept(desk.server.folder), desk.document()["serial"]
    recorder.clear()
    found = kinds(desk)
    assert sorted(found["changed"]) == ["room.lobby", "room.plaza"]
    assert "room.attic" in found["hidden"]
    assert found["appeared"] == [stranger]
    said = desk.run("drift")
    assert said.code == 2 and said.err == ""
    assert "有人手改过" in said.out and "2 people inside" in said.out
    assert said.out.count("阁楼") <= 2, "what hangs in a room is told with it"
    page = desk.run("drift", "--deep", "--format", "markdown")
    assert page.out.startswith("<!-- groupform-drift ")
    chinese = desk.run("drift", GROUPFORM_LANG="zh-CN").out
    assert "被人手动改过：2 个" in chinese and "里面有 2 人" in chinese
    assert recorder.writes == []
    assert kept(desk.server.folder) == at_first
    assert desk.document()["serial"] == serial


def test_a_notice_edited_by_hand_is_seen_by_a_deep_look(desk: Desk) -> None:
    keeper, plaza = desk.server.operator, desk.id("room.plaza")
    (pinned,) = keeper.get_state(plaza, "m.room.pinned_events")["pinned"]
    edit = {"msgtype": "m.text", "body": "全都变了"}
    content = {**edit, "m.new_content": edit, "m.relates_to": {"rel_type": "m.replace", "event_id": pinned}}
    keeper.call("PUT", f"/rooms/{plaza}/send/m.room.message/by-hand", content)
    assert kinds(desk, "--deep") == {"changed": ["notice.plaza"]}
    assert desk.run("plan", "--deep", "--detailed-exitcode").code == 2
