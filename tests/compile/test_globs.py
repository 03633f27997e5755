"""Patterns of names: `*` is any text, `?` one character, in whatever case, and no pattern takes for ever."""

from __future__ import annotations

import fnmatch
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as some

from groupform.compile.globs import any_matches, matches


@pytest.mark.parametrize(
    ("glob", "text", "is_so"),
    [
        ("*", "", True),
        ("**", "anything", True),
        ("", "", True),
        ("", "a", False),
        ("a?c", "abc", True),
        ("a?c", "ac", False),
        ("*.spam.example", "a.spam.example", True),
        ("*.spam.example", "spam.example", False),
        ("*spam*", "Anti-SPAM.example", True),
        ("evil.example", "evil.example.org", False),
        ("[ab]", "a", False),
        ("[ab]", "[ab]", True),
        ("a.b", "axb", False),
        ("@*:evil?", "@x:evil1", True),
    ],
)
def test_what_a_pattern_matches(glob: str, text: str, is_so: bool) -> None:
    assert matches(glob, text) is is_so


@given(some.text("ab*?.", max_size=8), some.text("ab.", max_size=10))
def test_as_regular_expressions_would_have_it(glob: str, text: str) -> None:
    whole = "".join({"*": ".*", "?": "."}.get(each, re.escape(each)) for each in glob)
    assert matches(glob, text) is (re.fullmatch(whole, text) is not None)
    assert matches(glob, text) is fnmatch.fnmatchcase(text, glob)


def test_a_pattern_made_to_take_long_does_not() -> None:
    began = time.process_time()
    assert not matches("*a" * 100 + "b", "a" * 2000)
    assert time.process_time() - began < 5


def test_what_is_no_text_matches_nothing() -> None:
    assert not any_matches([None, 7, {"*": "*"}], "x")
    assert any_matches([None, "x"], "x")
