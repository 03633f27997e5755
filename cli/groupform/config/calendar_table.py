"""Reads a content plan, as people keep them in CSV or Excel, into entries of the calendar."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from groupform.config.diagnostics import Diagnostics
from groupform.config.files import Inputs, Unreadable
from groupform.config.names import Desk
from groupform.config.planned_words import clock_of, day_of, pin_of
from groupform.config.suggest import listed, nearest
from groupform.config.tables import Row, Table, column_missing, read_table
from groupform_schemas import CalendarItem, CommunityFile, Person, findings

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
_SEVERAL = re.compile(r"[,，、;；\n]+")
_YEAR = re.compile(r"(?<!\d)(20\d\d)\s*年")
_MOST = 20_000
"""Rows of one file that are read."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """A content plan and what its cells may mean. `people` are keys by name, `year` that of days without one."""

    desk: Desk
    model: CommunityFile
    table: Table
    columns: Mapping[str, str]
    people: Mapping[str, str]
    year: int | None


def with_planned(
    desk: Desk, model: CommunityFile, people: Mapping[str, Person], folder: Path, inputs: Inputs
) -> CommunityFile:
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
        data, empty = converted
        if empty:
            desk.report("calendar-table-formula", ("calendar_from",), path=path, cell=empty)
            return model
    table = read_table(data, shown, desk.found, key=None, heads=_heads)
    columns = _columns(table, desk.found) if table is not None else None
    if table is None or columns is None:
        return model
    years = set(_YEAR.findall(unicodedata.normalize("NFKC", table.above)))
    plan = _Plan(desk, model, table, columns, _by_name(people), int(years.pop()) if len(years) == 1 else None)
    made = dict(model.calendar)
    for row in table.rows:
        _add(plan, row, made)
    return model.model_copy(update={"calendar": made})


def _heads(cells: Sequence[str]) -> bool:
    """Whether these are the headings: above them there may be what the whole is called."""
    names = {each.strip().lower() for each in cells}
    return sum(not names.isdisjoint(_COLUMNS[field]) for field in _NEEDED) > 1


def _by_name(people: Mapping[str, Person]) -> dict[str, str]:
    """The keys of people by their names, where only one is called so."""
    names = Counter(each.name for each in people.values())
    return {each.name: key for key, each in people.items() if names[each.name] == 1}


def _as_csv(data: bytes) -> tuple[bytes, str] | None:
    """The first sheet of a workbook as CSV, and a cell whose formula has no value in it ("" where there is none); None
    for what is no workbook."""
    from openpyxl import load_workbook

    try:
        sheet = load_workbook(io.BytesIO(data), data_only=True).worksheets[0]
        formulas = load_workbook(io.BytesIO(data)).worksheets[0]
        # What a program has written was never reckoned: such a cell would pass for an empty one.
        unreckoned = (
            each.coordinate
            for row in formulas.iter_rows(max_row=_MOST)
            for each in row
            if each.data_type == "f" and sheet[each.coordinate].value is None
        )
        empty = next(unreckoned, "")
        rows = [[_cell(each) for each in row] for row in sheet.iter_rows(values_only=True, max_row=_MOST)]
        _spread(rows, [each.bounds for each in sheet.merged_cells.ranges])
        written = io.StringIO()
        csv.writer(written, lineterminator="\n").writerows(rows)
    except Exception:  # whatever a broken archive makes of the library
        return None
    return written.getvalue().encode("utf-8"), empty


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


def _add(plan: _Plan, row: Row, made: dict[str, CalendarItem]) -> None:
    desk, table, columns = plan.desk, plan.table, plan.columns
    said = {field: row.cells[column].strip() for field, column in columns.items()}
    day, clock = day_of(said["date"], plan.year), clock_of(said["time"])
    groups = _groups(plan, row, said["to"])
    content: dict[str, Any] = {
        "title": said["title"],
        "kind": _KINDS.get(said.get("kind", ""), said.get("kind") or "article"),
        "when": {"dates": [day], "at": clock},
        "to": groups or ["unknown"],
    }
    for field in ("by", "lasts", "approve"):
        if said.get(field):
            content[field] = said[field] if field == "lasts" else plan.people.get(said[field], said[field])
    post: dict[str, Any] = {field: said[field] for field in ("text", "file") if said.get(field)}
    attached = [each.strip() for each in _SEVERAL.split(said.get("attach", "")) if each.strip()]
    if attached:
        post["attach"] = attached
    pin = pin_of(said.get("pin", ""))
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


def _groups(plan: _Plan, row: Row, text: str) -> list[str] | None:
    """The groups by key, where they are named by key or by title; None, and said, for one that there is not."""
    desk, model, table, columns = plan.desk, plan.model, plan.table, plan.columns
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


def _key(day: str, clock: str, taken: Mapping[str, object]) -> str:
    """A row without a key is known by its time; a second one at the same time by its number."""
    plain = f"{day}-{clock.replace(':', '')}"
    number, key = 1, plain
    while key in taken:
        number += 1
        key = f"{plain}-{number}"
    return key
