"""`schema` prints and writes what is published, so that an editor never checks against something else."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands.line import groupform

PUBLISHED = Path(__file__).parents[2] / "schemas" / "json"


@pytest.mark.parametrize("file", sorted(each.name for each in PUBLISHED.glob("*.json")))
def test_what_is_printed_is_what_is_published(tmp_path: Path, file: str) -> None:
    assert groupform(tmp_path, "schema", file).out == (PUBLISHED / file).read_text(encoding="utf-8")
    assert groupform(tmp_path, "schema", file.removesuffix(".json")).code == 0


def test_all_are_listed_and_written(tmp_path: Path) -> None:
    names = groupform(tmp_path, "schema").out.split()
    assert sorted(names) == sorted(each.name for each in PUBLISHED.glob("*.json"))
    assert groupform(tmp_path, "schema", "--write", "out").code == 0
    assert sorted(each.name for each in (tmp_path / "out").iterdir()) == sorted(names)
