"""Owns the steps that are left to people: a numbered list with who, what, and the words to paste."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from rich.text import Text

from groupform.engine.plan import DeploymentPlan, Step, StepStatus
from groupform.render.plan_view import short_address, steps_to_show
from groupform.render.terminal import Terminal, clean, print_wrapped

_STYLES = {
    StepStatus.new: "add",
    StepStatus.open: "faint",
    StepStatus.overdue: "alarm",
    StepStatus.drifted: "caution",
}
SHOWN_STEPS = 12


def show_steps(terminal: Terminal, plan: DeploymentPlan, *, full: bool = False) -> None:
    """Prints the steps of a plan: those that are new, overdue or drifted, then one line for the rest."""
    shown, rest = steps_to_show(plan, full=full)
    if not full and len(shown) > SHOWN_STEPS:
        rest += len(shown) - SHOWN_STEPS
        shown = shown[:SHOWN_STEPS]
    if not shown and not rest:
        return
    terminal.line()
    if shown:
        terminal.line(terminal.say("steps-title"), indent=2, hanging=2, style="head")
        show_checklist(terminal, shown)
    if rest:
        terminal.line(terminal.count("steps-rest", rest), indent=2, hanging=2, style="faint")


def show_checklist(terminal: Terminal, steps: Sequence[Step]) -> None:
    """Prints steps as a numbered checklist."""
    for number, each in enumerate(steps, 1):
        _show_step(terminal, number, each)


def who_and_what(terminal: Terminal, step: Step) -> tuple[str, str]:
    """Whom to name before the sentence (nobody, where the sentence names them itself), and the sentence."""
    params = {"label": step.label, "who": step.who or "", **step.what.params}
    sentence = terminal.say(step.what.code, **params)
    name = str(params["who"] or "")
    return ("" if name in sentence else name), sentence


def where_and_how(terminal: Terminal, step: Step) -> str | None:
    """The way through the platform's menus, where its provider knows one."""
    return terminal.hint(step.what.code, **{"label": step.label, "who": step.who or "", **step.what.params})


def _show_step(terminal: Terminal, number: int, step: Step) -> None:
    head = Text()
    head.append(f"{number:>2}. {terminal.glyph('☐')} ")
    name, sentence = who_and_what(terminal, step)
    if name:
        head.append(terminal.say("steps-who", who=name), style="head")
    head.append(sentence)
    head.append(f"  {terminal.say(f'steps-status-{step.status}')}", style=_STYLES[step.status])
    terminal.line(head, indent=2, hanging=6)
    how = where_and_how(terminal, step)
    if how:
        terminal.line(how, indent=8, hanging=2, style="faint")
    if step.due:
        terminal.line(terminal.say("steps-due", due=step.due[:10]), indent=8, hanging=2, style="faint")
    if step.blocked_by:
        first = terminal.say("list-comma").join(short_address(each) for each in step.blocked_by)
        terminal.line(terminal.say("steps-after", first=first), indent=8, hanging=2, style="faint")
    if step.text:
        terminal.line(terminal.say("steps-paste"), indent=8, hanging=2, style="faint")
        for line in step.text.splitlines():
            print_wrapped(terminal.out, Text(clean(line), style="keep"), indent=10, verbatim=True)
    code = "steps-proof-observed" if step.proof == "observed" else "steps-proof-attested"
    terminal.line(terminal.say(code, key=shlex.quote(step.key)), indent=8, hanging=2, style="faint")
