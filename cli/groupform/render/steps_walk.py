"""Owns how one step at a time is shown to whoever does it."""

from __future__ import annotations

from rich.text import Text

from groupform.engine.plan import Step
from groupform.render.side_by_side import show_pairs
from groupform.render.step_words import day, differs, further, purpose, text_title, where_and_how, without_name
from groupform.render.terminal import Terminal, clean


def show_walked(terminal: Terminal, step: Step, number: int, count: int) -> None:
    """Prints one step; its text stands at the left edge, so that nothing but the text is copied."""
    terminal.line()
    head = Text(f"[{number}/{count}] ", style="faint")
    head.append(without_name(terminal, step), style="head")
    terminal.line(head, hanging=2)
    for each in (where_and_how(terminal, step), purpose(terminal, step)):
        if each:
            terminal.line(each, indent=2, hanging=2, style="faint")
    if step.due:
        terminal.line(terminal.say("steps-due", due=day(step.due)), indent=2, style="faint")
    if step.was and step.text and differs(terminal, step):
        show_pairs(terminal, step.was, step.text, indent=2)
    if step.text:
        terminal.line(text_title(terminal, step), indent=2, style="faint")
        terminal.line()
        for line in clean(step.text).splitlines():
            terminal.out.print(Text(line, style="keep"), soft_wrap=True)
        terminal.line()
    for title, text in further(terminal, step):
        terminal.line(title, indent=2, style="faint")
        terminal.line()
        for line in clean(text).splitlines():
            terminal.out.print(Text(line, style="keep"), soft_wrap=True)
        terminal.line()
    for file in step.files:
        terminal.line(terminal.say("steps-file", path=file.path), indent=2, hanging=2, style="faint")


def show_summary(terminal: Terminal, done: int, left: int) -> None:
    """Prints how far the walk came."""
    terminal.line()
    if not done and not left:
        terminal.line(terminal.say("steps-none"), style="good")
        return
    terminal.line(terminal.count("walk-done", done), style="good")
    if left:
        terminal.line(terminal.count("walk-left", left), style="note")
