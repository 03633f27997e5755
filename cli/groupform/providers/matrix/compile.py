"""Owns what a community becomes on Matrix: its resources. Pure; the rules are in doors.py and power.py.

Where a room's join rule comes from: doors.py. Where it is compared: engine/diff.py. Where it is sent: create.py for a
new room, update.py for a live one.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from groupform.compile import texts, titles
from groupform.compile.address import Address
from groupform.compile.closing import fate_of
from groupform.compile.ignoring import ignored
from groupform.compile.resource import Compiled, Json, OnRemove, Resource
from groupform.compile.team import display_name, owners_of, powers
from groupform.config.diagnostics import Diagnostic
from groupform.config.project import GroupInstance, ResolvedDeployment
from groupform.providers.matrix import access, bans, claims, doors, ids, moderation, names, notice, power
from groupform.providers.matrix.coverage import CARRIERS
from groupform.providers.matrix.places import Places
from groupform_schemas import GroupKind

_ACCOUNT = re.compile(r"@[!-9;-~]+:[A-Za-z0-9.:\[\]-]+")
_LONGEST_ACCOUNT = 255
_EVENT = 60_000
_GAP = 10
"""Between the positions of neighbours, so that a later one may stand between them."""


def compile_deployment(deployment: ResolvedDeployment, refused: Mapping[str, Collection[str]]) -> Compiled:
    """Resources in the order of their making, with claims on every leaf and the access that they would grant."""
    places = Places.of(deployment)
    resources = tuple(_leave_out(each, refused) for each in _resources(deployment, places))
    return Compiled(
        resources,
        claims.of(deployment, places, {each.address: each for each in resources}, refused),
        (
            *_malformed(deployment),
            *(_too_long(deployment, each) for each in resources if _is_too_long(each)),
            *moderation.check(deployment, places),
        ),
        access=access.cells(deployment, places),
    )


def _malformed(deployment: ResolvedDeployment) -> Iterator[Diagnostic]:
    """Accounts that are no Matrix ids: a server may refuse a whole room for one of them, and leave half of it behind.

    https://spec.matrix.org/v1.16/appendices/#user-identifiers
    """
    people = {
        *team_people(deployment),
        *(each for group in deployment.groups for each in group_owners(deployment, group)),
    }
    for person in sorted(people):
        account = deployment.account(person)
        if account is not None and not (_ACCOUNT.fullmatch(account) and len(account.encode()) <= _LONGEST_ACCOUNT):
            place = deployment.place
            span, line = (place.span, place.source_line) if place is not None else (None, None)
            words = {"person": display_name(deployment, person), "account": account}
            yield Diagnostic("matrix-account-malformed", span=span, source_line=line, params=words)


def _is_too_long(resource: Resource) -> bool:
    """Whether an edit of the notice would be more than a server takes in one event: 65,536 bytes with its frame.

    https://spec.matrix.org/v1.16/client-server-api/#size-limits
    """
    text = resource.attributes.get("text")
    # An edit holds the words four times; anything short is left unrendered.
    if not isinstance(text, str) or len(text.encode()) < _EVENT // 12:
        return False
    return len(json.dumps(notice.edit(text, "$" * 44), ensure_ascii=False).encode()) > _EVENT


def _too_long(deployment: ResolvedDeployment, resource: Resource) -> Diagnostic:
    place = deployment.community.places.get("notice") or deployment.place
    span, line = (place.span, place.source_line) if place is not None else (None, None)
    return Diagnostic("matrix-notice-too-long", span=span, source_line=line, params={"label": resource.label})


def pictures(deployment: ResolvedDeployment) -> Mapping[str, bytes]:
    """The pictures a deployment shows, by the value that stands for them in `avatar`."""
    files = {deployment.community.model.avatar, *(group.model.avatar for group in deployment.groups)}
    found = (deployment.community.files[each] for each in files if each is not None)
    return {_picture(content): content for content in found}


def _picture(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


def _leave_out(resource: Resource, refused: Mapping[str, Collection[str]]) -> Resource:
    without = refused.get(str(resource.address), ())
    if not without:
        return resource
    kept = {name: value for name, value in resource.attributes.items() if name not in without}
    return replace(resource, attributes=kept)


def _resources(deployment: ResolvedDeployment, places: Places) -> Iterator[Resource]:
    yield _team(deployment, places)
    yield from _team_invites(deployment, places)
    yield _space(deployment, places)
    alias = names.space_alias(places.typed, places.environment)
    yield Resource(
        places.space_alias,
        {"room": str(places.space), "alias": alias},
        f"#{alias}",
        OnRemove.forget,
        adopt=_adopted(deployment, None, "alias"),
    )
    yield from _tiers(deployment, places)
    yield from _bans(deployment, places)
    aliases = names.typed_aliases(places.typed, [each.name for each in deployment.groups], places.environment)
    held = {alias, *aliases.values()}
    blocks = list(dict.fromkeys(each.group for each in deployment.groups))
    counted: dict[str, int] = {}
    for group in deployment.groups:
        counted[group.group] = counted.get(group.group, 0) + 1
        position = f"{(blocks.index(group.group) + 1) * _GAP:04}.{counted[group.group] * _GAP:06}"
        former = names.former_aliases(places.typed, group.previously, held, places.environment)
        yield from _group(deployment, places, group, aliases[group.name], former, position)
    if deployment.groups:
        yield Resource(
            places.order,
            {
                "space": str(places.space),
                "rooms": [str(places.group("room", each.name)) for each in deployment.groups],
            },
            titles.container_title(deployment),
            OnRemove.forget,
            after=tuple(places.group("place", each.name) for each in deployment.groups),
        )


def _team(deployment: ResolvedDeployment, places: Places) -> Resource:
    entrance = doors.team_entrance()
    title = titles.container_title(deployment)
    attributes = {
        **_common(deployment, places.team, entrance, None),
        "name": f"{title} · team" if not _chinese(deployment) else f"{title}·团队",
    }
    return Resource(places.team, attributes, str(attributes["name"]), OnRemove.forget, support=True)


def _team_invites(deployment: ResolvedDeployment, places: Places) -> Iterator[Resource]:
    for person in team_people(deployment):
        account = deployment.account(person)
        if account is not None:
            yield replace(_invite(deployment, places.invite(person), person, account, places.team), support=True)


def team_people(deployment: ResolvedDeployment) -> tuple[str, ...]:
    """Everybody the team names: owner, roles, duties, each once and in this order."""
    duties = deployment.community.model.team.duty.values()
    return tuple(dict.fromkeys([*powers(deployment), *(str(each) for duty in duties for each in duty.people)]))


def group_owners(deployment: ResolvedDeployment, group: GroupInstance) -> tuple[str, ...]:
    """A group's owners who are not of the team, and so need an invitation of their own."""
    team = set(team_people(deployment))
    return tuple(each for each in owners_of(deployment, group) if each not in team)


def _invite(
    deployment: ResolvedDeployment,
    address: Address,
    person: str,
    account: str,
    room: Address,
    previously: tuple[Address, ...] = (),
) -> Resource:
    name = display_name(deployment, person)
    attributes: dict[str, Json] = {"room": str(room), "user": account, "inside": True}
    return Resource(address, attributes, f"{name} {account}", previously=previously, who=name)


def _space(deployment: ResolvedDeployment, places: Places) -> Resource:
    model = deployment.community.model
    entrance = doors.community_entrance(model.entry.door, places.team)
    attributes = {
        **_common(deployment, places.space, entrance, None),
        "name": titles.container_title(deployment),
        **({"topic": model.positioning.statement} if model.positioning else {}),
        **_avatar(deployment, model.avatar),
        **moderation.servers_of(deployment, None),
    }
    label = str(attributes["name"])
    return Resource(places.space, attributes, label, OnRemove.forget, adopt=_adopted(deployment, None))


def _tiers(deployment: ResolvedDeployment, places: Places) -> Iterator[Resource]:
    for tier in places.gated:
        address = places.tier(tier.key)
        entrance = doors.tier_entrance(tier.entry.door if tier.entry else None, places.team)
        name = f"{titles.container_title(deployment)}·{tier.title}"
        attributes = {
            **_common(deployment, address, entrance, None),
            "name": name,
            **({"topic": " · ".join(tier.perks)} if tier.perks else {}),
            "parent": str(places.space),
            **moderation.servers_of(deployment, None),
        }
        former = tuple(places.tier(key) for key in tier.previously)
        yield Resource(address, attributes, name, OnRemove.forget, previously=former)


def _bans(deployment: ResolvedDeployment, places: Places) -> Iterator[Resource]:
    """The list of who is banned: found by nobody, open to the team, and taken down once it is not declared."""
    declared = deployment.community.model.moderation
    if declared is None or not declared.bans:
        return
    title = titles.container_title(deployment)
    name = f"{title}·封禁名单" if _chinese(deployment) else f"{title} · bans"
    attributes = {
        **_common(deployment, places.bans, doors.tier_entrance(None, places.team), None),
        "name": name,
        "rules": bans.rules_of(declared.bans),
    }
    attributes["levels"] = dict(power.levels(announcement=True, members_invite=False))
    yield Resource(places.bans, attributes, name)


def _group(
    deployment: ResolvedDeployment, places: Places, group: GroupInstance, alias: str, former: list[str], position: str
) -> Iterator[Resource]:
    room, title = places.group("room", group.name), titles.group_title(deployment, group)
    # What belongs to a group shares its fate: where the room is left as it is, so are its place, address and notice.
    fate = fate_of(deployment, group)

    def of(
        kind: str,
        attributes: dict[str, Json],
        label: str = title,
        ignore: frozenset[str] = frozenset(),
        adopt: str | None = None,
    ) -> Resource:
        former = places.former(kind, group)
        address = places.group(kind, group.name)
        alone = ignore | ignored(group, kind, CARRIERS)
        return Resource(address, attributes, label, fate, group.model.protect, former, ignore=alone, adopt=adopt)

    entrance = access.entrance_of(deployment, places, group)
    yield of(
        "room",
        {
            **_common(deployment, room, entrance, group),
            "name": title,
            **({"topic": group.topic} if group.topic else {}),
            **_avatar(deployment, group.model.avatar),
            "parent": str(places.space),
            **moderation.encryption_of(deployment, group),
            **moderation.servers_of(deployment, group),
        },
        adopt=_adopted(deployment, group.name),
    )
    for person in group_owners(deployment, group):
        account = deployment.account(person)
        if account is not None:
            before = tuple(places.invite(person, name) for name in group.previously)
            yield _invite(deployment, places.invite(person, group.name), person, account, room, before)
    yield of(
        "place",
        {"space": str(places.space), "room": str(room), **_suggested(deployment, group), "position": position},
        ignore=frozenset({"position"}),
    )
    address: dict[str, Json] = {"room": str(room), "alias": alias, **({"also": [*former]} if former else {})}
    yield of("alias", address, f"#{alias}", adopt=_adopted(deployment, group.name, "alias"))
    words = texts.notice(deployment, group)
    if words is not None:
        yield of("notice", {"room": str(room), "text": words})
        yield of("pin", {"room": str(room), "event": str(places.group("notice", group.name))})


def _suggested(deployment: ResolvedDeployment, group: GroupInstance) -> dict[str, Json]:
    """Whether the space puts this room forward; where the files do so with none, that is not theirs to say."""
    said = any("default" in each.model.model_fields_set for each in deployment.community.groups)
    return {"suggested": group.model.default} if said else {}


def _adopted(deployment: ResolvedDeployment, group: str | None, part: str | None = None) -> str | None:
    """The live room that the operator names for a group (None: for the community), or what hangs in that room.

    The rooms named are those of the default environment: another one reaches other servers, or has rooms of its own.
    """
    named = deployment.model.adopt
    if named is None or not deployment.default_environment:
        return None
    room = named.community if group is None else named.groups.get(group)
    return room if room is None or part is None else ids.joined(room, part)


def _common(
    deployment: ResolvedDeployment, address: Address, entrance: doors.Entrance, group: GroupInstance | None
) -> dict[str, Json]:
    """What every room and space of a deployment has."""
    announcement = group is not None and group.model.kind is GroupKind.announcement
    levels = power.levels(announcement=announcement, members_invite=entrance.members_invite)
    return {
        "mark": str(address),
        "joined": True,
        "join_rule": entrance.join_rule,
        "allow": [str(each) for each in entrance.allow],
        "listed": entrance.listed,
        "history": "shared",
        "guests": "forbidden",
        "levels": dict(levels),
        "users": dict(_users(deployment, group)),
    }


def _users(deployment: ResolvedDeployment, group: GroupInstance | None) -> dict[str, int]:
    found: dict[str, int] = {}
    for each in powers(deployment, group).values():
        level = power.level_of(each.may)
        if each.account is not None and level > 0:
            found[each.account] = max(level, found.get(each.account, 0))
    return found


def _avatar(deployment: ResolvedDeployment, file: str | None) -> dict[str, Json]:
    return {} if file is None else {"avatar": _picture(deployment.community.files[file])}


def _chinese(deployment: ResolvedDeployment) -> bool:
    locale = deployment.community.model.locale
    return locale is not None and locale.split("-")[0] == "zh"
