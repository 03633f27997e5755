"""Owns what is said after an apply: what was done, what failed, what is left to people, how to go on."""

from __future__ import annotations

from rich.text import Text

from groupform.engine.world import ApplyReport
from groupform.render.plan_steps import show_checklist
from groupform.render.plan_text import spoken_time
from groupform.render.plan_view import short_address
from groupform.render.terminal import Terminal, clean

_SHOWN = 12


def show_report(terminal: Terminal, report: ApplyReport, *, resume: str, steps_known: bool = False) -> None:
    """Prints a deployment's apply report to `out`. `resume` is the command line that goes on where this one stopped;
    `steps_known` when the steps have just been read in the plan."""
    head = Text.assemble((clean(report.deployment), "head"))
    terminal.line(head)
    style = "alarm" if report.failed else "caution" if report.stopped else "good"
    terminal.line(report_line(terminal, report), indent=2, hanging=2, style=style)
    for reason in report.recovered:
        terminal.line(terminal.say(reason.code, **reason.params), indent=2, hanging=2, style="note")
    _show_failed(terminal, report)
    if report.blocked:
        terminal.line(terminal.count("report-blocked", len(report.blocked)), indent=2, hanging=2, style="caution")
        _addresses(terminal, report.blocked)
    if report.protected:
        terminal.line(terminal.count("report-protected", len(report.protected)), indent=2, hanging=2, style="caution")
        _addresses(terminal, report.protected)
    if report.withheld:
        terminal.line(terminal.count("report-withheld", len(report.withheld)), indent=2, hanging=2, style="caution")
        _addresses(terminal, report.withheld)
        terminal.line(f"{terminal.glyph('→')} {terminal.say('report-answer')}", indent=2, style="note")
    for address, attributes in report.refused.items():
        for attribute, code in attributes.items():
            text = Text.assemble((f"! {clean(short_address(address))}.{clean(attribute)}  ", "caution"))
            text.append(terminal.say(code))
            terminal.line(text, indent=2, hanging=4)
    if report.stopped is not None:
        stopped = terminal.say(report.stopped.code, **report.stopped.params)
        terminal.line(stopped, indent=2, hanging=2, style="caution")
    if report.stopped is not None or report.failed:
        terminal.line(f"{terminal.glyph('→')} {terminal.say('report-resume', command=resume)}", indent=2, style="note")
    if report.steps:
        shown = () if steps_known else report.steps[:_SHOWN]
        if shown:
            terminal.line()
            terminal.line(terminal.say("steps-title"), indent=2, hanging=2, style="head")
            show_checklist(terminal, shown)
        if len(shown) < len(report.steps):
            code = "steps-rest" if shown else "steps-left"
            rest = terminal.count(code, len(report.steps) - len(shown))
            terminal.line(rest, indent=2, hanging=2, style="note")


def report_line(terminal: Terminal, report: ApplyReport) -> str:
    """`12 done, 1 failed | 14 requests, 3 s`."""
    comma, dot = terminal.say("list-comma"), f" {terminal.glyph('·')} "
    parts = [terminal.count("report-done", len(report.done)) if report.done else terminal.say("report-nothing")]
    if report.failed:
        parts.append(terminal.count("report-failed", len(report.failed)))
    cost = terminal.count("report-cost", report.requests, time=spoken_time(terminal, report.seconds))
    return comma.join(parts) + dot + cost


def report_exit_code(report: ApplyReport) -> int:
    """1 failed or stopped, 4 unreachable, 3 done but with a new or overdue step, or something that is protected or
    waits for an answer (DESIGN §6)."""
    if report.unreachable:
        return 4
    if report.failed or report.blocked or report.stopped is not None:
        return 1
    return 3 if any(each.pressing for each in report.steps) or report.protected or report.withheld else 0


def _show_failed(terminal: Terminal, report: ApplyReport) -> None:
    for each in report.failed:
        head = Text.assemble((f"{terminal.glyph('✗')} {clean(short_address(each.address))}", "alarm"))
        head.append(f"  {clean(each.label)}")
        terminal.line(head, indent=2, hanging=4)
        terminal.line(terminal.say(each.reason.code, **each.reason.params), indent=4, hanging=2)
        if each.unknown:
            terminal.line(terminal.say("report-unknown"), indent=4, hanging=2, style="caution")
        hint = terminal.hint(each.reason.code, **each.reason.params)
        if hint:
            terminal.line(f"{terminal.glyph('→')} {hint}", indent=4, hanging=2, style="note")


def _addresses(terminal: Terminal, addresses: tuple[str, ...]) -> None:
    for each in addresses[:_SHOWN]:
        terminal.line(clean(short_address(each)), indent=4, hanging=2)
    if len(addresses) > _SHOWN:
        terminal.line(terminal.count("more-addresses", len(addresses) - _SHOWN), indent=4, style="faint")
