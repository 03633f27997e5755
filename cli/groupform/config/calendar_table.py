"""Reads a content plan, as people keep them in CSV or Excel, into entries of the calendar."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from groupform.config.diagnostics import Diagnostics
from groupform.config.files import Inputs, Unreadable
from groupform.config.names import Desk
from groupform.config.suggest import listed, nearest
from groupform.config.tables import Row, Table, column_missing, read_table
from groupform_schemas import CalendarItem, CommunityFile, findings

# The headings that people write, by the field they mean.
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "key": ("key", "id", "编号"),
    "date": ("date", "day", "日期", "发布日期"),
    "time": ("time", "at", "时间", "发布时间"),
    "title": ("title", "标题", "主题"),
    "kind": ("kind", "type", "类型", "形式"),
    "to": ("to", "group", "groups", "群", "发到", "发布群"),
    "text": ("text", "content", "正文", "内容", "文案"),
    "file": ("file", "文件"),
    "by": ("by", "who", "负责人", "发送人"),
    "lasts": ("lasts", "时长"),
    "attach": ("attach", "attachments", "picture", "pictures", "附件", "图片", "配图"),
    "pin": ("pin", "pinned", "置顶"),
    "approve": ("approve", "approver", "审批人", "审核人", "审批"),
}
_NEEDED = ("date", "time", "title", "to")
_KINDS = {
    **{"文章": "article", "短视频": "short_video", "直播": "live", "投票": "poll", "活动": "activity"},
    **{"公告": "announcement", "提醒": "reminder", "打卡": "check_in"},
}
_PINS = {**dict.fromkeys(("是", "长期", "√", "✓"), "yes"), **dict.fromkeys(("否", "不", "-", "no", "false"), "")}
_DAYS = re.compile(r"(\d+)\s*(天|日|小时|周)")
_UNITS = {"天": "d", "日": "d", "小时": "h", "周": "w"}
_SEVERAL = re.compile(r"[,，、;；\n]+")
_MOST = 20_000
"""Rows of one file that are read."""


def with_planned(desk: Desk, model: CommunityFile, folder: Path, inputs: Inputs) -> CommunityFile:
    """The community with the rows of its content plan on its calendar; what is wrong with a row is said at its cell."""
    path = model.calendar_from
    if path is None:
        return model
    try:
        data = inputs.named(folder, path)
    except Unreadable as refused:
        desk.report(refused.code, ("calendar_from",), **refused.params)
        return model
    shown = inputs.shown(folder / path)
    if path.lower().endswith((".xlsx", ".xlsm")):
        converted = _as_csv(data)
        if converted is None:
            desk.report("calendar-table-broken", ("calendar_from",), path=path)
            return model
        data = converted
    table = read_table(data, shown, desk.found, key=None)
    columns = _columns(table, desk.found) if table is not None else None
    if table is None or columns is None:
        return model
    made = dict(model.calendar)
    for row in table.rows:
        _add(desk, model, table, columns, row, made)
    return model.model_copy(update={"calendar": made})


def _as_csv(data: bytes) -> bytes | None:
    """The first sheet of a workbook as CSV; None for what is no workbook."""
    from openpyxl import load_workbook

    try:
        sheet = load_workbook(io.BytesIO(data), data_only=True).worksheets[0]
        rows = [[_cell(each) for each in row] for row in sheet.iter_rows(values_only=True, max_row=_MOST)]
        _spread(rows, [each.bounds for each in sheet.merged_cells.ranges])
        written = io.StringIO()
        csv.writer(written, lineterminator="\n").writerows(rows)
    except Exception:  # whatever a broken archive makes of the library
        return None
    return written.getvalue().encode("utf-8")


def _spread(rows: list[list[str]], merged: list[tuple[int, int, int, int]]) -> None:
    """What stands in a cell that was merged downwards holds for each of its rows that says something of its own."""
    said = [any(row) for row in rows]
    for left, top, _, bottom in merged:
        for number in range(top, min(bottom, len(rows))):
            if top > 1 and said[number]:
                rows[number][left - 1] = rows[top - 1][left - 1]


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.strftime("%Y-%m-%d %H:%M")
    if isinstance(value, time):
        return value.strftime("%H:%M")
    if isinstance(value, date):
        return value.isoformat()
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _columns(table: Table, found: Diagnostics) -> dict[str, str] | None:
    """The heading of each field that the table has; None, and said, where one that is needed is missing."""
    by_name = {each.strip().lower(): each for each in table.columns}
    columns = {
        field: by_name[name] for field, names in _COLUMNS.items() if (name := _first(names, by_name)) is not None
    }
    missing = [each for each in _NEEDED if each not in columns]
    for each in missing:
        column_missing(table.source, table.columns, each, found)
    return None if missing else columns


def _first(names: tuple[str, ...], among: Mapping[str, str]) -> str | None:
    return next((each for each in names if each in among), None)


def _add(
    desk: Desk, model: CommunityFile, table: Table, columns: Mapping[str, str], row: Row, made: dict[str, CalendarItem]
) -> None:
    said = {field: row.cells[column].strip() for field, column in columns.items()}
    day, clock = _date(said["date"]), _clock(said["time"])
    groups = _groups(desk, model, table, columns, row, said["to"])
    content: dict[str, Any] = {
        "title": said["title"],
        "kind": _KINDS.get(said.get("kind", ""), said.get("kind") or "article"),
        "when": {"dates": [day], "at": clock},
        "to": groups or ["unknown"],
    }
    for field in ("by", "lasts", "approve"):
        if said.get(field):
            content[field] = said[field]
    post: dict[str, Any] = {field: said[field] for field in ("text", "file") if said.get(field)}
    attached = [each.strip() for each in _SEVERAL.split(said.get("attach", "")) if each.strip()]
    if attached:
        post["attach"] = attached
    pin = _pin(said.get("pin", ""))
    if pin:
        post["pin"] = pin
    if post:
        content["post"] = post
    try:
        planned = CalendarItem.model_validate(content)
    except ValidationError as error:
        for each in findings(error, CalendarItem):
            field = _field(each.loc)
            column = columns.get(field, columns["title"])
            table.report(desk.found, each.code, row.starts[column], len(row.cells[column]), **each.params)
        return
    if groups is None:
        return
    key = said.get("key") or _key(day, clock, made)
    if key in made:
        column = columns.get("key", columns["title"])
        table.report(desk.found, "calendar-table-key-twice", row.starts[column], len(row.cells[column]), key=key)
        return
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", key):
        table.report(desk.found, "not-a-key", row.starts[columns["key"]], len(key), value=key)
        return
    made[key] = planned


def _groups(
    desk: Desk, model: CommunityFile, table: Table, columns: Mapping[str, str], row: Row, text: str
) -> list[str] | None:
    """The groups by key, where they are named by key or by title; None, and said, for one that there is not."""
    titles = {each.title: key for key, each in model.groups.items()}
    found, good = [], True
    if not text:
        table.report(desk.found, "text-empty", row.starts[columns["to"]], 1)
        return None
    for name in filter(None, (each.strip() for each in _SEVERAL.split(text))):
        key = name if name.partition("/")[0] in model.groups else titles.get(name)
        if key is not None:
            found.append(key)
            continue
        good = False
        known = [*model.groups, *titles]
        close = nearest(name, known)
        params = {"name": name, "known": listed(known), **({"suggestion": close} if close else {})}
        code = "unknown-group-close" if close else "unknown-group"
        at = row.starts[columns["to"]]
        table.report(desk.found, code, at, len(row.cells[columns["to"]]), **params)
    return found if good else None


def _field(loc: tuple[str | int, ...]) -> str:
    """The field of the table that a place in an entry comes from."""
    if loc[:1] == ("when",):
        return "time" if "at" in loc else "date"
    if loc[:1] == ("post",):
        return next((each for each in ("file", "attach", "pin") if each in loc), "text")
    return str(loc[0]) if loc else "title"


def _date(text: str) -> str:
    """`2026/12/5`, `２０２６年12月5日（周六）` and `2026-12-05 00:00:00` as the language writes it; others as they are.

    One whose day of the week is another one stays as it is, and is refused.
    """
    plain = unicodedata.normalize("NFKC", text)
    found = re.fullmatch(
        r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*[日号]?"
        r"(?:[ T]0?0:00(?::00)?|\s*\(?(?:周|星期|礼拜)([一二三四五六日天])\)?)?",
        plain,
    )
    if found is None:
        return text
    try:
        day = date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return text
    meant = "一二三四五六日".index(found[4].replace("天", "日")) if found[4] else day.weekday()
    return day.isoformat() if day.weekday() == meant else text


def _clock(text: str) -> str:
    """`20：00`, `20:00:00`, `20点30分`, `下午3点半` and `晚上8:00` as the language writes it; others as they are."""
    plain = unicodedata.normalize("NFKC", text)
    found = re.fullmatch(
        r"(早上|上午|下午|傍晚|晚上)?\s*(\d{1,2})\s*(?::(\d{2})(?::00)?|[点时](?:(\d{1,2})分?|(半)|整)?)", plain
    )
    if found is None:
        return text
    hour = int(found[2])
    if found[1] in ("下午", "傍晚", "晚上"):
        if hour == 12:  # midnight for some, noon for others
            return text
        hour += 12 if hour < 12 else 0
    elif found[1] and hour > 12:
        return text
    return f"{hour:02}:{30 if found[5] else int(found[3] or found[4] or 0):02}"


def _pin(text: str) -> str:
    """`是` and `3天` as the language writes it, "" for what says no; others as they are."""
    found = _DAYS.fullmatch(text)
    return f"{found[1]}{_UNITS[found[2]]}" if found else _PINS.get(text, text)


def _key(day: str, clock: str, taken: Mapping[str, object]) -> str:
    """A row without a key is known by its time; a second one at the same time by its number."""
    plain = f"{day}-{clock.replace(':', '')}"
    number, key = 1, plain
    while key in taken:
        number += 1
        key = f"{plain}-{number}"
    return key
