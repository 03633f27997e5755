"""The beginning and the end of a run stand on the calendar, in every form that it is looked at."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from icalendar import Calendar

from calendar_rig import HEAD, at, deployment
from commands.line import groupform, write_project
from groupform.calendar.milestones import milestones

SALE = HEAD + (
    'runs: {every: {weekly: [sat], at: "18:00"}, from: 2026-12-05, lasts: 4h, then: THEN}\n'
    'groups: {lobby: {title: 大厅}, sale: {title: "闪购 {run}"}, ask: {title: "问答 {run}"}}\n'
)
GO = "calendar: {go: {title: 开抢, kind: activity, when: {after: run_started}, to: [sale], post: {text: 抢}}}\n"
BEGINS, ENDS = at("2026-12-05T18:00"), at("2026-12-05T22:00")


@pytest.mark.parametrize("then", ["dissolve", "archive"])
def test_a_run_begins_and_ends_in_each_of_its_groups(tmp_path: Path, then: str) -> None:
    shop = deployment(tmp_path, SALE.replace("THEN", then))
    found = milestones(shop, BEGINS, ENDS + timedelta(seconds=1), lambda code: code)
    assert [(each.calendar, each.title, each.target, each.scheduled) for each in found] == [
        ("run.begins", "run-begins", "sale/2026-12-05", BEGINS),
        ("run.begins", "run-begins", "ask/2026-12-05", BEGINS),
        ("run.ends", f"run-ends-{then}", "sale/2026-12-05", ENDS),
        ("run.ends", f"run-ends-{then}", "ask/2026-12-05", ENDS),
    ]
    assert not milestones(shop, BEGINS + timedelta(seconds=1), ENDS, lambda code: code), "both bounds as everywhere"
    assert [each.calendar for each in milestones(shop, ENDS, ENDS + timedelta(hours=1), lambda code: code)] == [
        "run.ends"
    ] * 2


def test_a_standing_community_has_none(tmp_path: Path) -> None:
    shop = deployment(tmp_path, HEAD + "groups: {lobby: {title: 大厅}}\n")
    assert not milestones(shop, BEGINS, ENDS, lambda code: code)


def test_they_are_shown_and_exported(tmp_path: Path) -> None:
    folder = write_project(tmp_path / "club", community=SALE.replace("THEN", "dissolve") + GO)
    coming = groupform(folder, "calendar", "next", "-n", "3", now=BEGINS - timedelta(days=1))
    order = [
        coming.out.index(each) for each in ("18:00  Begins", "18:00  开抢", "22:00  Ends: its groups are dissolved")
    ]
    assert order == sorted(order), coming.out
    shown = groupform(folder, "calendar", "show", "--month", "2026-12", environ={"GROUPFORM_LANG": "zh-CN"})
    assert shown.out.count("18:00  本场开始") == 4 and "本场结束，解散群" in shown.out
    data = groupform(folder, "calendar", "export", "--format", "json", "--month", "2026-12")
    assert {each["calendar"] for each in json.loads(data.out)} == {"run.begins", "go", "run.ends"}
    exported = groupform(folder, "calendar", "export", "--format", "ics", "--month", "2026-12")
    events = list(Calendar.from_ical(exported.out).walk("VEVENT"))
    ends = [each for each in events if each["summary"] == "Ends: its groups are dissolved"]
    assert [each["dtstart"].dt for each in ends] == [ENDS + timedelta(weeks=week) for week in range(4)]
    assert len({str(each["uid"]) for each in events}) == len(events) == 12
