"""Owns a month of the calendar as Markdown: a table for a review, and the words of each post below it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import groupby

from groupform.calendar.entries import Entry
from groupform.render.calendar import day_name, notes, where
from groupform.render.markdown_marks import escape
from groupform.render.post_parts import beside, treatment
from groupform.render.terminal import Terminal, clean


def calendar_markdown(terminal: Terminal, found: Sequence[Entry], title: str, today: date) -> str:
    """The entries as a document: by day, each with what is sent, quoted as it is written."""
    parts = [f"# {escape(clean(title))}"]
    if not found:
        parts.append(escape(terminal.say("calendar-nothing")))
    for day, group in groupby(found, key=lambda each: each.day):
        parts.append(f"## {escape(day_name(terminal, day, today))}")
        for each in group:
            kind = terminal.say(f"calendar-kind-{each.first.kind.value}")
            parts.append(f"### {each.first.local:%H:%M} {escape(clean(each.first.title))} · {escape(kind)}")
            goes_with = (*beside(terminal, each.sent()), *treatment(terminal, each.first.model.post))
            facts = (where(terminal, each), *goes_with, *notes(terminal, each))
            parts.append("\n".join(f"- {escape(line)}" for line in facts))
            text = each.text()
            if text:
                parts.append("\n".join(f"> {line}".rstrip() for line in clean(text).splitlines()))
    return "\n\n".join(parts) + "\n"
