"""Owns how people come into a WeChat group: by its QR code, or with the owner's confirmation."""

from __future__ import annotations

from collections.abc import Iterator

from groupform.compile.access import door_of, gated, tiers_from
from groupform.compile.resource import Json, Outcome, Resource
from groupform.config.diagnostics import Severity
from groupform.config.project import GroupInstance, ResolvedDeployment
from groupform.providers.wechat.place import Place
from groupform_schemas import Ask, Door

_BY_CODE = (Door.open, Door.link)
"""Doors that anybody may walk through: the QR code does that. Every other one needs somebody who decides."""


def confirmed(deployment: ResolvedDeployment, group: GroupInstance) -> bool:
    """Whether invite confirmation (群聊邀请确认) is on: only with it can a person keep anybody out."""
    return door_of(deployment, group) not in _BY_CODE or gated(deployment, group)


def admission(place: Place) -> Resource:
    """Invite confirmation with what to go by, or the QR code with where it hangs. One displaces the other."""
    _note_door(place)
    invitations = _invitations(place)
    if confirmed(place.deployment, place.group):
        if invitations:
            place.warn(
                "wechat-confirmation-refuses-qr", severity=Severity.note, invitations=", ".join(sorted(invitations))
            )
        for key in invitations:
            for name in ("group", "source"):
                place.trace.instead(f"invitations.{key}.{name}", Outcome.gap, "wechat-gap-qr-refused")
        lines = [*_tiers(place), *_questions(place)]
        admit: dict[str, Json] = {"admit": "\n".join(lines)} if lines else {}
        return place.part("join-confirmation", admit)
    address = place.address_of("qr")
    for key in invitations:
        for name in ("group", "source"):
            place.trace.carry(f"invitations.{key}.{name}", address, "places")
    _advise_size(place)
    places = list(dict.fromkeys(source for source in invitations.values() if source))
    return place.part("qr", {"places": "\n".join(places)} if places else {})


def _advise_size(place: Place) -> None:
    """A group that is meant to grow past what a code is said to admit needs another way in from there on."""
    model, limit = place.group.model, place.limits.qr_members
    meant = model.capacity or (model.series.next_at if model.series is not None else 0)
    if meant > limit:
        place.warn("wechat-qr-stops-early", severity=Severity.note, meant=meant, limit=limit)


def _note_door(place: Place) -> None:
    door = door_of(place.deployment, place.group)
    own = place.group.model.entry
    path = f"{place.group.path}.entry.door" if own is not None and own.door is not None else "entry.door"
    kind = "join-confirmation" if confirmed(place.deployment, place.group) else "qr"
    if gated(place.deployment, place.group):
        # The tier alone turns confirmation on here: the door changes nothing about this group.
        place.trace.instead(path, Outcome.informational, "coverage-door-behind-tier")
    else:
        place.trace.carry(path, place.address_of(kind))
    if door in (Door.open, Door.request):
        place.trace.lack(path, "wechat-gap-not-listed")
    if door is Door.paid:
        place.trace.lack(path, "wechat-gap-paid")


def _tiers(place: Place) -> Iterator[str]:
    """The titles of the tiers that may come in, where that keeps anybody out."""
    if not gated(place.deployment, place.group):
        return
    address = place.address_of("join-confirmation")
    place.trace.carry(f"{place.group.path}.tier", address, "admit")
    admitted = tiers_from(place.deployment, place.group.model.tier)
    for tier in place.deployment.community.model.tiers:
        if tier.key in admitted:
            place.trace.carry(f"tiers.{tier.key}.title", address, "admit")
            yield f"✓ {tier.title}"


def _questions(place: Place) -> Iterator[str]:
    """What to ask before somebody is let in: the community's questions, the tier's, the group's."""
    model, group = place.deployment.community.model, place.group.model
    asked: list[tuple[str, Ask]] = [(f"entry.asks.{key}", ask) for key, ask in model.entry.asks.items()]
    for tier in model.tiers:
        if tier.key == group.tier and tier.entry is not None:
            asked += [(f"tiers.{tier.key}.entry.asks.{key}", ask) for key, ask in tier.entry.asks.items()]
    if group.entry is not None:
        asked += [(f"{place.group.path}.entry.asks.{key}", ask) for key, ask in group.entry.asks.items()]
    address = place.address_of("join-confirmation")
    for path, ask in asked:
        place.trace.carry(f"{path}.ask", address, "admit")
        choices: list[str] = []
        if ask.choices is not None:
            place.trace.carry(f"{path}.choices", address, "admit", below=True)
            for value, said in model.segments.get(ask.choices.segment, {}).items():
                place.trace.carry(f"segments.{ask.choices.segment}.{value}.title", address, "admit")
                choices.append(said.title)
        yield f"? {ask.ask.strip()}" + (f" [{' / '.join(choices)}]" if choices else "")


def _invitations(place: Place) -> dict[str, str | None]:
    """The declared invitations into this group, by key, with the place where each is shown."""
    names = (place.group.name, place.group.group)
    return {
        key: invitation.source
        for key, invitation in place.deployment.community.model.invitations.items()
        if invitation.group in names
    }
