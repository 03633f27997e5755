"""Decides what becomes of checklists: handed over at their time, overdue, not done once the next one is there. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from groupform.calendar.agenda import Events, after_quiet
from groupform.calendar.due import KEPT, instant, spelled
from groupform.calendar.occurrences import Happened, expand
from groupform.calendar.season import first_day, runs_of, zone_of
from groupform.config.project import ResolvedDeployment
from groupform.engine.step_people import staff_of
from groupform.state.document import Document
from groupform.state.ledger import Asked, Round, round_key
from groupform.when.clock import instant_of
from groupform_schemas import Checklist, CommunityFile, Event

_FIRST = timedelta(hours=1)
"""How far back the first run looks that knows of a list: what was before that is nobody's omission."""
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Turn:
    """A round of a list about which there is something to say: `list`, `list-overdue` or `list-missed`."""

    key: str
    round: Round
    said: str


@dataclass(frozen=True)
class Duties:
    """What the ledger is to hold about checklists, and what is to be said, each once."""

    rounds: Mapping[str, Round | None] = field(default_factory=dict)
    through: Mapping[str, str] = field(default_factory=dict)
    turns: tuple[Turn, ...] = ()

    @property
    def nothing(self) -> bool:
        return not (self.rounds or self.through)


def asks_something(model: CommunityFile) -> bool:
    """Whether a run of the calendar may have anything to do for a community: posts to send, lists to hand over."""
    lists = model.compliance.checklists if model.compliance is not None else {}
    return bool(lists) or any(each.post is not None for each in model.calendar.values())


def duties(deployment: ResolvedDeployment, ledger: Document, now: datetime, events: Events) -> Duties:
    """What has become of every checklist by `now`.

    At most one round of a list is open: the next one ends it, and whatever of it was not done stays on record as not
    done. What nobody was asked for in time, since no run came by, is on record as that.
    """
    rounds: dict[str, Round | None] = dict.fromkeys(_outdated(deployment, ledger, now))
    through: dict[str, str] = {}
    turns: list[Turn] = []
    lists = _lists(deployment)
    for key, checklist in lists.items():
        known = ledger.through.get(key)
        since = max(instant(known) if known else now - _FIRST, now - KEPT)
        came = [
            each for each in _moments(deployment, checklist, since, now, events) if _key(key, each) not in ledger.rounds
        ]
        if came:
            through[key] = spelled(max(each for each, _ in came) + timedelta(seconds=1))
        elif known is None:
            through[key] = spelled(since)
        for turn in _turns(deployment, key, checklist, came, ledger, now):
            rounds[turn.key] = turn.round
            turns.append(turn)
    for name, each in ledger.rounds.items():
        if each.outcome == "handed" and each.checklist not in lists:
            rounds[name] = _ended(each, "cancelled", "list-undeclared", now)
    return Duties(rounds, through, tuple(turns))


def ends(deployment: ResolvedDeployment, round_: Round) -> datetime:
    """When a round becomes overdue: at the end of its day, there."""
    zone = ZoneInfo(zone_of(deployment.community.model))
    day = instant(round_.scheduled).astimezone(zone).date()
    return instant_of(datetime.combine(day + _DAY, time()), zone) - timedelta(seconds=1)


def _turns(
    deployment: ResolvedDeployment,
    key: str,
    checklist: Checklist,
    came: list[tuple[datetime, str]],
    ledger: Document,
    now: datetime,
) -> Iterator[Turn]:
    newest = {target: scheduled for scheduled, target in sorted(came)}
    for name, each in sorted(ledger.rounds.items()):
        if each.checklist != key or each.outcome != "handed":
            continue
        if newest.get(each.target) is not None:
            yield Turn(name, _ended(each, "missed", "list-not-done", now), "list-missed")
        elif now > ends(deployment, each) and not each.reminded_at and not _quiet(deployment, now):
            yield Turn(name, each.model_copy(update={"reminded_at": spelled(now)}), "list-overdue")
    for scheduled, target in sorted(came):
        made = _round(deployment, key, checklist, scheduled, target, now)
        if newest[target] == scheduled and now <= ends(deployment, made):
            yield Turn(_key(key, (scheduled, target)), made, "list")
        else:
            lost = _ended(made, "missed", "list-not-asked", now).model_copy(update={"announced_at": ""})
            yield Turn(_key(key, (scheduled, target)), lost, "list-missed")


def _round(
    deployment: ResolvedDeployment, key: str, checklist: Checklist, scheduled: datetime, target: str, now: datetime
) -> Round:
    named = checklist.who.person or checklist.who.role or checklist.who.duty or checklist.who.name
    return Round(
        checklist=key,
        target=target,
        scheduled=spelled(scheduled),
        outcome="handed",
        steps=tuple(map(str, checklist.steps)),
        who=staff_of(deployment).doer(named, scheduled).key or "",
        announced_at=spelled(now),
        kept=_kept(deployment).days,
    )


def _ended(round_: Round, outcome: Asked, code: str, now: datetime) -> Round:
    return round_.model_copy(update={"outcome": outcome, "code": code, "settled_at": spelled(now)})


def _moments(
    deployment: ResolvedDeployment, checklist: Checklist, since: datetime, now: datetime, events: Events
) -> list[tuple[datetime, str]]:
    """When it was its turn, and for which group where it follows the making of groups. Outside the runs of a community
    nothing is its turn."""
    model = deployment.community.model
    zone, until = zone_of(model), now + timedelta(microseconds=1)
    wait = checklist.when.wait.timedelta if checklist.when.wait else timedelta()
    runs = runs_of(model, since - wait - 2 * _DAY, until)
    found: set[tuple[datetime, str]] = set()
    if checklist.when.after is Event.run_started:
        started = [Happened(Event.run_started, each.start) for each in runs or ()]
        found |= {(each.instant, "") for each in expand(checklist.when, zone, since, until, events=started)}
    elif checklist.when.after is Event.group_created:
        for name, created in events.created.items():
            made = [Happened(Event.group_created, created)]
            found |= {(each.instant, name) for each in expand(checklist.when, zone, since, until, events=made)}
    else:
        for each in expand(checklist.when, zone, since, until, anchor=first_day(model)):
            if runs is None or any(run.start <= each.instant < run.end for run in runs):
                found.add((each.instant, ""))
    return sorted((each.astimezone(UTC), target) for each, target in found)


def _lists(deployment: ResolvedDeployment) -> Mapping[str, Checklist]:
    compliance = deployment.community.model.compliance
    return {str(key): each for key, each in compliance.checklists.items()} if compliance is not None else {}


def _key(key: str, moment: tuple[datetime, str]) -> str:
    return round_key(key, spelled(moment[0]), moment[1])


def _quiet(deployment: ResolvedDeployment, now: datetime) -> bool:
    model = deployment.community.model
    hours = model.sending.quiet_hours if model.sending is not None else None
    return after_quiet(now, ZoneInfo(zone_of(model)), hours) != now


def _kept(deployment: ResolvedDeployment) -> timedelta:
    """How long a round stays on record once it is settled."""
    return _declared(deployment) or KEPT


def _declared(deployment: ResolvedDeployment) -> timedelta | None:
    compliance = deployment.community.model.compliance
    keep = compliance.keep if compliance is not None else None
    return keep.reports.timedelta if keep is not None and keep.reports is not None else None


def _outdated(deployment: ResolvedDeployment, ledger: Document, now: datetime) -> list[str]:
    declared = _declared(deployment)
    return [
        key
        for key, each in ledger.rounds.items()
        if each.outcome != "handed" and instant(each.scheduled) < now - (declared or timedelta(days=each.kept)) - _DAY
    ]
