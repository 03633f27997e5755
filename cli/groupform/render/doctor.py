"""Owns the doctor's report: one line for each thing looked at, with the cure where it is not well."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from groupform.engine.provider import Check
from groupform.render.terminal import Terminal, clean


def show_connection(terminal: Terminal, connection: str, platform: str, checks: Sequence[Check]) -> None:
    """Prints one connection's checks to `out`."""
    head = Text.assemble((clean(connection), "head"))
    head.append(f"  {clean(platform)}", style="faint")
    terminal.line(head)
    for each in checks:
        mark, style = ("✓", "good") if each.ok else ("✗", "alarm") if each.fatal else ("⚠", "caution")
        text = Text.assemble((f"{terminal.glyph(mark)} ", style))
        text.append(terminal.say(each.code, **each.params))
        terminal.line(text, indent=2, hanging=2)
        hint = None if each.ok else terminal.hint(each.code, **each.params)
        if hint:
            terminal.line(f"{terminal.glyph('→')} {hint}", indent=4, hanging=2, style="note")
