"""Owns the kinds of things a person sets by hand in a WeChat group, and how long a word about each of them holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from typing_extensions import TypedDict

from groupform.engine.resource_type import Actor, ResourceType, Verb

# Nothing can be read or written from outside (shared/platforms/wechat_qq_manual.md, part A): a person does everything,
# nobody reads it back, and what somebody has said about it stands for what is there.
_BY_HAND = {
    Verb.create: Actor.person,
    Verb.read: Actor.nobody,
    Verb.update: Actor.person,
    Verb.delete: Actor.person,
}
# What is set in a group goes with it, or stays as it is: nobody is asked to take it away.
_PART_BY_HAND = {**_BY_HAND, Verb.delete: Actor.nobody}
QR_DAYS = 7
"""How long a group's QR code is said to be good for (hearsay)."""


class Group(TypedDict, total=False):
    """The group itself (群聊): its name (群聊名称), its owner (群主), its admins besides the owner (群管理员).

    The admins are no type of their own: taking the last one away must be a step, and letting a whole group go must not.
    """

    title: str
    owner: str
    admins: str


class Notice(TypedDict, total=False):
    """The one notice of a group (群公告)."""

    text: str


class Welcome(TypedDict, total=False):
    """The words that somebody pastes when a new member arrives."""

    text: str


class JoinConfirmation(TypedDict, total=False):
    """Invite confirmation (群聊邀请确认) is on; `admit` is what to go by: who may come in, what to ask."""

    admit: str


class Qr(TypedDict, total=False):
    """The group's QR code (群二维码) and the places where it hangs; invite confirmation is off."""

    places: str


def _part(name: str, model: type[Any], valid_for: int | None = None) -> ResourceType:
    return ResourceType(name, model, actors=_PART_BY_HAND, listable=False, valid_for=valid_for)


TYPES: Mapping[str, ResourceType] = {
    each.name: each
    for each in (
        ResourceType("group", Group, actors=_BY_HAND, people_inside=True, listable=False),
        _part("join-confirmation", JoinConfirmation),
        _part("notice", Notice),
        _part("welcome", Welcome),
        _part("qr", Qr, valid_for=QR_DAYS),
    )
}
