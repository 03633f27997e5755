"""Owns months of the calendar as a page: a grid to look over, and below it each post as members will see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from markupsafe import Markup

from groupform.calendar.agenda import Occasion
from groupform.calendar.entries import Entry
from groupform.calendar.parts import parts_of
from groupform.config.project import ResolvedDeployment
from groupform.engine.post_parts import markdown_of, words_in
from groupform.render.calendar import day_name, month_name, notes, weeks
from groupform.render.html.as_seen import Read, loses, seen
from groupform.render.html.frame import environment, part, policy
from groupform.render.post_parts import treatment
from groupform.render.terminal import Terminal, clean

_NAMED = 6


@dataclass(frozen=True, slots=True)
class _View:
    """One way in which a post is seen: on which platform, in which groups."""

    platform: str
    deployments: str
    group: str
    groups: str
    bodies: tuple[Markup, ...]
    lost: str | None


@dataclass(frozen=True, slots=True)
class _Card:
    number: int
    time: str
    title: str
    kind: str
    kind_name: str
    community: str
    who: str | None
    treatment: tuple[str, ...]
    notes: tuple[str, ...]
    views: tuple[_View, ...]


@dataclass(frozen=True, slots=True)
class _Day:
    day: date
    name: str
    inside: bool
    today: bool
    cards: tuple[_Card, ...]


@dataclass(frozen=True, slots=True)
class _Month:
    name: str
    weeks: tuple[tuple[_Day, ...], ...]


def month_html(
    terminal: Terminal,
    found: Sequence[Entry],
    title: str,
    first: date,
    months: int,
    today: date,
    *,
    shows_marks: Mapping[str, bool] | None = None,
    read: Read | None = None,
) -> str:
    """The page, as one document of HTML. `shows_marks` tells over which connections Markdown is seen as such; of one
    that is not among them, nobody here knows."""
    cards: dict[date, list[_Card]] = {}
    look = read or _read
    for number, each in enumerate(found, 1):
        cards.setdefault(each.day, []).append(_card(terminal, each, number, shows_marks or {}, look))
    shown = [_month(terminal, month, today, cards) for month in _months(first, months)]
    style = part("month.css")
    return (
        environment()
        .from_string(part("month.html.j2"))
        .render(
            lang=terminal.words.lang,
            say=terminal.say,
            title=clean(title),
            weekdays=terminal.say("calendar-weekdays").split(),
            months=shown,
            days=[day for month in shown for week in month.weeks for day in week if day.inside and day.cards],
            style=Markup(style),
            policy=policy(style),
        )
    )


def _months(first: date, count: int) -> list[date]:
    found = [first]
    while len(found) < count:
        found.append((found[-1] + timedelta(days=32)).replace(day=1))
    return found


def _month(terminal: Terminal, first: date, today: date, cards: dict[date, list[_Card]]) -> _Month:
    def day(each: date) -> _Day:
        inside = each.month == first.month
        mine = tuple(cards.get(each, ())) if inside else ()
        return _Day(each, day_name(terminal, each, today), inside, each == today, mine)

    return _Month(month_name(terminal, first), tuple(tuple(map(day, week)) for week in weeks(first)))


def _card(terminal: Terminal, entry: Entry, number: int, shows_marks: Mapping[str, bool], read: Read) -> _Card:
    first = entry.first
    return _Card(
        number=number,
        time=f"{first.local:%H:%M}",
        title=clean(first.title),
        kind=first.kind.value,
        kind_name=terminal.say(f"calendar-kind-{first.kind.value}"),
        community=clean(entry.parts[0].deployment.community.model.title),
        who=clean(entry.who) if entry.who else None,
        treatment=tuple(treatment(terminal, first.model.post)),
        notes=tuple(notes(terminal, entry)),
        views=tuple(_views(terminal, entry, shows_marks, read)),
    )


def _views(terminal: Terminal, entry: Entry, shows_marks: Mapping[str, bool], read: Read) -> list[_View]:
    """One view for each platform and each wording; of groups that see the same, the first one is shown."""
    post = entry.first.model.post
    if post is None:
        return []
    looks: dict[tuple[str, bool | None, str], list[tuple[ResolvedDeployment, Occasion]]] = {}
    for one in entry.parts:
        there = one.deployment
        for each in one.occasions:
            words = "\0".join(markdown_of(part.part) for part in parts_of(there, each.model, each.group))
            look = (there.connection.platform, shows_marks.get(there.connection.key), words)
            looks.setdefault(look, []).append((there, each))
    made = []
    for (platform, marks, _), mine in sorted(looks.items(), key=lambda each: tuple(map(str, each[0]))):
        deployment, first = mine[0]
        names = list(dict.fromkeys(clean(each.group.title) for _, each in mine))
        parts = parts_of(deployment, first.model, first.group)
        text = words_in(parts)
        made.append(
            _View(
                platform=platform,
                deployments=terminal.say("list-comma").join(dict.fromkeys(each.name for each, _ in mine)),
                group=names[0],
                groups=_names(terminal, names),
                bodies=tuple(seen(each.part, marks, deployment.community, post, read) for each in parts),
                lost=_lost(marks, text),
            )
        )
    return made


def _lost(marks: bool | None, text: str) -> str | None:
    """The sentence about what is not seen there as it is written."""
    if marks or not loses(text):
        return None
    return "calendar-page-unknown" if marks is None else "calendar-page-lost"


def _names(terminal: Terminal, names: Sequence[str]) -> str:
    listed = terminal.say("list-comma").join(names[:_NAMED])
    more = len(names) > _NAMED
    return terminal.say("calendar-and-more", names=listed, count=len(names)) if more else listed


def _read(file: Path) -> bytes | None:
    try:
        return file.read_bytes() if file.is_file() else None
    except OSError:
        return None
