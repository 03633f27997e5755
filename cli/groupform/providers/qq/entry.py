"""Owns how people come into a QQ group: the way of joining, whether it is found, and where its code hangs."""

from __future__ import annotations

from collections.abc import Iterator

from groupform.compile.access import Enforced, door_of, gated, tiers_from
from groupform.compile.resource import Json, Resource
from groupform.config.project import GroupInstance, ResolvedDeployment
from groupform.providers.byhand.asking import admitted_tiers, invitations, note_door, questions
from groupform.providers.byhand.place import Place
from groupform_schemas import Door

_OPEN = (Door.open, Door.link)
_FOUND = (Door.open, Door.request)
"""Doors that are to be found by searching."""


def policy(deployment: ResolvedDeployment, group: GroupInstance, asked: bool) -> str:
    """`anyone` joins, an admin `review`s, the newcomer answers a `question` first, or `nobody` joins by themselves."""
    door = door_of(deployment, group)
    if gated(deployment, group) or door is Door.request:
        return "question" if asked else "review"
    return "anyone" if door in _OPEN else "nobody"


def enforced(deployment: ResolvedDeployment, group: GroupInstance) -> Enforced:
    """With a review the admins decide by the declared tier; where nobody joins by themselves, members bring them in."""
    shut = door_of(deployment, group) not in _OPEN or gated(deployment, group)
    lowest = group.model.tier if gated(deployment, group) else None
    listed = door_of(deployment, group) in _FOUND and not gated(deployment, group)
    return Enforced(listed=listed, walk_in=not shut, tiers=tuple(tiers_from(deployment, lowest)))


def admission(place: Place) -> Iterator[Resource]:
    """The way of joining with what to go by, and the QR code where an invitation shows it."""
    note_door(place, "join")
    door = door_of(place.deployment, place.group)
    shut = door not in _OPEN or gated(place.deployment, place.group)
    lines = [*admitted_tiers(place, "join"), *questions(place, "join")] if shut else []
    chosen = policy(place.deployment, place.group, any(each.startswith("?") for each in lines))
    search = "on" if door in _FOUND and not gated(place.deployment, place.group) else "off"
    found: dict[str, Json] = {"policy": chosen, "search": search}
    yield place.part("join", found | ({"admit": "\n".join(lines)} if lines else {}))
    led = invitations(place)
    if not led:
        return
    address = place.address_of("qr")
    for key in led:
        for name in ("group", "source"):
            place.trace.carry(f"invitations.{key}.{name}", address, "places")
    yield place.part("qr", {"places": "\n".join(dict.fromkeys(each for each in led.values() if each))})
