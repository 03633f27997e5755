"""Owns what is said about runs: groups that were opened and closed, groups that are left, and what has to wait."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from groupform.calendar.opening import Turn
from groupform.calendar.turning import Turned
from groupform.config.diagnostics import Diagnostic, Severity
from groupform.engine.plan import Reason
from groupform.render.diagnostics import show_diagnostics
from groupform.render.plan_steps import show_checklist
from groupform.render.plan_view import short_address
from groupform.render.report import show_report
from groupform.render.terminal import Terminal, clean

_SHOWN = 8


def has_head(turned: Turned | None) -> bool:
    """Whether the deployment's name stands above what is said about its runs."""
    if turned is None or turned.busy is not None:
        return False
    return bool(turned.turns or turned.kept or turned.waits or turned.troubles or not _whole(turned))


def show_turned(terminal: Terminal, turned: Turned | None) -> None:
    """Prints what became of a deployment's runs; nothing where there is nothing to say."""
    if turned is None:
        return
    if turned.busy is not None:
        words = {key: str(value) for key, value in turned.busy.items()} | {"deployment": turned.deployment}
        terminal.aside(terminal.say("run-busy", **words), style="note")
        return
    report, whole = turned.report, _whole(turned)
    if has_head(turned):
        terminal.line(clean(turned.deployment), style="head")
    for each in turned.turns if whole else ():
        terminal.line(_turn(terminal, turned, each), indent=2, hanging=2, style="head" if turned.would else "good")
    for kept in turned.kept:
        terminal.line(terminal.say("run-kept", title=clean(kept.title)), indent=2, hanging=2, style="caution")
        show_diagnostics(terminal, [Diagnostic(kept.reason, Severity.note, params={"title": clean(kept.title)})])
    _show_waits(terminal, turned.waits)
    if report is not None and not whole:
        show_report(terminal, report, resume="groupform calendar run")
    elif report is not None:
        pressing = [each for each in report.steps if each.pressing]
        if pressing:
            terminal.line(terminal.say("run-steps"), indent=2, hanging=2, style="head")
            show_checklist(terminal, pressing[:_SHOWN])
    if turned.troubles:
        terminal.line(terminal.say("run-trouble"), indent=2, hanging=2, style="alarm")
        show_diagnostics(terminal, turned.troubles)


def _whole(turned: Turned) -> bool:
    report = turned.report
    return report is None or not (report.failed or report.blocked or report.stopped is not None)


def _turn(terminal: Terminal, turned: Turned, turn: Turn) -> str:
    words = {"title": clean(turn.title), "when": _shown(turn.at, turned.zone)}
    code = "run-by-hand" if turn.by_hand else "run-would" if turned.would else "run-did"
    return terminal.say(f"{code}-{turn.way.value}", **words)


def _show_waits(terminal: Terminal, waits: Sequence[Reason]) -> None:
    if not waits:
        return
    terminal.line(terminal.say("run-waits"), indent=2, hanging=2, style="caution")
    for each in waits[:_SHOWN]:
        words = {key: clean(str(value)) for key, value in each.params.items()}
        if "address" in words:
            words = {
                key: short_address(value) if key in ("address", "label") else value for key, value in words.items()
            }
        terminal.line(terminal.say(each.code, **words), indent=4, hanging=2, style="note")
    if len(waits) > _SHOWN:
        terminal.line(terminal.count("more-addresses", len(waits) - _SHOWN), indent=4, style="faint")
    hint = terminal.hint("run-waits")
    if hint:
        terminal.line(f"{terminal.glyph('→')} {hint}", indent=4, hanging=2, style="note")


def _shown(at: datetime, zone: str) -> str:
    return f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}" if at.year > 1 else "-"
