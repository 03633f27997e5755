"""Owns what encryption and moderation become on Matrix: attributes of rooms, and what contradicts the team. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from groupform.compile.address import Address
from groupform.compile.leaves import Leaf
from groupform.compile.resource import Json
from groupform.compile.team import display_name
from groupform.config.diagnostics import Diagnostic
from groupform.config.project import GroupInstance, ResolvedDeployment
from groupform.engine.desired import team_accounts
from groupform.providers.matrix import bans, names, servers
from groupform.providers.matrix.places import Places

_ATTRIBUTES = {
    "moderation.servers.allow.*": "servers_allowed",
    "moderation.servers.deny.*": "servers_denied",
    "moderation.servers.ip_literals": "ip_servers",
}


def encryption_of(deployment: ResolvedDeployment, group: GroupInstance) -> dict[str, Json]:
    """Whether a group is encrypted: its own word, else the community's; nothing where neither says."""
    own, common = group.model.encrypted, deployment.community.model.encrypted
    said = own if own is not None else common
    return {} if said is None else {"encrypted": said}


def covers(deployment: ResolvedDeployment, group: GroupInstance | None) -> bool:
    """Whether the rules about servers hold in a group; None for the community's own spaces."""
    declared = deployment.community.model.moderation
    if declared is None or declared.servers is None:
        return False
    if declared.in_ is None:
        return True
    return group is not None and (group.name in declared.in_ or group.group in declared.in_)


def servers_of(deployment: ResolvedDeployment, group: GroupInstance | None) -> dict[str, Json]:
    """The declared rules about servers as attributes of a room that they cover."""
    declared = deployment.community.model.moderation
    if declared is None or declared.servers is None or not covers(deployment, group):
        return {}
    said = declared.servers
    found: dict[str, Json] = {}
    if said.allow is not None:
        found["servers_allowed"] = list(map(str, said.allow))
    if said.deny is not None:
        found["servers_denied"] = list(map(str, said.deny))
    if said.ip_literals is not None:
        found["ip_servers"] = said.ip_literals
    return found


def carried(deployment: ResolvedDeployment, places: Places, leaf: Leaf) -> tuple[Address, str] | None:
    """The first room that holds a leaf about servers, and the attribute; None where the rules cover nothing.

    `moderation.in` names a group: it is carried where that group is covered.
    """
    rooms = [each for each in deployment.groups if covers(deployment, each)]
    attribute = _ATTRIBUTES.get(leaf.pattern)
    if attribute is None:
        rooms = [each for each in rooms if leaf.value in (each.name, each.group)]
        attribute = next(iter(servers_of(deployment, rooms[0])), None) if rooms else None
    elif covers(deployment, None):
        return places.space, attribute
    return (places.group("room", rooms[0].name), attribute) if rooms and attribute is not None else None


def check(deployment: ResolvedDeployment, places: Places) -> Iterator[Diagnostic]:
    """What would keep out the very people who run the community. Our own account is looked at by the plan's guards."""
    declared = deployment.community.model.moderation
    if declared is None:
        return
    accounts = sorted(team_accounts(deployment))
    if declared.servers is not None:
        rules = servers_of(deployment, next((each for each in deployment.groups if covers(deployment, each)), None))
        for account in accounts:
            if rules and not servers.admits(rules, servers.server_of(account)):
                words = {"person": _called(deployment, account), "account": account}
                yield _said(deployment, "matrix-servers-without-team", "moderation.servers", **words)
    aliases = names.typed_aliases(places.typed, [each.name for each in deployment.groups], places.environment)
    ours = [names.space_alias(places.typed, places.environment), *aliases.values()]
    for key, ban in declared.bans.items():
        word, entity = bans.meant(ban)
        found = next(iter(bans.hit(word, entity, accounts, ours)), None)
        if found is not None:
            path = f"moderation.bans.{key}.{word}"
            yield _said(deployment, "matrix-ban-hits-team", path, key=key, pattern=entity, hit=found)


def _called(deployment: ResolvedDeployment, account: str) -> str:
    directory = deployment.connection.directory
    person = next((key for key, each in deployment.people.items() if each.accounts.get(directory) == account), account)
    return display_name(deployment, person) if person in deployment.people else account


def _said(deployment: ResolvedDeployment, code: str, path: str, **words: object) -> Diagnostic:
    place = deployment.community.places.get(path) or deployment.place
    span, line = (place.span, place.source_line) if place is not None else (None, None)
    return Diagnostic(code, span=span, source_line=line, params=words)
