"""Owns how strangers become members: journeys through a person, and invitations that are handed out."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field
from pydantic_core import InitErrorDetails

from groupform_schemas.base import Maybe, Model, Shaped
from groupform_schemas.errors import placed
from groupform_schemas.scalars import Count, Date, GroupName, Key, Line, Name


class Contact(Shaped):
    """Whom a stranger adds first."""

    one_of: ClassVar[tuple[str, ...]] = ("person", "role", "duty")

    person: Maybe[Key] = Field(None, description="The key of a person in the project file.")
    role: Maybe[Key] = Field(None, description="The key of a role of the team.")
    duty: Maybe[Key] = Field(None, description="The key of a duty of the team.", examples=["front-desk"])
    daily_limit: Maybe[Count] = Field(None, description="How many strangers one account takes in a day.")
    tags: tuple[Key, ...] = Field((), description="Segments the stranger is tagged with.", examples=[["region"]])


class Join(Shaped):
    """Which group the stranger is brought to."""

    group: Key = Field(description="The group, or the fleet that is chosen from.", examples=["city"])
    by: Maybe[Key] = Field(None, description="The segment that chooses among the fleet.", examples=["region"])
    otherwise: Maybe[GroupName] = Field(None, description="The group where none fits.", examples=["lobby"])


class Journey(Model):
    """How a stranger becomes a member where nobody can walk in alone."""

    source: Line = Field(description="Where the stranger comes from.", examples=["线下海报"])
    contact: Contact = Field(description="Whom the stranger adds first.")
    join: Join = Field(description="Which group the stranger is brought to.")
    funnel: tuple[Name, ...] = Field(
        (), description="The steps that are counted.", examples=[["contact_added", "joined"]]
    )


class Window(Shaped):
    """From one day to another, both included."""

    from_: Maybe[Date] = Field(None, alias="from", description="The first day.", examples=["2026-12-01"])
    until: Maybe[Date] = Field(None, description="The last day.", examples=["2026-12-31"])

    def contradictions(self) -> list[InitErrorDetails]:
        if self.from_ is None and self.until is None:
            return [placed((), {}, "one-of-missing", keys="from, until")]
        if self.from_ and self.until and self.until < self.from_:
            opens, closes = self.from_.isoformat(), self.until.isoformat()
            return [placed(("until",), closes, "closes-before-opens", opens=opens, closes=closes)]
        return []


class Invitation(Model):
    """An invitation that is handed out: on a poster, a card, in a post."""

    group: GroupName = Field(description="The group it leads to.", examples=["lobby"])
    source: Line = Field(description="Where it is handed out.", examples=["收银台立牌"])
    valid: Maybe[Window] = Field(None, description="From when to when it can be used.")
    max_uses: Maybe[Count] = Field(None, description="How many may use it.")
    previously: tuple[Key, ...] = Field((), description="Earlier keys of this invitation.")
