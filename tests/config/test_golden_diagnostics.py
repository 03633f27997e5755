"""Broken projects and what is said about them: each folder holds what differs from `base`, and `expected.txt`."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from groupform.config.load import load_project
from groupform.messages import LANGUAGES, Catalogue

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "diagnostics"
CASES = sorted(each.name for each in GOLDEN.iterdir() if each.is_dir() and each.name != "base")
ENVIRON = {"TOKEN": "t0ken", "SECRET": "s3cret"}
NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)


def _said(case: str, folder: Path) -> str:
    """What loading says, a line each: severity, code, place, second places."""
    project = Path(shutil.copytree(GOLDEN / "base", folder / "project"))
    if case != "base":
        shutil.copytree(GOLDEN / case, project, dirs_exist_ok=True, ignore=shutil.ignore_patterns("expected.txt"))
    loaded = load_project(project, environ=ENVIRON, now=NOW, platforms=("matrix", "wecom"))
    assert (loaded.project is None) == loaded.diagnostics.failed
    lines = []
    for each in loaded.diagnostics:
        related = "".join(f" [{code} {span}]" for code, span in each.related)
        lines.append(f"{each.severity} {each.code} {each.span}{related}")
        for lang in LANGUAGES:
            said = Catalogue(lang).text(each.code, **each.params)
            cure = Catalogue(lang).hint(each.code, **each.params)
            assert said != each.code, f"{each.code} has no sentence"
            assert cure, f"{each.code} says nothing to do"
        if each.span is not None and each.source_line is not None:
            assert each.span.column <= len(each.source_line) + 1
    return "".join(f"{each}\n" for each in lines)


def test_the_base_is_sound(tmp_path: Path) -> None:
    assert _said("base", tmp_path) == ""


@pytest.mark.parametrize("case", CASES)
def test_golden(case: str, tmp_path: Path) -> None:
    said = _said(case, tmp_path)
    expected = GOLDEN / case / "expected.txt"
    if os.environ.get("GROUPFORM_GOLDEN") == "write":
        expected.write_text(said, encoding="utf-8")
        pytest.skip("written; read the difference before committing it")
    assert said == expected.read_text(encoding="utf-8")
    assert said


def test_there_are_enough_of_them() -> None:
    assert len(CASES) >= 40
