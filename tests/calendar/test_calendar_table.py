"""Content plans in CSV and Excel become entries of the calendar; what is wrong is said at its cell."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest
from openpyxl import Workbook

from calendar_rig import GROUPS, HEAD, load, project, write
from groupform.calendar.agenda import agenda, words_of

ROWS = (
    ("日期", "时间", "标题", "类型", "发布群", "文案", "负责人", "备注"),
    ("2026/12/5", "20:00", "周六直播", "直播", "大厅、宠友·{region}", "来看", "lead", "x"),
    ("2026年12月6日", "9点30分", "晒宠", "活动", "lobby", "晒出\n你家宠物", "", ""),
    ("2026-12-06", "09：30", "另一条", "", "city/sh", "好", "", ""),
)


def text_of(rows: tuple[tuple[str, ...], ...]) -> str:
    return "".join(",".join('"' + cell.replace('"', '""') + '"' for cell in row) + "\n" for row in rows)


def workbook(*rows: tuple[object, ...]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)  # type: ignore[union-attr]
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def said(folder: Path, name: str, data: bytes) -> list[str]:
    made = project(folder, HEAD + GROUPS + f"calendar_from: {name}\n", files={name: data}).deployments[0]
    found = agenda(made, datetime(2026, 12, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
    return [
        f"{each.local:%m-%d %H:%M} {each.calendar} {each.kind.value} {each.target} {words_of(made, each)}"
        for each in found
    ]


EXPECTED = [
    "12-05 20:00 2026-12-05-2000 live lobby 来看",
    "12-05 20:00 2026-12-05-2000 live city/sh 来看",
    "12-05 20:00 2026-12-05-2000 live city/bj 来看",
    "12-06 09:30 2026-12-06-0930 activity lobby 晒出\n你家宠物",
    "12-06 09:30 2026-12-06-0930-2 article city/sh 好",
]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_table_as_people_write_it(tmp_path: Path, encoding: str) -> None:
    assert said(tmp_path, "content.csv", text_of(ROWS).encode(encoding)) == EXPECTED


@pytest.mark.parametrize(
    ("day", "clock", "expected"),
    [
        ("２０２６年１２月５日", "２０：００", "12-05 20:00"),
        ("2026年12月5日（周六）", "晚上8点", "12-05 20:00"),
        ("2026-12-06 星期天", "下午3:30", "12-06 15:30"),
        ("2026.12.6", "上午10点半", "12-06 10:30"),
    ],
)
def test_days_and_times_in_words(tmp_path: Path, day: str, clock: str, expected: str) -> None:
    rows = (ROWS[0], (day, clock, "一条", "", "lobby", "好", "", ""))
    assert said(tmp_path, "c.csv", text_of(rows).encode())[0].startswith(expected)


@pytest.mark.parametrize(("day", "clock"), [("2026年12月5日（周日）", "20:00"), ("2026-12-05", "晚上12点")])
def test_days_and_times_that_say_two_things_are_refused(tmp_path: Path, day: str, clock: str) -> None:
    data = text_of((ROWS[0], (day, clock, "一条", "", "lobby", "好", "", ""))).encode()
    found = load(write(tmp_path, HEAD + GROUPS + "calendar_from: c.csv\n", files={"c.csv": data}))
    assert [each.code for each in found.diagnostics][:1] in (["not-a-date"], ["not-a-time"])


def test_a_day_merged_over_several_rows_holds_for_each_of_them(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (ROWS[0], (date(2026, 12, 5), time(20), "甲", "", "lobby", "甲", "", "")):
        sheet.append(row)
    sheet.append((None, time(21), "乙", "", None, "乙", "", ""))
    sheet.append((date(2026, 12, 6), time(20), "丙", "", "lobby", "丙", "", ""))
    sheet.append((None,) * 8)  # one tall row: it is no second one
    for span in ("A2:A3", "E2:E3", *(f"{column}4:{column}5" for column in "ABCDEF")):
        sheet.merge_cells(span)
    saved = io.BytesIO()
    book.save(saved)
    assert said(tmp_path, "c.xlsx", saved.getvalue()) == [
        "12-05 20:00 2026-12-05-2000 article lobby 甲",
        "12-05 21:00 2026-12-05-2100 article lobby 乙",
        "12-06 20:00 2026-12-06-2000 article lobby 丙",
    ]


def test_a_workbook_says_the_same_with_real_dates_and_times(tmp_path: Path) -> None:
    real: list[tuple[object, ...]] = [ROWS[0]]
    real.append((datetime(2026, 12, 5), time(20, 0), *ROWS[1][2:]))
    real.append((None, None, None, None, None, None, None, None))
    real.append((date(2026, 12, 6), "09:30", *ROWS[2][2:]))
    real.append(ROWS[3])
    assert said(tmp_path, "content.xlsx", workbook(*real)) == EXPECTED


@pytest.mark.parametrize(
    ("row", "code", "column"),
    [
        ("2026-13-05,20:00,直播,lobby,来", "not-a-date", 1),
        ("2026-12-05,8pm,直播,lobby,来", "not-a-time", 12),
        ("2026-12-05,20:00,,lobby,来", "text-empty", 18),
        ("2026-12-05,20:00,直播,loby,来", "unknown-group-close", 21),
        ("2026-12-05,20:00,直播,大听,来", "unknown-group", 21),
        ("2026-12-05,20:00,直播,,来", "text-empty", 21),
    ],
)
def test_a_wrong_cell_is_pointed_at(tmp_path: Path, row: str, code: str, column: int) -> None:
    table = f"date,time,title,to,text\n{row}\n"
    loaded = load(write(tmp_path, HEAD + GROUPS + "calendar_from: content.csv\n", files={"content.csv": table}))
    wrong = [each for each in loaded.diagnostics if each.code == code]
    assert wrong, [each.code for each in loaded.diagnostics]
    span = wrong[0].span
    assert span is not None and (span.file, span.line, span.column) == ("content.csv", 2, column)


def test_a_column_that_is_missing_a_key_that_is_taken_and_a_file_that_is_no_workbook(tmp_path: Path) -> None:
    def codes(name: str, data: bytes | str, more: str = "") -> list[str]:
        loaded = load(write(tmp_path, HEAD + GROUPS + f"calendar_from: {name}\n{more}", files={name: data}))
        return [each.code for each in loaded.diagnostics]

    assert "table-column-missing" in " ".join(codes("a.csv", "date,title,to\n2026-12-05,x,lobby\n"))
    taken = "calendar:\n  tip: {title: 提示, kind: article, when: {daily: yes, at: '9:00'}, to: [lobby]}\n"
    assert "calendar-table-key-twice" in codes("b.csv", "key,date,time,title,to\ntip,2026-12-05,9:00,x,lobby\n", taken)
    assert "calendar-table-broken" in codes("c.xlsx", b"PK\x03\x04nothing")
    loaded = load(write(tmp_path, HEAD + GROUPS + "calendar_from: none.csv\n"))
    assert any(each.code.startswith("file-missing") for each in loaded.diagnostics)


def test_files_pins_and_approvals_stand_in_columns_of_their_own(tmp_path: Path) -> None:
    rows = (
        "日期,时间,标题,发布群,文案,配图,置顶,审批人\n"
        "2026-12-05,20:00,海报,lobby,来看,pics/a.png、pics/b.png,3天,lead\n"
        "2026-12-06,20:00,公告,lobby,来看,,是,\n"
        "2026-12-07,20:00,只有图,lobby,,pics/a.png,否,\n"
    )
    files = {"content.csv": rows, "pics/a.png": b"\x89PNG\r\n\x1a\n", "pics/b.png": b"\x89PNG\r\n\x1a\n"}
    made = project(tmp_path, HEAD + GROUPS + "calendar_from: content.csv\n", files=files).deployments[0]
    planned = list(made.community.model.calendar.values())
    posts = [each.post for each in planned]
    assert [each and each.attach for each in posts] == [("pics/a.png", "pics/b.png"), None, ("pics/a.png",)]
    assert [str(each.pin) if each and each.pin else None for each in posts] == ["3d", "True", None]
    assert [str(each.approve and each.approve.name) for each in planned] == ["lead", "None", "None"]
    assert set(made.community.files) == {"pics/a.png", "pics/b.png"}


@pytest.mark.parametrize(
    ("cells", "code"),
    [("a.png,soon,lead", "not-a-duration"), ("nowhere/x.jpg,,lead", "file-missing"), (",,nobody", "unknown-name")],
)
def test_what_is_wrong_in_those_columns_is_said(tmp_path: Path, cells: str, code: str) -> None:
    rows = f"日期,时间,标题,发布群,文案,附件,置顶,审批人\n2026-12-05,20:00,海报,lobby,来看,{cells}\n"
    files = {"content.csv": rows, "a.png": b"\x89PNG\r\n\x1a\n"}
    loaded = load(write(tmp_path, HEAD + GROUPS + "calendar_from: content.csv\n", files=files))
    assert [each.code for each in loaded.diagnostics if each.severity == "error"] == [code]


@pytest.mark.parametrize(("who", "code"), [("林一", None), ("lead", None), ("王五", "not-a-key")])
def test_a_person_is_named_by_key_or_by_name(tmp_path: Path, who: str, code: str | None) -> None:
    data = text_of((ROWS[0], ("2026-12-05", "20:00", "一条", "", "lobby", "好", who, ""))).encode()
    found = load(write(tmp_path, HEAD + GROUPS + "calendar_from: c.csv\n", files={"c.csv": data}))
    assert [each.code for each in found.diagnostics] == ([code] if code else [])
    if code is None:
        assert found.project is not None
        by = found.project.deployments[0].community.model.calendar["2026-12-05-2000"].by
        assert by is not None and by.name == "lead"


def test_a_name_that_two_people_bear_names_nobody(tmp_path: Path) -> None:
    data = text_of((ROWS[0], ("2026-12-05", "20:00", "一条", "", "lobby", "好", "林一", ""))).encode()
    folder = write(tmp_path, HEAD + GROUPS + "calendar_from: c.csv\n", files={"c.csv": data})
    file = folder / "groupform.yaml"
    twice = "people:\n  other: {name: 林一, accounts: {wechat: linyi2}}\n"
    file.write_text(file.read_text(encoding="utf-8").replace("people:\n", twice), encoding="utf-8")
    assert [each.code for each in load(folder).diagnostics] == ["not-a-key"]


@pytest.mark.parametrize("title", ["2026年12月内容排期表", "２０２６ 年内容排期表"])
def test_what_the_whole_is_called_may_stand_above_and_tells_the_year(tmp_path: Path, title: str) -> None:
    rows = ((title, *[""] * 7), ROWS[0], ("12月5日", "0.8125", "一条", "", "lobby", "好", "", ""))
    assert said(tmp_path, "c.csv", text_of(rows).encode()) == ["12-05 19:30 2026-12-05-1930 article lobby 好"]
    assert said(tmp_path, "c.xlsx", workbook(*rows)) == ["12-05 19:30 2026-12-05-1930 article lobby 好"]


@pytest.mark.parametrize("title", ["内容排期表", "2026年12月至2027年1月"])
def test_no_year_is_guessed(tmp_path: Path, title: str) -> None:
    rows = ((title, *[""] * 7), ROWS[0], ("12月5日", "20:00", "一条", "", "lobby", "好", "", ""))
    found = load(write(tmp_path, HEAD + GROUPS + "calendar_from: c.csv\n", files={"c.csv": text_of(rows).encode()}))
    assert [each.code for each in found.diagnostics] == ["not-a-date"]


def test_a_formula_that_nobody_has_reckoned_is_no_empty_cell(tmp_path: Path) -> None:
    data = workbook(ROWS[0], ("2026-12-05", "20:00", "一条", "", "lobby", '="好"&"的"', "", ""))
    found = load(write(tmp_path, HEAD + GROUPS + "calendar_from: c.xlsx\n", files={"c.xlsx": data}))
    assert [(each.code, each.params["cell"]) for each in found.diagnostics] == [("calendar-table-formula", "F2")]
