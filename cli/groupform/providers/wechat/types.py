"""Owns the kinds of things a person sets in a WeChat group, besides those of every group by hand."""

from __future__ import annotations

from collections.abc import Mapping

from typing_extensions import TypedDict

from groupform.engine.resource_type import ResourceType
from groupform.providers.byhand.types import Qr, common, part

QR_DAYS = 7
"""How long a group's QR code is said to be good for (hearsay)."""


class JoinConfirmation(TypedDict, total=False):
    """Invite confirmation (群聊邀请确认) is on; `admit` is what to go by: who may come in, what to ask."""

    admit: str


TYPES: Mapping[str, ResourceType] = {
    each.name: each
    for each in (
        *common(),
        part("join-confirmation", JoinConfirmation),
        part("qr", Qr, valid_for=QR_DAYS),
    )
}
