"""Owns what is said about posts: sent, missed, waiting for a person, and those nobody can tell about."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from groupform.calendar.report import CalendarReport, Tally, Told
from groupform.config.diagnostics import Diagnostic, Severity
from groupform.render.asked import show_prompts
from groupform.render.diagnostics import show_diagnostics
from groupform.render.opening import has_head
from groupform.render.post_parts import by_hand
from groupform.render.terminal import Terminal, clean

_STYLES = {"sent": "good", "due": "head", "waiting": "faint", "blocked": "alarm", "missed": "caution"}
_STYLES |= {"open": "alarm", "unknown": "alarm", "handed": "head", "reminded": "head", "expired": "caution"}
_STYLES |= {"unpinned": "caution", "unended": "caution"}
_STYLES |= {"laid": "head", "unconfirmed": "head", "would-lay": "head", "waits-for": "faint", "withdrawn": "caution"}
_STYLES |= {"left": "head", "would-leave": "head", "recalled": "note"}
_SHOWN = 8


def show_sent(terminal: Terminal, report: CalendarReport) -> None:
    """Prints what became of each post, those of one moment in one line; nothing where there is nothing to say."""
    if report.busy is not None:
        words = {key: str(value) for key, value in report.busy.items()} | {"deployment": report.deployment}
        terminal.aside(terminal.say("send-busy", **words), style="note")
    if (report.told or report.tallies or report.prompts) and not has_head(report.turned):
        terminal.line(report.deployment, style="head")
    alike: dict[tuple[str, ...], list[Told]] = {}
    for each in sorted(report.told, key=lambda one: (one.scheduled, one.item, one.target)):
        # Words that differ from group to group are shown one by one: they are pasted as they stand.
        pasted = each.text if each.outcome in ("handed", "reminded") else ""
        alike.setdefault((each.scheduled, each.item, each.outcome, each.code, pasted, *each.parts), []).append(each)
    for posts in alike.values():
        _show(terminal, posts, report.zone)
    for tally in report.tallies:
        _show_tally(terminal, tally, report.zone)
    show_prompts(terminal, report.prompts)
    if report.notes:
        words = {"deployment": report.deployment}
        show_diagnostics(terminal, [Diagnostic(each, Severity.note, params=words) for each in report.notes])
    if report.failure is not None:
        show_diagnostics(terminal, [Diagnostic(report.failure.code, params=dict(report.failure.params))])


def _show(terminal: Terminal, posts: Sequence[Told], zone: str) -> None:
    first = posts[0]
    groups = _listed(terminal, [each.target for each in posts], "send-and-more")
    who = _listed(terminal, list(dict.fromkeys(each.who for each in posts if each.who)), "send-and-more-people")
    title = clean(first.title)
    if first.parts:
        title = terminal.say("send-parts", title=title, parts=_parts(terminal, first.parts))
    words = {"title": title, "when": _when(first.scheduled, zone), "groups": groups, "who": who or "-"}
    line = terminal.say(f"send-{first.outcome}", **words)
    terminal.line(line, indent=2, hanging=2, style=_STYLES.get(first.outcome, "note"))
    if first.code and first.outcome != "sent":
        severity = Severity.error if first.outcome in ("open", "unknown") else Severity.note
        show_diagnostics(terminal, [Diagnostic(first.code, severity, params=dict(first.params))])
    if first.outcome == "laid":
        for each in {each.who: each for each in reversed(posts)}.values():
            terminal.line(terminal.say("send-laid-how", key=each.key, who=each.who), indent=4, hanging=2, style="note")
    if first.outcome in ("handed", "reminded"):
        for each in posts:
            terminal.line(terminal.say("send-by-hand", key=each.key), indent=4, hanging=2, style="note")
        if first.text:
            terminal.line(clean(first.text), indent=4)
        for line in by_hand(terminal, first.content, first.post) if not first.code else ():
            terminal.line(line, indent=4, hanging=2)


def _show_tally(terminal: Terminal, tally: Tally, zone: str) -> None:
    """How many have confirmed a post, told whenever somebody has."""
    words = {"title": clean(tally.title), "when": _when(tally.scheduled, zone)}
    code = "send-tally" if tally.missing else "send-tally-all" if tally.confirmed == tally.of else "send-tally-over"
    names = _listed(terminal, tally.missing, "send-and-more-people")
    line = terminal.say(code, confirmed=tally.confirmed, of=tally.of, who=names, **words)
    terminal.line(line, indent=2, hanging=2, style="note" if tally.missing else "good")


def _parts(terminal: Terminal, names: Sequence[str]) -> str:
    """The further messages of a post, as people speak of them."""
    return terminal.say("list-comma").join(part_name(terminal, each) for each in dict.fromkeys(names))


def part_name(terminal: Terminal, name: str) -> str:
    kind, _, number = name.partition("-")
    return terminal.say(f"post-part-{kind}", number=number)


def _listed(terminal: Terminal, names: Sequence[str], more: str) -> str:
    shown = terminal.say("list-comma").join(clean(each) for each in names[:_SHOWN])
    return terminal.say(more, groups=shown, count=len(names) - _SHOWN) if len(names) > _SHOWN else shown


def _when(scheduled: str, zone: str) -> str:
    instant = datetime.fromisoformat(scheduled.replace("Z", "+00:00"))
    return f"{instant.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"
