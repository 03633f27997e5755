"""Owns who owns a group and who administers it, and which leaves that comes from."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from groupform.compile.resource import Outcome
from groupform.compile.team import Power, display_name, people_of, powers
from groupform.config.placeholders import fill
from groupform.providers.byhand.place import Place
from groupform_schemas import PersonRef

NOBODY = "—"
_ADMIN = frozenset({"manage", "moderate"})
"""There is one kind of admin: whoever may manage or moderate is one."""


def owner_of(place: Place) -> str | None:
    """The owner (群主), by name and account."""
    if place.owner is None:
        return None
    team, own = place.deployment.community.model.team, place.group.model.owner
    path = "team.owner" if own is None else f"{place.group.path}.owner"
    place.trace.carry(path, place.address, "owner", below=True)
    _note_seat(place, team.owner if own is None else own)
    return _named(place, place.owner)


def _note_seat(place: Place, said: PersonRef) -> None:
    """An owner who is named by a role or a duty is the first of its people."""
    team, name = place.deployment.community.model.team, fill(said.name or "", place.group.values)
    if said.person is not None or name in place.deployment.people:
        return
    seats: tuple[tuple[str, str, Collection[str]], ...] = (
        ("roles", said.role or name, team.roles),
        ("duty", said.duty or name, team.duty),
    )
    for kind, key, known in seats:
        if key in known:
            place.trace.carry(f"team.{kind}.{key}.people.0", place.address, "owner")


def admins(place: Place) -> str:
    """The admins (群管理员) besides the owner, in the order of their keys; NOBODY where there are none."""
    held = powers(place.deployment, place.group).items()
    chosen = {key: power for key, power in held if key != place.owner and power.may & _ADMIN}
    _note_roles(place, chosen)
    team_owner = next(iter(people_of(place.deployment, place.deployment.community.model.team.owner)), None)
    if team_owner in chosen:
        place.trace.carry("team.owner", place.address, "admins", below=True)
    if place.limits.max_admins is not None and len(chosen) > place.limits.max_admins:
        place.warn("admins-many", count=len(chosen), limit=place.limits.max_admins)
    return ", ".join(_named(place, key) for key in sorted(chosen)) or NOBODY


def _note_roles(place: Place, chosen: Mapping[str, Power]) -> None:
    """Which roles made somebody an admin: by them alone, so that without them that person would be none."""
    roles = place.deployment.community.model.team.roles
    for key, role in roles.items():
        admits = bool(_ADMIN & {str(right) for right in role.may})
        made = [person for person in role.people if admits and person in chosen]
        alone = [person for person in made if _only_by(chosen[person], key, place)]
        for index, person in enumerate(role.people):
            if person in made:
                place.trace.carry(f"team.roles.{key}.people.{index}", place.address, "admins")
        for index, right in enumerate(role.may):
            path = f"team.roles.{key}.may.{index}"
            if str(right) in _ADMIN and alone:
                place.trace.carry(path, place.address, "admins")
            elif str(right) not in _ADMIN and not admits:
                place.trace.instead(path, Outcome.gap, place.kind.code("gap-announce"))
            elif str(right) not in _ADMIN:
                place.trace.instead(path, Outcome.informational, place.kind.code("note-admins-announce"))
            else:
                place.trace.instead(path, Outcome.informational, place.kind.code("note-role-without-admins"))


def _only_by(power: Power, role: str, place: Place) -> bool:
    roles = place.deployment.community.model.team.roles
    others = [key for key in power.roles if key != role]
    return not power.owner and not any(_ADMIN & {str(right) for right in roles[key].may} for key in others)


def _named(place: Place, person: str) -> str:
    name, account = display_name(place.deployment, person), place.deployment.account(person)
    return f"{name} ({account})" if account else name
