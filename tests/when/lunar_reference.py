"""The lunar date of a day, told by another library than the one that the program asks."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import NamedTuple

from borax.calendars import LunarDate


class Lunar(NamedTuple):
    """A lunar date; `leap` tells a month that comes a second time."""

    month: int
    day: int
    leap: bool


@cache
def lunar_date(day: date) -> Lunar:
    found = LunarDate.from_solar(day)
    return Lunar(found.month, found.day, bool(found.leap))
