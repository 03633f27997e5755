"""Checks that every name a community file uses is declared: groups, tiers, people, roles, duties, segments, metrics."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from groupform.config.names import Desk, check_person
from groupform.config.project import GroupInstance
from groupform.config.suggest import nearest
from groupform_schemas import (
    AllOf,
    AnyOf,
    Ask,
    CommunityFile,
    FromSegment,
    Group,
    Measured,
    OneRun,
    Person,
    RepeatedRuns,
    Threshold,
    When,
)

Loc = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class References:
    """One community under check. `instances` are the live groups by name, `platforms` those the project reaches."""

    desk: Desk
    model: CommunityFile
    people: Mapping[str, Person]
    instances: Mapping[str, GroupInstance]
    platforms: Collection[str]

    def check(self) -> None:
        """Reports everything in the file that names something undeclared."""
        self._team()
        self._tiers()
        self._groups()
        self._asks(("entry",), self.model.entry.asks)
        self._rules()
        self._moderation()
        self._texts()
        self._journeys()
        self._calendar()
        self._compliance()
        self._previously()

    def group(self, loc: Loc, name: str) -> bool:
        """A declared group, or one copy of it."""
        if name in self.model.groups or name in self.instances:
            return True
        key, _, instance = name.partition("/")
        if instance and key in self.model.groups:
            copies = [each.instance for each in self.instances.values() if each.group == key and each.instance]
            if copies or self.model.groups[key].each is None:
                among = [f"{key}/{each}" for each in copies]
                return self.desk.known("unknown-copy", loc, name, among, group=key)
            return True  # the fleet could not be made, and that was said
        return self.desk.known("unknown-group", loc, name, self.model.groups)

    def _people(self, loc: Loc, names: Sequence[str]) -> None:
        for position, name in enumerate(names):
            self.desk.known("unknown-person", (*loc, position), name, self.people)

    def _team(self) -> None:
        team = self.model.team
        check_person(self.desk, ("team", "owner"), team.owner, self.model, self.people)
        for key, role in team.roles.items():
            self._people(("team", "roles", key, "people"), role.people)
        for key, duty in team.duty.items():
            self._people(("team", "duty", key, "people"), duty.people)

    def _tiers(self) -> None:
        for position, tier in enumerate(self.model.tiers):
            if tier.threshold is not None:
                for loc, bound in _measured(("tiers", position, "threshold"), tier.threshold):
                    self.desk.known("unknown-metric", (*loc, "metric"), bound.metric, self.model.metrics)
            if tier.entry is not None:
                self._asks(("tiers", position, "entry"), tier.entry.asks)

    @property
    def _tier_keys(self) -> list[str]:
        return [each.key for each in self.model.tiers]

    def _groups(self) -> None:
        default: str | None = None
        for key, group in self.model.groups.items():
            loc = ("groups", key)
            if group.tier is not None:
                self.desk.known("unknown-tier", (*loc, "tier"), group.tier, self._tier_keys)
            for segment in group.segments:
                self.desk.known("unknown-segment", (*loc, "segments", segment), segment, self.model.segments)
            if group.entry is not None:
                self._asks((*loc, "entry"), group.entry.asks)
            if group.default and default is not None:
                first = self.desk.document.span(("groups", default, "default"))
                self.desk.report(
                    "default-twice", (*loc, "default"), related=(("first-here", first),), key=key, other=default
                )
            default = key if group.default and default is None else default

    def _asks(self, loc: Loc, asks: Mapping[str, Ask]) -> None:
        for key, ask in asks.items():
            if ask.choices is not None:
                place = (*loc, "asks", key, "choices", "segment")
                self.desk.known("unknown-segment", place, ask.choices.segment, self.model.segments)

    def _rules(self) -> None:
        for key, rule in self.model.rules.items():
            for position, role in enumerate(rule.exempt):
                self.desk.known("unknown-role", ("rules", key, "exempt", position), role, self.model.team.roles)
            for position, reward in enumerate(rule.reward):
                if reward.to is not None:
                    self.desk.known(
                        "unknown-tier", ("rules", key, "reward", position, "to"), reward.to, self._tier_keys
                    )

    def _moderation(self) -> None:
        moderation = self.model.moderation
        for place, name in self._each(("moderation", "in"), moderation.in_ if moderation else None):
            self.group(place, name)

    def _texts(self) -> None:
        for position, variant in enumerate(self.model.welcome.variants if self.model.welcome else ()):
            loc = ("welcome", "variants", position, "when")
            for place, name in self._each((*loc, "group"), variant.when.group):
                self.group(place, name)
            for place, name in self._each((*loc, "platform"), variant.when.platform):
                # A community may speak of platforms that this project does not use; of a misspelt one it may not.
                meant = None if name in self.platforms else nearest(name, self.platforms)
                if meant is not None:
                    self.desk.warn("platform-not-used", place, name=name, suggestion=meant)
        for key, reply in self.model.replies.items():
            if reply.hand_to is not None:
                check_person(self.desk, ("replies", key, "hand_to"), reply.hand_to, self.model, self.people)

    def _each(self, loc: Loc, names: Sequence[str] | None) -> Iterator[tuple[Loc, str]]:
        """Names with their places; one alone may stand without a list."""
        node, _ = self.desk.document.node(loc)
        for position, name in enumerate(names or ()):
            yield ((*loc, position) if type(node.value) is list else loc), name

    def _journeys(self) -> None:
        for key, journey in self.model.journeys.items():
            loc: Loc = ("journeys", key)
            contact, join = journey.contact, journey.join
            if contact.person is not None:
                self.desk.known("unknown-person", (*loc, "contact", "person"), contact.person, self.people)
            if contact.role is not None:
                self.desk.known("unknown-role", (*loc, "contact", "role"), contact.role, self.model.team.roles)
            if contact.duty is not None:
                self.desk.known("unknown-duty", (*loc, "contact", "duty"), contact.duty, self.model.team.duty)
            for position, tag in enumerate(contact.tags):
                self.desk.known("unknown-segment", (*loc, "contact", "tags", position), tag, self.model.segments)
            if join.otherwise is not None:
                self.group((*loc, "join", "otherwise"), join.otherwise)
            if self.group((*loc, "join", "group"), join.group):
                self._join(loc, join.group, join.by)
        for key, invitation in self.model.invitations.items():
            self.group(("invitations", key, "group"), invitation.group)

    def _join(self, loc: Loc, name: str, by: str | None) -> None:
        group = self.model.groups.get(name)
        if by is None:
            if group is not None and group.each is not None:
                self.desk.report("join-needs-by", (*loc, "join", "group"), group=name)
            return
        place = (*loc, "join", "by")
        if self.desk.known("unknown-segment", place, by, self.model.segments) and group and by not in _told_by(group):
            self.desk.report("join-by-nothing", place, group=name, segment=by)

    def _calendar(self) -> None:
        for key, planned in self.model.calendar.items():
            loc = ("calendar", key)
            for position, name in enumerate(planned.to):
                self.group((*loc, "to", position), name)
            if planned.by is not None:
                check_person(self.desk, (*loc, "by"), planned.by, self.model, self.people)
            if planned.approve is not None:
                check_person(self.desk, (*loc, "approve"), planned.approve, self.model, self.people)
            self._when((*loc, "when"), planned.when)
            if planned.post is None and planned.kind.value in ("article", "announcement", "reminder"):
                self.desk.warn("nothing-to-send", loc, key=key)
            if planned.kind.value == "poll" and (planned.post is None or planned.post.poll is None):
                self.desk.note("poll-without-poll", (*loc, "kind"), key=key)
        for position, check in enumerate(self.model.checks):
            check_person(self.desk, ("checks", position, "who"), check.who, self.model, self.people)
            self.group(("checks", position, "in"), check.in_)

    def _when(self, loc: Loc, when: When) -> None:
        runs = self.model.runs
        if when.after == "run_started" and not isinstance(runs, OneRun | RepeatedRuns):
            self.desk.report("run-event-without-runs", (*loc, "after"))

    def _compliance(self) -> None:
        for key, checklist in (self.model.compliance.checklists if self.model.compliance else {}).items():
            loc = ("compliance", "checklists", key)
            check_person(self.desk, (*loc, "who"), checklist.who, self.model, self.people)
            self._when((*loc, "when"), checklist.when)

    def _previously(self) -> None:
        self._earlier({(("groups", key), key): each.previously for key, each in self.model.groups.items()})
        self._earlier({(("tiers", at), each.key): each.previously for at, each in enumerate(self.model.tiers)})
        self._earlier({(("invitations", key), key): each.previously for key, each in self.model.invitations.items()})
        for segment, values in self.model.segments.items():
            loc = ("segments", segment)
            self._earlier({((*loc, key), key): each.previously for key, each in values.items()})

    def _earlier(self, declared: Mapping[tuple[Loc, str], tuple[str, ...]]) -> None:
        check_earlier(self.desk, declared)


def check_earlier(desk: Desk, declared: Mapping[tuple[Loc, str], tuple[str, ...]]) -> None:
    """Reports earlier names that are still in use, or that two declarations claim; `declared` maps (place, key)."""
    in_use = {key: loc for loc, key in declared}
    claimed: dict[str, Loc] = {}
    for (loc, key), names in declared.items():
        for position, name in enumerate(names):
            place = (*loc, "previously", position)
            if name in in_use:
                still = desk.document.span(in_use[name], at_key=True)
                desk.report("previously-in-use", place, related=(("still-here", still),), name=name, key=key)
            elif name in claimed:
                first = desk.document.span(claimed[name])
                desk.report("previously-twice", place, related=(("first-here", first),), name=name, key=key)
            claimed.setdefault(name, place)


def _told_by(group: Group) -> set[str]:
    """The segments that tell the copies of a group apart."""
    source = group.each.from_ if group.each else None
    return {*group.segments, *((source.segment,) if isinstance(source, FromSegment) else ())}


def _measured(loc: Loc, threshold: Threshold) -> Iterator[tuple[Loc, Measured]]:
    if isinstance(threshold, Measured):
        yield loc, threshold
    elif isinstance(threshold, AllOf | AnyOf):
        key, below = ("all", threshold.all) if isinstance(threshold, AllOf) else ("any", threshold.any)
        for position, each in enumerate(below):
            yield from _measured((*loc, key, position), each)
