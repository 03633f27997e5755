"""Values written into a text without touching the rest of it."""

from __future__ import annotations

import pytest

from groupform.config.write import Unwritable, scalar, set_value

TEXT = """\
# who we are
title: 宠友之家      # what members see
entry: {door: request, account_age: 7d}   # the door
groups:
    # first of all
  lobby:
    title: "大厅"
    at: 20:00
    code: 0012
tiers:
  - key: member
    title: 成员   # all
  - {key: vip, title: VIP}
note: |
  two
  lines
"""
TEXT = TEXT.replace("    # first of all", "  # first of all")


@pytest.mark.parametrize(
    ("path", "value", "old", "new"),
    [
        (("title",), "猫友之家", "宠友之家", "猫友之家"),
        (("entry", "door"), "open", "request", "open"),
        (("groups", "lobby", "title"), "a: b", '"大厅"', '"a: b"'),
        (("groups", "lobby", "title"), 'say "hi"', '"大厅"', '"say \\"hi\\""'),
        (("tiers", 0, "title"), "{n}", "成员", '"{n}"'),
        (("tiers", 1, "title"), "x, y", "VIP", '"x, y"'),
        (("groups", "lobby", "code"), 13, "0012", "13"),
    ],
)
def test_one_value_changes_its_own_characters_only(
    path: tuple[str | int, ...], value: str | int, old: str, new: str
) -> None:
    assert set_value(TEXT, path, value) == TEXT.replace(old, new, 1)


def test_a_key_is_added_and_every_comment_stays() -> None:
    made = set_value(TEXT, ("groups", "lobby", "previously"), ["hall"])
    for comment in ("# who we are", "# what members see", "# the door", "# first of all", "# all"):
        assert comment in made
    assert "    at: 20:00\n    code: 0012\n    previously:\n" in made
    assert made.index("title:") < made.index("entry:") < made.index("groups:") < made.index("tiers:")


def test_a_block_and_a_whole_mapping_are_replaced() -> None:
    assert "two\n" not in set_value(TEXT, ("note",), "one")
    made = set_value(TEXT, ("entry",), {"door": "link"})
    assert "account_age" not in made
    assert "# who we are" in made


@pytest.mark.parametrize("path", [(), ("no", "such"), ("title", "below"), ("tiers", 9, "title")])
def test_a_path_that_leads_nowhere(path: tuple[str | int, ...]) -> None:
    with pytest.raises(Unwritable):
        set_value(TEXT, path, "x")


def test_a_byte_order_mark_stays() -> None:
    assert set_value("\ufefftitle: a\n", ("title",), "b") == "\ufefftitle: b\n"


def test_a_broken_text_is_left_alone() -> None:
    with pytest.raises(Unwritable):
        set_value("a: [1\n", ("a",), "x")


BESIDE = """\
people:
  ops: {name: 运营, accounts: {matrix: "@a:b"}}   # us
deployments:
  a-home: {community: a, connection: home}
  b-home: {community: b, connection: home}   # b
"""


def test_a_value_is_written_as_its_neighbours_are() -> None:
    made = set_value(BESIDE, ("people", "bo"), {"name": "Bo", "accounts": {"matrix": "@bo:b"}})
    assert made == BESIDE.replace("# us\n", "# us\n  bo: {name: Bo, accounts: {matrix: '@bo:b'}}\n")


def test_what_is_too_long_for_one_line_gets_lines_and_the_rest_stays() -> None:
    rooms = {f"g{number}": f"!room-{number}:localhost" for number in range(9)}
    made = set_value(BESIDE, ("deployments", "a-home", "adopt"), {"community": "!s:localhost", "groups": rooms})
    assert max(map(len, made.splitlines())) < 60
    assert "  b-home: {community: b, connection: home}   # b\n" in made
    assert "  a-home:\n    community: a\n    connection: home\n    adopt:\n" in made


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("大厅", "大厅"),
        ("0012", '"0012"'),
        ("2026-12-12", '"2026-12-12"'),
        ("No", '"No"'),
        ("a\u202eb\ufeff", '"a\\u202eb\\ufeff"'),
        ("👨\u200d👩", '"👨\u200d👩"'),
        ("a\u00a0b", '"a\\u00a0b"'),
        ("\U000e0067", '"\\U000e0067"'),
        ('"\\\n\t\r', '"\\"\\\\\\n\\t\\r"'),
    ],
)
def test_a_text_is_written_so_that_nobody_misreads_it(text: str, written: str) -> None:
    assert scalar(text) == written
    assert set_value("a: x\n", ("a",), text) == f"a: {written}\n"
