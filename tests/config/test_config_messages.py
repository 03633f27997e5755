"""Every code that config can report has a sentence and a cure in both languages."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

import groupform.config
import groupform.messages

_CONFIG = Path(groupform.config.__file__).parent
_MESSAGES = Path(groupform.messages.__file__).parent
_CODE = re.compile(r'"([a-z]+(?:-[a-z0-9]+)+)"')
_NOT_CODES = {"utf-8", "utf-8-sig"}
_BY_NAME = re.compile(r'known\(\s*"([a-z-]+)"')


def _codes() -> set[str]:
    found: set[str] = set()
    for file in _CONFIG.glob("*.py"):
        text = file.read_text(encoding="utf-8")
        found |= set(_CODE.findall(text)) - _NOT_CODES
        found |= {f"{each}-close" for each in _BY_NAME.findall(text)}
    return found


def _catalogue(lang: str, *areas: str) -> dict[str, object]:
    made: dict[str, object] = {}
    for area in areas:
        made |= tomllib.loads((_MESSAGES / lang / f"{area}.toml").read_text(encoding="utf-8"))
    return made


@pytest.mark.parametrize("lang", groupform.messages.LANGUAGES)
def test_every_code_has_its_sentence(lang: str) -> None:
    assert len(_codes()) > 100
    assert _codes() - _catalogue(lang, "config", "language", "upkeep", "calendar").keys() == set()


@pytest.mark.parametrize("lang", groupform.messages.LANGUAGES)
def test_every_sentence_is_used_and_says_what_to_do(lang: str) -> None:
    own = _catalogue(lang, "config")
    second_places = {"first-here", "still-here", "begun-here", "needed-here"}
    assert {code for code in own if code not in _codes()} == set()
    assert {code for code, said in own.items() if isinstance(said, str)} == second_places


def test_both_languages_fill_the_same_words() -> None:
    def words(said: object) -> set[str]:
        text = said if isinstance(said, str) else " ".join(dict(said).values())  # type: ignore[call-overload]
        return set(re.findall(r"(?<!\{)\{([a-z]+)\}", text.replace("{{{", "{{ {").replace("}}}", "} }}")))

    english, chinese = (_catalogue(lang, "config") for lang in groupform.messages.LANGUAGES)
    assert english.keys() == chinese.keys()
    assert {code for code in english if words(english[code]) != words(chinese[code])} == set()
