"""Owns writing the calendar for others: for a telephone, a review, a browser, or a program."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from groupform.calendar.entries import Entry
from groupform.commands.run import Run
from groupform.commands.scheduling import Looked, limits_of, month_entries, open_calendar
from groupform.render.calendar import month_name, notes, where
from groupform.state.files import write_whole


def export_calendar(
    run: Run, env: str | None, names: Sequence[str] | None, form: str, month: str | None, months: int, out: Path | None
) -> None:
    """Writes the calendar to `out`, or to standard output. Raises Refused."""
    looked = open_calendar(run, env, names)
    first, found = month_entries(run, looked, month, months)
    text = _written(run, looked, form, first, months, found)
    if out is None:
        run.stdout.write(text)
        return
    write_whole(run.folder() / out, text.encode("utf-8"))
    terminal = run.terminal
    terminal.aside(terminal.count("calendar-written", len(found), file=str(out)), style="good")


def _written(run: Run, looked: Looked, form: str, first: date, months: int, found: Sequence[Entry]) -> str:
    terminal = run.terminal
    title = _title(run, looked, first)
    if form == "json":
        from groupform.render.calendar_data import calendar_json

        return calendar_json(found)
    if form == "markdown":
        from groupform.render.calendar_markdown import calendar_markdown

        return calendar_markdown(terminal, found, title, looked.today)
    if form == "html":
        from groupform.render.html.month import month_html

        limits, platforms = limits_of(looked.project, run.installed), run.installed
        marks = {
            key: key in limits and limits[key].shows_marks
            for key, each in looked.project.connections.items()
            if each.platform in platforms
        }
        return month_html(terminal, found, title, first, months, looked.today, shows_marks=marks)
    from groupform.calendar.export_ics import ics

    def about(entry: Entry) -> str:
        return "\n".join((where(terminal, entry), *notes(terminal, entry)))

    return ics(found, _name(looked), looked.project.environment, run.now(), about).decode("utf-8")


def _title(run: Run, looked: Looked, first: date) -> str:
    return run.terminal.say("calendar-title", project=_name(looked), month=month_name(run.terminal, first))


def _name(looked: Looked) -> str:
    """The communities that are shown, by their titles; the project's folder where there are many."""
    titles = dict.fromkeys(each.community.model.title for each in looked.deployments)
    return "、".join(titles) if 0 < len(titles) <= 2 else looked.project.root.name
