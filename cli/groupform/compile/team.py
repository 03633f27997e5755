"""Owns who runs a group, platform-neutral: the people behind a name, and what each of them may do where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from groupform.config.project import GroupInstance, ResolvedDeployment
from groupform_schemas import Duty, PersonRef, Role

RIGHTS = ("announce", "moderate", "manage")
"""What a role may do, weakest first."""


@dataclass(frozen=True, slots=True)
class Power:
    """What one person of the team may do in one place.

    `owner` is the team's owner or the group's own. `may` is the union over the person's roles, an owner's being
    everything. `roles` are the keys of those roles, in declared order. `account` is None where the person has none in
    the connection's directory.
    """

    person: str
    owner: bool
    may: frozenset[str]
    roles: tuple[str, ...]
    account: str | None


def powers(deployment: ResolvedDeployment, group: GroupInstance | None = None) -> Mapping[str, Power]:
    """The team's powers in `group`, or in the community as a whole, by person: owners first, then as declared."""
    team = deployment.community.model.team
    owners = owners_of(deployment, group)
    held: dict[str, list[str]] = {person: [] for person in owners}
    for key, role in team.roles.items():
        for person in role.people:
            held.setdefault(str(person), []).append(key)
    return {
        person: Power(
            person,
            person in owners,
            frozenset(RIGHTS)
            if person in owners
            else frozenset(str(right) for key in keys for right in team.roles[key].may),
            tuple(keys),
            deployment.account(person),
        )
        for person, keys in held.items()
    }


def owners_of(deployment: ResolvedDeployment, group: GroupInstance | None = None) -> Sequence[str]:
    """The group's own owner, then the team's, each once; for somebody who leaves, whoever takes over from them."""
    team = deployment.community.model.team
    found: list[str] = []
    if group is not None and group.owner is not None:
        found.append(group.owner)
    # A role or a duty in the owner's place means the first of its people, as for a group's own owner.
    found.extend(people_of(deployment, team.owner)[:1])
    return tuple(dict.fromkeys(deployment.successors.get(each, each) for each in found))


def people_of(deployment: ResolvedDeployment, reference: str | PersonRef) -> Sequence[str]:
    """The people behind a name: a person, else a role's or a duty's people; `{role: host}` says which it is.

    Empty where nothing has that name (validation has said so by then).
    """
    team = deployment.community.model.team
    meant = PersonRef.model_validate(reference) if isinstance(reference, str) else reference
    if meant.person is not None:
        return (meant.person,)
    if meant.name is not None and meant.name in deployment.people:
        return (meant.name,)
    held: Role | Duty | None = None
    if meant.duty is None:
        held = team.roles.get(meant.role or meant.name or "")
    if held is None and meant.role is None:
        held = team.duty.get(meant.duty or meant.name or "")
    return tuple(held.people) if held is not None else ()


def display_name(deployment: ResolvedDeployment, person: str) -> str:
    """The name people know somebody by, or the key where none is declared."""
    found = deployment.people.get(person)
    return found.name if found is not None else person
