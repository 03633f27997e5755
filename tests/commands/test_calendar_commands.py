"""`groupform calendar show`, `next` and `export`, and what `validate` says about a calendar."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from icalendar import Calendar
from rich.cells import cell_len

from calendar_rig import HEAD, PROJECT, write
from commands.line import Said, groupform

CLUB = """\
groups:
  lobby: {title: 大厅}
  city:
    each: {from: {segment: region}}
    title: 宠友·{region}
segments:
  region: {sh: 上海, bj: 北京}
calendar:
  tips:
    title: 周三干货与一个长得放不下的标题
    kind: article
    when: {weekly: [wed], at: "20:00"}
    to: [lobby, city]
    post: {file: posts/tips.md}
    by: lead
  new-year: {title: 跨年直播, kind: live, when: {dates: [2026-12-31], at: "23:30"}, lasts: 2h, to: [lobby]}
  night: {title: 晚安, kind: reminder, when: {dates: [2026-12-05], at: "23:00"}, to: [lobby], post: {text: 晚安}}
sending: {quiet_hours: "22:30-08:00"}
"""
TIPS = "# 干货\n\n**急诊**先打电话 <script>alert(1)</script>\n\n![猫](cat.png) [群规](https://petclub.example/rules)\n"
PNG = bytes.fromhex("89504e470d0a1a0a") + b"cat"
ENGLISH_AND_CHINESE = ("en", "zh-CN")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path, HEAD + CLUB, files={"posts/tips.md": TIPS, "posts/cat.png": PNG}, project=PROJECT)


def well(said: Said) -> str:
    assert said.code == 0, said.err + said.out
    return said.out


@pytest.mark.parametrize("lang", ENGLISH_AND_CHINESE)
@pytest.mark.parametrize("columns", [40, 80, 120, 200])
def test_the_grid_is_straight_whatever_the_writing(folder: Path, lang: str, columns: int) -> None:
    environ = {"GROUPFORM_LANG": lang, "COLUMNS": str(columns)}
    out = well(groupform(folder, "calendar", "show", "-m", "2026-12", environ=environ))
    lines = out.splitlines()
    rules = [each for each in lines if "┼" in each]
    assert len(rules) == 5 and len({cell_len(each) for each in rules}) == 1
    assert all(cell_len(each) <= columns for each in lines), "nothing wider than the terminal"
    bars = [at for at, each in enumerate(rules[0]) if each == "┼"]
    for row in lines[1 : lines.index(rules[-1])]:
        if "│" in row:
            places, cells = [], 0
            for character in row:
                if character == "│":
                    places.append(cells)
                cells += cell_len(character)
            assert places == bars[: len(places)], row


def test_the_agenda_says_where_each_goes_and_what_is_odd(folder: Path) -> None:
    out = well(groupform(folder, "calendar", "show", "-m", "2026-12"))
    agenda = out[out.index("Wed 2026-12-02") :]
    assert "tomorrow" in agenda.splitlines()[0]
    assert "→ 大厅, 宠友·上海, 宠友·北京 · club-chat · by 林一" in agenda
    assert "Quiet hours: sent 12-06 08:00." in agenda
    assert "Until 01-01 01:30." in agenda and "Nothing is sent for it." in agenda
    empty = well(groupform(folder, "calendar", "show", "-m", "2031-02", "-d", "club-chat"))
    assert "20:00" in empty


def test_what_is_next_counts_things_not_groups(folder: Path) -> None:
    found = json.loads(well(groupform(folder, "calendar", "next", "-n", "4", "--format", "json")))
    assert [(each["calendar"], each["scheduled"]) for each in found] == [
        ("tips", "2026-12-02T12:00:00Z"),
        ("night", "2026-12-05T15:00:00Z"),
        ("tips", "2026-12-09T12:00:00Z"),
        ("tips", "2026-12-16T12:00:00Z"),
    ]
    assert [each["group"] for each in found[0]["to"]] == ["lobby", "city/sh", "city/bj"]
    assert found[1]["due"] == "2026-12-06T00:00:00Z"


def test_a_telephone_reads_the_calendar_and_knows_each_event_again(folder: Path) -> None:
    def events(now: datetime) -> dict[str, object]:
        out = well(groupform(folder, "calendar", "export", "--format", "ics", "-m", "2026-12", now=now))
        read = Calendar.from_ical(out)
        assert all(len(line.encode()) <= 75 for line in out.split("\r\n"))
        return {str(each["UID"]): each for each in read.walk("VEVENT")}

    now = datetime(2026, 12, 1, 8, tzinfo=UTC)
    first, later = events(now), events(now + timedelta(days=9))
    assert len(first) == 7 and list(first) == list(later)
    live = next(each for each in first.values() if each["SUMMARY"] == "跨年直播")  # type: ignore[index]
    assert live["DTSTART"].dt == datetime(2026, 12, 31, 15, 30, tzinfo=UTC)  # type: ignore[index]
    assert live["DURATION"].dt == timedelta(hours=2)  # type: ignore[index]
    club = folder / "club.yaml"
    club.write_text(club.read_text(encoding="utf-8").replace("跨年直播", "跨年晚会"), encoding="utf-8")
    assert list(events(now)) == list(first), "a new title is not a new event"


def test_markdown_and_json_and_a_file(folder: Path) -> None:
    text = well(groupform(folder, "calendar", "export", "--format", "markdown", "-m", "2026-12"))
    assert text.startswith("# 宠友之家 · December 2026\n") and "> **急诊**先打电话" in text
    said = groupform(
        folder, "calendar", "export", "--format", "json", "-m", "2026-12", "--months", "2", "-o", "cal.json"
    )
    assert well(said) == "" and "cal.json" in said.err
    assert len(json.loads((folder / "cal.json").read_text(encoding="utf-8"))) == 11


@pytest.mark.parametrize("lang", ENGLISH_AND_CHINESE)
def test_the_page_shows_the_posts_and_holds_nothing_of_anybody_elses(folder: Path, lang: str) -> None:
    page = well(
        groupform(folder, "calendar", "export", "--format", "html", "-m", "2026-12", environ={"GROUPFORM_LANG": lang})
    )
    assert f'lang="{lang}"' in page and page.count('<article id="e') == 7
    assert "<script" not in page and "&lt;script&gt;" in page
    assert "急诊先打电话" in page, "WeChat shows no marks"
    assert 'src="http' not in page


def test_what_is_asked_wrongly(folder: Path) -> None:
    for month in ("2026-13", "0001-01", "9999-12", "now", ""):
        assert "calendar-not-a-month" in groupform(folder, "calendar", "show", "-m", month).err
    assert "deployment-unknown" in groupform(folder, "calendar", "next", "-d", "nowhere").err


def test_validate_says_what_would_go_wrong(folder: Path) -> None:
    said = groupform(folder, "validate")
    assert said.code == 0 and "calendar-in-quiet-hours" in said.err + said.out
    club = folder / "club.yaml"
    club.write_text(club.read_text(encoding="utf-8").replace("{weekly: [wed], at:", "{holiday: CN/xx, at:"), "utf-8")
    wrong = groupform(folder, "validate")
    assert wrong.code == 1 and "calendar-holiday-unknown" in wrong.err + wrong.out
