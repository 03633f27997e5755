"""Owns what is said about ticks that came back."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from groupform.engine.step_ticks import Judged, Verdict
from groupform.render.terminal import Terminal, clean

_STYLES = {Verdict.older: "caution", Verdict.gone: "caution", Verdict.observed: "note"}
_SHOWN = 20


def show_judged(terminal: Terminal, judged: Sequence[Judged], *, written: bool) -> None:
    """Prints how many ticks were taken, and by name those that were not, with what to do."""
    by = {verdict: [each for each in judged if each.verdict is verdict] for verdict in Verdict}
    if not judged:
        terminal.line(terminal.say("ticks-none"), style="note")
    if by[Verdict.taken]:
        code = "ticks-taken" if written else "ticks-not-written"
        terminal.line(terminal.count(code, len(by[Verdict.taken])), style="good" if written else "caution")
    if by[Verdict.known]:
        terminal.line(terminal.count("ticks-known", len(by[Verdict.known])), style="faint")
    for verdict in (Verdict.older, Verdict.gone, Verdict.observed):
        found = by[verdict]
        if not found:
            continue
        terminal.line(terminal.count(f"ticks-{verdict}", len(found)), style=_STYLES[verdict])
        shown = found if verdict is not Verdict.observed else found[:_SHOWN]
        for each in shown:
            label = f"  {clean(each.step.label)}" if each.step is not None else ""
            terminal.line(Text(f"{terminal.glyph('•')} {clean(each.tick.key)}{label}"), indent=2, hanging=2)
        if len(found) > len(shown):
            terminal.line(terminal.count("more-addresses", len(found) - len(shown)), indent=4, style="faint")


def show_unclear(terminal: Terminal, unclear: Sequence[tuple[str, str]]) -> None:
    """Prints the rows of a table whose mark says neither yes nor no: what each is about, and what stands there."""
    if not unclear:
        return
    terminal.line(terminal.count("ticks-unclear", len(unclear)), hanging=2, style="caution")
    for about, mark in unclear[:_SHOWN]:
        terminal.line(Text(f"{terminal.glyph('•')} {clean(mark)}  {clean(about)}"), indent=2, hanging=2)
    if len(unclear) > _SHOWN:
        terminal.line(terminal.count("more-addresses", len(unclear) - _SHOWN), indent=4, style="faint")
