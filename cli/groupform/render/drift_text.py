"""Owns the drift report as text: by deployment, then by what has happened, in as few lines as it takes."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from groupform.engine.drift import Drift, Finding, Kind, Section
from groupform.render.drift_view import Group, Line, Told, groups
from groupform.render.families import SHOWN_ALIKE
from groupform.render.plan_view import short_address
from groupform.render.terminal import Terminal, clean
from groupform.render.values import Row, Values

_STYLES = {Kind.gone: "alarm", Kind.claimed: "alarm", Kind.overdue: "alarm", Kind.unread: "faint"}


def show_drift_report(terminal: Terminal, drift: Drift, *, full: bool = False) -> None:
    """Prints what has happened; the caller prints nothing at all where nothing has."""
    for number, section in enumerate(drift.sections):
        if number:
            terminal.line()
        place = f" {terminal.glyph('·')} ".join(clean(each) for each in (section.platform, section.environment) if each)
        terminal.line(Text.assemble((clean(section.name), "head"), (f"  {place}", "faint")), hanging=2)
        values = Values(terminal, section.name, full, section.platform)
        for group in groups(section, full=full):
            terminal.line(title(terminal, group), indent=2, hanging=2, style=_STYLES.get(group.kind, "caution"))
            for line in group.lines:
                _show_line(terminal, values, section, line)


def title(terminal: Terminal, group: Group) -> str:
    """`Changed by hand: 3 (54 people inside)`."""
    text = terminal.count(f"drift-{group.kind.value}", group.count)
    if not group.people or group.kind is Kind.near:
        return text
    return terminal.say("with-word", value=text, word=terminal.count("review-inside", group.people))


def heading(terminal: Terminal, values: Values, line: Line) -> str:
    """One line's first words: a name, or how many are alike and who the first of them are."""
    first = line.first
    if line.many:
        comma = terminal.say("list-comma")
        names = comma.join(_label(each.finding) for each in line.members[:SHOWN_ALIKE])
        kind = values.words.kind(first.finding.type)
        text = terminal.say("drift-alike", count=len(line.members), kind=kind, names=names)
    else:
        text = _label(first.finding)
    return text + _along(terminal, values, first)


def remarks(terminal: Terminal, line: Line) -> list[str]:
    """What is said behind the heading: people, or a step's due day."""
    found = []
    if line.people and line.first.finding.kind is not Kind.near:
        found.append(terminal.count("review-inside", line.people))
    due = line.first.finding.reason.params.get("due") if line.first.finding.reason is not None else None
    if line.first.finding.kind is Kind.overdue and due:
        found.append(terminal.say("steps-due", due=str(due)[:10]))
    return found


def sentences(terminal: Terminal, line: Line) -> list[str]:
    """Why, and what to do about it; of many that are alike, only what is true of each of them."""
    told = [list(_sentences(terminal, each.finding)) for each in line.members]
    return [each for each in told[0] if all(each in others for others in told)]


def _sentences(terminal: Terminal, finding: Finding) -> Iterator[str]:
    reason = finding.reason
    if reason is None:
        return
    params = {"label": finding.label, "who": "", **reason.params}
    yield terminal.say(reason.code, **params)
    hint = terminal.hint(reason.code, **params)
    if hint and finding.kind is not Kind.overdue:
        yield hint


def rows(values: Values, line: Line) -> list[Row]:
    """What a value was and what it is now; of many that differ, only what of them has changed."""
    attributes = line.first.finding.attributes
    if line.same:
        return [row for each in attributes for row in values.rows(each, fresh=False)]
    names = values.terminal.say("list-comma").join(values.words.name(each.name) for each in attributes)
    return [Row("", names)] if names else []


def where(section: Section, finding: Finding) -> str:
    """The address as people type it, or an object's id."""
    known = finding.kind is not Kind.appeared and section.environment
    return short_address(finding.address) if known else finding.address


def _label(finding: Finding) -> str:
    return clean(finding.label.replace("\n", " ")) or finding.address


def _along(terminal: Terminal, values: Values, told: Told) -> str:
    if not told.along:
        return ""
    kinds = terminal.say("list-comma").join(dict.fromkeys(values.words.kind(each) for each in told.along))
    return "  " + terminal.say("review-along", what=kinds)


def _show_line(terminal: Terminal, values: Values, section: Section, line: Line) -> None:
    head = Text()
    if not line.many:
        head.append(clean(where(section, line.first.finding)), style="bold")
        head.append("  ")
    head.append(heading(terminal, values, line))
    for note in remarks(terminal, line):
        head.append(f"  {note}", style="faint")
    terminal.line(head, indent=4, hanging=2)
    for row in rows(values, line):
        text = Text(f"{row.name}  " if row.name else "  ", style="faint")
        text.append(f"{row.sign} " if row.sign else "", style={"+": "add", "-": "remove"}.get(row.sign, ""))
        text.append(row.text)
        terminal.line(text, indent=8, hanging=2)
    for sentence in sentences(terminal, line):
        terminal.line(sentence, indent=8, hanging=2, style="faint")
