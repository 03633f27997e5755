"""Attributes and values in people's words where a provider has them, and as they are where it has none."""

from __future__ import annotations

import pytest

from groupform.engine.plan import AttributeChange
from groupform.messages import LANGUAGES, load
from groupform.providers.matrix.types import TYPES
from groupform.render.values import Values
from render.samples import attribute, terminal

NEW = [
    attribute("mark", None, "7fa0"),
    attribute("joined", None, True),
    attribute("join_rule", None, "public"),
    attribute("listed", None, False),
    attribute("users", None, None, put={"@a:x": 100, "@b:x": 37}),
    attribute("topic", None, "先看群规"),
]


def _brief(changes: list[AttributeChange], platform: str, *, full: bool = False) -> str:
    where, _, _ = terminal()
    return Values(where, "d", full, platform).brief(changes, ())


def test_a_new_object_is_told_in_the_words_of_its_platform() -> None:
    said = 'topic: "先看群规" · who may enter: anyone · in the directory: no · run by: @a:x (all rights), @b:x'
    assert _brief(NEW, "matrix") == said


def test_a_platform_without_words_shows_everything_as_it_is() -> None:
    said = 'mark 7fa0, joined yes, join_rule public, listed no, users (2), topic "先看群规"'
    assert _brief(NEW, "elsewhere") == said


def test_whoever_asks_for_everything_gets_the_names_of_the_platform() -> None:
    where, _, _ = terminal()
    change = attribute("join_rule", "invite", "restricted")
    (row,) = Values(where, "d", True, "matrix").rows(change, fresh=False)
    assert (row.name, row.text) == ("join_rule", '"invite" → "restricted"')
    (row,) = Values(where, "d", platform="matrix").rows(change, fresh=False)
    assert (row.name, row.text) == ("who may enter", "whoever is invited → members of the spaces")


def test_a_value_that_nobody_has_named_stays_as_it_is() -> None:
    where, _, _ = terminal()
    (row,) = Values(where, "d", platform="matrix").rows(attribute("join_rule", "public", "Odd rule!"), fresh=False)
    assert row.text == 'anyone → "Odd rule!"'


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_attribute_of_matrix_has_a_word(lang: str) -> None:
    named = {code for code in load(lang) if code.startswith(("matrix-attr-", "matrix-inner-"))}
    attributes = {name for each in TYPES.values() for name in each.attributes}
    assert {code.split("-", 2)[2] for code in named} == attributes
