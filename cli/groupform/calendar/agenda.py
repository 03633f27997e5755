"""Turns a deployment's calendar into occasions: what is due when, in which group."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from groupform.calendar.occurrences import Happened, Moment, expand
from groupform.calendar.season import CommunityRun, first_day, follows_runs, group_of, runs_of, zone_of
from groupform.compile.titles import text_words
from groupform.config.placeholders import fill
from groupform.config.project import GroupInstance, ResolvedDeployment
from groupform.when.clock import instant_of
from groupform_schemas import CalendarItem, CalendarKind, Event, TimeRange
from groupform_schemas.values import MIDNIGHT


@dataclass(frozen=True, slots=True)
class Events:
    """What is known to have happened: by group name (`city/sh`), when its live group came to be.

    Runs need not be told: the community's own file says when each begins.
    """

    created: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Occasion:
    """One thing that is due once in one group.

    `scheduled` is its instant (UTC) as declared, and with `calendar` and `target` what it is known by; `local` is the
    same as the clocks there show it. `due` is when it may be sent: where quiet hours cover `scheduled`, their end.
    `group` is the group it goes to, which may be one that a coming run has yet to make; `run` is that run's key.
    """

    deployment: str
    calendar: str
    model: CalendarItem
    scheduled: datetime
    local: datetime
    due: datetime
    group: GroupInstance
    run: str | None = None

    @property
    def target(self) -> str:
        return self.group.name

    @property
    def title(self) -> str:
        return self.model.title

    @property
    def kind(self) -> CalendarKind:
        return self.model.kind

    @property
    def quiet(self) -> bool:
        """Whether quiet hours hold it back."""
        return self.due != self.scheduled

    @property
    def ends(self) -> datetime | None:
        return self.scheduled + self.model.lasts.timedelta if self.model.lasts else None

    @property
    def key(self) -> str:
        """Its name in the send ledger, within one environment: for ever the same, and no other's."""
        return f"{self.deployment}/calendar.{self.calendar}/{self.target}@{self.scheduled:%Y%m%dT%H%M%SZ}"


def agenda(
    deployment: ResolvedDeployment, since: datetime, until: datetime, events: Events | None = None
) -> list[Occasion]:
    """Everything with `since <= scheduled < until`, by time, then in the order of the files.

    Where a community runs for a while, nothing is due before a run or after it; what is due while two runs overlap
    goes to the groups of both.
    """
    model = deployment.community.model
    happened = events or Events()
    found: list[tuple[datetime, int, int, Occasion]] = []
    for order, (key, planned) in enumerate(model.calendar.items()):
        for place, occasion in enumerate(_of(deployment, key, planned, since, until, happened)):
            found.append((occasion.scheduled, order, place, occasion))
    return [each for *_, each in sorted(found, key=lambda each: each[:3])]


def words_of(deployment: ResolvedDeployment, occasion: Occasion) -> str | None:
    """What is sent, in Markdown, with its placeholders filled; None where nothing is."""
    return text_for(deployment, occasion.model, occasion.group)


def text_for(deployment: ResolvedDeployment, planned: CalendarItem, group: GroupInstance) -> str | None:
    """What is sent to one group, whenever that is."""
    post = planned.post
    if post is None:
        return None
    text = post.text or ""
    if post.file is not None:
        data = deployment.community.files.get(post.file, b"")
        text = data.decode("utf-8-sig", "replace").replace("\r\n", "\n")
    return fill(text, {**group.values, **text_words(deployment, group)}).strip()


def after_quiet(instant: datetime, zone: ZoneInfo, quiet: TimeRange | None) -> datetime:
    """The instant itself, or the end of the quiet hours that cover it."""
    if quiet is None:
        return instant
    local = instant.astimezone(zone)
    start, end, minutes = quiet.start.minutes, quiet.end.minutes, local.hour * 60 + local.minute
    over = end <= start
    if not (minutes >= start or minutes < end if over else start <= minutes < end):
        return instant
    ahead = 1 if (over and minutes >= start) or end == MIDNIGHT else 0
    day = local.date() + timedelta(days=ahead)
    return max(instant_of(datetime.combine(day, time(end // 60 % 24, end % 60)), zone), instant)


def _of(
    deployment: ResolvedDeployment, key: str, planned: CalendarItem, since: datetime, until: datetime, events: Events
) -> Iterator[Occasion]:
    model = deployment.community.model
    zone = ZoneInfo(zone_of(model))
    quiet = model.sending.quiet_hours if model.sending else None
    wait = (planned.when.wait.timedelta if planned.when.wait else timedelta()) + timedelta(days=2)
    runs = runs_of(model, since - wait, until)
    for moment, group, run in _sent(deployment, planned, since, until, runs, events):
        yield Occasion(
            deployment=deployment.name,
            calendar=key,
            model=planned,
            scheduled=moment.instant.astimezone(UTC),
            local=moment.local,
            due=after_quiet(moment.instant, zone, quiet).astimezone(UTC),
            group=group,
            run=run.key if run else None,
        )


_Sent = Iterator[tuple[Moment, GroupInstance, CommunityRun | None]]


def _sent(
    deployment: ResolvedDeployment,
    planned: CalendarItem,
    since: datetime,
    until: datetime,
    runs: Sequence[CommunityRun] | None,
    events: Events,
) -> _Sent:
    model = deployment.community.model
    zone, anchor = zone_of(model), first_day(model)
    if planned.when.after is Event.run_started:
        for run in runs or ():
            started = (Happened(Event.run_started, run.start),)
            for moment in expand(planned.when, zone, since, until, events=started):
                yield from ((moment, group, run) for group in _targets(deployment, planned, run))
    elif planned.when.after is Event.group_created:
        for group in _every_target(deployment, planned, runs):
            if group.name in events.created:
                created = (Happened(Event.group_created, events.created[group.name]),)
                for moment in expand(planned.when, zone, since, until, events=created):
                    yield moment, group, _run_of(group, runs)
    else:
        for moment in expand(planned.when, zone, since, until, anchor=anchor):
            if runs is None:
                yield from ((moment, group, None) for group in _targets(deployment, planned, None))
                continue
            seen: set[str] = set()
            for run in runs:
                if run.start <= moment.instant < run.end:
                    for group in _targets(deployment, planned, run):
                        if group.name not in seen:
                            seen.add(group.name)
                            yield moment, group, run


def _targets(deployment: ResolvedDeployment, planned: CalendarItem, run: CommunityRun | None) -> list[GroupInstance]:
    """The groups that are meant, each once, in the order of the file; during a run, that run's own."""
    declared = deployment.community.model.groups
    found: dict[str, GroupInstance] = {}
    for name in planned.to:
        key = name.partition("/")[0]
        if run is not None and key in declared and follows_runs(declared[key]):
            own = group_of(deployment, key, run)
            if own is not None and name in (own.name, key):
                found.setdefault(own.name, own)
            continue
        for each in deployment.groups:
            if name in (each.group, each.name):
                found.setdefault(each.name, each)
    return list(found.values())


def _every_target(
    deployment: ResolvedDeployment, planned: CalendarItem, runs: Sequence[CommunityRun] | None
) -> list[GroupInstance]:
    """The groups that are meant, those of every run among them."""
    found = {each.name: each for each in _targets(deployment, planned, None)}
    for run in runs or ():
        for each in _targets(deployment, planned, run):
            found.setdefault(each.name, each)
    return list(found.values())


def _run_of(group: GroupInstance, runs: Sequence[CommunityRun] | None) -> CommunityRun | None:
    return next((each for each in runs or () if each.key == group.instance), None)
