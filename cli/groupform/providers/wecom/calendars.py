"""Owns the team's calendar: what is on the community's calendar, its checklists and who is on duty, as schedules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from groupform.calendar.season import follows_runs, zone_of
from groupform.compile.address import Address
from groupform.compile.resource import Json
from groupform.config.project import ResolvedDeployment
from groupform.providers.wecom.bench import Bench, Mentions, fitted
from groupform.providers.wecom.limits import CALENDAR_DETAILS, CALENDAR_NAME, LIMITS, SCHEDULE_DETAILS, SCHEDULE_NAME
from groupform.providers.wecom.occurring import single_dates
from groupform.providers.wecom.people import everybody, seated
from groupform.providers.wecom.repeats import fixed_hours, once, repeated, said_exactly
from groupform_schemas import Event, OneRun, PersonRef, RepeatedRuns, When, weekdays
from groupform_schemas.scalars import WEEKDAYS

HALF_AN_HOUR = 30
"""What does not say how long it lasts takes so many minutes: a schedule has to end (§13)."""
_A_DAY = 24 * 60
_FEW = 8
_KINDS = {
    **{"article": "文章", "short_video": "短视频", "live": "直播", "poll": "投票", "activity": "活动"},
    **{"announcement": "公告", "reminder": "提醒", "check_in": "打卡"},
}


@dataclass(frozen=True, slots=True)
class Planned:
    """Something that recurs. `path` is where it is declared; `people` are those who see it among their own schedules.

    `minutes` is how long it takes, and `inside` that it comes in runs only.
    """

    key: str
    path: str
    title: str
    details: str
    when: When
    minutes: int
    people: Mentions
    inside: bool


def compile_calendar(bench: Bench) -> None:
    """The calendar and its schedules, where there is anything to be on it."""
    planned = [*_posts(bench), *_checklists(bench)]
    duties = _duty_hours(bench)
    if not planned and not duties:
        return
    address = bench.address("calendar", "team")
    for each in planned:
        _schedules(bench, each, address)
    for key, days, when, minutes in duties:
        _duty(bench, address, key, days, when, minutes)
    if not any(each.type == "schedule" for each in bench.made) and not any(
        each.when.after is not Event.group_created for each in planned
    ):
        return
    named = everybody(bench)
    accounts = named.accounts()
    owner = bench.owner()
    account = bench.account(owner) if owner is not None else None
    name = fitted(bench.called("社群日历" if bench.chinese else "calendar"), CALENDAR_NAME)
    said = (
        "由 groupform 维护：改动请写进项目文件。" if bench.chinese else "Kept by groupform: edit the project's files."
    )
    bench.carry("title", address, "title")
    bench.carry("locale", address, "title")
    bench.carry("team.owner", address, "admins", below=True)
    named.note(address, "people")
    bench.make(
        address,
        {
            "title": name,
            "details": fitted(said, CALENDAR_DETAILS),
            "admins": [account] if account is not None else None,
            "people": _within(bench, accounts, "calendar-people"),
        },
        name,
    )


def _posts(bench: Bench) -> Iterator[Planned]:
    """What is on the community's calendar and goes to a group that is deployed here."""
    for key, each in bench.deployment.community.model.calendar.items():
        groups = _goes_to(bench.deployment, each.to)
        if groups is None:
            continue
        path, by = f"calendar.{key}", each.by
        people = seated(bench, by, f"{path}.by") if by is not None else _owner(bench)
        kind = _KINDS.get(each.kind.value, each.kind.value) if bench.chinese else each.kind.value.replace("_", " ")
        to = f"发到：{'、'.join(groups)}" if bench.chinese else f"Goes to: {', '.join(groups)}"
        minutes = int(each.lasts.timedelta / timedelta(minutes=1)) if each.lasts else HALF_AN_HOUR
        details = f"{kind}\n{to}" if groups else kind
        yield Planned(f"post-{key}", path, each.title, details, each.when, max(minutes, 1), people, _has_runs(bench))


def _checklists(bench: Bench) -> Iterator[Planned]:
    compliance = bench.deployment.community.model.compliance
    for key, each in compliance.checklists.items() if compliance is not None else ():
        path = f"compliance.checklists.{key}"
        people = seated(bench, each.who, f"{path}.who")
        title = f"检查清单：{key}" if bench.chinese else f"Checklist: {key}"
        details = "\n".join(f"{number}. {step}" for number, step in enumerate(each.steps, 1))
        yield Planned(f"check-{key}", path, title, details, each.when, HALF_AN_HOUR, people, False)


def _schedules(bench: Bench, planned: Planned, calendar: Address) -> None:
    """One that repeats, or one for each date; a claim that says why where there is neither."""
    repeats = None if planned.inside else said_exactly(planned.when, zone_of(bench.deployment.community.model))
    dates = None if repeats is not None else single_dates(bench.deployment, planned.when, in_runs=planned.inside)
    if repeats is None and dates is None:
        known = planned.when.after is None
        reason = "wecom-gap-schedule-often" if known else "wecom-gap-schedule-event"
        bench.trace.lack(_rule_path(planned), reason)
        return
    accounts = planned.people.accounts()
    each_when = [(None, repeats)] if repeats is not None else [(key, once(at.local)) for key, at in dates or ()]
    first = bench.address("schedule", planned.key, each_when[0][0] if each_when else None)
    for instance, when in each_when:
        address = bench.address("schedule", planned.key, instance)
        label = f"{planned.title} {instance}" if instance is not None else planned.title
        bench.make(
            address,
            {
                "calendar": str(calendar),
                "title": fitted(planned.title, SCHEDULE_NAME),
                "details": fitted(planned.details, SCHEDULE_DETAILS),
                "when": when,
                "minutes": planned.minutes,
                "people": _within(bench, accounts, "schedule-people"),
                "remind": True,
            },
            label,
        )
    if each_when:
        _note(bench, planned, first)


def _note(bench: Bench, planned: Planned, address: Address) -> None:
    """Says which leaves the schedule holds."""
    path = planned.path
    bench.carry(f"{path}.when", address, "when", below=True)
    bench.carry("timezone", address, "when")
    planned.people.note(address, "people")
    if planned.key.startswith("check-"):
        bench.carry(f"{path}.steps", address, "details", below=True)
        bench.carry(f"{path}.who", address, "people", below=True)
        return
    bench.trace.besides(path)  # being on the team's calendar is one thing, being sent another
    bench.carry(f"{path}.title", address, "title")
    bench.carry(f"{path}.kind", address, "details")
    bench.carry(f"{path}.to", address, "details", below=True)
    bench.carry(f"{path}.lasts", address, "minutes")
    bench.carry(f"{path}.by", address, "people", below=True)


def _duty_hours(bench: Bench) -> list[tuple[str, str, str, int]]:
    """(duty, days, repeats, minutes) of hours that repeat from week to week, where clocks never change."""
    hours = fixed_hours(zone_of(bench.deployment.community.model))
    found: list[tuple[str, str, str, int]] = []
    for key, duty in bench.deployment.community.model.team.duty.items():
        for days, span in duty.hours.items() if hours is not None else ():
            minutes = (span.end.minutes - span.start.minutes) % _A_DAY or _A_DAY
            numbers = [WEEKDAYS.index(name) + 1 for name in weekdays(days)]
            at = f"{span.start.minutes // 60:02}:{span.start.minutes % 60:02}"
            found.append((key, days, repeated("weekly", numbers, at, hours or 0), minutes))
    return found


def _duty(bench: Bench, calendar: Address, key: str, days: str, when: str, minutes: int) -> None:
    people = seated(bench, PersonRef(duty=key), f"team.duty.{key}")
    address = bench.address("schedule", f"duty-{key}", days)
    title = f"值班：{key}" if bench.chinese else f"On duty: {key}"
    bench.carry(f"team.duty.{key}.hours.{days}", address, "when")
    bench.carry("timezone", address, "when")
    people.note(address, "people")
    bench.make(
        address,
        {
            "calendar": str(calendar),
            "title": fitted(title, SCHEDULE_NAME),
            "details": "",
            "when": when,
            "minutes": minutes,
            "people": _within(bench, people.accounts(), "schedule-people"),
            "remind": False,
        },
        f"{title} {days}",
    )


def _within(bench: Bench, accounts: Sequence[str], limit: str) -> list[Json]:
    """As many people as there may be. Who is left out is not left out in silence."""
    most = LIMITS[limit].most
    if len(accounts) > most:
        bench.warn("wecom-calendar-many", bench.deployment.place, count=len(accounts), limit=most)
    return [*accounts[:most]]


def _goes_to(deployment: ResolvedDeployment, to: Sequence[str]) -> list[str] | None:
    """What the groups are called that it goes to; None where none of them is deployed here.

    A group that each run has anew is not named: the schedule would change with every run.
    """
    declared, titles, found = deployment.community.model.groups, list[str](), False
    for name in map(str, to):
        here = [each for each in deployment.groups if name in (each.group, each.name)]
        found |= bool(here)
        key = name.partition("/")[0]
        if key in declared and follows_runs(declared[key]):
            only = deployment.model.only
            found |= only is None or name in only or key in only
            continue
        # Of a whole fleet the declared name is enough: one store more is no news on the calendar.
        titles += [each.title for each in here] if len(here) <= _FEW else [name]
    return list(dict.fromkeys(titles)) if found else None


def _has_runs(bench: Bench) -> bool:
    return isinstance(bench.deployment.community.model.runs, OneRun | RepeatedRuns)


def _owner(bench: Bench) -> Mentions:
    """Whoever owns the community, where nobody is named: no leaf of the item says so."""
    found, person = Mentions(bench), bench.owner()
    if person is not None:
        found.add("team.owner", person)
    return found


def _rule_path(planned: Planned) -> str:
    """The leaf that says on which days."""
    when = planned.when
    name = next(each for each in When.one_of if getattr(when, each) not in (None, ()))
    return f"{planned.path}.when.{name}"
