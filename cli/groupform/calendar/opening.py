"""Decides which runs are to be opened and closed now, and whether a plan does that and nothing else. Pure.

A run's groups are due from the end of the run before it: that is what the files ask for, and what a plan shows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

from groupform.calendar.season import RUN, CommunityRun, follows_runs, group_of, run_named
from groupform.compile.address import Address, AddressError
from groupform.compile.closing import fate_of
from groupform.compile.resource import Compiled, OnRemove
from groupform.config.project import GroupInstance, ResolvedDeployment
from groupform.engine.plan import Change, DeploymentPlan
from groupform.engine.resource_type import Actor, ResourceType, Verb
from groupform.state.document import Binding, Document

CHANGED = "run-kept-changed"
"""Of a group in which people have changed what we had set: what becomes of it is for them to say."""
HIDDEN = "run-kept-hidden"
"""Of a group that we are not let into any more."""


class Way(StrEnum):
    """What becomes of a run's group now."""

    opens = "opens"
    closes = "closes"
    archived = "archived"
    let_go = "let-go"
    """Its run is over, and the files say that it is to be left alone."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One group of a run that is to be opened or closed. `by_hand` where people do it."""

    name: str
    title: str
    run: str
    way: Way
    at: datetime
    by_hand: bool = False


@dataclass(frozen=True, slots=True)
class Kept:
    """A group whose run is over and which is left as it is, with the reason."""

    name: str
    title: str
    reason: str


@dataclass(frozen=True, slots=True)
class Due:
    """What is to be done about runs. `records` tells that only the state has something to learn."""

    turns: tuple[Turn, ...] = ()
    kept: tuple[Kept, ...] = ()
    records: bool = False

    def __bool__(self) -> bool:
        return bool(self.turns or self.records)


@dataclass(frozen=True)
class Ground:
    """What is known of a deployment whose runs are looked at: its files, its state, and which addresses are a run's."""

    deployment: ResolvedDeployment
    document: Document
    compiled: Compiled
    types: Mapping[str, ResourceType]
    owners: Mapping[str, str] = field(default_factory=dict)
    """By address, the name of the run's group that it belongs to."""
    former: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """By address, what the files would ask for had no run ended or begun since the last apply."""

    @classmethod
    def of(
        cls,
        deployment: ResolvedDeployment,
        document: Document,
        compiled: Compiled,
        types: Mapping[str, ResourceType],
        former: Compiled | None = None,
    ) -> Ground:
        before = {str(each.address): each.attributes for each in former.resources} if former is not None else {}
        declared = {str(each.address): each.attributes for each in compiled.resources}
        known: dict[str, Mapping[str, Any]] = {address: each.applied for address, each in document.bindings.items()}
        known |= {address: each.attributes for address, each in document.intents.items()}
        known |= declared
        owners: dict[str, str] = {}
        for text in known:
            name = group_named(deployment, text)
            if name is not None:
                owners[text] = name
        # What refers to one of a run's groups, and to no more than that, goes with it.
        for text, attributes in known.items():
            named = [owners[each] for each in attributes.values() if isinstance(each, str) and each in owners]
            if text not in owners and named:
                owners[text] = named[0]
        return cls(deployment, document, compiled, types, owners, before)

    def bound(self) -> tuple[str, ...]:
        """The runs' groups that the state knows, by name."""
        known = (*self.document.bindings, *self.document.intents)
        return tuple(sorted({self.owners[each] for each in known if each in self.owners}))

    def due(self, now: datetime, told: Mapping[str, str] | None = None) -> Due:
        """What the files and the state say, before any platform is asked.

        `told` are groups of which it was said before why they are left, where only the platform could tell.
        """
        opening: dict[str, bool] = {}
        closing: dict[str, bool] = {}
        records = False
        declared = {str(each.address): each for each in self.compiled.resources}
        for text, resource in declared.items():
            owner, binding = self.owners.get(text), self.document.bindings.get(text)
            if owner is None or text not in declared:
                continue
            if binding is not None and text not in self.document.intents:
                records |= (binding.on_remove, binding.protect) != (resource.on_remove.value, resource.protect)
                continue
            kind = self.types[resource.address.type]
            by_hand = kind.actor(Verb.create) is Actor.person
            if kind.actor(Verb.create) is Actor.api or (by_hand and text not in self.document.steps):
                opening[owner] = opening.get(owner, False) or (by_hand and kind.people_inside)
        for text, binding in self.document.bindings.items():
            if text in declared or binding.left or text not in self.owners or binding.type not in self.types:
                continue
            kind = self.types[binding.type]
            by_hand = kind.actor(Verb.delete) is Actor.person and binding.on_remove == "delete"
            if not (by_hand and self._handed_over(text)):
                closing[self.owners[text]] = closing.get(self.owners[text], False) or (by_hand and kind.people_inside)
        for text in self.document.intents:
            if text not in declared and text in self.owners:
                closing.setdefault(self.owners[text], False)
        kept = {name: code for name in closing if (code := self._reason_to_keep(name, now, told or {}))}
        turns = [self._turn(name, Way.opens, by_hand) for name, by_hand in opening.items()]
        turns += [self._turn(name, self._way(name), by_hand) for name, by_hand in closing.items() if name not in kept]
        found = tuple(Kept(name, self._title(name), code) for name, code in sorted(kept.items()))
        return Due(tuple(sorted(turns, key=lambda each: (each.way is Way.opens, each.at, each.name))), found, records)

    def leave(self, plan: DeploymentPlan, due: Due, changed: Collection[str]) -> tuple[Kept, ...]:
        """The groups whose run is over and which are left as they are; `changed` are the addresses of groups in which
        people have changed what we had set."""
        found = {each.name: each for each in due.kept}
        for change in plan.changes:
            owner = self.owners.get(change.address)
            if owner is not None and change.address in changed and self.ends(change):
                found.setdefault(owner, Kept(owner, self._title(owner), CHANGED))
        declared = {str(each.address) for each in self.compiled.resources}
        for each in plan.unreadable:
            owner = self.owners.get(each.address)
            if owner is not None and each.hidden and each.address not in declared:
                found.setdefault(owner, Kept(owner, self._title(owner), HIDDEN))
        return tuple(found[name] for name in sorted(found))

    def left(self, kept: Iterable[Kept]) -> frozenset[str]:
        """The addresses of these groups and of all that hangs on them."""
        names = {each.name for each in kept}
        return frozenset(text for text, owner in self.owners.items() if owner in names)

    def ends(self, change: Change) -> bool:
        """Whether it is about something of a run that the files do not ask for any more."""
        declared = {str(each.address) for each in self.compiled.resources}
        return change.address in self.owners and change.address not in declared

    def _handed_over(self, address: str) -> bool:
        """Whether people were told to dissolve it: what was given out before the run's end was about making it."""
        given, run = self.document.steps.get(address), self._run(self.owners[address])
        return given is not None and (run is None or datetime.fromisoformat(given.since) >= run.end)

    def _turn(self, name: str, way: Way, by_hand: bool) -> Turn:
        run = self._run(name)
        at = (run.start if way is Way.opens else run.end) if run is not None else datetime.min.replace(tzinfo=UTC)
        return Turn(name, self._title(name), name.partition("/")[2], way, at, by_hand)

    def _run(self, name: str) -> CommunityRun | None:
        return run_named(self.deployment.community.model, name.partition("/")[2])

    def _reason_to_keep(self, name: str, now: datetime, told: Mapping[str, str]) -> str:
        """Why a group that the files do not ask for any more is not closed; "" where `then` says that it is."""
        run = self._run(name)
        if run is None or run.end > now:
            return "run-kept-unknown" if run is None else "run-kept-not-over"
        bound = [each for text, each in self._groups() if self.owners[text] == name]
        if any(each.protect for each in bound):
            return "run-kept-protected"
        if any(each.origin == "adopted" for each in bound):
            return "run-kept-adopted"
        if name in told:
            return told[name]
        otherwise = any(each.on_remove != self._fate(name).value for each in bound)
        return "run-kept-otherwise" if otherwise and self._fate(name) is not OnRemove.archive else ""

    def _groups(self) -> Iterator[tuple[str, Binding]]:
        """The bound groups of runs: what people sit in."""
        for text, each in self.document.bindings.items():
            if text in self.owners and each.type in self.types and self.types[each.type].people_inside:
                yield text, each

    def _fate(self, name: str) -> OnRemove:
        key, _, instance = name.partition("/")
        model = self.deployment.community.model.groups[key]
        return fate_of(self.deployment, GroupInstance(key, instance, "", model))

    def _way(self, name: str) -> Way:
        return {OnRemove.delete: Way.closes, OnRemove.archive: Way.archived}.get(self._fate(name), Way.let_go)

    def _title(self, name: str) -> str:
        """What people know the group by."""
        for each in self.compiled.resources:
            if self.owners.get(str(each.address)) == name and self.types[each.address.type].people_inside:
                return each.label
        return next((each.label for text, each in self._groups() if self.owners[text] == name and each.label), name)


def as_before(deployment: ResolvedDeployment, names: Collection[str]) -> ResolvedDeployment:
    """The deployment as its files had it while these were the groups of its runs."""
    model = deployment.community.model
    runs = sorted({name.partition("/")[2] for name in names})
    found = [run for key in runs if (run := run_named(model, key)) is not None]
    groups: list[GroupInstance] = []
    standing = {each.group: each for each in deployment.groups if not follows_runs(each.model)}
    for key, group in model.groups.items():
        if follows_runs(group):
            made = (group_of(deployment, key, run) for run in found if f"{key}/{run.key}" in names)
            groups += [each for each in made if each is not None]
        elif key in standing:
            first = {RUN: runs[0]} if runs else {}
            groups += [
                replace(each, values={**each.values, **first} if RUN in each.values else each.values)
                for each in deployment.groups
                if each.group == key
            ]
    return replace(deployment, groups=tuple(groups))


def group_named(deployment: ResolvedDeployment, text: str) -> str | None:
    """The run's group that an address names (`room.sale/2026-12-05`, `invite.host/sale:2026-12-05`)."""
    try:
        address = Address.parse(text)
    except AddressError:
        return None
    if address.instance is None:
        return None
    group, colon, instance = address.instance.partition(":")
    for key, run in ((address.key, address.instance), (group, instance if colon else "")):
        model = deployment.community.model.groups.get(key)
        if model is not None and follows_runs(model) and is_a_day(run):
            return f"{key}/{run}"
    return None


def is_a_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def next_turn(runs: Sequence[CommunityRun], now: datetime) -> datetime | None:
    """When a run ends next, and the groups of the one after it are due."""
    return min((each.end for each in runs if each.end > now), default=None)
