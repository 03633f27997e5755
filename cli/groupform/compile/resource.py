"""Owns what a compiler emits: desired resources, and a claim for every declared leaf (DESIGN §4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeAlias

from groupform.compile.address import Address
from groupform.config.diagnostics import Diagnostic

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
"""Attribute values are plain JSON, so that a plan and a state can hold them as they are."""

Attributes: TypeAlias = Mapping[str, Json]
"""Values by attribute name. What is absent is unmanaged. A reference is the text of an address."""


@dataclass(frozen=True, slots=True)
class Form:
    """What an adopted object holds in place of what its files ask for, for as long as they ask for just that.

    `declared` are the values asked for (of a shared collection, elements), and `found` what stands for them there: the
    same meaning in another form. What `found` lacks is left alone: the files' language cannot say what is there.
    """

    declared: Mapping[str, Any]
    found: Mapping[str, Any]


class OnRemove(StrEnum):
    """What becomes of the live object when its declaration is gone."""

    forget = "forget"
    archive = "archive"
    delete = "delete"


@dataclass(frozen=True, slots=True)
class Resource:
    """One desired object. `label` is the words members know it by; `after` adds order beyond references.

    `adopt` is the id of a live object that the operator names for it, and `forms` what that one keeps. `support` marks
    what is there for others only: an adopted deployment goes without it until something refers to it. `beside` names
    the object that it belongs to: one that was taken over as it is goes without it.
    """

    address: Address
    attributes: Attributes
    label: str
    on_remove: OnRemove = OnRemove.delete
    protect: bool = False
    previously: tuple[Address, ...] = ()
    after: tuple[Address, ...] = ()
    ignore: frozenset[str] = frozenset()
    who: str | None = None
    """Who does this resource's steps, where its actor is a person: a person, a role or a duty, by key."""
    due: datetime | None = None
    """By when those steps are to be done, where that is not as long as any other: the time of a post."""
    adopt: str | None = None
    forms: tuple[Form, ...] = ()
    support: bool = False
    beside: Address | None = None


class Outcome(StrEnum):
    """What becomes of a declared leaf on one deployment (the table in DESIGN §4)."""

    native = "native"
    scheduled = "scheduled"
    hand_over = "hand-over"
    attest = "attest"
    informational = "informational"
    excluded = "excluded"
    gap = "gap"


@dataclass(frozen=True, slots=True)
class Claim:
    """One leaf instance and its outcome: the attribute that carries it, or the reason why none does.

    `path` is the leaf's place, `groups.city/sh.title`. `reason` is a code of `messages/`, `params` its words.
    """

    path: str
    outcome: Outcome
    address: Address | None = None
    attribute: str | None = None
    reason: str | None = None
    params: Mapping[str, object] = field(default_factory=dict)


class Right(StrEnum):
    """What somebody may do in a place: the third axis of an access cell."""

    see = "see"
    read = "read"
    post = "post"
    manage = "manage"


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """One (who, where, what): `who` is `stranger`, `tier:KEY`, `role:KEY` or `person:KEY`; `where` a group name."""

    who: str
    where: str
    what: str


@dataclass(frozen=True, slots=True)
class Compiled:
    """A deployment's desired state with its claims, findings and the access that it would grant."""

    resources: tuple[Resource, ...]
    claims: tuple[Claim, ...]
    diagnostics: tuple[Diagnostic, ...] = ()
    access: frozenset[Cell] = frozenset()
