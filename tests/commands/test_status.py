"""Every bound of `health` beside what a platform reports: in, out, or why nobody can tell."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from commands.line import CLUB, groupform, write_project
from commands.matrix_desk import Desk
from commands.test_today_numbers import STATISTIC, rig
from homeserver import Homeserver

CALM = "health: [{metric: members, per: group, below: 500}, {metric: response_time, per: group, below: 15m}]\n"
BOUNDS = """\
health:
  - {metric: messages, per: group, within: 30d, between: [2, 3]}
  - {metric: members, per: group, below: 500}
  - {metric: funnel_step, per: journey, at_least: 15%}
"""


def data(said: Any) -> dict[str, Any]:
    (found,) = json.loads(said.out)
    return dict(found)


def test_numbers_inside_and_outside_and_those_nobody_knows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corp, _ = rig(tmp_path, monkeypatch)
    found = data(corp("status", "--format", "json", code=3))
    told = [(each["bound"]["metric"], each["group"], each["verdict"], each["shown"]) for each in found["numbers"]]
    assert told == [
        ("messages", "宠友·独一群", "out", "99"),
        ("leave_rate", "宠友·独一群", "out", "20.0%"),
        ("joins", None, "out", "7"),
        ("members", "宠友·独一群", "out", "39"),
        ("members", "宠友·第二群", "in", "5"),
        ("members", "宠友·第三群", "in", "12"),
    ]
    assert [each["who"] for each in found["numbers"]] == ["host", "host", "boss", "host", "boss", "boss"]
    assert found["numbers"][0]["bound"] == {
        "metric": "messages",
        "per": "group",
        "within": "1d",
        "between": ["100", "200"],
    }
    unknown = [(each["code"], [one["metric"] for one in each["bounds"]], each["groups"]) for each in found["unknown"]]
    assert unknown == [
        ("wecom-number-several-groups", ["messages", "leave_rate"], ["宠友·第二群", "宠友·第三群"]),
        ("number-not-counted", ["response_time"], None),
        ("wecom-number-by-day", ["messages"], ["宠友·独一群", "宠友·第二群", "宠友·第三群"]),
    ]


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_the_table_stands_straight(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    corp, _ = rig(tmp_path, monkeypatch)
    text = corp("status", code=3, GROUPFORM_LANG="zh-CN", COLUMNS=str(columns)).out
    lines = text.splitlines()
    assert all(cell_len(each) <= columns and each == each.rstrip() for each in lines)
    rows = [each for each in lines if each.startswith(("  ✓", "  ✗"))]
    assert [each[2] for each in rows] == list("✗✗✗✗✓✓"), "what is out of bounds comes first"
    aims = {cell_len(re.split("100 到|低于|不少于", each)[0]) for each in rows}
    assert len(aims) == 1, "what stands in one column begins in one column, whatever characters are before it"
    assert len(re.findall(r"哪\s*个\s*数\s*属\s*于", text)) == 1, "a reason is told once, not for each group"
    assert ("周舟" in text, "11-30 – 12-01" in text) == (columns >= 100, columns >= 90)
    assert "6 项数据中有 4 项超出范围。" in text


def test_everything_within_its_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corp, _ = rig(tmp_path, monkeypatch, CALM)
    said = corp("status", "-d", "here", code=0)
    assert "All 3 numbers are within their bounds." in said.out
    assert "• response_time: no platform" in said.out
    assert not [each for each in corp.rehearsal.seen if STATISTIC in str(each)], "members needs no statistic"


def test_nothing_declared_is_nothing_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corp, _ = rig(tmp_path, monkeypatch, "")
    before = len(corp.rehearsal.seen)
    said = corp("status", code=0)
    assert "`club` has no `health`" in said.out
    assert len(corp.rehearsal.seen) == before
    assert corp("status", "-d", "nowhere", code=1).out == ""


def test_groups_that_are_not_there_yet_and_a_rehearsal(tmp_path: Path) -> None:
    home = write_project(tmp_path, community=CLUB + BOUNDS)
    said = groupform(home, "status", "--rehearse")
    assert said.code == 0, said.err
    assert "this platform tells no numbers" in said.out
    assert "members" in said.out and "nothing tells which way" in said.out


@pytest.mark.acceptance
def test_on_a_real_homeserver(tmp_path: Path, homeserver: Homeserver) -> None:
    desk = Desk(tmp_path / "desk", homeserver)
    file = desk.home / "club.yaml"
    file.write_text(file.read_text(encoding="utf-8") + BOUNDS, encoding="utf-8")
    early = desk.run("status")
    assert early.code == 0 and "(all 2 groups): the group is not there yet" in early.out, early
    desk.applied()
    lobby = next(each["id"] for short, each in desk.state()["bindings"].items() if short.endswith("room.lobby"))
    person = homeserver.person("status-counted")
    homeserver.operator.invite(lobby, person.user_id)
    person.join(lobby)
    for text in ("早", "好"):
        person.send(lobby, text)
    found = data(desk.run("status", "--format", "json"))
    told = {(each["bound"]["metric"], each["group"]): (each["verdict"], each["value"]) for each in found["numbers"]}
    assert told == {
        ("messages", "大厅"): ("in", 2),
        ("messages", "广场"): ("out", 0),
        ("members", "大厅"): ("in", 1),
        ("members", "广场"): ("in", 0),
    }
    assert [each["code"] for each in found["unknown"]] == ["number-no-journeys"]
    assert desk.run("status").code == 3
    desk.environ["MATRIX_HOMESERVER"] = "http://127.0.0.1:9"
    away = desk.run("status")
    assert away.code == 4 and desk.name in away.err, away
