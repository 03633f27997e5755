"""Values written into a text without touching the rest of it."""

from __future__ import annotations

import pytest

from groupform.config.write import Unwritable, set_value

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
