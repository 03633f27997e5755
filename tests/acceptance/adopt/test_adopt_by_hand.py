"""A community that people made by hand is adopted: nothing in it changes but our mark, and the plan after is empty."""

from __future__ import annotations

from pathlib import Path

import pytest

from acceptance.adopt.by_hand import ByHand, make_by_hand
from acceptance.adopt.operator import Operator
from homeserver import Homeserver


@pytest.fixture
def operator(tmp_path: Path, homeserver: Homeserver) -> Operator:
    return Operator(tmp_path, homeserver)


@pytest.fixture
def made(homeserver: Homeserver) -> ByHand:
    return make_by_hand(homeserver)


def adopted(operator: Operator, made: ByHand) -> None:
    operator("adopt", "home", made.space, "--as", operator.key, "--yes")
    operator("apply", "-d", operator.deployment, "--yes")


def test_a_space_made_by_hand_is_adopted_and_nothing_is_lost(operator: Operator, made: ByHand) -> None:
    before = made.snapshot()
    operator("adopt", "home", made.space, "--as", operator.key, "--yes")
    text = operator.read("groupform.yaml")
    assert "# one file a community" in text
    assert "# that is us" in text
    planned = operator.changes(operator.deployment)
    assert {action for action, _, _ in planned} == {"adopt"}, planned
    assert {attributes for _, _, attributes in planned} == {(), ("mark",)}, planned
    operator("apply", "-d", operator.deployment, "--yes")
    assert operator.changes(operator.deployment) == set()
    assert made.snapshot() == before


def test_once_adopted_the_table_may_go(operator: Operator, made: ByHand) -> None:
    adopted(operator, made)
    text = operator.read("groupform.yaml")
    operator.write("groupform.yaml", text[: text.index("    adopt:")])
    assert operator.changes(operator.deployment) == set()


def test_the_first_change_of_a_declaration_is_made_and_only_that(operator: Operator, made: ByHand) -> None:
    adopted(operator, made)
    operator.change(operator.community, 'title: "公告板📢"\n    kind: announcement', 'title: "公告"')
    assert operator.changes(operator.deployment) == {("update", "room.group-3", ("levels", "name"))}
    operator("apply", "-d", operator.deployment, "--yes")
    assert operator.changes(operator.deployment) == set()
    power = made.server.operator.get_state(made.rooms["notices"], "m.room.power_levels")
    assert power["events_default"] == 0
    assert power["users"][made.moderator.user_id] == 45
    # Back again: now it is a value of ours, and no longer what was found.
    operator.change(operator.community, 'title: "公告"', "title: 公告\n    kind: announcement")
    assert operator.changes(operator.deployment) == {("update", "room.group-3", ("levels",))}


def test_a_door_that_needs_the_team_brings_it(operator: Operator, made: ByHand) -> None:
    adopted(operator, made)
    operator.change(operator.community, "entry: {door: invite}", "entry: {door: request}")
    assert ("create", "team.team") in {
        (action, address) for action, address, _ in operator.changes(operator.deployment)
    }
    operator("apply", "-d", operator.deployment, "--yes")
    assert operator.changes(operator.deployment) == set()
    rule = made.server.operator.get_state(made.rooms["invite"], "m.room.join_rules")
    assert rule["join_rule"] == "knock_restricted"


def test_drift_of_a_door_is_seen_though_it_was_kept_as_found(operator: Operator, made: ByHand) -> None:
    adopted(operator, made)
    me, room = made.server.operator, made.rooms["knock"]
    me.set_state(room, "m.room.join_rules", {"join_rule": "public"})
    # The language knows no history: nobody minds.
    me.set_state(room, "m.room.history_visibility", {"history_visibility": "world_readable"})
    assert operator.changes(operator.deployment) == {("update", "room.group-4", ("join_rule",))}
    operator("apply", "-d", operator.deployment, "--yes")
    assert me.get_state(room, "m.room.join_rules") == {"join_rule": "knock"}
    assert operator.changes(operator.deployment) == set()


def test_a_room_that_another_project_looks_after_is_refused(
    operator: Operator, made: ByHand, tmp_path: Path, homeserver: Homeserver
) -> None:
    adopted(operator, made)
    other = Operator(tmp_path / "other", homeserver)
    before = made.snapshot()
    said = other("adopt", "home", made.space, "--as", "thieves", "--yes", code=1)
    assert operator.deployment in said.err
    assert not (other.folder / "communities" / "thieves.yaml").exists()
    # By hand into the file, past the command:
    other.write(
        "communities/thieves.yaml",
        operator.read(operator.community).replace(f"community: {operator.key}", "community: thieves"),
    )
    table = operator.read("groupform.yaml").partition("deployments:")[2]
    other.change("groupform.yaml", "deployments: {}", "deployments:" + table.replace(operator.key, "thieves"))
    plan = other.plan("thieves-home")
    assert len([each for each in plan["conflicts"] if each["reason"]["code"] == "plan-owned-elsewhere"]) == 7
    other("apply", "-d", "thieves-home", "--yes", code=1)
    assert made.snapshot() == before


def test_a_name_changed_between_plan_and_apply_makes_the_plan_stale(operator: Operator, made: ByHand) -> None:
    operator("adopt", "home", made.space, "--as", operator.key, "--yes")
    operator("plan", "-d", operator.deployment, "--out", "plan.json", code=None)
    made.server.operator.set_state(made.rooms["notices"], "m.room.name", {"name": "另一个名字"})
    before = made.snapshot()
    said = operator("apply", "plan.json", "--yes", code=1)
    assert "no longer holds" in said.err
    assert made.snapshot() == before


def test_a_saved_plan_is_applied(operator: Operator, made: ByHand) -> None:
    operator("adopt", "home", made.space, "--as", operator.key, "--yes")
    operator("plan", "-d", operator.deployment, "--out", "plan.json", code=None)
    operator("apply", "plan.json", "--yes")
    assert operator.changes(operator.deployment) == set()


def test_what_cannot_be_adopted_is_a_conflict_and_nothing_is_made(operator: Operator, made: ByHand) -> None:
    operator("adopt", "home", made.space, "--as", operator.key, "--yes")
    text = operator.read("groupform.yaml")
    wrong = text.replace(made.rooms["knock"], made.rooms["invite"]).replace(made.rooms["lobby"], "!nothing:localhost")
    operator.write("groupform.yaml", wrong.replace(made.rooms["notices"], made.space))
    plan = operator.plan(operator.deployment)
    codes = sorted(each["reason"]["code"] for each in plan["conflicts"])
    assert codes.count("plan-adopt-twice") == 4, codes  # two rooms, with what hangs in each
    assert "plan-adopt-hidden" in codes
    before = made.snapshot()
    operator("apply", "-d", operator.deployment, "--yes", code=1)
    assert made.snapshot() == before


def test_drift_is_taken_into_the_files(operator: Operator, made: ByHand) -> None:
    adopted(operator, made)
    room, me = made.rooms, made.server.operator
    me.set_state(room["lobby"], "m.room.name", {"name": "新大厅 🎊"})
    me.set_state(room["public"], "m.room.topic", {"topic": "不归我们管"})
    me.set_state(room["lobby"], "m.room.topic", {"topic": "新话题"})
    me.set_state(made.space, "m.room.name", {"name": "猫舍"})
    said = operator("pull", "-d", operator.deployment, "--yes")
    assert '+    title: "新大厅 🎊"' in said.out
    text = operator.read(operator.community)
    assert "title: 猫舍" in text
    assert "topic: 新话题" in text
    assert "不归我们管" not in text
    assert operator.changes(operator.deployment) == set()
    operator("apply", "-d", operator.deployment, "--yes")
    assert operator.changes(operator.deployment) == set()
    assert "Nothing to take" in operator("pull", "-d", operator.deployment, "--yes").out


def test_a_door_that_was_changed_by_hand_is_taken_into_the_files(operator: Operator, made: ByHand) -> None:
    adopted(operator, made)
    made.server.operator.set_state(made.rooms["knock"], "m.room.join_rules", {"join_rule": "public"})
    operator("pull", "-d", operator.deployment, "--yes")
    part = operator.read(operator.community).partition("group-4:")[2].partition("group-5:")[0]
    assert "door: link" in part
    changed = {attribute for _, _, attributes in operator.changes(operator.deployment) for attribute in attributes}
    assert "join_rule" not in changed


def test_what_the_files_cannot_say_is_said_and_left(operator: Operator, made: ByHand) -> None:
    adopted(operator, made)
    made.server.operator.set_state(made.rooms["notices"], "m.room.name", {"name": "两行\n名字"})
    before = operator.read(operator.community)
    said = operator("pull", "-d", operator.deployment, "--yes")
    assert "cannot be said in the files" in said.err
    assert operator.read(operator.community) == before
