"""Owns what somebody does this morning, from what the plan and the state say: pure, no platform is named."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Protocol, runtime_checkable
from zoneinfo import ZoneInfo

from groupform.compile.resource import Resource
from groupform.config.project import Connection, ResolvedDeployment
from groupform.engine.plan import DeploymentPlan, Step
from groupform.engine.resource_type import ResourceType
from groupform.engine.step_people import staff_of
from groupform.engine.step_rules import until
from groupform.state.document import Document
from groupform.when.moments import local_times
from groupform_schemas import When

_NEAR = 0.9
"""From this share of a threshold on, a group is near it."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """At `people` in a group something changes; `code` is the sentence that says what."""

    people: int
    code: str


@runtime_checkable
class Watches(Protocol):
    """A provider that knows at how many people something changes in a group."""

    def thresholds(self, connection: Connection) -> Sequence[Threshold]: ...


@dataclass(frozen=True, slots=True)
class Expiring:
    """A code, or an invitation, that stops working. `code` is the sentence."""

    code: str
    label: str
    until: datetime
    who: str | None = None


@dataclass(frozen=True, slots=True)
class Full:
    """A group that is near a threshold, or past it. `counted` is when the people in it were counted by somebody."""

    label: str
    people: int
    threshold: Threshold
    who: str | None = None
    counted: str | None = None


@dataclass(frozen=True, slots=True)
class Patrol:
    """A list that somebody goes through today; `at` is None where its moment cannot be worked out here."""

    key: str
    steps: tuple[str, ...]
    who: str | None
    name: str
    at: str | None


@dataclass(frozen=True, slots=True)
class Notice:
    """Something else that is worth a look: a post to be confirmed, a number out of bounds. `code` is a sentence."""

    code: str
    params: Mapping[str, object]
    who: str | None = None


@dataclass(frozen=True, slots=True)
class Unmeasured:
    """A bound of which nothing is known, for the whole of it or for one group; `reason` is the sentence."""

    metric: str
    reason: str
    params: Mapping[str, object]
    label: str | None = None


@dataclass(frozen=True, slots=True)
class Morning:
    """All of it for one deployment."""

    deployment: str
    steps: tuple[Step, ...] = ()
    posts: tuple[Notice, ...] = ()
    expiring: tuple[Expiring, ...] = ()
    full: tuple[Full, ...] = ()
    numbers: tuple[Notice, ...] = ()
    patrols: tuple[Patrol, ...] = ()
    unknown: tuple[Unmeasured, ...] = ()
    """Numbers that cannot be known. They are nothing to do: a morning is as quiet with them as without."""
    later: tuple[Step, ...] = ()
    """Steps that are open and not for today. They are nothing to do today, and nothing to be silent about."""

    @property
    def quiet(self) -> bool:
        return not (self.steps or self.posts or self.expiring or self.full or self.numbers or self.patrols)


@dataclass(frozen=True)
class Ground:
    """What a morning is made from. `people` are how many are in a group, by address, where the platform says so;
    `posts` and `numbers` come from whoever keeps the calendar and the metrics."""

    deployment: ResolvedDeployment
    plan: DeploymentPlan
    document: Document
    resources: Sequence[Resource]
    types: Mapping[str, ResourceType]
    as_of: datetime
    people: Mapping[str, int] = field(default_factory=dict)
    thresholds: Sequence[Threshold] = ()
    posts: Sequence[Notice] = ()
    numbers: Sequence[Notice] = ()
    handed: frozenset[str] = frozenset()
    """The lists of today that somebody has been given as steps."""
    unknown: Sequence[Unmeasured] = ()


def morning(given: Ground, who: str | None = None) -> Morning:
    """What is to do today, for everybody or for one person (by key or name)."""

    def mine(key: str | None) -> bool:
        person = given.deployment.people.get(who or "")
        names = {who, person.name if person is not None else who}
        found = given.deployment.people.get(key or "")
        return who is None or key in names or (found is not None and found.name in names)

    open_ = [(each, _due(each, given.as_of)) for each in given.plan.steps if mine(each.who)]
    return Morning(
        given.deployment.name,
        tuple(each for each, due in open_ if due),
        tuple(each for each in given.posts if mine(each.who)),
        tuple(each for each in _expiring(given) if mine(each.who)),
        tuple(each for each in _full(given) if mine(each.who)),
        tuple(each for each in given.numbers if mine(each.who)),
        tuple(each for each in _patrols(given) if mine(each.who)),
        tuple(given.unknown),
        tuple(each for each, due in open_ if not due),
    )


def first_due(steps: Iterable[Step]) -> str | None:
    """The earliest moment by which one of them is to be done; None where none has one."""
    return min((each.due for each in steps if each.due is not None), key=lambda due: until(due, 0), default=None)


def _due(step: Step, as_of: datetime) -> bool:
    """What can be done now: late, new, or to be done by tomorrow. What waits for another step does not count."""
    if step.blocked_by:
        return False
    return step.pressing or step.due is None or until(step.due, 0) <= as_of + timedelta(days=1)


def _expiring(given: Ground) -> Iterator[Expiring]:
    """Codes that are good for two days at most (on the last one their step is open, and says so), and invitations."""
    asked = {each.address for each in given.plan.steps}
    for each in given.resources:
        days = given.types[each.address.type].valid_for if each.address.type in given.types else None
        word = given.document.attestations.get(str(each.address))
        if days is not None and word is not None and str(each.address) not in asked:
            end = until(word.when, days)
            if given.as_of <= end <= given.as_of + timedelta(days=2):
                yield Expiring("today-code-expires", each.label, end, _key(given, each.who))
    names = {each.name for each in given.deployment.groups} | {each.group for each in given.deployment.groups}
    zone = ZoneInfo(given.deployment.community.model.timezone or "UTC")
    for key, invitation in given.deployment.community.model.invitations.items():
        last = invitation.valid.until if invitation.valid is not None else None
        if last is None or (invitation.group is not None and str(invitation.group) not in names):
            continue
        end = datetime(last.year, last.month, last.day, tzinfo=zone) + timedelta(days=1)
        if given.as_of <= end <= given.as_of + timedelta(days=2):
            yield Expiring("today-invitation-ends", key, end)


def _full(given: Ground) -> Iterator[Full]:
    """Groups at nine tenths of the first threshold that they have not passed, and those that are past their last."""
    for group in given.deployment.groups:
        counted = _counted(given, group.name)
        if counted is None:
            continue
        people, when, resource = counted
        declared = []
        if group.model.capacity is not None:
            declared.append(Threshold(group.model.capacity, "today-capacity"))
        if group.model.series is not None:
            declared.append(Threshold(group.model.series.next_at, "today-next-group"))
        for each in sorted((*declared, *given.thresholds), key=lambda one: one.people):
            if people >= each.people * _NEAR:
                who = _key(given, resource.who) if resource is not None else None
                label = resource.label if resource is not None else group.title
                yield Full(label, people, each, who, when)


def _counted(given: Ground, name: str) -> tuple[int, str | None, Resource | None] | None:
    """How many are in a group: by the platform, else by the latest word of somebody who was asked."""
    own = [each for each in given.resources if each.address.name == name]
    inside = [each for each in own if given.types[each.address.type].people_inside]
    resource = inside[0] if inside else None
    for each in inside:
        if str(each.address) in given.people:
            return given.people[str(each.address)], None, resource
    words = [given.document.attestations.get(str(each.address)) for each in own]
    answered = [each for each in words if each is not None and each.answer is not None]
    if not answered:
        return None
    last = max(answered, key=lambda each: each.when)
    return last.answer or 0, last.when, resource


def _patrols(given: Ground) -> Iterator[Patrol]:
    model = given.deployment.community.model
    staff = staff_of(given.deployment)
    today = given.as_of.astimezone(ZoneInfo(staff.zone)).date()
    for key, each in model.compliance.checklists.items() if model.compliance is not None else ():
        on = falls_on(each.when, today, staff.zone)
        if on is False or key in given.handed:
            continue
        named = each.who.person or each.who.role or each.who.duty or each.who.name
        doer = staff.doer(named, given.as_of)
        at = str(each.when.at) if each.when.at is not None else ""
        yield Patrol(key, tuple(map(str, each.steps)), doer.key, doer.name, at if on else None)


def falls_on(when: When, day: date, zone: str) -> bool | None:
    """Whether a moment falls on a day; None where it waits for an event, of which nobody here knows."""
    if when.after is not None:
        return None
    return next(iter(local_times(when, zone, day, day)), None) is not None


def _key(given: Ground, named: str | None) -> str | None:
    return staff_of(given.deployment).doer(named, given.as_of).key
