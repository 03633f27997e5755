"""Owns the drift report as GitHub-flavoured Markdown: the body of one issue that a job keeps up to date."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from groupform.engine.drift import Drift, Section
from groupform.render.drift_text import heading, remarks, rows, sentences, title, where
from groupform.render.drift_view import Group, Line, groups
from groupform.render.plan_markdown import LIMIT, code, escape, fence
from groupform.render.terminal import Terminal
from groupform.render.values import Row, Values

MARK = "groupform-drift"
"""The first line of an issue: `<!-- groupform-drift DIGEST -->`. A job compares it with the issue that is open."""
_LEVELS = (400, 40, 5)


def drift_markdown(terminal: Terminal, drift: Drift, *, full: bool = False, limit: int = LIMIT) -> str:
    """The report as Markdown of at most `limit` characters: what does not fit is counted, never cut off."""
    text = ""
    for most in _LEVELS:
        text = _whole(terminal, drift, most, full=full and most == _LEVELS[0])
        if len(text) <= limit:
            return text
    rest = "\n\n" + escape(terminal.say("drift-cut")) + "\n"
    cut = text[: limit - len(rest)]
    return cut[: cut.rfind("\n\n")] + rest


def _whole(terminal: Terminal, drift: Drift, most: int, *, full: bool) -> str:
    parts = [f"<!-- {MARK} {drift.digest} -->", f"## {escape(terminal.say('drift-head'))}"]
    for section in drift.sections:
        parts.extend(_section(terminal, section, most, full=full))
    if drift.unseen:
        names = ", ".join(code(each) for each in drift.unseen)
        parts.append(f"> [!WARNING]\n> {escape(terminal.count('drift-unseen', len(drift.unseen)))} {names}")
    parts.append(f"{escape(terminal.say('drift-ways'))}")
    return "\n\n".join(parts) + "\n"


def _section(terminal: Terminal, section: Section, most: int, *, full: bool) -> Iterator[str]:
    place = " · ".join(escape(each) for each in (section.platform, section.environment) if each)
    yield f"### {code(section.name)} {place}"
    values = Values(terminal, section.name, full, section.platform)
    for group in groups(section, full=full):
        yield f"**{escape(title(terminal, group))}**"
        yield _list(terminal, values, section, group, most)


def _list(terminal: Terminal, values: Values, section: Section, group: Group, most: int) -> str:
    lines = [text for each in group.lines[:most] for text in _line(terminal, values, section, each)]
    rest = len(group.lines) - most
    if rest > 0:
        lines.append(f"- … {escape(terminal.count('review-more-alike', rest))}")
    return "\n".join(lines)


def _line(terminal: Terminal, values: Values, section: Section, line: Line) -> Iterable[str]:
    name = "" if line.many else f"{code(where(section, line.first.finding))} "
    notes = "".join(f" · {escape(each)}" for each in remarks(terminal, line))
    yield f"- {name}{escape(heading(terminal, values, line))}{notes}"
    told = rows(values, line)
    if any(each.sign for each in told):
        yield ""
        yield from (f"  {each}" for each in fence("diff", _diff(told)).splitlines())
    else:
        yield from (f"  - {escape(f'{each.name} {each.text}'.strip())}" for each in told)
    yield from (f"  - {escape(each)}" for each in sentences(terminal, line))


def _diff(told: Sequence[Row]) -> list[str]:
    lines = []
    for row in told:
        if row.name:
            lines.append(f"  {row.name}")
        sign = row.sign if row.sign in ("+", "-") else " "
        lines.append(f"{sign} {row.text}")
    return lines
