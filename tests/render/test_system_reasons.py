"""Why the system refused something is said in the language of the rest."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from groupform.messages import LANGUAGES, Catalogue
from groupform.render.terminal import SYSTEM_REASONS, system_reasons
from render.samples import terminal


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_reason_has_words(lang: str) -> None:
    assert len(system_reasons()) == len(SYSTEM_REASONS)
    assert [code for code in system_reasons().values() if not Catalogue(lang).has(code)] == []


def test_a_real_refusal_is_translated(tmp_path: Path) -> None:
    where, _, _ = terminal({"GROUPFORM_LANG": "zh-CN"})
    try:
        tmp_path.read_bytes()
    except OSError as error:
        said = where.say("system-refused", file="x", reason=error.strerror)
    assert said == "x：它是一个文件夹"
    assert os.strerror(21) not in said


def test_other_words_stay_as_they_are() -> None:
    where, _, _ = terminal({"GROUPFORM_LANG": "zh-CN"})
    assert "奇怪的原因" in where.say("system-refused", file="x", reason="奇怪的原因")
