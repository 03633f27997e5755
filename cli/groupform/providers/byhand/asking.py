"""Owns what is to be asked of newcomers, which tiers may come in, and which invitations lead to a group."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from groupform.compile.access import door_of, gated, tiers_from
from groupform.compile.resource import Outcome
from groupform.providers.byhand.place import Place
from groupform_schemas import Ask, Door


def admitted_tiers(place: Place, kind: str) -> Iterator[str]:
    """The titles of the tiers that may come in, where that keeps anybody out."""
    if not gated(place.deployment, place.group):
        return
    address = place.address_of(kind)
    place.trace.carry(f"{place.group.path}.tier", address, "admit")
    admitted = tiers_from(place.deployment, place.group.model.tier)
    for tier in place.deployment.community.model.tiers:
        if tier.key in admitted:
            place.trace.carry(f"tiers.{tier.key}.title", address, "admit")
            yield f"✓ {tier.title}"


def questions(place: Place, kind: str) -> Iterator[str]:
    """What to ask before somebody is let in: the community's questions, the tier's, the group's."""
    model, group = place.deployment.community.model, place.group.model
    asked: list[tuple[str, Ask]] = [(f"entry.asks.{key}", ask) for key, ask in model.entry.asks.items()]
    for tier in model.tiers:
        if tier.key == group.tier and tier.entry is not None:
            asked += [(f"tiers.{tier.key}.entry.asks.{key}", ask) for key, ask in tier.entry.asks.items()]
    if group.entry is not None:
        asked += [(f"{place.group.path}.entry.asks.{key}", ask) for key, ask in group.entry.asks.items()]
    address = place.address_of(kind)
    for path, ask in asked:
        place.trace.carry(f"{path}.ask", address, "admit")
        choices: list[str] = []
        if ask.choices is not None:
            place.trace.carry(f"{path}.choices", address, "admit", below=True)
            for value, said in model.segments.get(ask.choices.segment, {}).items():
                place.trace.carry(f"segments.{ask.choices.segment}.{value}.title", address, "admit")
                choices.append(said.title)
        yield f"? {ask.ask.strip()}" + (f" [{' / '.join(choices)}]" if choices else "")


def invitations(place: Place) -> dict[str, str | None]:
    """The declared invitations into this group, by key, with the place where each is shown."""
    names = (place.group.name, place.group.group)
    return {
        key: invitation.source
        for key, invitation in place.deployment.community.model.invitations.items()
        if invitation.group in names
    }


def note_door(place: Place, kind: str, *, unlisted: Collection[Door] = ()) -> None:
    """Notes what carries the door, and what of it nothing does; `unlisted` doors should be found, and are not."""
    door = door_of(place.deployment, place.group)
    own = place.group.model.entry
    path = f"{place.group.path}.entry.door" if own is not None and own.door is not None else "entry.door"
    if gated(place.deployment, place.group):
        # The tier alone decides who comes in here: the door changes nothing about this group.
        place.trace.instead(path, Outcome.informational, "coverage-door-behind-tier")
    else:
        place.trace.carry(path, place.address_of(kind))
    if door in unlisted:
        place.trace.lack(path, place.kind.code("gap-not-listed"))
    if door is Door.paid:
        place.trace.lack(path, place.kind.code("gap-paid"))
