"""What is due when, in which group."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from pathlib import Path

from calendar_rig import GROUPS, HEAD, at, deployment
from groupform.calendar.agenda import Events, Occasion, agenda, words_of
from groupform.config.project import ResolvedDeployment

SALE = """\
runs: {every: {weekly: [sat], at: "18:00"}, from: 2026-12-05, until: 2026-12-20, lasts: 4h, then: dissolve}
groups:
  sale: {title: "闪购 {run}"}
  hall: {title: 大堂}
calendar:
  go: {title: 开抢, kind: announcement, when: {after: run_started, wait: 2h}, to: [sale], post: {text: "{group} 开抢"}}
  hourly: {title: 报时, kind: reminder, when: {rrule: FREQ=HOURLY}, to: [sale, hall], post: {text: 到点了}}
"""


def said(found: list[Occasion]) -> list[str]:
    return [f"{each.local:%m-%d %H:%M} {each.calendar} {each.target}" for each in found]


def on(made: ResolvedDeployment, since: str, until: str, events: Events | None = None) -> list[Occasion]:
    return agenda(made, at(since), at(until), events)


def test_one_for_each_group_in_the_order_of_the_files(tmp_path: Path) -> None:
    calendar = """\
calendar:
  late: {title: 晚, kind: article, when: {daily: yes, at: "20:00"}, to: [city, lobby], post: {text: "{region}{group}"}}
  early: {title: 早, kind: article, when: {weekly: [wed], at: "20:00"}, to: [city/bj, city], post: {text: 早}}
"""
    made = deployment(tmp_path, HEAD + GROUPS + calendar)
    found = on(made, "2026-12-02T00:00", "2026-12-03T00:00")
    assert said(found) == [
        "12-02 20:00 late city/sh",
        "12-02 20:00 late city/bj",
        "12-02 20:00 late lobby",
        "12-02 20:00 early city/bj",
        "12-02 20:00 early city/sh",
    ]
    assert [words_of(made, each) for each in found[:3]] == ["上海宠友·上海", "北京宠友·北京", "{region}大厅"]
    assert found[0].key == "club-chat/calendar.late/city/sh@20261202T120000Z"
    assert len({each.key for each in found}) == 5


def test_days_after_a_group_came_to_be(tmp_path: Path) -> None:
    calendar = """\
calendar:
  third:
    {title: 第三天, kind: article, when: {after: group_created, wait: 3d, at: "19:30"}, to: [city], post: {text: 好}}
  soon: {title: 马上, kind: article, when: {after: group_created, wait: 90m}, to: [city], post: {text: 好}}
  same: {title: 当天, kind: article, when: {after: group_created, wait: 0d, at: "9:00"}, to: [city], post: {text: 好}}
"""
    made = deployment(tmp_path, HEAD + GROUPS + calendar)
    events = Events({"city/sh": at("2026-12-01T21:00"), "lobby": at("2026-12-01T21:00")})
    assert said(on(made, "2026-12-01T00:00", "2027-01-01T00:00", events)) == [
        "12-01 22:30 soon city/sh",
        "12-02 09:00 same city/sh",  # nine o'clock of the day itself was over
        "12-04 19:30 third city/sh",
    ]
    assert on(made, "2026-12-01T00:00", "2027-01-01T00:00") == []


def test_each_run_has_its_own_groups_and_nothing_is_due_between_runs(tmp_path: Path) -> None:
    made = deployment(tmp_path, HEAD + SALE)
    found = on(made, "2026-12-01T00:00", "2027-01-01T00:00")
    assert [each for each in said(found) if " go " in each] == [
        "12-05 20:00 go sale/2026-12-05",
        "12-12 20:00 go sale/2026-12-12",
        "12-19 20:00 go sale/2026-12-19",
    ]
    hours = [each for each in said(found) if "hourly sale/2026-12-12" in each]
    assert [each[6:11] for each in hours] == ["18:00", "19:00", "20:00", "21:00"]
    assert len([each for each in said(found) if "hourly hall" in each]) == 12
    go = next(each for each in found if each.calendar == "go" and each.run == "2026-12-19")
    assert words_of(made, go) == "闪购 2026-12-19 开抢", "a group that is yet to be made"


def test_the_same_occasions_however_the_time_is_cut(tmp_path: Path) -> None:
    made = deployment(tmp_path, HEAD + SALE)
    whole = on(made, "2026-12-01T00:00", "2027-01-01T00:00")
    cuts = ["2026-12-01T00:00", "2026-12-05T18:00", "2026-12-05T19:59", "2026-12-12T20:00", "2026-12-12T22:00"]
    cuts += ["2026-12-19T20:01", "2027-01-01T00:00"]
    parts = [each for since, until in pairwise(cuts) for each in on(made, since, until)]
    assert [each.key for each in parts] == [each.key for each in whole]


def test_a_single_run(tmp_path: Path) -> None:
    calendar = """\
runs: {from: 2026-12-05, until: 2026-12-07, then: archive}
groups: {lobby: {title: 大厅}}
calendar:
  day: {title: 日, kind: article, when: {daily: yes, at: "20:00"}, to: [lobby], post: {text: 日}}
  open: {title: 开, kind: article, when: {after: run_started, wait: 1d, at: "8:00"}, to: [lobby], post: {text: 开}}
"""
    made = deployment(tmp_path, HEAD + calendar)
    assert said(on(made, "2026-12-01T00:00", "2027-01-01T00:00")) == [
        "12-05 20:00 day lobby",
        "12-06 08:00 open lobby",
        "12-06 20:00 day lobby",
        "12-07 20:00 day lobby",
    ]


def test_quiet_hours_hold_back_until_they_end(tmp_path: Path) -> None:
    calendar = """\
groups: {lobby: {title: 大厅}}
calendar:
  day: {title: 日, kind: article, when: {rrule: FREQ=HOURLY}, to: [lobby], post: {text: 日}}
sending: {quiet_hours: "22:00-08:00"}
"""
    made = deployment(tmp_path, HEAD + calendar)
    found = on(made, "2026-12-01T21:00", "2026-12-02T09:00")
    held = {f"{each.local:%H}": f"{each.due.astimezone(each.local.tzinfo):%d %H:%M}" for each in found if each.quiet}
    assert held == dict.fromkeys(("22", "23", "00", "01", "02", "03", "04", "05", "06", "07"), "02 08:00")
    to_midnight = deployment(tmp_path, (HEAD + calendar).replace("22:00-08:00", "18:00-24:00"))
    due = {each.due for each in on(to_midnight, "2026-12-01T18:00", "2026-12-02T00:00")}
    assert due == {datetime.fromisoformat("2026-12-02T00:00+08:00")}
