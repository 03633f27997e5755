"""Owns comparisons: at least, below, or between two amounts of one kind."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field
from pydantic_core import InitErrorDetails

from groupform_schemas.base import Maybe, Shaped
from groupform_schemas.errors import placed
from groupform_schemas.scalars import Amount
from groupform_schemas.values import Duration, Percent


class Bound(Shaped):
    """Exactly one of three comparisons."""

    one_of: ClassVar[tuple[str, ...]] = ("at_least", "below", "between")

    at_least: Maybe[Amount] = Field(None, description="This much or more.", examples=["90", "15%"])
    below: Maybe[Amount] = Field(None, description="Less than this.", examples=["5%", "15m"])
    between: Maybe[tuple[Amount, ...]] = Field(
        None, description="Two amounts: not less than the first, not more than the second.", examples=[["100", "200"]]
    )

    def contradictions(self) -> list[InitErrorDetails]:
        if self.between is None:
            return []
        where, value = ("between",), self.between
        if len(self.between) != 2:
            return [placed(where, value, "between-two", count=len(self.between))]
        low, high = self.between
        if type(low) is not type(high):
            return [placed(where, value, "between-kinds", low=str(low), high=str(high))]
        if _size(low) > _size(high):
            return [placed(where, value, "between-order", low=str(low), high=str(high))]
        return []


def _size(amount: int | Percent | Duration) -> float:
    if isinstance(amount, Percent):
        return amount.fraction
    return amount.seconds if isinstance(amount, Duration) else amount
