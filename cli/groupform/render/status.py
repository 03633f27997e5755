"""Owns the table of `groupform status`: each number beside its bound, and once each what cannot be measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import time
from typing import Any
from zoneinfo import ZoneInfo

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from groupform.config.project import ResolvedDeployment
from groupform.engine.measuring import Judged, Reading, Unknown, limits_of, value_of
from groupform.render.terminal import Terminal, clean
from groupform_schemas import HealthBound

_WITH_TIME, _WITH_WHO = 90, 100
"""From so many columns on there is room for the time that a number is of, and for who answers for the group."""
_NAMED = 3
"""So many groups are named; more of them are counted."""


@dataclass(slots=True)
class _Missing:
    """What cannot be measured for one reason; no `labels` where it is the whole of it."""

    why: Unknown
    bounds: list[HealthBound] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)


def show_status(terminal: Terminal, deployment: ResolvedDeployment, judged: Sequence[Judged], groups: int) -> None:
    """Prints one deployment to `out`: out of bounds first, else as declared."""
    head = Text.assemble((clean(deployment.name), "head"))
    head.append(f"  {clean(deployment.connection.platform)}", style="faint")
    terminal.line(head)
    if not deployment.community.model.health:
        terminal.line(terminal.say("status-no-bounds", community=deployment.community.key), indent=2, hanging=2)
        return
    known = [each for each in judged if each.why is None]
    outside = sum(each.outside is True for each in known)
    if known:
        _print_table(terminal, deployment, sorted(known, key=lambda each: not each.outside))
    missing = [each for each in _missing(judged) if not _failed(each, judged)]
    if missing:
        terminal.line(terminal.say("status-unknown"), indent=2, hanging=2, style="head")
        for each in missing:
            text = terminal.say("status-why", what=_about(terminal, each, groups), why=_why(terminal, each))
            terminal.line(f"{terminal.glyph('•')} {text}", indent=4, hanging=2)
    if outside:
        terminal.line(terminal.count("status-outside", outside, all=len(known)), indent=2, style="caution")
    elif known:
        terminal.line(terminal.count("status-inside", len(known)), indent=2, style="good")


def status_json(
    terminal: Terminal, deployment: ResolvedDeployment, judged: Sequence[Judged], groups: int
) -> dict[str, Any]:
    """The same as data; a share is a number from 0 to 1."""
    return {
        "deployment": deployment.name,
        "community": deployment.community.key,
        "platform": deployment.connection.platform,
        "numbers": [_number(terminal, each) for each in judged if each.why is None],
        "unknown": [
            {
                "bounds": [_declared(one) for one in each.bounds],
                "groups": each.labels or None,
                "code": each.why.reason,
                "message": _why(terminal, each),
            }
            for each in _missing(judged)
        ],
    }


def _print_table(terminal: Terminal, deployment: ResolvedDeployment, judged: Sequence[Judged]) -> None:
    width = terminal.out.width
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="faint", show_edge=False)
    names = ["verdict", "what", "where", "value", "bound"]
    names += ["time"] if width >= _WITH_TIME else []
    names += ["who"] if width >= _WITH_WHO else []
    for name in names:
        table.add_column(
            terminal.say(f"status-column-{name}"),
            justify="right" if name == "value" else "left",
            no_wrap=name in ("verdict", "value", "time"),
            overflow="fold",
        )
    zone = ZoneInfo(str(deployment.community.model.timezone or "UTC"))
    for each in judged:
        assert isinstance(each.answer, Reading)
        style = "alarm" if each.outside else "good"
        mark = terminal.glyph("✗" if each.outside else "✓")
        who = deployment.people.get(each.who or "")
        cells = {
            "verdict": Text(f"{mark} {terminal.say('status-out' if each.outside else 'status-in')}", style),
            "what": Text(_name(each.bound)),
            "where": Text(clean(each.label if each.label is not None else deployment.community.model.title)),
            "value": Text(value_of(each.bound, each.answer), "alarm" if each.outside else ""),
            "bound": Text(_bound(terminal, each.bound)),
            "time": Text(_period(terminal, each.answer, zone), "faint"),
            "who": Text(clean(who.name if who is not None else each.who or ""), "faint"),
        }
        table.add_row(*(cells[name] for name in names))
    with terminal.out.capture() as caught:
        terminal.out.print(Padding(table, (0, 0, 0, 2), expand=False))
    # The last column is filled up with spaces: nothing that we print ends in one.
    for line in Text.from_ansi(caught.get()).split("\n"):
        line.rstrip()
        if line.plain:
            terminal.out.print(line, soft_wrap=True)


def _missing(judged: Sequence[Judged]) -> list[_Missing]:
    """One for each reason; bounds that the same groups cannot answer for the same reason stand together."""
    by_bound: dict[tuple[int, str], _Missing] = {}
    for each in judged:
        if (why := each.why) is not None:
            found = by_bound.setdefault((id(each.bound), _same(why)), _Missing(why, [each.bound]))
            found.labels += [each.label] if each.label is not None else []
    together: dict[tuple[str, tuple[str, ...]], _Missing] = {}
    for one in by_bound.values():
        whole = together.setdefault((_same(one.why), tuple(one.labels)), _Missing(one.why, [], one.labels))
        whole.bounds += one.bounds
    return list(together.values())


def _failed(missing: _Missing, judged: Sequence[Judged]) -> bool:
    """Whether it is told as a trouble of the deployment."""
    return any(each.failure is not None and each.answer is missing.why for each in judged)


def _same(why: Unknown) -> str:
    return f"{why.reason} {sorted((name, str(value)) for name, value in why.params.items())}"


def _why(terminal: Terminal, missing: _Missing) -> str:
    return terminal.say(missing.why.reason, **missing.why.params)


def _about(terminal: Terminal, missing: _Missing, groups: int) -> str:
    what = terminal.say("list-comma").join(dict.fromkeys(map(_name, missing.bounds)))
    labels = missing.labels
    if not labels:
        return what
    if len(labels) > _NAMED or len(labels) == groups:
        code = "status-every-group" if len(labels) == groups else "status-groups"
        return terminal.say("status-what-where", what=what, where=terminal.count(code, len(labels)))
    named = terminal.say("list-comma").join(terminal.say("status-group", label=each) for each in labels)
    return terminal.say("status-what-where", what=what, where=named)


def _name(bound: HealthBound) -> str:
    """`messages 1d`."""
    return clean(str(bound.metric) if bound.within is None else f"{bound.metric} {bound.within}")


def _bound(terminal: Terminal, bound: HealthBound) -> str:
    limits = [str(each) for each in limits_of(bound)]
    if bound.between is not None:
        return terminal.say("status-between", low=limits[0], high=limits[1])
    return terminal.say("status-at-least" if bound.at_least is not None else "status-below", limit=limits[0])


def _period(terminal: Terminal, found: Reading, zone: ZoneInfo) -> str:
    """The time that a number is of; whole days without their midnights."""
    since, until = found.since.astimezone(zone), found.until.astimezone(zone)
    if since == until:
        return until.strftime("%m-%d %H:%M")
    whole = since.time() == until.time() == time()
    first, last = (each.strftime("%m-%d" if whole else "%m-%d %H:%M") for each in (since, until))
    return f"{first} {'-' if terminal.ascii else '–'} {last}"


def _declared(bound: HealthBound) -> dict[str, Any]:
    limits = {
        "at_least": str(bound.at_least) if bound.at_least is not None else None,
        "below": str(bound.below) if bound.below is not None else None,
        "between": [str(each) for each in bound.between] if bound.between is not None else None,
    }
    return {
        "metric": str(bound.metric),
        "per": bound.per.value,
        "within": str(bound.within) if bound.within is not None else None,
        **{name: each for name, each in limits.items() if each is not None},
    }


def _number(terminal: Terminal, judged: Judged) -> dict[str, Any]:
    found = judged.answer
    assert isinstance(found, Reading)
    return {
        "verdict": "out" if judged.outside else "in",
        "bound": _declared(judged.bound),
        "group": judged.label,
        "who": judged.who,
        "value": found.value,
        "shown": value_of(judged.bound, found),
        "or_more": found.or_more,
        "since": found.since.isoformat(),
        "until": found.until.isoformat(),
    }
