"""Finds times that cannot be meant: unknown holidays, rules that nobody can follow, what is over."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from groupform.calendar.season import first_day, runs_of, zone_of
from groupform.config.diagnostics import Diagnostic, Severity
from groupform.config.project import Community, Project
from groupform.config.suggest import nearest
from groupform.when.moments import moments
from groupform_schemas import Event, PollResults, RepeatedRuns, When

_SOON, _AHEAD = timedelta(days=70), timedelta(days=800)


def rule_findings(project: Project, now: datetime) -> Iterator[Diagnostic]:
    """What is wrong with the times of every community's calendar, whatever platform it goes to."""
    for community in project.communities.values():
        for path, when in _times(community):
            wrong = list(_wrong(community, path, when, now))
            yield from wrong
            if not wrong and path.startswith("calendar."):
                yield from _over(community, path, when, now)
        yield from _unannounced(community, now)
        yield from _never_ended(community)


def at_path(community: Community, path: str, code: str, severity: Severity, **params: object) -> Diagnostic:
    """A finding at a place of the community's file, or at the nearest one above it."""
    place = None
    while path and place is None:
        place = community.places.get(path)
        path = path.rpartition(".")[0]
    place = place or community.places.get("calendar_from")
    span, line = (place.span, place.source_line) if place is not None else (None, None)
    return Diagnostic(code, severity, span, params, line)


def _times(community: Community) -> Iterator[tuple[str, When]]:
    model = community.model
    if isinstance(model.runs, RepeatedRuns):
        yield "runs.every", model.runs.every
    for key, planned in model.calendar.items():
        yield f"calendar.{key}.when", planned.when
    for key, patrol in model.compliance.checklists.items() if model.compliance else ():
        yield f"compliance.checklists.{key}.when", patrol.when


def _wrong(community: Community, path: str, when: When, now: datetime) -> Iterator[Diagnostic]:
    if when.rrule:
        from groupform.when.recurrence import rule_problem

        problem = rule_problem(when.rrule)
        if problem is not None:
            code, part = problem
            yield at_path(community, f"{path}.rrule", code, Severity.error, part=part)
    if when.holiday:
        yield from _holiday(community, f"{path}.holiday", when.holiday, now)
    if when.skip and when.skip.holidays:
        yield from _country(community, f"{path}.skip.holidays", when.skip.holidays)


def _country(community: Community, path: str, country: str) -> Iterator[Diagnostic]:
    from groupform.when.holidays import countries

    if country not in countries():
        yield at_path(community, path, "calendar-country-unknown", Severity.error, country=country)


def _holiday(community: Community, path: str, holiday: str, now: datetime) -> Iterator[Diagnostic]:
    from groupform.when.holidays import holiday_ids, knows_holiday

    country, _, name = holiday.partition("/")
    unknown = list(_country(community, path, country))
    yield from unknown
    if unknown or any(knows_holiday(holiday, now.year + ahead) for ahead in range(3)):
        return
    known = holiday_ids(country, now.year)
    close = nearest(name, known)
    code = "calendar-holiday-unknown-close" if close else "calendar-holiday-unknown"
    params = {"holiday": holiday, "known": ", ".join(known), "suggestion": f"{country}/{close}"}
    yield at_path(community, path, code, Severity.error, **params)


def _over(community: Community, path: str, when: When, now: datetime) -> Iterator[Diagnostic]:
    """What will never be sent any more, and what was never to be sent."""
    model = community.model
    runs = runs_of(model, now, now + _AHEAD)
    if when.after is not None:
        if when.after is Event.run_started and runs == ():
            yield at_path(community, path, "calendar-over", Severity.warning)
        return
    for until in (now + _SOON, now + _AHEAD):  # mostly the first look is enough
        for each in moments(when, zone_of(model), now, until, anchor=first_day(model)):
            if runs is None or any(run.start <= each.instant < run.end for run in runs):
                return
    yield at_path(community, path, "calendar-over", Severity.warning)


def _never_ended(community: Community) -> Iterator[Diagnostic]:
    """Polls whose results are shown at an end that never comes."""
    for key, planned in community.model.calendar.items():
        poll = planned.post.poll if planned.post is not None else None
        if poll is not None and poll.results is PollResults.at_end and planned.lasts is None:
            yield at_path(
                community, f"calendar.{key}.post.poll.results", "calendar-poll-open", Severity.warning, key=key
            )


def _unannounced(community: Community, now: datetime) -> Iterator[Diagnostic]:
    """A year within reach whose days off the country has yet to announce: said once for each country."""
    from groupform.when.holidays import CHINA, announced

    near = now + timedelta(days=62)
    for path, when in _times(community):
        country = when.skip.holidays if when.skip else None
        if country != CHINA:
            continue
        for year in sorted({now.year, near.year}):
            if not announced(country, year):
                where = f"{path}.skip.holidays"
                yield at_path(
                    community, where, "calendar-not-announced", Severity.note, country=country, year=str(year)
                )
                return
