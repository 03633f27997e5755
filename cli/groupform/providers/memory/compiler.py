"""Owns what a community becomes in memory: a hall, a badge a tier, a room, a note and a place a group."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from groupform.compile.access import cells, declared_access, door_of, tiers_from
from groupform.compile.address import Address, group_address
from groupform.compile.closing import fate_of
from groupform.compile.ignoring import ignored
from groupform.compile.leaves import Leaf, leaves
from groupform.compile.resource import Claim, Compiled, Json, Outcome, Resource
from groupform.compile.team import owners_of, powers
from groupform.compile.texts import notice
from groupform.compile.titles import container_title, group_title
from groupform.config.project import GroupInstance, ResolvedDeployment
from groupform.providers.memory.types import Variant

_CARRIED = {
    "title": ("hall", "name"),
    "entry.door": ("hall", "door"),
    "groups.*.title": ("room", "name"),
    "groups.*.topic": ("room", "topic"),
    "groups.*.kind": ("room", "kind"),
    "groups.*.capacity": ("room", "capacity"),
    "groups.*.encrypted": ("room", "encrypted"),
    "groups.*.entry.door": ("room", "door"),
    "groups.*.tier": ("room", "allow"),
    "groups.*.segments.*": ("room", "tags"),
    "tiers.*.title": ("badge", "title"),
    "rules.*.title": ("note", "text"),
    "rules.*.text": ("note", "text"),
    "notice.parts.*": ("note", "text"),
    "notice.file": ("note", "text"),
}
"""Which attribute carries which leaf; whatever stands nowhere here is documentation to this platform."""

_CARRIERS = {
    ("room", "title"): frozenset({"name"}),
    ("room", "topic"): frozenset({"topic"}),
    ("room", "capacity"): frozenset({"capacity"}),
}
"""Which attributes hold a field of a group that may be left to people."""

_OUTCOMES = {
    Variant.api: Outcome.native,
    Variant.hand_over: Outcome.hand_over,
    Variant.attest: Outcome.attest,
}


def compile_community(
    deployment: ResolvedDeployment, variant: Variant, refused: Mapping[str, Collection[str]]
) -> Compiled:
    """The hall, badges, rooms, notes and places of a deployment, with a claim for every leaf."""
    resources = tuple(
        _without(each, refused.get(str(each.address), ()))
        for each in (*_hall(deployment), *_badges(deployment), *_rooms(deployment))
    )
    access = frozenset(
        cell for group in deployment.groups for cell in cells(deployment, group, declared_access(deployment, group))
    )
    carriers: dict[str, list[Resource]] = {}
    for each in resources:
        carriers.setdefault(each.address.type, []).append(each)
    claims = tuple(claim for leaf in leaves(deployment) for claim in _claims(leaf, carriers, _OUTCOMES[variant]))
    return Compiled(resources, claims, access=access)


def _without(resource: Resource, refused: Collection[str]) -> Resource:
    if not refused:
        return resource
    kept = {name: value for name, value in resource.attributes.items() if name not in refused}
    return replace(resource, attributes=kept)


def _environment(deployment: ResolvedDeployment) -> str | None:
    return None if deployment.default_environment else deployment.environment


def _hall(deployment: ResolvedDeployment) -> Iterator[Resource]:
    model = deployment.community.model
    yield Resource(
        _hall_address(deployment),
        {"name": container_title(deployment), "door": str(model.entry.door)},
        container_title(deployment),
        who=next(iter(owners_of(deployment)), None),
    )


def _hall_address(deployment: ResolvedDeployment) -> Address:
    return group_address(deployment.name, "hall", deployment.community.key, _environment(deployment))


def _badges(deployment: ResolvedDeployment) -> Iterator[Resource]:
    for tier in deployment.community.model.tiers:
        yield Resource(_badge(deployment, tier.key), {"title": str(tier.title)}, str(tier.title))


def _badge(deployment: ResolvedDeployment, key: str) -> Address:
    return group_address(deployment.name, "badge", key, _environment(deployment))


def _rooms(deployment: ResolvedDeployment) -> Iterator[Resource]:
    for number, group in enumerate(deployment.groups, start=1):
        who = next(iter(owners_of(deployment, group)), None)
        room, label = _named(deployment, "room", group.name), group_title(deployment, group)
        yield Resource(
            room,
            _room(deployment, group),
            label,
            fate_of(deployment, group),
            group.model.protect,
            _former(deployment, "room", group),
            ignore=ignored(group, "room", _CARRIERS),
            who=who,
            adopt=_adopted(deployment, group.name),
        )
        hall = str(_hall_address(deployment))
        yield Resource(
            _named(deployment, "place", group.name),
            {"hall": hall, "room": str(room), "order": f"{number:04}"},
            label,
            previously=_former(deployment, "place", group),
            who=who,
        )
        text = notice(deployment, group)
        if text is not None:
            yield Resource(
                _named(deployment, "note", group.name),
                {"room": str(room), "text": text},
                label,
                previously=_former(deployment, "note", group),
                who=who,
            )


def _room(deployment: ResolvedDeployment, group: GroupInstance) -> dict[str, Json]:
    tiers = tiers_from(deployment, group.model.tier)
    attributes: dict[str, Json] = {
        "name": group_title(deployment, group),
        "handle": re.sub(r"\s", "-", f"{deployment.community.key}-{group.name}@{deployment.environment}"),
        "kind": str(group.model.kind),
        "hall": str(_hall_address(deployment)),
        "door": str(door_of(deployment, group)),
        "allow": [str(_badge(deployment, key)) for key in tiers],
        "powers": {
            power.account: 100 if "manage" in power.may else 50 if "moderate" in power.may else 10
            for power in powers(deployment, group).values()
            if power.account is not None
        },
        "tags": list(group.segments.values()),
    }
    if group.topic is not None:
        attributes["topic"] = group.topic
    said = group.model.encrypted if group.model.encrypted is not None else deployment.community.model.encrypted
    if said is not None:
        attributes["encrypted"] = said
    if group.model.capacity is not None:
        attributes["capacity"] = int(group.model.capacity)
    return attributes


def _adopted(deployment: ResolvedDeployment, group: str) -> str | None:
    """The live room that the operator named for a group."""
    named = deployment.model.adopt
    return str(named.groups[group]) if named is not None and group in named.groups else None


def _named(deployment: ResolvedDeployment, kind: str, name: str) -> Address:
    return group_address(deployment.name, kind, name, _environment(deployment))


def _former(deployment: ResolvedDeployment, kind: str, group: GroupInstance) -> tuple[Address, ...]:
    return tuple(_named(deployment, kind, each) for each in group.previously)


def _claims(leaf: Leaf, carriers: Mapping[str, Sequence[Resource]], outcome: Outcome) -> Iterator[Claim]:
    """The claims of one leaf: the attributes that carry it, or that it is there to be read."""
    if leaf.excluded:
        yield Claim(leaf.path, Outcome.excluded)
        return
    kind, attribute = _CARRIED.get(leaf.pattern, ("", ""))
    name = leaf.path.split(".")[1] if kind == "badge" else leaf.group
    found = [
        each
        for each in carriers.get(kind, ())
        if attribute in each.attributes and (name is None or each.address.name == name)
    ]
    for each in found:
        yield Claim(leaf.path, outcome, each.address, attribute)
    if not found:
        yield Claim(leaf.path, Outcome.informational, reason="memory-informational")
