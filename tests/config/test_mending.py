"""Many signs of a Chinese keyboard in one file are all told in one run, each at its own place; the cure cures."""

from __future__ import annotations

import random
import re
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from groupform.config.diagnostics import Diagnostic
from groupform.config.load import load_project
from groupform.config.mending import Mend, Mended
from groupform.config.source import Source

BASE = Path(__file__).resolve().parents[1] / "golden" / "diagnostics" / "base"
ENVIRON = {"TOKEN": "t0ken", "SECRET": "s3cret"}
WIDE = {":": "：", ",": "，", "[": "［", "]": "］", "{": "｛", "}": "｝"}


def _errors(folder: Path) -> list[Diagnostic]:
    loaded = load_project(folder, environ=ENVIRON, now=datetime(2026, 12, 1, tzinfo=UTC), platforms=("matrix", "wecom"))
    return [each for each in loaded.diagnostics if each.severity.value == "error"]


def _signs(text: str) -> list[int]:
    """Offsets of the signs that make YAML of a text: outside quotes, comments and texts."""
    bare = re.sub(r'"[^"\n]*"', lambda hit: "_" * len(hit.group()), text)
    return [hit.start() for hit in re.finditer(r"(?<=[a-z\d_\]}]):(?=[ \n])|, (?=[a-z{])|[\[\]{}]", bare)]


@pytest.mark.parametrize("seed", range(60))
def test_every_wide_sign_is_told_in_one_run(seed: int, tmp_path: Path) -> None:
    project = Path(shutil.copytree(BASE, tmp_path / "project"))
    file = project / "communities" / "club.yaml"
    text = file.read_text(encoding="utf-8")
    chosen = sorted(random.Random(seed).sample(_signs(text), 1 + seed % 7))
    broken = list(text)
    for at in chosen:
        broken[at] = WIDE[text[at]]
    file.write_text("".join(broken), encoding="utf-8")
    source = Source("communities/club.yaml", text)
    there = {source.position(at) for at in chosen}
    errors = _errors(project)
    told = {(each.span.line, each.span.column) for each in errors if each.span and each.code.startswith("fullwidth")}
    # What stands inside a value that another sign has made one text may have to wait for that one's cure.
    lines = {line for line, _ in there}
    assert {line for line, _ in told} == lines
    assert told <= there
    assert {each.span.line for each in errors if each.span} == lines, [str(each) for each in errors]


@pytest.mark.parametrize("seed", range(20))
def test_the_cure_cures(seed: int, tmp_path: Path) -> None:
    """Whoever writes what was told, run after run, comes to an end, and to the text that was meant."""
    project = Path(shutil.copytree(BASE, tmp_path / "project"))
    file = project / "communities" / "club.yaml"
    text = file.read_text(encoding="utf-8")
    broken = list(text)
    for at in random.Random(seed).sample(_signs(text), 8):
        broken[at] = WIDE[text[at]]
    file.write_text("".join(broken), encoding="utf-8")
    narrow = {wide: sign for sign, wide in WIDE.items()}
    for _ in range(4):
        errors = _errors(project)
        if not errors:
            break
        source = Source("", file.read_text(encoding="utf-8"))
        characters = list(source.text)
        for each in errors:
            assert each.span is not None
            at = source.offset(each.span.line, each.span.column)
            characters[at] = narrow.get(characters[at], characters[at])
        file.write_text("".join(characters), encoding="utf-8")
    assert file.read_text(encoding="utf-8") == text


def test_places_are_those_of_the_file_after_many_mends() -> None:
    source: Source = Source("x.yaml", "a：1\nb：2，c：3\nd: 4\n")
    for sign, plain in (("：", ": "), ("：", ": "), ("，", ", "), ("：", ": ")):
        at = source.text.index(sign)
        source = Mended.of(source, Mend(at, at + 1, plain))
    assert source.text == "a: 1\nb: 2, c: 3\nd: 4\n"
    assert [source.position(source.text.index(each)) for each in "1b2c3d4"] == [
        (1, 3),
        (2, 1),
        (2, 3),
        (2, 5),
        (2, 7),
        (3, 1),
        (3, 4),
    ]
    assert source.line(2) == "b：2，c：3"
