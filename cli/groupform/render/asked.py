"""Owns what a run of the calendar says about people: who is asked to agree, who has a list to go through."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from groupform.calendar.prompting import Prompt
from groupform.render.side_by_side import show_pairs
from groupform.render.terminal import Terminal, clean

_STYLES = {"approval-held": "alarm", "list-missed": "caution", "list-overdue": "caution", "approval-near": "caution"}


def show_prompts(terminal: Terminal, prompts: Sequence[Prompt]) -> None:
    """Prints each of them with its words and how to answer; nothing where there are none."""
    for each in prompts:
        terminal.line(_headline(terminal, each), indent=2, hanging=2, style=_STYLES.get(each.kind, "head"))
        if each.kind in ("approval", "approval-held"):
            _show_words(terminal, each)
        elif each.kind.startswith("list"):
            _show_lines(terminal, each)


def _headline(terminal: Terminal, each: Prompt) -> str:
    words = {"title": each.title, "who": each.who or terminal.say("prompt-nobody")}
    if each.kind == "approval" and each.when is None:
        return terminal.say("prompt-approval-someday", **words)
    kind = "list-late" if each.code == "list-not-asked" else each.kind
    return terminal.say(f"prompt-{kind}", when=f"{each.when:%Y-%m-%d %H:%M}" if each.when is not None else "-", **words)


def _show_words(terminal: Terminal, each: Prompt) -> None:
    item = each.key.partition("/approval.")[2].partition("@")[0]
    terminal.line(terminal.say("prompt-approve", key=item), indent=4, hanging=2, style="note")
    if each.was:
        show_pairs(terminal, each.was, each.text, indent=4)
    else:
        terminal.line(clean(each.text), indent=4)


def _show_lines(terminal: Terminal, each: Prompt) -> None:
    for line in each.said:
        terminal.line(f"{terminal.glyph('☑')} {clean(line)}", indent=4, hanging=2, style="faint")
    for line in each.lines:
        terminal.line(f"{terminal.glyph('☐')} {clean(line)}", indent=4, hanging=2)
    if each.kind != "list-missed":
        terminal.line(terminal.say("prompt-list-tick", key=shlex.quote(each.key)), indent=4, hanging=2, style="note")
