"""Every sentence a plan may say is in both catalogues, with the same words to fill in."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import groupform.engine
from groupform.messages import LANGUAGES, load

ENGINE = Path(groupform.engine.__file__).parent
SOURCE = "\n".join(each.read_text(encoding="utf-8") for each in sorted(ENGINE.glob("*.py")))
DEEDS = ("read", "write", "join", "invite", "announce", "moderate", "manage")
INPUTS = ("deployment", "environment", "platform", "account", "server", "version", "files")
CODES = {
    *re.findall(r'"(plan-[a-z-]*[a-z])"', SOURCE),
    *(f"plan-guard-{name}" for name in re.findall(r'_finding\(\s*"([a-z-]+)", \[', SOURCE)),
    *(f"plan-guard-{name}" for name in re.findall(r'\("(delete-[a-z]+)", \w+', SOURCE)),
    "plan-guard-members",
    *(f"plan-stale-{name}" for name in INPUTS),
    *(f"plan-check-{kind}-{deed}" for kind in ("must", "must-not", "unknown") for deed in DEEDS),
}


def words(lang: str, code: str) -> list[set[str]]:
    return [set(re.findall(r"\{(\w+)\}", text)) for _, text in sorted(load(lang).get(code, {}).items())]


@pytest.mark.parametrize("code", sorted(CODES))
def test_it_is_said_in_both_languages(code: str) -> None:
    for lang in LANGUAGES:
        assert load(lang).get(code, {}).get("message"), f"{lang}: {code}"
    english, chinese = (words(lang, code) for lang in LANGUAGES)
    assert [bool(each) for each in english] == [bool(each) for each in chinese]
    assert set().union(*english) == set().union(*chinese)


def test_no_sentence_is_left_over() -> None:
    assert {code for code in load("en") if code.startswith(("plan-stale-", "plan-guard-", "plan-recovery-"))} <= CODES
