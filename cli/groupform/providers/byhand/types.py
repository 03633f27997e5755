"""Owns the kinds of things a person sets by hand in a group, and how long a word about each of them holds."""

from __future__ import annotations

from typing import Annotated, Any

from typing_extensions import TypedDict

from groupform.engine.resource_type import Actor, Enclosed, ResourceType, Verb

# Nothing can be read or written from outside (shared/platforms/wechat_qq_manual.md): a person does everything, nobody
# reads it back, and what somebody has said about it stands for what is there.
_BY_HAND = {
    Verb.create: Actor.person,
    Verb.read: Actor.nobody,
    Verb.update: Actor.person,
    Verb.delete: Actor.person,
}
# What is set in a group goes with it, or stays as it is: nobody is asked to take it away.
_PART_BY_HAND = {**_BY_HAND, Verb.delete: Actor.nobody}
COUNTED_DAYS = 7
"""How long a number that somebody has counted is good for."""


class Group(TypedDict, total=False):
    """The group itself: its name, its owner (群主), its admins besides the owner (群管理员).

    The admins are no type of their own: taking the last one away must be a step, and letting a whole group go must not.
    """

    title: str
    owner: str
    admins: str


class Notice(TypedDict, total=False):
    """The notice of a group (群公告)."""

    text: str


class Welcome(TypedDict, total=False):
    """The words that a new member is met with, and the pictures that go with them."""

    text: str
    pictures: Annotated[dict[str, str], Enclosed()]


class Size(TypedDict, total=False):
    """How many people are in the group, counted by somebody again and again; `capacity` is how many are meant to be,
    `next_at` how many call for the next group."""

    capacity: int
    next_at: int


class Qr(TypedDict, total=False):
    """The group's QR code (群二维码) and the places where it hangs."""

    places: str


def group() -> ResourceType:
    """The group itself."""
    return ResourceType("group", Group, actors=_BY_HAND, people_inside=True, listable=False)


def part(name: str, model: type[Any], valid_for: int | None = None, asks: str | None = None) -> ResourceType:
    """What is set in a group."""
    return ResourceType(name, model, actors=_PART_BY_HAND, listable=False, valid_for=valid_for, asks=asks)


def common() -> tuple[ResourceType, ...]:
    """The types that every platform by hand has."""
    return (
        group(),
        part("notice", Notice),
        part("welcome", Welcome),
        part("size", Size, valid_for=COUNTED_DAYS, asks="people"),
    )
