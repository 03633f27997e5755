"""Finds what would go wrong with what is sent: too close, too much, too long, in quiet hours, or a picture missing."""

from __future__ import annotations

import mimetypes
from calendar import monthrange
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import SecretStr

from groupform.calendar.agenda import Occasion, agenda, text_for
from groupform.calendar.lint_cards import long_cards
from groupform.calendar.lint_rules import at_path, rule_findings
from groupform.calendar.lint_runs import run_findings
from groupform.calendar.pictures import pictures
from groupform.calendar.season import zone_of
from groupform.config.diagnostics import Diagnostic, Severity
from groupform.config.project import Connection, GroupInstance, Project, ResolvedDeployment
from groupform.engine.post_limits import PostLimits
from groupform_schemas import Post

APART = timedelta(minutes=10)
"""Two posts in one group that are closer look like a machine's, where the file does not say otherwise (`apart`)."""
HORIZON = timedelta(days=35)
"""How far ahead is looked: a month, and the days that make it whole weeks."""

Size = Callable[[Path], int | None]
"""The size of a file in bytes; None where there is none."""


@dataclass(frozen=True, slots=True)
class _Ahead:
    """What is due in one deployment. `stands_for` is how many groups each one that was looked at speaks for."""

    deployment: ResolvedDeployment
    occasions: Sequence[Occasion]
    stands_for: Mapping[str, int]


def lint(project: Project, limits: Mapping[str, PostLimits], now: datetime, *, size: Size) -> list[Diagnostic]:
    """Everything about the calendars of a project that a reviewer should see. `limits` are by connection.

    Copies of a group that are declared alike are looked at once. Nothing is said of what waits for a group to be made.
    """
    found = list(rule_findings(project, now))
    if any(each.severity is Severity.error for each in found):
        return found
    found += [each for community in project.communities.values() for each in run_findings(community, now)]
    ahead = [_ahead(each, now) for each in project.deployments if each.community.model.calendar]
    for each in ahead:
        found += _too_close(each)
        found += _quiet(each)
        found += _busy(each)
        found += _texts(each.deployment, limits.get(each.deployment.connection.key), size)
        found += _in_a_group(each, limits.get(each.deployment.connection.key))
    found += _by_account(ahead, limits)
    return list({(each.code, each.span, str(dict(each.params))): each for each in found}.values())


def _ahead(deployment: ResolvedDeployment, now: datetime) -> _Ahead:
    groups, counts = _representatives(deployment)
    fewer = replace(deployment, groups=groups)
    return _Ahead(deployment, agenda(fewer, now, now + HORIZON), counts)


def _representatives(deployment: ResolvedDeployment) -> tuple[tuple[GroupInstance, ...], dict[str, int]]:
    """One copy of each declared group, and each copy that the calendar names by itself."""
    named = {name for each in deployment.community.model.calendar.values() for name in each.to}
    counts: dict[str, int] = {}
    first: dict[str, str] = {}
    chosen: list[GroupInstance] = []
    for each in deployment.groups:
        if each.name in named or each.group not in first:
            chosen.append(each)
            counts[each.name] = 1
            if each.name not in named or each.instance is None:
                first.setdefault(each.group, each.name)
        else:
            counts[first[each.group]] += 1
    return tuple(chosen), counts


def _finding(ahead: _Ahead, calendar: str, code: str, **params: object) -> Diagnostic:
    community = ahead.deployment.community
    return at_path(community, f"calendar.{calendar}.when", code, Severity.warning, key=calendar, **params)


def _too_close(ahead: _Ahead) -> Iterator[Diagnostic]:
    """Each pair once, at its first time; what quiet hours hold back comes when they end."""
    sending = ahead.deployment.community.model.sending
    apart = sending.apart.timedelta if sending is not None and sending.apart is not None else APART
    by_group: dict[str, list[Occasion]] = defaultdict(list)
    for each in ahead.occasions:
        if each.model.post is not None:
            by_group[each.target].append(each)
    seen: set[tuple[str, str]] = set()
    for group, occasions in by_group.items():
        due = sorted(occasions, key=lambda each: each.due)
        for one, other in pairwise(due):
            pair = (one.calendar, other.calendar)
            if other.due - one.due >= apart or pair in seen:
                continue
            seen.add(pair)
            words = {"other": one.calendar, "group": group, "minutes": int(apart.total_seconds() // 60)}
            yield _finding(ahead, other.calendar, "calendar-too-close", **words, when=_shown(other, other.due))


def _quiet(ahead: _Ahead) -> Iterator[Diagnostic]:
    quiet = ahead.deployment.community.model.sending
    first: dict[str, Occasion] = {}
    for each in ahead.occasions:
        if each.quiet and each.model.post is not None:
            first.setdefault(each.calendar, each)
    for key, each in first.items():
        hours = str(quiet.quiet_hours) if quiet else ""
        words = {"quiet": hours, "when": _shown(each, each.scheduled), "due": _shown(each, each.due)}
        yield _finding(ahead, key, "calendar-in-quiet-hours", **words)


def _busy(ahead: _Ahead) -> Iterator[Diagnostic]:
    """More posts a day than the community itself wants messages."""
    bounds = [
        (position, most)
        for position, each in enumerate(ahead.deployment.community.model.health)
        if each.metric == "messages"
        and each.per == "group"
        and each.within
        and each.within.seconds == 86400
        and (most := _most(each)) is not None
    ]
    days = _a_day(ahead)
    for position, most in bounds:
        over = [(day, group, count) for (day, group), count in days.items() if count > most]
        if over:
            day, group, count = over[0]
            community = ahead.deployment.community
            words = {"count": count, "most": most, "group": group, "day": day.isoformat()}
            yield at_path(community, f"health.{position}", "calendar-busy-day", Severity.warning, **words)


def _most(bound: object) -> int | None:
    below, between = getattr(bound, "below", None), getattr(bound, "between", None)
    if isinstance(below, int):
        return below - 1
    return between[1] if between and isinstance(between[1], int) else None


def _a_day(ahead: _Ahead) -> Counter[tuple[date, str]]:
    zone = ZoneInfo(zone_of(ahead.deployment.community.model))
    return Counter(
        (each.due.astimezone(zone).date(), each.target) for each in ahead.occasions if each.model.post is not None
    )


def _in_a_group(ahead: _Ahead, limits: PostLimits | None) -> Iterator[Diagnostic]:
    if limits is None:
        return
    days = _a_day(ahead)
    if limits.days_of_a_month:
        yield from _in_a_month(ahead, limits, days)
    if limits.a_day_in_a_group is None:
        return
    for (day, group), count in days.items():
        if count > limits.a_day_in_a_group:
            community = ahead.deployment.community
            words = {"deployment": ahead.deployment.name, "platform": ahead.deployment.connection.platform}
            words |= {"group": group, "day": day.isoformat(), "source": limits.source}
            numbers = {"count": count, "most": limits.a_day_in_a_group}
            yield at_path(community, "calendar", "calendar-quota-group", Severity.warning, **words, **numbers)
            return


def _in_a_month(ahead: _Ahead, limits: PostLimits, days: Counter[tuple[date, str]]) -> Iterator[Diagnostic]:
    """More in a month than the month has days, as far ahead as is looked: said of the first group."""
    months: Counter[tuple[int, int, str]] = Counter()
    for (day, group), count in days.items():
        months[day.year, day.month, group] += count
    for (year, month, group), count in months.items():
        most = monthrange(year, month)[1]
        if count > most:
            words = {"deployment": ahead.deployment.name, "platform": ahead.deployment.connection.platform}
            words |= {"group": group, "month": f"{year}-{month:02}", "source": limits.source}
            community = ahead.deployment.community
            yield at_path(
                community, "calendar", "calendar-quota-month", Severity.warning, **words, count=count, most=most
            )
            return


def _by_account(found: Iterable[_Ahead], limits: Mapping[str, PostLimits]) -> Iterator[Diagnostic]:
    """What all deployments of one account send on one day."""
    sent: dict[tuple[object, ...], Counter[date]] = defaultdict(Counter)
    names: dict[tuple[object, ...], dict[str, ResolvedDeployment]] = defaultdict(dict)
    for each in found:
        connection = each.deployment.connection
        known = limits.get(connection.key)
        if known is None or known.a_day_by_an_account is None:
            continue
        account = _account(connection)
        names[account][each.deployment.name] = each.deployment
        for (day, group), count in _a_day(each).items():
            sent[account][day] += count * each.stands_for.get(group, 1)
    for account, days in sent.items():
        last = list(names[account].values())[-1]
        known = limits[last.connection.key]
        day, count = max(days.items(), key=lambda each: each[1])
        if known.a_day_by_an_account is not None and count > known.a_day_by_an_account:
            words = {"connection": last.connection.key, "deployments": ", ".join(names[account])}
            words |= {"day": day.isoformat(), "source": known.source}
            numbers = {"count": count, "most": known.a_day_by_an_account}
            yield at_path(last.community, "calendar", "calendar-quota-account", Severity.warning, **words, **numbers)


def _account(connection: Connection) -> tuple[object, ...]:
    """What makes two connections the same account: everything that is said about how it is reached."""
    told = [
        (key, value.get_secret_value() if isinstance(value, SecretStr) else str(value))
        for key, value in connection.settings.items()
    ]
    return (connection.platform, connection.directory, *sorted(told))


def _texts(deployment: ResolvedDeployment, limits: PostLimits | None, size: Size) -> Iterator[Diagnostic]:
    community = deployment.community
    groups, _ = _representatives(deployment)
    for key, planned in community.model.calendar.items():
        if planned.post is None:
            continue
        path = f"calendar.{key}.post"
        meant = [each for each in groups if each.group in planned.to or each.name in planned.to]
        texts = [text for each in meant if (text := text_for(deployment, planned, each))]
        if limits is not None:
            yield from _long(deployment, path, key, texts, limits)
            yield from long_cards(deployment, key, planned, meant, limits)
        for text in texts[:1]:
            for each in pictures(community, planned.post, text):
                bytes_of = size(each.file) if each.file is not None else None
                if each.outside or (each.file is not None and bytes_of is None):
                    code = "calendar-picture-outside" if each.outside else "calendar-picture-missing"
                    yield at_path(community, path, code, Severity.error, key=key, file=each.address)
                elif bytes_of:
                    yield from _large(deployment, path, key, each.address, bytes_of, limits)
        yield from _beside(deployment, path, key, planned.post, limits)


def _beside(
    deployment: ResolvedDeployment, path: str, key: str, post: Post, limits: PostLimits | None
) -> Iterator[Diagnostic]:
    """The pictures that go out beside the words."""
    card = post.card.picture if post.card is not None else None
    named = [(f"{path}.attach.{number}", each) for number, each in enumerate(post.attach or ())]
    for place, file in [*named, *([(f"{path}.card.picture", card)] if card is not None else [])]:
        if (mimetypes.guess_type(file)[0] or "").startswith("image/"):
            size = len(deployment.community.files.get(file, b""))
            yield from _large(deployment, place, key, file, size, limits)


def _large(
    deployment: ResolvedDeployment, path: str, key: str, file: str, size: int, limits: PostLimits | None
) -> Iterator[Diagnostic]:
    if limits and limits.image_bytes and size > limits.image_bytes:
        words = {"key": key, "file": file, "deployment": deployment.name, "source": limits.source}
        numbers = {"size": _megabytes(size), "most": _megabytes(limits.image_bytes)}
        yield at_path(deployment.community, path, "calendar-picture-large", Severity.warning, **words, **numbers)


def _long(
    deployment: ResolvedDeployment, path: str, key: str, texts: Sequence[str], limits: PostLimits
) -> Iterator[Diagnostic]:
    for unit, most, measure in (
        ("bytes", limits.text_bytes, lambda text: len(text.encode())),
        ("characters", limits.text_characters, len),
    ):
        longest = max((measure(text) for text in texts), default=0)
        if most is not None and longest > most:
            words = {"key": key, "deployment": deployment.name, "source": limits.source}
            code = f"calendar-text-long-{unit}"
            yield at_path(deployment.community, path, code, Severity.warning, **words, count=longest, most=most)


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:.1f}"


def _shown(occasion: Occasion, instant: datetime) -> str:
    return f"{instant.astimezone(occasion.local.tzinfo):%Y-%m-%d %H:%M}"
