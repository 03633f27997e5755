"""What somebody does this morning, and nothing but that; quiet where there is nothing."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from commands.line import NOW, groupform
from commands.stores_rig import PROJECT, SHOPS, edit, shops, well

MORE = """\
invitations: {card: {group: desk, source: 立牌, valid: {until: "2026-12-02"}}}
compliance:
  checklists:
    patrol: {when: {weekly: [tue], at: "09:30"}, who: lead, steps: [看一遍群, 回复留言]}
    never: {when: {weekly: [sun], at: "09:30"}, who: lead, steps: [x]}
    lunar: {when: {lunar: "08-15", at: "09:30"}, who: lead, steps: [y]}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return shops(tmp_path, PROJECT, SHOPS + MORE)


def today(folder: Path, *argv: str, days: float = 0) -> dict[str, Any]:
    said = well(groupform(folder, "today", "--format", "json", *argv, now=NOW + timedelta(days=days)))
    (found,) = json.loads(said.out)
    return dict(found)


def all_done(folder: Path, days: float = 0, people: str = "") -> None:
    for who in ("lead", "mia"):
        typed = f"d\n{people}\n" * 40
        groupform(folder, "steps", "walk", "--who", who, typed=typed, now=NOW + timedelta(days=days))


def test_what_waits_for_another_step_is_not_for_this_morning(folder: Path) -> None:
    found = today(folder, "--who", "mia")
    assert [each["key"] for each in found["steps"]] == [f"shops/group.shop/s{each}" for each in (1, 2, 3)]
    assert found["patrols"] == []


def test_lists_and_invitations_by_their_day(folder: Path) -> None:
    found = today(folder, "--who", "lead")
    assert [(each["key"], each["at"]) for each in found["patrols"]] == [("patrol", "09:30")]
    assert [each["label"] for each in found["expiring"]] == ["card"] or found["expiring"] == []
    everybody = today(folder)
    assert [each["label"] for each in everybody["expiring"]] == ["card"]
    assert today(folder, days=3)["expiring"] == []


def test_a_code_is_renewed_before_it_runs_out(folder: Path) -> None:
    edit(folder, MORE.split("\n", 1)[0], "")
    all_done(folder)
    assert today(folder, "--who", "mia")["steps"] == []
    assert [each["label"] for each in today(folder, "--who", "mia", days=5.5)["expiring"]] != []
    late = today(folder, "--who", "mia", days=6.5)
    assert {each["key"].rpartition("/")[0] for each in late["steps"]} == {"shops/qr.shop"}
    assert late["expiring"] == []


def test_a_group_that_fills_up_by_what_somebody_counted(folder: Path) -> None:
    edit(folder, 'title: "{name}店"', 'title: "{name}店"\n    capacity: 210')
    all_done(folder, people="195")
    found = today(folder, "--who", "mia")
    assert {(each["limit"], each["people"]) for each in found["full"]} == {(200, 195), (210, 195)}
    assert all(each["counted"] for each in found["full"])
    text = well(groupform(folder, "today", "--who", "mia", environ={"GROUPFORM_LANG": "zh-CN"})).out
    assert "195 / 200 人" in text and "传闻" not in text


def test_quiet_where_there_is_nothing(tmp_path: Path) -> None:
    quiet = shops(tmp_path)
    all_done(quiet)
    said = well(groupform(quiet, "today"))
    assert said.out.strip() == "Nothing to do today."
    assert groupform(quiet, "today", "--who", "nobody-here").code == 1
    assert "Nothing to do" in well(groupform(quiet, "today", "--format", "markdown")).out


def test_what_is_open_and_not_for_today_is_said_in_a_line(tmp_path: Path) -> None:
    some = shops(tmp_path, PROJECT, SHOPS)
    listed = json.loads(groupform(some, "steps", "list", "--format", "json").out)
    found = today(some)
    rest = [each for each in listed if each["key"] not in {one["key"] for one in found["steps"]}]
    assert rest, "what waits for another step is open, and not for this morning"
    assert found["later"]["steps"] == len(rest)
    assert found["later"]["first_due"] == min((each["due"] for each in rest if each["due"]), default=None)
    assert f"Not for today: {len(rest)} more steps are open" in well(groupform(some, "today")).out
    said = well(groupform(some, "today", "--who", "mia", environ={"GROUPFORM_LANG": "zh-CN"})).out
    mine = today(some, "--who", "mia")["later"]["steps"]
    assert said.rstrip().endswith("groupform steps list --who mia") and f"还没完成的有 {mine} 步" in said
    written = well(groupform(some, "today", "--format", "markdown")).out
    assert f"{len(rest)} more steps are open" in written


def test_nothing_for_today_is_not_nothing_at_all(tmp_path: Path) -> None:
    some = shops(tmp_path, PROJECT, SHOPS)
    groupform(some, "apply", "--yes", now=NOW)  # what is given to people is open from here on, and due in a week
    listed = json.loads(groupform(some, "steps", "list", "--format", "json").out)
    first, rest = well(groupform(some, "today")).out.strip().split("\n", 1)
    due = min(each["due"] for each in listed if each["due"])[:10]
    assert first == "Nothing to do today."
    said = f"Not for today: {len(listed)} more steps are open, the first due {due}: groupform steps list"
    assert " ".join(rest.split()) == said
