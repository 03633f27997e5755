"""Where people open and dissolve groups: the steps are handed over once, and no other deployment waits for them."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from calendar_rig import at
from commands.line import Said, groupform, write_project

SALE = """\
community: club
title: 周六闪购
locale: zh-CN
timezone: Asia/Shanghai
team: {owner: lead}
entry: {door: link}
runs: {every: {weekly: [sat], at: "18:00"}, from: 2026-12-05, lasts: 4h, then: dissolve}
groups:
  sale: {title: "闪购 {run}"}
calendar:
  go: {title: 开抢, kind: announcement, when: {after: run_started, wait: 2h}, to: [sale], post: {text: 开抢}}
"""
FRIDAY, SATURDAY, END = at("2026-12-04T12:00"), at("2026-12-05T18:00"), at("2026-12-05T22:00")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = write_project(tmp_path / "club", community=SALE)
    assert groupform(folder, "apply", "--yes", now=FRIDAY).code == 3
    assert groupform(folder, "calendar", "run", now=FRIDAY).code == 0, "these steps were handed over by the apply"
    return folder


def run(folder: Path, now: datetime, *more: str) -> Said:
    return groupform(folder, "calendar", "run", *more, now=now)


def test_the_steps_of_the_next_run_are_handed_over_once(home: Path) -> None:
    planned = run(home, END, "--dry-run", "--posts-only")
    assert "by hand: 周六闪购·闪购" not in planned.out
    planned = run(home, END, "--dry-run")
    assert "to be opened by hand: 周六闪购·闪购 2026-12-12 (run begins 2026-12-12 18:00)" in planned.out
    assert run(home, END, "--posts-only").out.count("to be opened") == 0
    said = run(home, END)
    assert said.code == 3
    assert "to be opened by hand: 周六闪购·闪购 2026-12-12" in said.out
    assert "groupform steps done club-chat/group.sale/2026-12-12" in said.out
    assert run(home, END + timedelta(minutes=5)).code == 0
    assert "group.sale/2026-12-12" in groupform(home, "steps", "list", now=END).out


def test_a_group_that_was_made_is_to_be_dissolved_when_its_run_is_over(home: Path) -> None:
    done = groupform(home, "steps", "done", "club-chat/group.sale/2026-12-05", "--by", "lead", now=FRIDAY)
    assert done.code == 0, done.err
    assert "dissolved" not in run(home, SATURDAY).out
    said = run(home, END)
    assert said.code == 3
    assert "to be dissolved by hand: 周六闪购·闪购 2026-12-05 (run ended 2026-12-05 22:00)" in said.out
    assert "to be opened by hand: 周六闪购·闪购 2026-12-12" in said.out
    assert run(home, END + timedelta(minutes=5)).code == 0
    steps = groupform(home, "steps", "list", now=END).out
    assert "2026-12-05" in steps and "2026-12-12" in steps


def test_an_unapplied_edit_hands_nothing_over(home: Path) -> None:
    file = home / "club.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("groups:\n", "groups:\n  lobby: {title: 大厅}\n"), encoding="utf-8")
    said = run(home, END)
    assert said.code == 3 and "there is more to change than that" in said.out and "group.lobby" in said.out
    assert "to be opened by hand" not in said.out
    assert run(home, END + timedelta(minutes=5)).code == 0, "said once"


@pytest.mark.parametrize("lang", ["en", "zh-CN"])
def test_both_languages_say_it(home: Path, lang: str) -> None:
    said = groupform(home, "calendar", "run", "--dry-run", now=END, environ={"GROUPFORM_LANG": lang})
    assert {"en": "to be opened by hand", "zh-CN": "请人工开群"}[lang] in said.out
