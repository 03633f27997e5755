"""What becomes of an object once it is declared no more, only the state knows then: a plan says when that changes."""

from __future__ import annotations

from typing import Any

import pytest

from engine.planning_rig import binding, plan, resource
from groupform.commands.planning import worth_applying
from groupform.compile.resource import OnRemove


@pytest.mark.parametrize(
    ("declared", "known"),
    [
        ({"on_remove": OnRemove.archive}, {"on_remove": "forget"}),
        ({"protect": True}, {"protect": False}),
        ({"protect": False}, {"protect": True}),
    ],
)
def test_a_new_fate_is_worth_an_apply(declared: dict[str, Any], known: dict[str, Any]) -> None:
    fate = {"on_remove": OnRemove.forget, "protect": False, **declared}
    state = {"on_remove": "forget", "protect": False, **known}
    found = plan(
        [resource("room.a", {"name": "A"}, **fate)],
        {"room.a": binding("room.a", {"name": "A"}, **state)},
        {"room.a": {"name": "A"}},
    )
    assert found.empty
    assert found.remembered == ["home/room.a"]
    assert worth_applying(found)


def test_a_known_fate_is_not_worth_an_apply() -> None:
    found = plan(
        [resource("room.a", {"name": "A"}, on_remove=OnRemove.forget)],
        {"room.a": binding("room.a", {"name": "A"}, on_remove="forget")},
        {"room.a": {"name": "A"}},
    )
    assert found.remembered == []
    assert not worth_applying(found)


def test_what_is_protected_stays_and_is_no_change_of_the_tools() -> None:
    found = plan(
        [], {"room.a": binding("room.a", {"name": "A"}, on_remove="delete", protect=True)}, {"room.a": {"name": "A"}}
    )
    assert [each.protected for each in found.changes] == [True]
    assert found.empty
    assert worth_applying(found)
