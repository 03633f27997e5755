"""Addresses in files, plans and states; ids towards the platform."""

from __future__ import annotations

from engine.planning_rig import TYPES
from groupform.engine.provider import Edit
from groupform.engine.refs import References, references, renamed

ROOM = TYPES["room"]
KNOWN = References.of([("home/room.a", "room", "!a"), ("home/room.b", "room", "!b"), ("home/child.c", "child", "!a")])


def test_there_and_back() -> None:
    attributes = {"name": "home/room.a", "parent": "home/room.a", "allow": ["home/room.b", "external:!s"]}
    ids, missing = KNOWN.with_ids(ROOM, attributes)
    assert ids == {"name": "home/room.a", "parent": "!a", "allow": ["!b", "!s"]}
    assert not missing
    assert KNOWN.with_addresses(ROOM, ids) == attributes


def test_an_address_without_an_id_is_said() -> None:
    ids, missing = KNOWN.with_ids(ROOM, {"parent": "home/room.new", "allow": ["home/room.a", "home/room.x"]})
    assert ids == {"parent": "home/room.new", "allow": ["!a", "home/room.x"]}
    assert missing == {"home/room.new", "home/room.x"}


def test_an_unknown_id_reads_external() -> None:
    assert KNOWN.with_addresses(ROOM, {"allow": ["!z", "!a"]}) == {"allow": ["external:!z", "home/room.a"]}


def test_the_type_of_a_reference_decides() -> None:
    only_child = References.of([("home/child.c", "child", "!c")])
    assert only_child.with_addresses(ROOM, {"parent": "!c"}) == {"parent": "external:!c"}


def test_an_edit_speaks_ids_too() -> None:
    allow = ROOM.attributes["allow"]
    edit, missing = KNOWN.edit_with_ids(allow, Edit({"home/room.a": "home/room.a"}, ("external:!old", "home/room.b")))
    assert edit == Edit({"!a": "!a"}, ("!old", "!b"))
    assert not missing
    assert KNOWN.edit_with_ids(allow, Edit({"home/room.x": "home/room.x"}))[1] == {"home/room.x"}
    assert KNOWN.edit_with_ids(ROOM.attributes["powers"], Edit({"home/room.a": 1})) == (
        Edit({"home/room.a": 1}),
        frozenset(),
    )


def test_what_is_referred_to() -> None:
    assert references(ROOM, {"name": "home/room.n", "parent": "home/room.a", "allow": ["external:!s"]}) == {
        "home/room.a"
    }
    assert renamed(ROOM, {"allow": ["home/room.a"]}, {"home/room.a": "home/room.z"}) == {"allow": ["home/room.z"]}
