"""A space that strangers left behind: adopted, given back and adopted again, and nobody inside notices anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from acceptance.adopt.odd import MARK, TITLES, Odd, make_odd
from acceptance.adopt.operator import Operator
from homeserver import Homeserver


@pytest.fixture
def odd(homeserver: Homeserver) -> Odd:
    return make_odd(homeserver)


@pytest.fixture
def operator(tmp_path: Path, homeserver: Homeserver) -> Operator:
    return Operator(tmp_path, homeserver)


def findable(odd: Odd) -> list[str]:
    """The aliases that we found its rooms by, and rooms that still bear our mark."""
    rooms = [odd.space, *odd.rooms.values()]
    aliases = [each for room in rooms for each in odd.me.call("GET", f"/rooms/{room}/aliases")["aliases"]]
    marked = [
        room
        for room in rooms
        for each in odd.me.state(room)
        if each["type"] == MARK and not each["content"].get("ended")
    ]
    return [each for each in aliases if each.startswith("#gf-cats-")] + marked


def test_whatever_it_is_called_and_whoever_is_in_it_nothing_changes(operator: Operator, odd: Odd) -> None:
    before = odd.snapshot()
    said = operator("adopt", "home", odd.space, "--as", operator.key, "--yes")
    # What cannot be taken is said with its reason, each once, and nothing else is.
    left_out = {key: room for key, room in odd.hidden.items() if room in said.err.replace("\n  ", "")}
    assert left_out == odd.hidden
    assert said.err.count("left out") == len(odd.hidden) + 1  # and the edge to a room that does not exist
    for reason in ("upgraded", "invitation", "not in this room", "space of its own", "does not exist", "has power 0"):
        assert reason in " ".join(said.err.split()), reason
    text = operator.read(operator.community)
    for title in (TITLES["emoji"], TITLES["long"], TITLES["digits"], TITLES["zwj"]):
        assert title in text
    assert "\u202e" not in text and "\\u202e" in text, "nobody would see it in a review"
    assert 'title: "0012"' in text and 'title: "null"' in text and "encrypted: true" in text
    changes = operator.changes(operator.deployment)
    assert {action for action, _, _ in changes} == {"adopt"}
    assert {attributes for _, _, attributes in changes} == {(), ("mark",)}
    assert len([each for _, each, _ in changes if each.startswith("room.")]) == len(odd.rooms)
    operator("apply", "-d", operator.deployment, "--yes")
    assert operator.changes(operator.deployment) == set()
    assert operator.plan(operator.deployment, "--deep")["changes"] == []
    assert odd.snapshot() == before
    assert len(findable(odd)) == 2 * (len(odd.rooms) + 1)


def test_what_was_adopted_is_given_back_and_another_project_may_have_it(
    operator: Operator, odd: Odd, tmp_path: Path, homeserver: Homeserver
) -> None:
    before = odd.snapshot()
    for each in (operator, Operator(tmp_path / "other", homeserver)):
        each("adopt", "home", odd.space, "--as", each.key, "--yes")
        each("apply", "-d", each.deployment, "--yes")
        assert each.changes(each.deployment) == set()
        each("destroy", "-d", each.deployment, "--yes")
        assert odd.snapshot() == before
        assert findable(odd) == []
        assert "Nothing is bound" in each("state", "list").out
