"""Owns what has become of a deployment since it was last applied, whatever its files say now: drift. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from groupform.compile.address import Address
from groupform.compile.resource import Json
from groupform.config.project import ResolvedDeployment
from groupform.engine.owned import ours
from groupform.engine.plan import AttributeChange, DeploymentPlan, Reason, StepStatus, Why, digest_of
from groupform.engine.planner import PlanInputs, make_plan
from groupform.engine.provider import Gone, Hidden
from groupform.engine.resource_type import Owned, Sensitive
from groupform.engine.strays import Stray
from groupform.engine.subjects import Subject, join
from groupform.engine.values import masked, normal
from groupform.engine.words import words

_NEAR = 0.9
"""From this share of its capacity on, a group is nearly full."""


class Kind(StrEnum):
    """What can have happened, the most alarming first; the order in which it is told."""

    gone = "gone"
    claimed = "claimed"
    """Somebody else's state says that the object is its own."""
    hidden = "hidden"
    changed = "changed"
    appeared = "appeared"
    overdue = "overdue"
    near = "near"
    unread = "unread"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that has happened to one object.

    `address` is a step's key for `overdue`, and an object's id for `appeared`. `people` are those inside, where that is
    known. `attributes` lead from what was applied to what is there. `inside` marks what people sit in. `mark` takes the
    place of what moves from day to day in the digest.
    """

    kind: Kind
    address: str
    type: str
    label: str
    people: int | None = None
    attributes: tuple[AttributeChange, ...] = ()
    reason: Reason | None = None
    inside: bool = False
    mark: str = ""

    @property
    def essence(self) -> list[Any]:
        """What two runs that find the same have in common: no counts of people, no times, no words."""
        changed = [[each.name, each.before, each.after] for each in self.attributes]
        return [self.kind.value, self.address, self.mark or (self.reason.code if self.reason else ""), changed]


@dataclass(frozen=True, slots=True)
class Section:
    """What was found of one deployment, or, where several share it, on one connection."""

    name: str
    platform: str
    environment: str = ""
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Drift:
    """What a look at a whole project found; `unseen` are deployments that could not be looked at."""

    sections: tuple[Section, ...] = ()
    unseen: tuple[str, ...] = ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        return tuple(finding for each in self.sections for finding in each.findings)

    @property
    def digest(self) -> str:
        """Equal for two runs that find the same, however many people are inside by now; `""` for nothing at all."""
        if not self.findings and not self.unseen:
            return ""
        told = [[each.name, each.environment, sorted(map(digest_of, _essences(each)))] for each in self.sections]
        return digest_of([sorted(map(digest_of, told)), sorted(self.unseen)])


def find_drift(deployment: ResolvedDeployment, given: PlanInputs) -> list[Finding]:
    """What has happened to the objects of one deployment, in the order of their kinds and of the files."""
    looked = make_plan(replace(given, refresh_only=True))
    subjects, _ = join(given.document, given.compiled, given.survey, given.types)
    bound = [each for each in subjects if each.binding is not None]
    crowds = _crowds(subjects)
    found = [
        *(finding for each in bound for finding in _happened(each, crowds)),
        *_claimed(looked, bound, crowds),
        *_unread(looked, bound, given.types.keys()),
        *_overdue(looked),
        *_near(deployment, given, {each.address: each for each in subjects}),
    ]
    order = list(Kind)
    return sorted(found, key=lambda each: order.index(each.kind))


def appeared(stray: Stray) -> Finding:
    """An object that no state names. With our own mark, its state was lost, or it is a twin."""
    lost = stray.lost_by
    reason = Reason(code="unmanaged-lost", params={"deployment": lost}) if lost else None
    return Finding(Kind.appeared, stray.id, stray.type, stray.label, stray.people, reason=reason, inside=True)


def _essences(section: Section) -> Iterator[list[Any]]:
    for each in section.findings:
        yield each.essence


def _happened(subject: Subject, crowds: Mapping[str, int]) -> Iterator[Finding]:
    seen, binding = subject.observation, subject.binding
    assert binding is not None
    if isinstance(seen, Gone):
        yield _about(subject, Kind.gone, {}, Reason(code=seen.proof, params=words(seen.params)))
    elif isinstance(seen, Hidden):
        yield _about(subject, Kind.hidden, {}, Reason(code=seen.reason, params=words(seen.params)))
    elif subject.present is not None:
        moved_to = subject.present.moved_to or (subject.id if subject.another else None)
        elsewhere = moved_to if moved_to != binding.id else None
        attributes = tuple(_attribute(subject, name) for name in subject.difference.drift)
        if elsewhere is not None:
            reason = Reason(code="drift-moved", params={"label": subject.label, "id": elsewhere})
            yield replace(_about(subject, Kind.changed, crowds, reason), attributes=attributes, mark=elsewhere)
        elif attributes:
            yield replace(_about(subject, Kind.changed, crowds), attributes=attributes)


def _attribute(subject: Subject, name: str) -> AttributeChange:
    """From what was applied to what is there now; of a shared collection, our own elements only."""
    attribute = subject.kind.attributes[name]
    was: Json = subject.applied.get(name)
    there: Json = subject.present.attributes.get(name) if subject.present is not None else None
    if attribute.has(Owned):
        was, there = normal(attribute, was), normal(attribute, there)
        if attribute.get(Owned).keeps:
            was = ours(was, normal(attribute, subject.desired.get(name)))
        there = ours(there, was)
    return AttributeChange(
        name=name,
        before=masked(attribute, was),
        after=masked(attribute, there),
        why=Why.drift,
        sensitive=attribute.has(Sensitive),
    )


def _claimed(looked: DeploymentPlan, bound: Iterable[Subject], crowds: Mapping[str, int]) -> Iterator[Finding]:
    by_address = {each.address: each for each in bound}
    for conflict in looked.conflicts:
        for address in conflict.addresses:
            if conflict.guard == "owner" and address in by_address:
                yield _about(by_address[address], Kind.claimed, crowds, conflict.reason)


def _unread(looked: DeploymentPlan, bound: Iterable[Subject], types: Iterable[str]) -> Iterator[Finding]:
    """What was not answered for: nothing is known of it, which is not the same as nothing having happened."""
    told = {each.address for each in bound if isinstance(each.observation, Gone | Hidden)}
    kinds = {each.address: each.kind for each in bound}
    for each in looked.unreadable:
        if each.address in told:
            continue
        kind = kinds.get(each.address)
        name = kind.name if kind is not None else _type(each.address)
        yield Finding(
            Kind.hidden if each.hidden else Kind.unread,
            each.address,
            name,
            each.label,
            reason=each.reason,
            inside=kind is not None and kind.people_inside,
        )


def _overdue(looked: DeploymentPlan) -> Iterator[Finding]:
    for each in looked.steps:
        if each.status is StepStatus.overdue:
            due = {"due": each.due} if each.due else {}
            what = each.what.model_copy(update={"params": {**each.what.params, **due}})
            yield Finding(Kind.overdue, each.key, _type(each.address), each.label, reason=what, mark=each.digest)


def _near(deployment: ResolvedDeployment, given: PlanInputs, subjects: Mapping[str, Subject]) -> Iterator[Finding]:
    """Groups that are nearly full, or past the number at which the next one of their series is due."""
    carriers = {each.path: str(each.address) for each in given.compiled.claims if each.address is not None}
    for group in deployment.groups:
        subject = subjects.get(carriers.get(f"groups.{group.name}.title", ""))
        people = subject.present.people if subject is not None and subject.present is not None else None
        if subject is None or people is None:
            continue
        series, capacity = group.model.series, group.model.capacity
        if series is not None and people >= int(series.next_at):
            limit, code = int(series.next_at), "drift-near-next"
        elif capacity is not None and people >= int(capacity) * _NEAR:
            limit, code = int(capacity), "drift-near-capacity"
        else:
            continue
        reason = Reason(code=code, params={"people": people, "limit": limit})
        crowd = {_name(subject.address): people}
        yield replace(_about(subject, Kind.near, crowd, reason), mark=f"{code} {limit}")


def _about(subject: Subject, kind: Kind, crowds: Mapping[str, int], reason: Reason | None = None) -> Finding:
    return Finding(
        kind,
        subject.address,
        subject.kind.name,
        subject.label,
        crowds.get(_name(subject.address)),
        reason=reason,
        inside=subject.kind.people_inside,
    )


def _crowds(subjects: Iterable[Subject]) -> dict[str, int]:
    """Who is inside, by the name that a group shares with its notice, its alias and its place."""
    return {
        _name(each.address): each.present.people
        for each in subjects
        if each.kind.people_inside and each.present is not None and each.present.people is not None
    }


def _name(address: str) -> str:
    return Address.parse(address).name


def _type(address: str) -> str:
    return Address.parse(address.partition("!")[0]).type
