"""A table of steps that came through a spreadsheet program: whatever it saved it as, no tick is lost in silence."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from commands.line import groupform, write_project
from groupform.commands.ticks import read_ticks


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return write_project(tmp_path)


def rows(home: Path) -> list[list[str]]:
    said = groupform(home, "steps", "export", "--format", "csv", environ={"GROUPFORM_LANG": "zh-CN"})
    assert said.code == 0, said.err
    return list(csv.reader(io.StringIO(said.out.lstrip("\ufeff"))))


def saved(found: list[list[str]], mark: str, *, separator: str = ",", first: str = "") -> str:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=separator).writerows([found[0], *([mark, *row[1:]] for row in found[1:])])
    return first + out.getvalue()


@pytest.mark.parametrize("mark", ["✓", "✔", "√", "☑", "Ｘ", "是", "已完成", "TRUE", " v "])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_every_form_is_read(home: Path, mark: str, encoding: str, separator: str) -> None:
    if (mark, encoding, separator) != ("✓", "utf-8", ","):
        found = [
            ["完成", "做什么", "步骤编号（请勿改动）"],
            ["", "建群：大厅", "club-chat/group.lobby=0123456789abcdef"],
        ]
        for first in ("", f"sep={separator}\r\n"):
            data = saved(found, mark, separator=separator, first=first).encode(encoding)
            back = read_ticks(data, "t.csv")
            assert [each.key for each in back.ticks] == ["club-chat/group.lobby"], (first, back)
            assert back.unclear == ()
        return
    (home / "t.csv").write_bytes(saved(rows(home), mark).encode(encoding))
    said = groupform(home, "steps", "import", "t.csv", "--by", "lead")
    assert said.code == 0, said.out + said.err


def test_a_tick_that_its_encoding_lacks_is_said(home: Path) -> None:
    """GBK, as Excel saves in China, has no ✓: a question mark stands there."""
    (home / "t.csv").write_bytes(saved(rows(home), "✓").encode("gbk", "replace"))
    said = groupform(home, "steps", "import", "t.csv", "--by", "lead", environ={"GROUPFORM_LANG": "zh-CN"})
    assert said.code == 3
    assert "看不出做没做" in said.out
    assert "√" in said.out
    strict = groupform(home, "steps", "import", "t.csv", "--by", "lead", "--strict")
    assert strict.code == 1


@pytest.mark.parametrize("mark", ["", "否", "no", "☐", "未完成", "0", "-"])
def test_a_no_is_no_question(home: Path, mark: str) -> None:
    (home / "t.csv").write_bytes(saved(rows(home), mark).encode("utf-8-sig"))
    said = groupform(home, "steps", "import", "t.csv", "--by", "lead")
    assert said.code == 0
    assert "neither" not in said.out
