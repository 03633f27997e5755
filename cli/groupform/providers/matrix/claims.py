"""Owns what is said about each declared leaf: the attribute that carries it here, or the reason why none does."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from groupform.compile import texts
from groupform.compile.address import Address
from groupform.compile.closing import ends_with_its_run, of_a_run
from groupform.compile.coverage import complete
from groupform.compile.leaves import Leaf, leaves
from groupform.compile.resource import Claim, Outcome, Resource
from groupform.compile.team import owners_of, people_of, powers
from groupform.config.project import GroupInstance, ResolvedDeployment
from groupform.providers.matrix.access import entrance_of
from groupform.providers.matrix.aliases import TAKEN
from groupform.providers.matrix.coverage import CARRIERS, TABLE
from groupform.providers.matrix.moderation import carried
from groupform.providers.matrix.places import Places
from groupform.providers.matrix.power import MANAGE, level_of
from groupform_schemas import Door, FromRuns, FromSegment, GroupKind


def of(
    deployment: ResolvedDeployment,
    places: Places,
    resources: Mapping[Address, Resource],
    refused: Mapping[str, Collection[str]],
) -> tuple[Claim, ...]:
    """At least one claim for every declared leaf, in the order of the language."""
    found = leaves(deployment)
    book = _Book(deployment, places, resources, refused, {each.name: each for each in deployment.groups})
    made = [claim for leaf in found if not leaf.excluded for claim in book.claims(leaf)]
    return complete(found, made, TABLE)


@dataclass(frozen=True)
class _Book:
    deployment: ResolvedDeployment
    places: Places
    resources: Mapping[Address, Resource]
    refused: Mapping[str, Collection[str]]
    groups: Mapping[str, GroupInstance]

    def claims(self, leaf: Leaf) -> Iterator[Claim]:
        """The claims that need more than the table; nothing for leaves that it decides alone."""
        rule = _RULES.get(leaf.pattern)
        if rule is not None:
            yield from rule(self, leaf)

    def native(self, leaf: Leaf, address: Address, attribute: str | None) -> Claim:
        return Claim(leaf.path, Outcome.native, address, attribute)

    def gap(self, leaf: Leaf, reason: str, **params: object) -> Claim:
        return Claim(leaf.path, Outcome.gap, reason=reason, params=params)

    def note(self, leaf: Leaf, reason: str) -> Claim:
        return Claim(leaf.path, Outcome.informational, reason=reason)

    def room(self, leaf: Leaf) -> Address:
        return self.places.group("room", str(leaf.group))

    def rooms_of(self, key: str) -> list[GroupInstance]:
        return [each for each in self.deployment.groups if each.group == key]

    def notice(self) -> Address | None:
        """The first notice there is: all notices are made of the same parts."""
        found = (self.places.group("notice", each.name) for each in self.deployment.groups)
        return next((each for each in found if each in self.resources), None)

    def door(self, leaf: Leaf, address: Address) -> Iterator[Claim]:
        yield self.native(leaf, address, "join_rule")
        if leaf.value is Door.paid:
            yield self.gap(leaf, "matrix-gap-no-payments")
        if "listed" in self.refused.get(str(address), ()):
            yield self.gap(leaf, "matrix-directory-denied")

    def person(self, leaf: Leaf, person: str, address: Address, attribute: str) -> Claim:
        if self.deployment.account(person) is None:
            return self.gap(leaf, "matrix-gap-no-account", person=person)
        return self.native(leaf, address, attribute)

    def level(self, person: str, *, without: str = "") -> int:
        """The level somebody has, leaving one role out of account."""
        power = powers(self.deployment).get(person)
        if power is None:
            return 0
        roles = self.deployment.community.model.team.roles
        rights = (str(right) for key in power.roles if key != without for right in roles[key].may)
        return MANAGE if power.owner else level_of(rights)

    def names_owner(self, role: str) -> bool:
        """Whether the community's owner is declared by this role."""
        owner = self.deployment.community.model.team.owner
        by_name = owner.name == role and role not in self.deployment.people
        return owner.role == role or by_name

    def seat(self, leaf: Leaf, person: str, only: str) -> Claim:
        """Somebody's invitation to the team, where `only` is the one place that names them."""
        team = self.deployment.community.model.team
        named = [f"role:{key}" for key, role in team.roles.items() if person in role.people]
        named += [f"duty:{key}" for key, duty in team.duty.items() if person in duty.people]
        if named != [only] or person in owners_of(self.deployment):
            return self.note(leaf, "matrix-note-person-elsewhere")
        return self.native(leaf, self.places.invite(person), "user")

    def published(self, leaf: Leaf, part: str, otherwise: str) -> Claim:
        """A leaf that members read in the notice, where the notice has that part."""
        notice, declared = self.notice(), self.deployment.community.model.notice
        parts = [str(each) for each in declared.parts or ()] if declared else []
        if notice is None or part not in parts:
            return self.note(leaf, otherwise)
        return self.native(leaf, notice, "text")


_Rule: TypeAlias = Callable[[_Book, Leaf], Iterator[Claim]]


def _on_space(attribute: str) -> _Rule:
    def rule(book: _Book, leaf: Leaf) -> Iterator[Claim]:
        yield book.native(leaf, book.places.space, attribute)

    return rule


def _on_group(kind: str, attribute: str | None) -> _Rule:
    def rule(book: _Book, leaf: Leaf) -> Iterator[Claim]:
        yield book.native(leaf, book.places.group(kind, str(leaf.group)), attribute)

    return rule


def _renamed(book: _Book, leaf: Leaf) -> Iterator[Claim]:
    address = book.places.group("alias", str(leaf.group))
    yield book.native(leaf, book.room(leaf), "mark")
    if "also" in book.refused.get(str(address), ()):
        yield book.gap(leaf, TAKEN)
    elif address in book.resources and "also" in book.resources[address].attributes:
        yield book.native(leaf, address, "also")


def _ignored(book: _Book, leaf: Leaf) -> Iterator[Claim]:
    """What no attribute holds here is left alone anyway."""
    kind = next((kind for kind, field in CARRIERS if field == str(leaf.value)), None)
    if kind is None:
        yield book.note(leaf, "coverage-nothing-deployed")
    else:
        yield book.native(leaf, book.places.group(kind, str(leaf.group)), None)


def _community(book: _Book, leaf: Leaf) -> Iterator[Claim]:
    yield book.native(leaf, book.places.space_alias, "alias")


def _segment_title(book: _Book, leaf: Leaf) -> Iterator[Claim]:
    _, segment, value, *_ = leaf.path.split(".")
    for group in book.deployment.groups:
        if _walks(group, segment) and group.instance == value:
            word = "{" + str(group.model.each.as_ or segment) + "}" if group.model.each else ""
            for attribute, declared in (("name", group.model.title), ("topic", group.model.topic)):
                if declared is not None and word in declared:
                    yield book.native(leaf, book.places.group("room", group.name), attribute)
                    return
    yield book.gap(leaf, "matrix-gap-no-labels")


def _segment_renamed(book: _Book, leaf: Leaf) -> Iterator[Claim]:
    _, segment, value, *_ = leaf.path.split(".")
    for group in book.deployment.groups:
        if _walks(group, segment) and group.instance == value:
            yield book.native(leaf, book.places.group("room", group.name), "mark")
            return
    yield book.note(leaf, "matrix-note-renamed")


def _walks(group: GroupInstance, segment: str) -> bool:
    each = group.model.each
    return each is not None and isinstance(each.from_, FromSegment) and each.from_.segment == segment


def _tier(attribute: str) -> _Rule:
    def rule(book: _Book, leaf: Leaf) -> Iterator[Claim]:
        key = leaf.path.split(".")[1]
        if any(tier.key == key for tier in book.places.gated):
            yield book.native(leaf, book.places.tier(key), attribute)
        else:
            yield book.note(leaf, "matrix-note-lowest-tier")

    return rule


def _tier_door(book: _Book, leaf: Leaf) -> Iterator[Claim]:
    key = leaf.path.split(".")[1]
    if any(tier.key == key for tier in book.places.gated):
        yield from book.door(leaf, book.places.tier(key))
    else:
        yield book.gap(leaf, "matrix-gap-lowest-tier-door")


def _team_owner(book: _Book, leaf: Leaf) -> Iterator[Claim]:
    people = people_of(book.deployment, book.deployment.community.model.team.owner)
    yield from (book.person(leaf, each, book.places.space, "users") for each in people)


def _role_person(book: _Book, leaf: Leaf) -> Iterator[Claim]:
    """A role carries somebody where it gives a right, or a seat in the team, that nothing else gives."""
    key, person = leaf.path.split(".")[2], str(leaf.value)
    if book.deployment.account(person) is None:
        yield book.gap(leaf, "matrix-gap-no-account", person=person)
    elif book.names_owner(key) or book.level(person) != book.level(person, without=key):
        yield book.native(leaf, book.places.space, "users")
    else:
        yield book.seat(leaf, person, f"role:{key}")


def _role_right(book: _Book, leaf: Leaf) -> Iterator[Claim]:
    role = book.deployment.community.model.team.roles[leaf.path.split(".")[2]]
    owners = owners_of(book.deployment)
    if any(book.deployment.account(str(each)) is not None and str(each) not in owners for each in role.people):
        yield book.native(leaf, book.places.space, "users")
    else:
        yield book.note(leaf, "matrix-note-role-empty")


def _duty_person(book: _Book, leaf: Leaf) -> Iterator[Claim]:
    person = str(leaf.value)
    if book.deployment.account(person) is None:
        yield book.gap(leaf, "matrix-gap-no-account", person=person)
    else:
        yield book.seat(leaf, person, f"duty:{leaf.path.split('.')[2]}")


def _door(book: _Book, leaf: Leaf) -> Iterator[Claim]:
    yield from book.door(leaf, book.places.space if leaf.group is None else book.room(leaf))


def _topic(book: _Book, leaf: Leaf) -> Iterator[Claim]:
    yield book.native(leaf, book.room(leaf), "topic")
    notice = book.places.group("notice", str(leaf.group))
    declared = book.deployment.community.model.notice
    if notice in book.resources and declared and "topic" in (declared.parts or ()):
        yield book.native(leaf, notice, "text")


def _kind(book: _Book, leaf: Leaf) -> Iterator[Claim]:
    if leaf.value in (GroupKind.forum, GroupKind.voice):
        yield book.gap(leaf, f"matrix-gap-{leaf.value}")
    else:
        yield book.native(leaf, book.room(leaf), "levels")


def _each(book: _Book, leaf: Leaf) -> Iterator[Claim]:
    copies = book.rooms_of(leaf.path.split(".")[1])
    if copies:
        yield book.native(leaf, book.places.group("room", copies[0].name), "mark")
    else:
        yield book.note(leaf, "matrix-note-no-copies")


def _group_owner(book: _Book, leaf: Leaf) -> Iterator[Claim]:
    group = book.groups[str(leaf.group)]
    for person in people_of(book.deployment, group.owner or str(leaf.value)):
        yield book.person(leaf, person, book.room(leaf), "users")


def _group_tier(book: _Book, leaf: Leaf) -> Iterator[Claim]:
    tiers = book.places.tier_and_above(str(leaf.value))
    if not tiers:
        yield book.note(leaf, "matrix-note-lowest-tier")
    elif tiers[0] in entrance_of(book.deployment, book.places, book.groups[str(leaf.group)]).allow:
        yield book.native(leaf, book.room(leaf), "allow")
    else:
        # A door that ends with a person: that person has to look at the tier as well.
        yield book.gap(leaf, "matrix-gap-tier-behind-door")


def _run(book: _Book, leaf: Leaf) -> Iterator[Claim]:
    """Dates of runs make copies of groups."""
    for group in book.deployment.groups:
        each = group.model.each
        if "run" in group.values or (each is not None and isinstance(each.from_, FromRuns)):
            yield book.native(leaf, book.places.group("room", group.name), "mark")
            return
    yield book.gap(leaf, "matrix-gap-no-runs")


def _run_end(book: _Book, leaf: Leaf) -> Iterator[Claim]:
    """What becomes of a run's groups; one that says so for itself goes its own way."""
    copies = [each for each in book.deployment.groups if "run" in each.values and of_a_run(each)]
    if ending := [each for each in copies if ends_with_its_run(book.deployment, each)]:
        yield book.native(leaf, book.places.group("room", ending[0].name), None)
    else:
        yield book.note(leaf, "coverage-groups-say-their-end") if copies else book.gap(leaf, "matrix-gap-no-runs")


def _language(book: _Book, leaf: Leaf) -> Iterator[Claim]:
    yield book.native(leaf, book.places.team, "name")


def _encrypted(book: _Book, leaf: Leaf) -> Iterator[Claim]:
    """The tool has no keys: what it hangs on the wall stays readable, in a room where nothing else is."""
    saying = [each for each in book.deployment.groups if leaf.group in (None, each.name)]
    rooms = [each for each in saying if leaf.group is not None or each.model.encrypted is None]
    if not rooms:
        yield book.note(leaf, "matrix-note-groups-say-it")
        return
    yield book.native(leaf, book.places.group("room", rooms[0].name), "encrypted")
    if leaf.value is True and any(book.places.group("notice", each.name) in book.resources for each in rooms):
        yield book.gap(leaf, "matrix-gap-notice-in-the-clear")


def _servers(book: _Book, leaf: Leaf) -> Iterator[Claim]:
    found = carried(book.deployment, book.places, leaf)
    yield book.native(leaf, *found) if found is not None else book.note(leaf, "matrix-note-uncovered")


def _ban(book: _Book, leaf: Leaf) -> Iterator[Claim]:
    yield book.native(leaf, book.places.bans, "rules")
    if not leaf.path.endswith(".reason"):
        yield book.note(leaf, "matrix-note-bans-are-data")


def _rule_text(book: _Book, leaf: Leaf) -> Iterator[Claim]:
    yield book.published(leaf, "rules", "matrix-note-rules-unpublished")


def _notice(book: _Book, leaf: Leaf) -> Iterator[Claim]:
    part = str(leaf.value)
    for group in book.deployment.groups:
        # `topic` is carried by the first group that has one, `rules` and a file by the first notice.
        if texts.notice(book.deployment, group) is not None and (part != "topic" or group.topic):
            yield book.native(leaf, book.places.group("notice", group.name), "text")
            return
    yield book.note(leaf, "matrix-note-notice-empty")


def _persons(pattern: str, rule: _Rule) -> dict[str, _Rule]:
    return {pattern + form: rule for form in ("", ".person", ".role", ".duty")}


_RULES: Mapping[str, _Rule] = {
    "community": _community,
    "title": _on_space("name"),
    "avatar": _on_space("avatar"),
    "locale": _language,
    "runs.from": _run,
    "runs.until": _run,
    "runs.then": _run_end,
    **{
        f"runs.every.{name}": _run
        for name in (
            "weekly.*",
            "daily",
            "monthly.*",
            "dates.*",
            "rrule",
            "lunar.*",
            "holiday",
            "offset",
            "skip.dates.*",
        )
    },
    "positioning.statement": _on_space("topic"),
    "segments.*.*.title": _segment_title,
    "segments.*.*.previously.*": _segment_renamed,
    "tiers.*.key": _tier("mark"),
    "tiers.*.title": _tier("name"),
    "tiers.*.perks.*": _tier("topic"),
    "tiers.*.previously.*": _tier("mark"),
    "tiers.*.entry.door": _tier_door,
    **_persons("team.owner", _team_owner),
    "team.roles.*.people.*": _role_person,
    "team.roles.*.may.*": _role_right,
    "team.duty.*.people.*": _duty_person,
    "entry.door": _door,
    "groups.*.title": _on_group("room", "name"),
    "groups.*.topic": _topic,
    "groups.*.avatar": _on_group("room", "avatar"),
    "groups.*.kind": _kind,
    "groups.*.default": _on_group("place", "suggested"),
    **{f"groups.*.each.{name}": _each for name in ("from.segment", "from.csv", "from.run", "as", "key")},
    **_persons("groups.*.owner", _group_owner),
    "groups.*.tier": _group_tier,
    "groups.*.entry.door": _door,
    "groups.*.protect": _on_group("room", None),
    "groups.*.ignore.*": _ignored,
    "groups.*.on_remove": _on_group("room", None),
    "groups.*.previously.*": _renamed,
    "encrypted": _encrypted,
    "groups.*.encrypted": _encrypted,
    "moderation.in.*": _servers,
    **{f"moderation.servers.{name}": _servers for name in ("allow.*", "deny.*", "ip_literals")},
    **{f"moderation.bans.*.{name}": _ban for name in ("person", "server", "group", "reason")},
    "rules.*.title": _rule_text,
    "rules.*.text": _rule_text,
    "notice.parts.*": _notice,
    "notice.file": _notice,
}
