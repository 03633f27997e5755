"""How values and differences are written."""

from __future__ import annotations

from typing import Any

import pytest

from groupform.engine.plan import AttributeChange, Why
from groupform.render.values import Row, Values
from render.samples import attribute, terminal


def rows(change: AttributeChange, *, fresh: bool = False, full: bool = False) -> list[tuple[str, str]]:
    where, _, _ = terminal()
    return [(each.sign, each.text) for each in Values(where, "d", full).rows(change, fresh=fresh)]


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ("大厅", "前厅", [("", '"大厅" → "前厅"')]),
        (True, False, [("", "yes → no")]),
        (None, "x", [("+", '"x"')]),
        ("x", None, [("", '"x" → (none)')]),
        (50, 100, [("", "50 → 100")]),
        ("d/room.a", "d/room.b", [("", "room.a → room.b")]),
        (["a", "b"], ["b", "c"], [("-", '"a"'), ("+", '"c"')]),
        (["a", "b"], ["b", "a"], [("", "in this order:"), ("", '"b"'), ("", '"a"')]),
        ({"a": 1, "b": 2}, {"b": 3, "c": 4}, [("-", "a: 1"), ("~", "b: 2 → 3"), ("+", "c: 4")]),
        ("a\nb\nc", "a\nB\nc", [("", "a"), ("-", "b"), ("+", "B"), ("", "c")]),
        ("a\n", "a", [("", "only white space or line endings differ")]),
        ("长" * 40, "短", [("-", '"' + "长" * 40 + '"'), ("+", '"短"')]),
    ],
)
def test_only_what_differs(before: Any, after: Any, shown: list[tuple[str, str]]) -> None:
    assert rows(attribute("x", before, after)) == shown


def test_a_reference_to_another_deployment_keeps_its_whole_address() -> None:
    assert rows(attribute("x", "other/room.a", "d/room.a@staging")) == [("", '"other/room.a" → room.a')]


def test_of_a_shared_collection_only_our_elements_are_named() -> None:
    change = attribute(
        "users", {"@us": 50, "@stranger": 100}, {"@us": 100}, put={"@us": 100, "@new": 50}, drop=["@old"]
    )
    assert rows(change) == [("~", "@us: 50 → 100"), ("+", "@new: 50"), ("-", "@old")]


def test_elements_of_a_shared_list_have_no_value() -> None:
    change = attribute("pins", ["a"], ["a", "d/notice.b"], put={"d/notice.b": None}, drop=["c"])
    assert rows(change) == [("+", "notice.b"), ("-", "c")]


def test_secrets_are_never_written() -> None:
    change = attribute("passcode", "hunter2", "hunter3", sensitive=True)
    assert rows(change) == [("", "(secret)")]
    where, _, _ = terminal()
    assert "hunter" not in Values(where, "d").brief([change], ())


def test_a_long_text_is_cut_unless_all_of_it_was_asked_for() -> None:
    change = AttributeChange(name="text", after="\n".join(map(str, range(50))), why=Why.change)
    assert len(rows(change, fresh=True)) == 6
    assert rows(change, fresh=True)[-1] == ("", "… 45 more lines")
    assert len(rows(change, fresh=True, full=True)) == 50


def test_control_characters_are_made_visible() -> None:
    ((_, text),) = rows(attribute("name", "a", "\x1b[31mred\u202e"))
    assert text == '"a" → "\\u001b[31mred\\u202e"'


def test_the_name_stands_on_the_first_line_only() -> None:
    where, _, _ = terminal()
    found = Values(where, "d").rows(attribute("t", "a\nb", "a\nc"), fresh=False)
    assert [each.name for each in found] == ["t", "", ""]
    assert isinstance(found[0], Row)


def test_an_element_that_is_its_own_key_is_said_once() -> None:
    change = attribute("also", {"a": "a"}, {"b": "b"}, put={"b": "b"}, drop=["a"])
    assert rows(change) == [("+", "b"), ("-", "a")]
