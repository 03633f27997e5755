"""Owns what must hold after a plan: who can do what where, and who cannot."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from groupform_schemas.base import Choice, Maybe, Shaped
from groupform_schemas.references import Audience
from groupform_schemas.scalars import GroupName


class Deed(Choice):
    """What somebody does in a group."""

    read = "read"
    write = "write"
    enter = "join"  # a member named `join` would hide the method of str
    invite = "invite"
    announce = "announce"
    moderate = "moderate"
    manage = "manage"


class Check(Shaped):
    """What must hold after the plan; it fails otherwise."""

    one_of: ClassVar[tuple[str, ...]] = ("can", "cannot")

    who: Audience = Field(description="Those it speaks of.", examples=[{"below": "vip"}])
    can: Maybe[Deed] = Field(None, description="What they must be able to do.")
    cannot: Maybe[Deed] = Field(None, description="What they must not be able to do.", examples=["read"])
    in_: GroupName = Field(alias="in", description="The group it is about.", examples=["vip-lounge"])
