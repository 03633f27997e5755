"""A community that people made by hand is adopted: nothing in it changes but our mark, and the plan after is empty."""

from __future__ import annotations

from pathlib import Path

import pytest

from acceptance.adopt.by_hand import ByHand, make_by_hand
from acceptance.adopt.operator import Operator
from homeserver import Homeserver

DEPLOYMENT = "cats-home"
COMMUNITY = "communities/cats.yaml"


@pytest.fixture
def operator(tmp_path: Path, homeserver: Homeserver) -> Operator:
    """All tests share a server, and this file's projects the name of their deployment: none minds the others."""
    return Operator(tmp_path, homeserver)


@pytest.fixture
def made(homeserver: Homeserver) -> ByHand:
    return make_by_hand(homeserver)


def adopted(operator: Operator, made: ByHand) -> None:
    operator("adopt", "home", made.space, "--as", "cats", "--yes")
    operator("apply", "-d", DEPLOYMENT, "--yes")


def test_a_space_made_by_hand_is_adopted_and_nothing_is_lost(operator: Operator, made: ByHand) -> None:
    before = made.snapshot()
    operator("adopt", "home", made.space, "--as", "cats", "--yes")
    text = operator.read("groupform.yaml")
    assert "# one file a community" in text
    assert "# that is us" in text
    planned = operator.changes(DEPLOYMENT)
    assert {action for action, _, _ in planned} == {"adopt"}, planned
    assert {attributes for _, _, attributes in planned} == {(), ("mark",)}, planned
    operator("apply", "-d", DEPLOYMENT, "--yes")
    assert operator.changes(DEPLOYMENT) == set()
    assert made.snapshot() == before


def test_once_adopted_the_table_may_go(operator: Operator, made: ByHand) -> None:
    adopted(operator, made)
    text = operator.read("groupform.yaml")
    operator.write("groupform.yaml", text[: text.index("    adopt:")])
    assert operator.changes(DEPLOYMENT) == set()


def test_the_first_change_of_a_declaration_is_made_and_only_that(operator: Operator, made: ByHand) -> None:
    adopted(operator, made)
    operator.change(COMMUNITY, 'title: "公告板📢"\n    kind: announcement', 'title: "公告"')
    assert operator.changes(DEPLOYMENT) == {("update", "room.group-3", ("levels", "name"))}
    operator("apply", "-d", DEPLOYMENT, "--yes")
    assert operator.changes(DEPLOYMENT) == set()
    power = made.server.operator.get_state(made.rooms["notices"], "m.room.power_levels")
    assert power["events_default"] == 0
    assert power["users"][made.moderator.user_id] == 45
    # Back again: now it is a value of ours, and no longer what was found.
    operator.change(COMMUNITY, 'title: "公告"', "title: 公告\n    kind: announcement")
    assert operator.changes(DEPLOYMENT) == {("update", "room.group-3", ("levels",))}


def test_a_door_that_needs_the_team_brings_it(operator: Operator, made: ByHand) -> None:
    adopted(operator, made)
    operator.change(COMMUNITY, "entry: {door: invite}", "entry: {door: request}")
