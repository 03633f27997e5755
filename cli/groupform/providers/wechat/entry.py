"""Owns how people come into a WeChat group: by its QR code, or with the owner's confirmation."""

from __future__ import annotations

from collections.abc import Iterator

from groupform.compile.access import Enforced, door_of, gated, tiers_from
from groupform.compile.resource import Json, Outcome, Resource
from groupform.config.diagnostics import Severity
from groupform.config.project import GroupInstance, ResolvedDeployment
from groupform.providers.byhand.asking import admitted_tiers, invitations, note_door, questions
from groupform.providers.byhand.place import Place
from groupform_schemas import Door

_BY_CODE = (Door.open, Door.link)
"""Doors that anybody may walk through: the QR code does that. Every other one needs somebody who decides."""


def confirmed(deployment: ResolvedDeployment, group: GroupInstance) -> bool:
    """Whether invite confirmation (群聊邀请确认) is on: only with it can a person keep anybody out."""
    return door_of(deployment, group) not in _BY_CODE or gated(deployment, group)


def enforced(deployment: ResolvedDeployment, group: GroupInstance) -> Enforced:
    """Without confirmation any member brings in anybody; with it, the owner decides by the declared tier."""
    asked = confirmed(deployment, group)
    lowest = group.model.tier if asked and gated(deployment, group) else None
    return Enforced(listed=False, walk_in=not asked, tiers=tuple(tiers_from(deployment, lowest)))


def admission(place: Place) -> Iterator[Resource]:
    """Invite confirmation with what to go by, or the QR code with where it hangs. One displaces the other."""
    asked = confirmed(place.deployment, place.group)
    kind = "join-confirmation" if asked else "qr"
    note_door(place, kind, unlisted=(Door.open, Door.request))
    led = invitations(place)
    if asked:
        if led:
            place.warn("confirmation-refuses-qr", severity=Severity.note, invitations=", ".join(sorted(led)))
        for key in led:
            for name in ("group", "source"):
                place.trace.instead(f"invitations.{key}.{name}", Outcome.gap, "wechat-gap-qr-refused")
        lines = [*admitted_tiers(place, kind), *questions(place, kind)]
        admit: dict[str, Json] = {"admit": "\n".join(lines)} if lines else {}
        yield place.part(kind, admit)
        return
    for key in led:
        for name in ("group", "source"):
            place.trace.carry(f"invitations.{key}.{name}", place.address_of(kind), "places")
    _advise_size(place)
    places = list(dict.fromkeys(source for source in led.values() if source))
    yield place.part(kind, {"places": "\n".join(places)} if places else {})


def _advise_size(place: Place) -> None:
    """A group that is meant to grow past what a code is said to admit needs another way in from there on."""
    model, limit = place.group.model, place.limits.qr_members
    meant = model.capacity or (model.series.next_at if model.series is not None else 0)
    if limit is not None and meant > limit:
        place.warn("qr-stops-early", severity=Severity.note, meant=meant, limit=limit)
