"""What people changed by hand is taken into the files where one leaf says it; all else is said and left."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest

from acceptance.adopt.operator import Operator
from homeserver import Homeserver

COMMUNITY = """\
# Kept by ops.
community: {key}
title: 门店福利群   # as on the posters
team: {{owner: ops}}
entry: {{door: link}}
rules:
  kind: {{title: 友善, text: 对事不对人。}}
notice: {{file: notice.md}}
groups:
  hall:   # first
    title: "大厅"
    topic: '先看群规'
  desk: {{title: 书桌, entry: {{door: invite}}}}
  store:
    each: {{from: {{csv: stores.csv}}, key: id}}
    title: "{{store}}福利群"
  city: {{each: {{from: {{segment: region}}, as: region}}, title: "{{region}}群"}}
segments: {{region: {{sh: 上海, bj: 北京}}}}
"""


@pytest.fixture
def operator(tmp_path: Path, homeserver: Homeserver) -> Operator:
    made = Operator(tmp_path, homeserver)
    made.write(made.community, COMMUNITY.format(key=made.key))
    made.write("communities/stores.csv", "id,store\nrmgc,人民广场\nxjh,徐家汇\n")
    made.write("communities/notice.md", "第一版公告。\n")
    table = f"deployments:\n  {made.deployment}: {{community: {made.key}, connection: home}}"
    made.change("groupform.yaml", "deployments: {}", table)
    made("apply", "-d", made.deployment, "--yes")
    return made


def room(operator: Operator, name: str) -> str:
    return operator.server.operator.resolve(f"#{operator.key}-{name}:localhost")


def test_each_leaf_that_says_it_alone_is_edited_and_nothing_else(operator: Operator) -> None:
    me, before = operator.server.operator, operator.read(operator.community)
    me.set_state(room(operator, "hall"), "m.room.name", {"name": "大厅: [新] # 1"})
    me.set_state(room(operator, "hall"), "m.room.topic", {"topic": "null"})
    me.set_state(room(operator, "desk"), "m.room.join_rules", {"join_rule": "public"})
    me.set_state(room(operator, "desk"), "m.room.name", {"name": "１２ 桌\u202e"})
    said = operator("pull", "-d", operator.deployment, "--yes")
    text = operator.read(operator.community)
    expected = (
        before.replace('title: "大厅"', 'title: "大厅: [新] # 1"')
        .replace("topic: '先看群规'", 'topic: "null"')
        .replace("{title: 书桌, entry: {door: invite}}", '{title: "１２ 桌\\u202e", entry: {door: link}}')
    )
    assert text == expected
    assert said.code == 0
    left = {attribute for _, _, attributes in operator.changes(operator.deployment) for attribute in attributes}
    assert not left & {"name", "topic", "join_rule"}, left


def test_what_a_template_or_a_table_says_is_left_with_a_word(operator: Operator) -> None:
    me, before = operator.server.operator, operator.read(operator.community)
    table = operator.read("communities/stores.csv")
    me.set_state(room(operator, "store-rmgc"), "m.room.name", {"name": "人民广场优惠群"})
    me.set_state(room(operator, "city-sh"), "m.room.name", {"name": "魔都群"})
    me.set_state(room(operator, "hall"), "m.room.name", {"name": "新大厅"})
    said = operator("pull", "-d", operator.deployment, "--yes")
    words = " ".join(said.err.split())
    assert "made of a row of stores.csv" in words, said.err
    assert "declared for all copies of the group at once" in words, said.err
    assert operator.read(operator.community) == before.replace('title: "大厅"', "title: 新大厅")
    assert operator.read("communities/stores.csv") == table
    changes = {address for _, address, _ in operator.changes(operator.deployment)}
    assert changes == {"room.store/rmgc", "room.city/sh"}


def test_a_notice_in_a_file_is_taken_from_its_message(operator: Operator) -> None:
    me, hall = operator.server.operator, room(operator, "hall")
    [event] = me.get_state(hall, "m.room.pinned_events")["pinned"]
    new = {"msgtype": "m.text", "body": "第二版公告。\n\n- 一\n- 二"}
    content = {**new, "m.new_content": new, "m.relates_to": {"rel_type": "m.replace", "event_id": event}}
    me.call("PUT", f"/rooms/{hall}/send/m.room.message/{uuid.uuid4().hex}", content)
    said = operator("pull", "-d", operator.deployment, "--yes", code=None)
    # Every room shows the file; one room alone cannot say what it holds.
    assert operator.read("communities/notice.md") in ("第一版公告。\n", "第二版公告。\n\n- 一\n- 二\n"), said.err


def test_one_room_alone_is_adopted_and_nothing_in_it_changes(tmp_path: Path, homeserver: Homeserver) -> None:
    operator, me = Operator(tmp_path, homeserver), homeserver.operator
    stranger = homeserver.person("stranger")
    alone = me.create_room(name="孤 #1: {x}", preset="private_chat", room_version="10", invite=[stranger.user_id])
    stranger.join(alone)
    state = {(each["type"], each["state_key"]): each["content"] for each in me.state(alone)}
    said = operator("adopt", "home", alone, "--as", operator.key, "--yes")
    assert "new space around it" in " ".join(said.err.split())
    operator("apply", "-d", operator.deployment, "--yes")
    assert operator.changes(operator.deployment) == set()
    after = {(each["type"], each["state_key"]): each["content"] for each in me.state(alone)}
    after.pop(("org.groupform.owner", ""))
    kept = {key: value for key, value in after.items() if key in state}
    assert kept == state
    assert {kind for kind, _ in after.keys() - state.keys()} <= {"m.space.parent", "m.room.canonical_alias"}


def test_a_run_that_was_killed_between_its_two_files_is_finished(tmp_path: Path, homeserver: Homeserver) -> None:
    operator, me = Operator(tmp_path, homeserver), homeserver.operator
    space = me.create_room(name="空间", creation_content={"type": "m.space"}, preset="public_chat")
    one = me.create_room(name="一", preset="private_chat")
    me.set_state(space, "m.space.child", {"via": ["localhost"]}, one)
    before = operator.read("groupform.yaml")
    operator("adopt", "home", space, "--as", operator.key, "--yes")
    whole, community = operator.read("groupform.yaml"), operator.read(operator.community)
    operator.write("groupform.yaml", before)
    operator("adopt", "home", space, "--as", operator.key, "--yes")
    assert (operator.read("groupform.yaml"), operator.read(operator.community)) == (whole, community)
    # A file that somebody has written is not written over.
    operator.write("groupform.yaml", before)
    operator.write(operator.community, community.replace("title: 空间", "title: 我的"))
    operator("adopt", "home", space, "--as", operator.key, "--yes", code=1)
    assert "我的" in operator.read(operator.community)


def test_the_first_community_of_a_project_may_be_an_adopted_one(tmp_path: Path, homeserver: Homeserver) -> None:
    operator, me = Operator(tmp_path, homeserver), homeserver.operator
    (tmp_path / "communities" / "seed.yaml").unlink()
    project = operator.read("groupform.yaml")
    operator.write("groupform.yaml", project.partition("\ndeployments:")[0] + "\n")
    space = me.create_room(name="第一个", creation_content={"type": "m.space"}, preset="public_chat")
    room = me.create_room(name="一", preset="private_chat")
    me.set_state(space, "m.space.child", {"via": ["localhost"]}, room)
    operator("adopt", "home", space, "--as", operator.key, "--yes")
    operator("apply", "-d", operator.deployment, "--yes")
    assert operator.changes(operator.deployment) == set()
