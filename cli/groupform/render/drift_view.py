"""Owns which findings of a drift report are told in one line: what hangs together, and what is alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from groupform.compile.address import Address, AddressError
from groupform.engine.drift import Finding, Kind, Section
from groupform.engine.plan import digest_of
from groupform.render.families import SHOWN_ALIKE

_HANGING = (Kind.gone, Kind.hidden, Kind.unread, Kind.claimed)
"""Of these, what hangs in a group has no news of its own."""
_FEW = SHOWN_ALIKE + 1
"""Folding a single one away saves nobody a line."""


@dataclass(frozen=True, slots=True)
class Told:
    """A finding with what it happened to as well: a group that is gone with its alias and its notice."""

    finding: Finding
    along: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """One line: a finding, or many alike. `same` says that the very same has happened to all of them."""

    members: tuple[Told, ...]
    same: bool = True

    @property
    def first(self) -> Told:
        return self.members[0]

    @property
    def many(self) -> bool:
        return len(self.members) > 1

    @property
    def people(self) -> int:
        return crowd(each.finding for each in self.members)


@dataclass(frozen=True, slots=True)
class Group:
    """All of one kind in one section. `count` counts what hangs together as one."""

    kind: Kind
    lines: tuple[Line, ...]
    count: int
    people: int


def groups(section: Section, *, full: bool = False) -> list[Group]:
    """The findings of a section by kind, in the order of the kinds; with `full` nothing is folded away."""
    found = []
    for kind in Kind:
        told = list(_together([each for each in section.findings if each.kind is kind]))
        if told:
            lines = [Line((each,)) for each in told] if full else list(_lines(told))
            people = crowd(each.finding for each in told)
            found.append(Group(kind, tuple(lines), len(told), people))
    return found


def crowd(findings: Sequence[Finding] | Iterator[Finding]) -> int:
    """The people inside of the groups that these are about, each group counted once."""
    return sum({_place(each): each.people or 0 for each in findings}.values())


def _together(findings: Sequence[Finding]) -> Iterator[Told]:
    leaders = {_place(each): each for each in findings if each.inside and each.kind in _HANGING}
    along: dict[str, list[str]] = {}
    for each in findings:
        if _place(each) in leaders and leaders[_place(each)] is not each:
            along.setdefault(_place(each), []).append(each.type)
    for each in findings:
        leader = leaders.get(_place(each))
        if leader is None:
            yield Told(each)
        elif leader is each:
            yield Told(each, tuple(dict.fromkeys(along.get(_place(each), ()))))


def _lines(told: Sequence[Told]) -> Iterator[Line]:
    """Alike is to whom the very same has happened; where that is few, what has changed in the same attributes."""
    exactly = [_likeness(each) + _delta(each.finding) for each in told]
    often = {each for each, count in Counter(exactly).items() if count > _FEW}
    together: dict[str, list[Told]] = {}
    for each, exact in zip(told, exactly, strict=True):
        together.setdefault(exact if exact in often else _likeness(each), []).append(each)
    for alike in together.values():
        if len(alike) > _FEW:
            yield Line(tuple(alike), same=len({_delta(each.finding) for each in alike}) == 1)
        else:
            yield from (Line((each,)) for each in alike)


def _likeness(told: Told) -> str:
    each = told.finding
    # A step of its own person and day, and a number of people of its own, are what somebody wants to read.
    alone = each.address if each.kind in (Kind.overdue, Kind.near) else ""
    names = [one.name for one in each.attributes]
    return digest_of([each.type, names, each.reason.code if each.reason else "", told.along, alone])


def _delta(finding: Finding) -> str:
    return digest_of([[each.name, each.before, each.after] for each in finding.attributes])


def _place(finding: Finding) -> str:
    """What a group shares with all that hangs in it; of an object that nobody declared, its id."""
    if finding.kind is Kind.appeared:
        return finding.address
    try:
        parsed = Address.parse(finding.address.partition("!")[0])
    except AddressError:
        return finding.address
    return f"{parsed.deployment}/{parsed.name}"
