"""Order comes from edges: nobody gets in between who is meant to be out, and nothing is taken before it is free."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from engine.planning_rig import DOORS, TYPES, address, binding, plan, resource
from groupform.engine.diff import compare
from groupform.engine.plan import Change, DeploymentPlan
from groupform.engine.provider import Free


def keys(made: DeploymentPlan) -> list[str]:
    return [each.key.removeprefix("home/") for each in made.changes]


def after(made: DeploymentPlan, key: str) -> list[str]:
    (found,) = [each for each in made.changes if each.key == f"home/{key}"]
    return [each.removeprefix("home/") for each in found.after]


def handles(before: dict[str, str | None], now: dict[str, str | None]) -> DeploymentPlan:
    """Rooms by key with their unique handles; None is no room."""
    return plan(
        [resource(f"room.{key}", {"handle": value}) for key, value in now.items() if value is not None],
        {f"room.{key}": binding(f"room.{key}", {"handle": value}) for key, value in before.items() if value},
        {f"room.{key}": {"handle": value} for key, value in before.items() if value},
        probes={f"room.{key}": Free() for key in now if not before.get(key)},
    )


def test_a_name_is_released_before_it_is_taken() -> None:
    made = handles({"a": "x", "b": "y"}, {"a": "y", "b": "z"})
    assert keys(made) == ["room.b", "room.a"]
    assert after(made, "room.a") == ["room.b"]


def test_a_new_room_takes_the_name_of_a_deleted_one() -> None:
    made = handles({"a": "x"}, {"b": "x"})
    assert keys(made) == ["room.a", "room.b"]
    assert after(made, "room.b") == ["room.a"]


def test_a_swap_goes_through_a_temporary_name() -> None:
    made = handles({"a": "x", "b": "y"}, {"a": "y", "b": "x"})
    assert keys(made) == ["room.a!temporary", "room.b", "room.a"]
    assert after(made, "room.b") == ["room.a!temporary"]
    assert after(made, "room.a") == ["room.a!temporary", "room.b"]
    half = made.changes[0].attributes[0]
    assert half.before == "x"
    assert half.after not in ("x", "y")


def test_a_name_that_is_not_given_up_cannot_be_taken() -> None:
    for keeps in ({"protect": True}, {"on_remove": "forget"}):
        made = plan(
            [resource("room.b", {"handle": "x"})],
            {"room.a": binding("room.a", {"handle": "x"}, **keeps)},
            {"room.a": {"handle": "x"}},
            probes={"room.b": Free()},
        )
        assert [(each.reason.code, each.addresses) for each in made.conflicts] == [
            ("plan-unique-held", [address("room.b")])
        ]


def test_a_room_that_hangs_on_another_takes_its_name() -> None:
    made = plan(
        [resource("room.b", {"handle": "x", "allow": []})],
        {"room.a": binding("room.a", {"handle": "x"}), "room.b": binding("room.b", {"allow": [address("room.a")]})},
        {"room.a": {"handle": "x"}, "room.b": {"allow": [address("room.a")]}},
    )
    assert keys(made) == ["room.a!temporary", "room.b", "room.a"]
    assert not made.conflicts


def test_a_replaced_room_gives_up_the_name_it_is_not_to_have() -> None:
    made = plan(
        [resource("room.a", {"kind": "forum"}), resource("room.b", {"handle": "x"})],
        {"room.a": binding("room.a", {"kind": "chat", "handle": "x"}), "room.b": binding("room.b")},
        {"room.a": {"kind": "chat", "handle": "x"}, "room.b": {}},
    )
    assert keys(made) == ["room.a", "room.b"]
    assert after(made, "room.b") == ["room.a"]
    assert not made.conflicts


NAMES = ["p", "q", "r", "s", "t", None]


@given(st.permutations(NAMES), st.permutations(NAMES))
def test_carried_out_in_order_no_name_is_ever_held_twice(one: list[str | None], two: list[str | None]) -> None:
    before = dict(zip("abcde", one, strict=False))
    now = dict(zip("abcde", two, strict=False))
    made = handles(before, now)
    held = {f"home/room.{key}": value for key, value in before.items() if value}
    done: set[str] = set()
    for change in made.changes:
        assert set(change.after) <= done
        for each in change.attributes:
            if each.after is None:
                del held[change.address]
            else:
                assert each.after not in [value for key, value in held.items() if key != change.address]
                held[change.address] = each.after
        done.add(change.key)
    assert held == {f"home/room.{key}": value for key, value in now.items() if value}
    assert not made.conflicts


def test_removal_waits_for_all_that_refers_to_what_goes() -> None:
    both = {"parent": address("room.hall"), "room": address("room.a")}
    made = plan(
        [resource("room.b", {"allow": []})],
        {
            "room.hall": binding("room.hall"),
            "room.a": binding("room.a", {"parent": address("room.hall")}),
            "child.c": binding("child.c", both),
            "room.b": binding("room.b", {"allow": [address("room.a")]}),
        },
        {
            "room.hall": {},
            "room.a": {"parent": address("room.hall")},
            "child.c": both,
            "room.b": {"allow": [address("room.a")]},
        },
    )
    assert keys(made) == ["room.b", "child.c", "room.a", "room.hall"]
    assert after(made, "room.a") == ["child.c", "room.b"]
    assert after(made, "room.hall") == ["child.c", "room.a"]


def test_two_that_hold_each_other_can_both_go() -> None:
    made = plan(
        [],
        {
            "room.a": binding("room.a", {"parent": address("room.b")}),
            "room.b": binding("room.b", {"parent": address("room.a")}),
        },
        {"room.a": {"parent": address("room.b")}, "room.b": {"parent": address("room.a")}},
    )
    assert sorted(keys(made)) == ["room.a", "room.b"]
    assert not made.conflicts


def test_a_circle_of_new_objects_is_said_and_blocks() -> None:
    made = plan(
        [resource("room.a", {"parent": address("room.b")}), resource("room.b", {"parent": address("room.a")})],
        probes={"room.a": Free(), "room.b": Free()},
    )
    assert [each.reason.code for each in made.conflicts] == ["plan-circle"]
    assert made.blocked


def test_power_is_given_before_it_is_taken() -> None:
    room = {"room": address("room.a")}
    made = plan(
        [resource("room.a"), resource("grant.z", {**room, "people": ["@new"]})],
        {"room.a": binding("room.a"), "grant.a": binding("grant.a", {**room, "people": ["@old"]})},
        {"room.a": {}, "grant.a": {**room, "people": ["@old"]}},
        probes={"grant.z": Free()},
    )
    assert keys(made) == ["grant.z", "grant.a"]
    assert after(made, "grant.a") == ["grant.z"]


def test_order_beyond_references() -> None:
    made = plan([resource("room.a", after=["room.b"]), resource("room.b")], probes={"room.a": Free(), "room.b": Free()})
    assert keys(made) == ["room.b", "room.a"]


PEOPLE = st.lists(st.sampled_from(["ann", "ben", "cat", "dan"]), unique=True)
ROOM = st.fixed_dictionaries({"door": st.sampled_from(DOORS), "guests": PEOPLE, "note": st.sampled_from(["n", "m"])})


def readers(room: dict[str, Any]) -> set[str]:
    """A small model of access: an open door admits all, a link the guests and a stranger who has it, a closed one the
    guests alone."""
    everybody = {"ann", "ben", "cat", "dan", "eve", "stranger"}
    return {"open": everybody, "link": {*room["guests"], "eve"}, "closed": set(room["guests"])}[room["door"]]


@given(ROOM, ROOM)
def test_in_between_nobody_may_what_they_may_neither_before_nor_after(
    before: dict[str, Any], desired: dict[str, Any]
) -> None:
    found = compare(TYPES["room"], applied=before, observed=before, desired=desired)
    current = dict(before)
    allowed = readers(before) | readers(desired)
    for each in found.changes:
        current[each.name] = each.after
        assert readers(current) <= allowed
    assert {name: set(value) if isinstance(value, list) else value for name, value in current.items()} == {
        name: set(value) if isinstance(value, list) else value for name, value in desired.items()
    }


def test_a_plan_of_many_is_ordered_in_one_go() -> None:
    number = 400
    made = plan(
        [
            resource("room.hall"),
            *(resource(f"child.c{each}", {"parent": address("room.hall")}) for each in range(number)),
        ],
        probes={"room.hall": Free(), **{f"child.c{each}": Free() for each in range(number)}},
    )
    place: dict[str, int] = {each.key: rank for rank, each in enumerate(made.changes)}
    assert len(place) == number + 1
    assert all(place[each] < place[change.key] for change in made.changes for each in change.after)
    assert all(isinstance(each, Change) for each in made.changes)
