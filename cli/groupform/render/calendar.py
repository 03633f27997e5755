"""Owns the calendar in a terminal: a month as a grid, and an agenda that says where each thing goes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from groupform.calendar.entries import Entry
from groupform.engine.post_parts import Words
from groupform.render.post_parts import beside, part_json, treatment
from groupform.render.terminal import Terminal, clean

_WIDEST = 24
_NARROWEST = 9
"""A column that is narrower has room for a time and nothing beside it: the day and a count say as much."""
_LINES = 4
_NAMED = 3


def show_month(terminal: Terminal, found: Sequence[Entry], first: date, today: date) -> None:
    """Prints a month as a grid of weeks."""
    terminal.line(month_name(terminal, first), style="head")
    width = min((terminal.out.width - 8) // 7, _WIDEST)
    column = max(width, 4)
    bar = terminal.glyph("│")
    rule = terminal.glyph("─") * column
    line = f"{bar if bar == '|' else '┼'}".join([rule] * 7)
    names = terminal.say("calendar-weekdays").split()
    _row(terminal, [Text(_fit(terminal, f" {each}", column), style="faint") for each in names], bar)
    by_day = {day: list(group) for day, group in groupby(found, key=lambda each: each.day)}
    for week in weeks(first):
        terminal.out.print(Text(line, style="faint"), soft_wrap=True)
        for cells in _week(terminal, week, first, today, by_day, column):
            _row(terminal, cells, bar)


def show_agenda(terminal: Terminal, found: Sequence[Entry], today: date) -> None:
    """Prints what is due day by day; one line where there is nothing."""
    if not found:
        terminal.line(terminal.say("calendar-nothing"), style="faint")
        return
    for number, (day, group) in enumerate(groupby(found, key=lambda each: each.day)):
        if number:
            terminal.line()
        terminal.line(day_name(terminal, day, today), style="head")
        for each in group:
            terminal.line(_title(terminal, each), indent=2, hanging=7)
            terminal.line(where(terminal, each), indent=9, hanging=2, style="faint")
            for line in (*beside(terminal, each.sent()), *treatment(terminal, each.first.model.post)):
                terminal.line(line, indent=9, hanging=2, style="faint")
            for note in notes(terminal, each):
                terminal.line(note, indent=9, hanging=2, style="caution")


def where(terminal: Terminal, entry: Entry) -> str:
    """Where it goes and who sends it, on one line."""
    groups = [clean(each) for each in entry.groups]
    comma = terminal.say("list-comma")
    named = comma.join(groups[:_NAMED])
    if len(groups) > _NAMED:
        named = terminal.say("calendar-and-more", names=named, count=len(groups))
    parts = [f"{terminal.glyph('→')} {named}", comma.join(map(clean, entry.deployments))]
    if entry.who:
        parts.append(terminal.say("calendar-by", who=entry.who))
    return f" {terminal.glyph('·')} ".join(parts)


def notes(terminal: Terminal, entry: Entry) -> Iterator[str]:
    """What is not as it seems: held back by quiet hours, lasting, without a post."""
    first = entry.first
    if first.quiet:
        due = first.due.astimezone(first.local.tzinfo)
        yield terminal.say("calendar-held-back", due=f"{due:%m-%d %H:%M}")
    if first.ends is not None:
        ends = first.ends.astimezone(first.local.tzinfo)
        yield terminal.say("calendar-until", ends=f"{ends:%m-%d %H:%M}")
    if first.model.post is None:
        yield terminal.say("calendar-no-post")
    if entry.awaits is not None:
        yield terminal.say("calendar-unapproved", who=clean(entry.awaits))


def entry_json(entry: Entry) -> dict[str, Any]:
    """An entry as data."""
    first, post = entry.first, entry.first.model.post
    return {
        "key": entry.key,
        "calendar": first.calendar,
        "community": entry.community,
        "title": first.title,
        "kind": first.kind.value,
        "scheduled": _utc(first.scheduled),
        "due": _utc(first.due),
        "local": first.local.isoformat(timespec="minutes"),
        "ends": _utc(first.ends) if first.ends else None,
        "by": entry.who,
        "awaits": entry.awaits,
        "run": first.run,
        "text": entry.text(),
        "with": [part_json(each) for each in entry.sent() if not isinstance(each.part, Words)],
        "pin": None if post is None or not post.pin else True if post.pin is True else str(post.pin),
        "mentions": post.mentions.value if post is not None and post.mentions is not None else None,
        "to": [
            {"deployment": part.deployment.name, "group": each.target, "title": each.group.title, "key": each.key}
            for part in entry.parts
            for each in part.occasions
        ],
    }


def month_name(terminal: Terminal, first: date) -> str:
    names = terminal.say("calendar-months").split()
    return terminal.say("calendar-month", year=first.year, month=names[first.month - 1])


def day_name(terminal: Terminal, day: date, today: date) -> str:
    """A day as people say it, with today and tomorrow by name."""
    weekday = terminal.say("calendar-weekdays").split()[day.weekday()]
    name = terminal.say("calendar-day", date=day.isoformat(), weekday=weekday)
    near = {0: "calendar-today", 1: "calendar-tomorrow"}.get((day - today).days)
    return f"{name} {terminal.glyph('·')} {terminal.say(near)}" if near else name


def weeks(first: date) -> Iterator[list[date]]:
    """The weeks of a month from Monday to Sunday, whole."""
    day = first - timedelta(days=first.weekday())
    while day < first or day.month == first.month:
        yield [day + timedelta(days=number) for number in range(7)]
        day += timedelta(days=7)


def _title(terminal: Terminal, entry: Entry) -> Text:
    text = Text(f"{entry.first.local:%H:%M}  ", style="code")
    text.append(clean(entry.first.title), style="head")
    text.append(f"  {terminal.say(f'calendar-kind-{entry.first.kind.value}')}", style="faint")
    return text


def _week(
    terminal: Terminal,
    week: Sequence[date],
    first: date,
    today: date,
    by_day: dict[date, list[Entry]],
    column: int,
) -> Iterator[list[Text]]:
    shown = [by_day.get(day, []) if day.month == first.month else [] for day in week]
    heads = []
    for day, mine in zip(week, shown, strict=True):
        inside = day.month == first.month
        mark = f" {terminal.glyph('•')}{len(mine)}" if mine and column < _NARROWEST else ""
        style = "good" if day == today else "head" if inside and mine else "faint"
        heads.append(Text(_fit(terminal, f" {day.day:>2}{mark}" if inside else "", column), style=style))
    yield heads
    if column < _NARROWEST:
        return
    tallest = min(max((len(each) for each in shown), default=0), _LINES)
    for line in range(tallest):
        yield [Text(_fit(terminal, _cell(terminal, mine, line), column)) for mine in shown]


def _cell(terminal: Terminal, mine: Sequence[Entry], line: int) -> str:
    if line >= len(mine):
        return ""
    if line == _LINES - 1 and len(mine) > _LINES:
        return " " + terminal.say("calendar-more", count=len(mine) - line)
    return f" {mine[line].first.local:%H:%M} {clean(mine[line].first.title)}"


def _fit(terminal: Terminal, text: str, cells: int) -> str:
    """Text in so many cells, of which a Chinese character takes two."""
    if cell_len(text) <= cells:
        return set_cell_size(text, cells)
    dots = terminal.glyph("…")
    return set_cell_size(set_cell_size(text, cells - cell_len(dots)).rstrip() + dots, cells)


def _row(terminal: Terminal, cells: Sequence[Text], bar: str) -> None:
    row = Text()
    for number, each in enumerate(cells):
        if number:
            row.append(bar, style="faint")
        row.append(each)
    row.rstrip()
    terminal.out.print(row, soft_wrap=True)


def _utc(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")
