"""Owns what a healthy community looks like in numbers."""

from __future__ import annotations

from pydantic import Field

from groupform_schemas.base import Choice, Maybe
from groupform_schemas.bounds import Bound
from groupform_schemas.scalars import Duration, Name


class Per(Choice):
    """What a number is taken over."""

    community = "community"
    group = "group"
    journey = "journey"


class HealthBound(Bound):
    """A number that should stay within a bound."""

    metric: Name = Field(description="What is measured.", examples=["messages", "leave_rate"])
    per: Per = Field(description="Taken over each group, each journey, or the whole community.")
    within: Maybe[Duration] = Field(None, description="Over how long it is taken.", examples=["1d"])
