"""Every code that the language can raise is listed with its words, and has a sentence for them in both languages."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

import groupform_schemas
from groupform.messages import LANGUAGES, load
from groupform_schemas import errors

FOLDER = Path(groupform_schemas.__file__).parent
LISTED = {
    code: set(re.findall(r"\w+", words))
    for code, words in re.findall(r"\b([a-z]+(?:-[a-z]+)+) \(([^)]*)\)", errors.__doc__ or "")
}


def _raised() -> Iterator[tuple[str, set[str] | None]]:
    """Codes in calls of `problem`, `placed` and `Finding`, with their words where the call names them itself."""
    for file in sorted(FOLDER.glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            if node.func.id not in {"problem", "placed", "Finding", "_matching"}:
                continue
            words = {each.arg for each in node.keywords if each.arg}
            spread = any(each.arg is None for each in node.keywords)
            codes = [
                value.value
                for argument in node.args
                for value in ast.walk(argument)
                if isinstance(value, ast.Constant) and isinstance(value.value, str)
                if re.fullmatch(r"[a-z]+(-[a-z]+)+", value.value)
            ]
            for code in codes:
                yield code, None if spread or node.func.id in {"Finding", "_matching"} else words


def test_the_list_is_read() -> None:
    assert len(LISTED) > 50
    assert LISTED["not-a-choice-close"] == {"value", "choices", "suggestion"}


def test_every_code_raised_is_listed_with_its_words() -> None:
    raised = list(_raised())
    assert {code for code, _ in raised} == set(LISTED)
    for code, words in raised:
        # `shape-unknown` and `value-empty` are raised by one call; the second has no use for its words.
        if words is not None and code != "value-empty":
            assert words == LISTED[code], code


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_code_has_a_sentence_and_a_hint_with_its_words(lang: str) -> None:
    catalogue = load(lang)
    for code, words in LISTED.items():
        assert {"message", "hint"} <= set(catalogue[code]), code
        for sentence in catalogue[code].values():
            placeholders = {name for _, name, _, _ in Formatter().parse(sentence) if name}
            assert placeholders <= words, f"{code}: {placeholders - words}"


def test_chinese_sentences_are_chinese() -> None:
    for code in LISTED:
        for sentence in load("zh-CN")[code].values():
            assert re.search(r"[\u4e00-\u9fff]", sentence), code
