"""Both languages say the same things, and every sentence that the program asks for exists."""

from __future__ import annotations

import ast
import re
import string
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from groupform import messages
from groupform.commands.app import VERBS
from groupform.messages import LANGUAGES, load

SOURCE = Path(__file__).parents[1] / "cli" / "groupform"
CODE = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
# Calls whose first argument (or `code=`) is the code of a sentence.
SPEAKING = {"say", "count", "hint", "Diagnostic", "Reason", "Failure", "Check", "Gone", "Hidden", "Taken"}


def files(language: str) -> list[Path]:
    return [
        *sorted((SOURCE / "messages" / language).glob("*.toml")),
        *sorted((SOURCE / "providers").glob(f"*/messages*.{language}.toml")),
    ]


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


def spoken_codes() -> Iterator[tuple[str, str]]:
    """Every code that stands as a constant in a speaking call, with its place."""
    for file in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called not in SPEAKING:
                continue
            first = next(
                (each.value for each in node.keywords if each.arg == "code"), node.args[0] if node.args else None
            )
            for code in constants(first):
                if CODE.fullmatch(code):
                    place = f"{file.relative_to(SOURCE)}:{node.lineno}"
                    yield place, code
                    if called == "count" and isinstance(node.func, ast.Attribute) and len(node.args) > 1:
                        yield place, f"{code}-one"


def constants(node: ast.expr | None) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from constants(node.body)
        yield from constants(node.orelse)


def test_both_languages_have_the_same_codes() -> None:
    english, chinese = load("en"), load("zh-CN")
    assert set(english) - set(chinese) == set()
    assert set(chinese) - set(english) == set()


def test_both_languages_have_the_same_placeholders_and_hints() -> None:
    english, chinese = load("en"), load("zh-CN")
    wrong = [
        f"{code}.{part}"
        for code in english.keys() & chinese.keys()
        for part in ("message", "hint")
        if (part in english[code]) != (part in chinese[code])
        or placeholders(english[code].get(part, "")) != placeholders(chinese[code].get(part, ""))
    ]
    assert sorted(wrong) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_code_stands_in_two_catalogues(language: str) -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for file in files(language):
        for code in tomllib.loads(file.read_text(encoding="utf-8")):
            places[code].append(str(file.relative_to(SOURCE)))
    assert {code: found for code, found in places.items() if len(found) > 1} == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_entries_are_sentences_with_an_optional_hint(language: str) -> None:
    wrong = [
        code
        for code, entry in load(language).items()
        if not set(entry) <= {"message", "hint"}
        or not all(isinstance(each, str) for each in entry.values())
        or "message" not in entry
    ]
    assert wrong == []


def test_every_code_that_is_spoken_exists() -> None:
    known = load("en")
    missing = sorted({f"{code} ({place})" for place, code in spoken_codes() if code not in known})
    assert missing == []


def test_chinese_sentences_are_chinese() -> None:
    """A sentence left in English is a translation that was forgotten; what has no words at all may be alike."""
    forgotten = [
        f"{code}: {sentence}"
        for code, entry in load("zh-CN").items()
        for sentence in entry.values()
        if re.search(r"[A-Za-z]{4,} [a-z]{2,} [a-z]{2,}", re.sub(r"`[^`]*`|\{\w*\}", "", sentence))
        and not re.search(r"[\u4e00-\u9fff]", sentence)
    ]
    assert forgotten == []


def test_every_command_and_option_has_help_in_both_languages() -> None:
    from groupform.commands import app

    known = load("en")
    missing: list[str] = []

    def look(path: str, table: object) -> None:
        assert isinstance(table, dict)
        for name, place in table.items():
            if f"{path}-{name}" not in known:
                missing.append(f"{path}-{name}")
            if isinstance(place, dict):
                look(f"{path}-{name}", place)
                continue
            command = app._verb(name, path, place)
            missing.extend(f"{name}: {each.help}" for each in command.params if each.help not in known)

    look("help", dict(VERBS))
    assert missing == []


def test_a_parenthesis_for_words_of_which_there_are_none_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    said = {
        "plain": "Admins: {value} (so far: {before})",
        "chinese": "管理员：{value}（其中已经是管理员的：{before}）",
        "two": "{value} ({before}, {other})",
        "fixed": "{value} (or none)",
        "first": "({before}) {value}",
    }
    monkeypatch.setattr(messages, "_entry", lambda lang, code, field: said[code])
    words = messages.Catalogue("en")
    assert words.text("plain", value="a", before="") == "Admins: a"
    assert words.text("plain", value="a", before="b") == "Admins: a (so far: b)"
    assert words.text("chinese", value="a", before="") == "管理员：a"
    assert words.text("two", value="a", before="", other="") == "a"
    assert words.text("fixed", value="") == " (or none)"
    assert words.text("first", value="a", before="") == " a"
    assert words.text("plain", value="a") == "Admins: a (so far: {before})", "what nobody gave is no empty word"
    assert words.text("plain", value="", before=0) == "Admins:  (so far: 0)"
