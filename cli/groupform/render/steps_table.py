"""Owns steps as a table for a spreadsheet program: UTF-8 with its mark, and nothing in it that would be computed."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from groupform.engine.plan import Step
from groupform.render.plan_view import short_address
from groupform.render.step_batches import batches, name_of
from groupform.render.step_words import day, where_and_how, without_name
from groupform.render.terminal import Terminal

COLUMNS = ("done", "who", "platform", "place", "what", "how", "text", "file", "due", "status", "note", "answer", "key")

# A spreadsheet program takes a cell that begins so for a formula (OWASP, CSV Injection), whatever its quotes.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def table(terminal: Terminal, steps: Sequence[Step]) -> str:
    """The steps as CSV, with the byte order mark that Excel knows UTF-8 by."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([terminal.say(f"table-{each}") for each in COLUMNS])
    for batch in batches(steps):
        for each in batch.steps:
            writer.writerow([guarded(cell) for cell in _row(terminal, each)])
    return "\ufeff" + out.getvalue()


def guarded(text: str) -> str:
    """A cell that stays text: what would be computed gets an apostrophe before it."""
    return f"'{text}" if text.lstrip(" \n").startswith(_FORMULA) else text


def _row(terminal: Terminal, step: Step) -> list[str]:
    waits = terminal.say("list-comma").join(short_address(each) for each in step.blocked_by)
    status = terminal.say(f"steps-status-{step.status}")
    return [
        "",
        name_of(step),
        str(step.what.params.get("platform") or step.what.code.partition("-step-")[0]),
        step.place_label or step.label,
        without_name(terminal, step),
        where_and_how(terminal, step) or "",
        "\n\n".join([step.text or "", *step.more.values()]),
        " ".join(each.path for each in step.files),
        day(step.due) if step.due else "",
        f"{status} {terminal.glyph('·')} {terminal.say('steps-after', first=waits)}" if waits else status,
        "",
        "",
        f"{step.key}={step.ticket}",
    ]
