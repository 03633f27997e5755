"""Owns the days of the Chinese calendar: which day of ours a lunar date falls on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

FIRST_YEAR, LAST_YEAR = 1901, 2098
"""The years that the calendar's tables cover whole."""


def lunar_days(dates: tuple[str, ...], first: date, last: date) -> Iterator[date]:
    """The days from `first` to `last`, both included, on which these lunar dates (`08-15`) fall, in order.

    A date belongs to its ordinary month: where a leap month of the same number follows, it does not come twice. A
    thirtieth that a month does not have is its last day, the twenty-ninth: New Year's Eve is no rarer than the year
    (of 2025 to 2029, none has a twelfth month of thirty days).
    """
    years = range(max(first.year - 1, FIRST_YEAR), min(last.year, LAST_YEAR) + 1)
    found = {day for year in years for each in dates if (day := _solar(year, each)) is not None}
    yield from sorted(day for day in found if first <= day <= last)


def _solar(year: int, text: str) -> date:
    from lunardate import LunarDate

    month, day = (int(each) for each in text.split("-"))
    try:
        found = LunarDate(year, month, day, False).to_solar_date()
    except ValueError:
        found = LunarDate(year, month, day - 1, False).to_solar_date()
    return date(found.year, found.month, found.day)
