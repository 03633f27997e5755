"""Owns the steps that are left to people: a numbered list in batches, with who, what, and the words to paste."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from rich.text import Text

from groupform.engine.plan import DeploymentPlan, Step, StepStatus
from groupform.render.plan_view import short_address, steps_to_show
from groupform.render.side_by_side import show_pairs
from groupform.render.step_batches import Batch, batches, name_of
from groupform.render.step_words import (
    brief,
    day,
    differs,
    further,
    headline,
    purpose,
    text_title,
    told_by,
    where_and_how,
    who_and_what,
    without_name,
)
from groupform.render.terminal import Terminal, clean, print_wrapped

_STYLES = {
    StepStatus.new: "add",
    StepStatus.open: "faint",
    StepStatus.overdue: "alarm",
    StepStatus.drifted: "caution",
}
SHOWN_STEPS = 12
MANY_PEOPLE = 5
"""With more, nobody reads the list for the others: each gets a page of their own."""
SHOWN_ALIKE = 8
"""Of one kind for one person, unless everything is asked for."""


def show_steps(terminal: Terminal, plan: DeploymentPlan, *, full: bool = False) -> None:
    """Prints the steps of a plan: those that are new, overdue or drifted, then one line for the rest."""
    shown, rest = steps_to_show(plan, full=full)
    if not shown and not rest:
        return
    terminal.line()
    if shown:
        terminal.line(terminal.say("steps-title"), indent=2, hanging=2, style="head")
        rest += show_checklist(terminal, shown, most=None if full else SHOWN_STEPS)
    if rest:
        people = len({name_of(each) for each in plan.steps})
        many = people > MANY_PEOPLE
        words = (
            terminal.say("steps-rest-people", count=rest, people=people) if many else terminal.count("steps-rest", rest)
        )
        terminal.line(words, indent=2, hanging=2, style="faint")


def show_checklist(terminal: Terminal, steps: Sequence[Step], *, most: int | None = None) -> int:
    """Prints steps as a numbered checklist of batches; about `most` of them. Returns how many were left out."""
    left, told = len(steps), 0
    for number, each in enumerate(batches(steps), 1):
        if most is not None and told >= most:
            break
        if len(each.steps) == 1:
            _show_step(terminal, number, each.steps[0])
            told, left = told + 1, left - 1
        else:
            few = each.steps if most is None or len(each.steps) <= SHOWN_ALIKE + 1 else each.steps[:SHOWN_ALIKE]
            _show_batch(terminal, number, each, few)
            # A batch that is cut short says so itself.
            told, left = told + len(few), left - len(each.steps)
    return left


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
    _show_facts(terminal, step, indent=8)
    _show_text(terminal, step, indent=8)
    _show_proof(terminal, step, indent=8)


def _show_batch(terminal: Terminal, number: int, batch: Batch, few: Sequence[Step]) -> None:
    head = Text(f"{number:>2}. {terminal.glyph('☐')} ")
    if batch.name:
        head.append(terminal.say("steps-who", who=batch.name), style="head")
    head.append(headline(terminal, batch))
    terminal.line(head, indent=2, hanging=6)
    how = where_and_how(terminal, batch.steps[0]) if batch.alike else None
    if how:
        terminal.line(how, indent=8, hanging=2, style="faint")
    if batch.same_text:
        _show_text(terminal, batch.steps[0], indent=8)
    for each in few:
        line = Text(f"{terminal.glyph('☐')} ")
        line.append(brief(terminal, each) if batch.alike else without_name(terminal, each))
        line.append(f"  {terminal.say(f'steps-status-{each.status}')}", style=_STYLES[each.status])
        terminal.line(line, indent=8, hanging=2)
        how = None if batch.alike else where_and_how(terminal, each)
        if how:
            terminal.line(how, indent=10, hanging=2, style="faint")
        _show_facts(terminal, each, indent=10, briefly=batch.alike)
        if not batch.same_text and not (batch.alike and told_by(each, brief(terminal, each))):
            _show_text(terminal, each, indent=10)
        _show_proof(terminal, each, indent=10)
    if len(few) < len(batch.steps):
        rest = len(batch.steps) - len(few)
        terminal.line(
            f"{terminal.glyph('…')} {terminal.count('steps-more-alike', rest)}", indent=8, hanging=2, style="faint"
        )


def _show_facts(terminal: Terminal, step: Step, *, indent: int, briefly: bool = False) -> None:
    if step.due:
        terminal.line(terminal.say("steps-due", due=day(step.due)), indent=indent, hanging=2, style="faint")
    comma = terminal.say("list-comma")
    if step.blocked_by:
        first = comma.join(short_address(each) for each in step.blocked_by)
        terminal.line(terminal.say("steps-after", first=first), indent=indent, hanging=2, style="faint")
    if briefly:
        return
    why = purpose(terminal, step)
    if why:
        terminal.line(terminal.say("steps-why", why=why), indent=indent, hanging=2, style="faint")


def _show_text(terminal: Terminal, step: Step, *, indent: int) -> None:
    if step.text and step.was and differs(terminal, step):
        terminal.line(text_title(terminal, step), indent=indent, hanging=2, style="faint")
        show_pairs(terminal, step.was, step.text, indent=indent + 2)
        command = terminal.say("steps-copy", key=shlex.quote(step.key))
        terminal.line(command, indent=indent, hanging=2, style="faint")
    elif step.text:
        terminal.line(text_title(terminal, step), indent=indent, hanging=2, style="faint")
        for line in step.text.splitlines():
            print_wrapped(terminal.out, Text(clean(line), style="keep"), indent=indent + 2, verbatim=True)
    for title, text in further(terminal, step):
        terminal.line(title, indent=indent, hanging=2, style="faint")
        for line in text.splitlines():
            print_wrapped(terminal.out, Text(clean(line), style="keep"), indent=indent + 2, verbatim=True)
    for file in step.files:
        terminal.line(terminal.say("steps-file", path=file.path), indent=indent, hanging=2, style="faint")


def _show_proof(terminal: Terminal, step: Step, *, indent: int) -> None:
    code = "steps-proof-observed" if step.proof == "observed" else "steps-proof-attested"
    terminal.line(terminal.say(code, key=shlex.quote(step.key)), indent=indent, hanging=2, style="faint")


def show_step(terminal: Terminal, step: Step) -> None:
    """Prints all that is known of one step."""
    _show_step(terminal, 1, step)
    comma = terminal.say("list-comma")
    if step.instead_of:
        told = terminal.say("steps-instead-of", who=name_of(step), other=step.instead_of)
        terminal.line(told, indent=8, hanging=2, style="faint")
    if step.place_label:
        terminal.line(terminal.say("steps-place", place=step.place_label), indent=8, hanging=2, style="faint")
    if step.why:
        terminal.line(terminal.say("steps-from", paths=comma.join(step.why)), indent=8, hanging=2, style="faint")
    if step.blocks:
        later = comma.join(short_address(each) for each in step.blocks)
        terminal.line(terminal.say("steps-blocks", later=later), indent=8, hanging=2, style="faint")
