"""Owns public holidays: the day that a holiday itself is on, the days off around it, and which years are known."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache

CHINA = "CN"
# What people call a holiday that the library names otherwise.
_ALSO = {
    CHINA: {
        "qingming": "tomb-sweeping-day",
        "qingming-festival": "tomb-sweeping-day",
        "labour-day": "labor-day",
        "duanwu": "dragon-boat-festival",
        "zhongqiu": "mid-autumn-festival",
        "new-year": "new-years-day",
        "lunar-new-year": "spring-festival",
    }
}
_DAY = timedelta(days=1)


def countries() -> frozenset[str]:
    """The countries (ISO 3166-1, two letters) whose holidays are known."""
    import holidays

    return frozenset(each for each in holidays.list_supported_countries(include_aliases=False) if len(each) == 2)


def holiday_ids(country: str, year: int) -> tuple[str, ...]:
    """Every id under which a country's holidays of a year are found, in order; the plainest one of each."""
    return tuple(sorted({_plainest(name) for name in _named(country, year).values()}))


def knows_holiday(holiday: str, year: int) -> bool:
    """Whether a year has a holiday such as `CN/spring-festival`."""
    country, _, name = holiday.partition("/")
    return country in countries() and bool(tuple(_first_days(country, name, year)))


def holiday_days(holiday: str, first: date, last: date) -> Iterator[date]:
    """The days from `first` to `last`, both included, on which a holiday such as `CN/spring-festival` begins.

    It is the day of the feast itself, as the law names it: the first day of the first month, not the eve that may be
    off as well, nor a day off in its place. Nothing for a country or a holiday that is not known.
    """
    country, _, name = holiday.partition("/")
    if country not in countries():
        return
    for year in range(first.year, last.year + 1):
        yield from (day for day in _first_days(country, name, year) if first <= day <= last)


@lru_cache(maxsize=256)
def days_off(country: str, year: int) -> frozenset[date]:
    """The days off of a year, as far as they are known: see `announced`. Ordinary weekends are none.

    For China the whole stretches as the State Council announces them, weekends within included; days worked to make
    up for them are ordinary days. Where a year is not announced yet, only the days that the law itself names.
    """
    if country == CHINA and announced(country, year):
        import chinese_calendar

        return frozenset(day for day in chinese_calendar.holidays if day.year == year)
    return frozenset(_named(country, year, observed=country != CHINA))


def announced(country: str, year: int) -> bool:
    """Whether a year's days off are final. China's are announced in the autumn before; elsewhere the law tells."""
    if country != CHINA:
        return True
    import chinese_calendar

    return any(day.year == year for day in chinese_calendar.holidays)


def _first_days(country: str, name: str, year: int) -> Iterator[date]:
    meant = _ALSO.get(country, {}).get(name, name)
    days = sorted(day for day, found in _named(country, year).items() if meant in _ids(found))
    before = None
    for day in days:
        if before is None or day - before > _DAY:
            yield day
        before = day


@lru_cache(maxsize=256)
def _named(country: str, year: int, *, observed: bool = False) -> dict[date, str]:
    """The holidays of a year by day; without `observed`, each on its own day only."""
    import holidays

    if country not in countries():
        return {}
    try:
        found = holidays.country_holidays(country, years=year, observed=observed, language="en_US")
    except NotImplementedError:  # a country that is listed and not spoken of in English
        found = holidays.country_holidays(country, years=year, observed=observed)
    off = "substituted from"
    return {day: name for day, name in found.items() if day.year == year and (observed or off not in name)}


@lru_cache(maxsize=4096)
def _ids(name: str) -> frozenset[str]:
    """The ids of a holiday's name: whole, without what stands in brackets, that alone, and each without `-day`.

    Two holidays on one day share a line: each is found.
    """
    found: set[str] = set()
    for each in name.split("; "):
        inside = re.findall(r"\(([^)]*)\)", each)
        for text in (each, re.sub(r"\([^)]*\)", "", each), *inside):
            slug = _slug(text)
            found |= {slug, slug.removesuffix("-day")}
    return frozenset(found - {"", "observed", "estimated"})


def _plainest(name: str) -> str:
    """The id to offer: what stands in brackets is mostly what people say (`spring-festival`)."""
    first = name.split("; ")[0]
    inside = [each for each in re.findall(r"\(([^)]*)\)", first) if each not in ("observed", "estimated")]
    return _slug(inside[0] if inside else re.sub(r"\([^)]*\)", "", first))


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower().replace("'", "")
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
