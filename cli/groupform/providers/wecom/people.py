"""Owns who of the team stands where: the owner and the admins of a group, and everybody who is on the team."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from groupform.compile.address import Address
from groupform.compile.resource import Outcome
from groupform.compile.team import Power, people_of, powers
from groupform.config.diagnostics import Severity
from groupform.config.placeholders import fill
from groupform.config.project import GroupInstance
from groupform.providers.wecom.bench import Bench, Mentions
from groupform.providers.wecom.limits import LIMITS
from groupform_schemas import PersonRef

_ADMIN = frozenset({"manage", "moderate"})
"""WeCom knows one kind of group admin: whoever may manage or moderate is one."""


def owner_of(bench: Bench, group: GroupInstance) -> str | None:
    """The account of a group's owner. Without one nobody can tell which live group is meant: an error at its line."""
    team, own, address = bench.deployment.community.model.team, group.model.owner, bench.group(group)
    path = "team.owner" if own is None else f"{group.path}.owner"
    bench.carry(path, address, "owner", below=True)
    _note_seat(bench, address, team.owner if own is None else own, group.values)
    person = bench.owner(group)
    account = bench.deployment.account(person) if person is not None else None
    if person is not None and account is None:
        place = bench.place("team.owner") if own is None else group.place
        directory = bench.deployment.connection.directory
        bench.warn("wecom-owner-no-account", place, severity=Severity.error, person=person, directory=directory)
    return account


def _note_seat(bench: Bench, address: Address, said: PersonRef, values: Mapping[str, str]) -> None:
    """An owner who is named by a role or a duty is the first of its people."""
    team, name = bench.deployment.community.model.team, fill(said.name or "", values)
    if said.person is not None or name in bench.deployment.people:
        return
    seats: tuple[tuple[str, str, Collection[str]], ...] = (
        ("roles", said.role or name, team.roles),
        ("duty", said.duty or name, team.duty),
    )
    for kind, key, known in seats:
        if key in known:
            bench.carry(f"team.{kind}.{key}.people.0", address, "owner")


def admins_of(bench: Bench, group: GroupInstance) -> list[str]:
    """The accounts of the admins besides the owner, in the order of their keys."""
    owner, address = bench.owner(group), bench.group(group)
    held = powers(bench.deployment, group).items()
    gone = bench.deployment.departed
    chosen = {key: power for key, power in held if key != owner and power.may & _ADMIN and key not in gone}
    _note_roles(bench, address, {key: power for key, power in chosen.items() if power.account is not None})
    team_owner = next(iter(people_of(bench.deployment, bench.deployment.community.model.team.owner)), None)
    if team_owner in chosen:
        bench.carry("team.owner", address, "admins", below=True)
    if len(chosen) > LIMITS["group-admins"].most:
        limit = LIMITS["group-admins"].most
        bench.warn(
            "wecom-admins-many", group.place, severity=Severity.note, label=bench.label(group), count=len(chosen),
            limit=limit,
        )  # fmt: skip
    return [power.account for _, power in sorted(chosen.items()) if power.account is not None]


def _note_roles(bench: Bench, address: Address, chosen: Mapping[str, Power]) -> None:
    """Which roles made somebody an admin: by them alone, so that without them that person would be none."""
    roles = bench.deployment.community.model.team.roles
    for key, role in roles.items():
        admits = bool(_ADMIN & {str(right) for right in role.may})
        made = [person for person in role.people if admits and person in chosen]
        alone = [person for person in made if _only_by(bench, chosen[person], key)]
        for index, person in enumerate(role.people):
            path = f"team.roles.{key}.people.{index}"
            if person in alone:
                bench.carry(path, address, "admins")
            else:
                bench.trace.instead(path, Outcome.informational, "wecom-note-role-without-admins")
        for index, right in enumerate(role.may):
            path = f"team.roles.{key}.may.{index}"
            if str(right) in _ADMIN and alone:
                bench.carry(path, address, "admins")
            elif str(right) not in _ADMIN and not admits:
                bench.trace.instead(path, Outcome.gap, "wecom-gap-announce")
            elif str(right) not in _ADMIN:
                bench.trace.instead(path, Outcome.informational, "wecom-note-admins-announce")
            else:
                bench.trace.instead(path, Outcome.informational, "wecom-note-role-without-admins")


def _only_by(bench: Bench, power: Power, role: str) -> bool:
    roles = bench.deployment.community.model.team.roles
    others = [key for key in power.roles if key != role]
    return not power.owner and not any(_ADMIN & {str(right) for right in roles[key].may} for key in others)


def seated(bench: Bench, said: PersonRef, path: str) -> Mentions:
    """The people behind a reference, with the leaves that name them: `path` itself, or those of a role or a duty."""
    team, found = bench.deployment.community.model.team, Mentions(bench)
    if said.person is not None or said.name in bench.deployment.people:
        found.add(_written(path, said), said.person or str(said.name))
        return found
    name = said.name or ""
    if said.duty is None and (said.role or name) in team.roles:
        kind, key, people = "roles", said.role or name, team.roles[said.role or name].people
    else:
        kind, key = "duty", said.duty or name
        people = team.duty[key].people if key in team.duty else ()
    for index, person in enumerate(people):
        found.add(f"team.{kind}.{key}.people.{index}", person)
    return found


def _written(path: str, said: PersonRef) -> str:
    return path if said.name is not None else f"{path}.person"


def everybody(bench: Bench) -> Mentions:
    """Everybody on the team: the owner, all roles, all duties."""
    team, found = bench.deployment.community.model.team, Mentions(bench)
    owner = bench.owner()
    if owner is not None and team.owner.person is not None:
        found.add("team.owner.person", owner)
    elif owner is not None and team.owner.name in bench.deployment.people:
        found.add("team.owner", owner)
    for kind, held in (("roles", team.roles), ("duty", team.duty)):
        for key, seats in held.items():
            for index, person in enumerate(seats.people):
                found.add(f"team.{kind}.{key}.people.{index}", person)
    return found
