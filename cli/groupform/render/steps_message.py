"""Owns the short message that tells somebody what they have to do: a few lines of Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from groupform.engine.plan import Step, StepStatus
from groupform.render.markdown_marks import escape
from groupform.render.step_batches import batches
from groupform.render.step_words import day, headline, without_name
from groupform.render.terminal import Terminal

_MOST = 8


def message_text(terminal: Terminal, name: str, steps: Sequence[Step], page: str | None, *, carried: bool) -> str:
    """How much there is, by when, what it is in a few lines, and where the whole list is: at `page`, or `carried`."""
    late = sum(1 for each in steps if each.status is StepStatus.overdue)
    due = min((each.due for each in steps if each.due), default=None)
    head = f"**{escape(terminal.count('message-head', len(steps), who=name))}**"
    if late:
        head += f" {escape(terminal.count('message-late', late))}"
    elif due:
        head += f" {escape(terminal.say('message-due', due=day(due)))}"
    grouped = batches(steps)
    lines = [
        f"- {escape(headline(terminal, each) if len(each.steps) > 1 else without_name(terminal, each.steps[0]))}"
        for each in grouped[:_MOST]
    ]
    if len(grouped) > _MOST:
        lines.append(f"- {escape(terminal.say('message-more'))}")
    if page is not None:
        lines += ["", terminal.say("message-page", page=page)]
    elif carried:
        lines += ["", terminal.say("message-file")]
    return "\n".join((head, "", *lines))
