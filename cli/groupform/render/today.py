"""Owns a morning: what there is to do today in a few lines, and one line where there is nothing."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from groupform.engine.step_today import Expiring, Full, Morning, Notice, Patrol, first_due
from groupform.render.markdown_marks import escape
from groupform.render.plan_steps import show_checklist
from groupform.render.step_words import day
from groupform.render.steps import step_json
from groupform.render.steps_markdown import checklist
from groupform.render.terminal import Terminal, clean

_SHOWN = 12


def show_today(terminal: Terminal, mornings: Sequence[Morning], who: str | None = None) -> None:
    """Prints it to `out`; `who` is whom it was asked for."""
    busy = [each for each in mornings if not each.quiet]
    if not busy:
        terminal.line(terminal.say("today-nothing"), style="good")
    for number, each in enumerate(busy):
        if number:
            terminal.line()
        terminal.line(clean(each.deployment), style="head")
        if each.steps:
            terminal.line(terminal.count("today-steps", len(each.steps)), indent=2, style="head")
            left = show_checklist(terminal, each.steps, most=_SHOWN)
            if left:
                terminal.line(terminal.count("steps-rest", left), indent=2, hanging=2, style="faint")
        for title, lines in _parts(terminal, each):
            terminal.line(title, indent=2, hanging=2, style="head")
            for line in lines:
                terminal.line(f"{terminal.glyph('•')} {line}", indent=4, hanging=2)
    for line in _later(terminal, mornings, who):
        if busy:
            terminal.line()
        terminal.line(line, hanging=2, style="note")


def today_markdown(terminal: Terminal, mornings: Sequence[Morning], who: str | None = None) -> str:
    """The same as Markdown."""
    parts = [f"# {escape(terminal.say('today-title'))}"]
    busy = [each for each in mornings if not each.quiet]
    if not busy:
        parts.append(escape(terminal.say("today-nothing")))
    for each in busy:
        parts.append(f"## {escape(each.deployment)}")
        if each.steps:
            parts.append(f"### {escape(terminal.count('today-steps', len(each.steps)))}")
            parts.extend(checklist(terminal, each.steps, ticketed=True))
        for title, lines in _parts(terminal, each):
            parts.append(f"### {escape(title)}")
            parts.append("\n".join(f"- {escape(line)}" for line in lines))
    parts.extend(escape(line) for line in _later(terminal, mornings, who))
    return "\n\n".join(parts) + "\n"


def today_json(terminal: Terminal, mornings: Sequence[Morning]) -> list[dict[str, Any]]:
    """The same as data, with the sentences."""
    return [
        {
            "deployment": each.deployment,
            "steps": [step_json(terminal, step) for step in each.steps],
            "later": {"steps": len(each.later), "first_due": first_due(each.later)},
            "posts": [_noticed(terminal, one) for one in each.posts],
            "expiring": [
                {"label": one.label, "until": one.until.isoformat(), "who": one.who, "message": _expires(terminal, one)}
                for one in each.expiring
            ],
            "full": [
                {
                    "label": one.label,
                    "people": one.people,
                    "limit": one.threshold.people,
                    "counted": one.counted,
                    "who": one.who,
                    "message": _fills(terminal, one),
                }
                for one in each.full
            ],
            "numbers": [_noticed(terminal, one) for one in each.numbers],
            "unknown": [
                {
                    "metric": one.metric,
                    "label": one.label,
                    "code": one.reason,
                    "message": terminal.say(one.reason, **one.params),
                }
                for one in each.unknown
            ],
            "patrols": [
                {"key": one.key, "who": one.who, "at": one.at, "steps": list(one.steps)} for one in each.patrols
            ],
        }
        for each in mornings
    ]


def _later(terminal: Terminal, mornings: Sequence[Morning], who: str | None) -> Iterator[str]:
    """One line about what is open and not for today, over all deployments; nothing where nothing is."""
    steps = [step for each in mornings for step in each.later]
    due = first_due(steps)
    command = "groupform steps list" + (f" --who {shlex.quote(who)}" if who is not None else "")
    if steps and due is not None:
        yield terminal.count("today-later-due", len(steps), day=day(due), command=command)
    elif steps:
        yield terminal.count("today-later", len(steps), command=command)


def _parts(terminal: Terminal, found: Morning) -> Iterator[tuple[str, list[str]]]:
    if found.posts:
        yield terminal.say("today-posts"), [terminal.say(each.code, **each.params) for each in found.posts]
    if found.expiring:
        yield terminal.say("today-expiring"), [_expires(terminal, each) for each in found.expiring]
    if found.full:
        yield terminal.say("today-full"), [_fills(terminal, each) for each in found.full]
    if found.numbers:
        yield terminal.say("today-numbers"), [terminal.say(each.code, **each.params) for each in found.numbers]
    for each in found.patrols:
        yield _patrol(terminal, each), list(each.steps)


def _expires(terminal: Terminal, found: Expiring) -> str:
    return terminal.say(found.code, label=found.label, until=_instant(found.until))


def _fills(terminal: Terminal, found: Full) -> str:
    why = terminal.say(found.threshold.code)
    limit = found.threshold.people
    told = terminal.say("today-group-fills", label=found.label, people=found.people, limit=limit, why=why)
    return told if found.counted is None else f"{told} {terminal.say('today-counted', day=day(found.counted))}"


def _patrol(terminal: Terminal, found: Patrol) -> str:
    if found.at is None:
        return terminal.say("today-patrol-perhaps", key=found.key, who=found.name)
    return terminal.say("today-patrol", key=found.key, who=found.name, at=found.at)


def _noticed(terminal: Terminal, found: Notice) -> dict[str, Any]:
    return {"code": found.code, "who": found.who, "message": terminal.say(found.code, **found.params)}


def _instant(when: datetime) -> str:
    return when.isoformat(sep=" ", timespec="minutes")[:16]
