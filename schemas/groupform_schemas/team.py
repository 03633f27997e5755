"""Owns who runs a community: its owner, the roles with their powers, the duties with their hours."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field
from pydantic_core import InitErrorDetails

from groupform_schemas.base import Choice, Maybe, Model, Shaped, Some
from groupform_schemas.errors import placed
from groupform_schemas.references import PersonRef
from groupform_schemas.scalars import Days, Key, Text, TimeRange, weekdays


class Power(Choice):
    """What a role may do."""

    manage = "manage"
    moderate = "moderate"
    announce = "announce"


class Role(Model):
    """A set of powers and the people who hold it."""

    people: tuple[Key, ...] = Field((), description="Keys of people in the project file.", examples=[["lead"]])
    may: tuple[Power, ...] = Field((), description="What the role may do.", examples=[["moderate", "announce"]])


class Duty(Shaped):
    """A post that somebody is at during certain hours."""

    people: Some[Key] = Field(description="Keys of the people who take turns.")
    hours: Mapping[Days, TimeRange] = Field(
        default_factory=dict,
        description="Hours by day or stretch of days; always, where absent.",
        examples=[{"mon-fri": "09:00-21:00"}],
    )
    off_hours: Maybe[Text] = Field(None, description="What is answered outside these hours.")

    def contradictions(self) -> list[InitErrorDetails]:
        found, taken = [], dict[str, str]()
        for days, hours in self.hours.items():
            for day in weekdays(days):
                if day in taken:
                    found.append(placed(("hours", days), hours, "hours-overlap", day=day, other=taken[day]))
                    break
            taken |= dict.fromkeys(weekdays(days), days)
        return found


class Team(Model):
    """The people who run the community."""

    owner: PersonRef = Field(description="The person who answers for the community.", examples=["lead"])
    roles: Mapping[Key, Role] = Field(default_factory=dict, description="Roles by key.")
    duty: Mapping[Key, Duty] = Field(default_factory=dict, description="Duties by key.")
