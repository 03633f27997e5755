"""`skip: {holidays: CN}` against the State Council's notices themselves, written down by hand, in several time zones.

2024: 国办发明电〔2023〕7号, 25 October 2023 (People's Daily, 26 October 2023, page 6; zh.wikisource.org).
2025: 国办发明电〔2024〕12号, 12 November 2024 (Xinhua).
2026: the notice of 4 November 2025 (Xinhua; politics.gmw.cn/2025-11/04/content_38391083.htm).
What neither library of ours has written: only facts are taken from there, days off and days worked in their place.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import holidays
import pytest

from groupform.when.holidays import announced, days_off
from groupform.when.moments import moments
from groupform_schemas import When

OFF = {
    2024: ("01-01", "02-10 02-17", "04-04 04-06", "05-01 05-05", "06-10", "09-15 09-17", "10-01 10-07"),
    2025: ("01-01", "01-28 02-04", "04-04 04-06", "05-01 05-05", "05-31 06-02", "10-01 10-08"),
    2026: ("01-01 01-03", "02-15 02-23", "04-04 04-06", "05-01 05-05", "06-19 06-21", "09-25 09-27", "10-01 10-07"),
}
WORKED = {
    2024: "02-04 02-18 04-07 04-28 05-11 09-14 09-29 10-12",
    2025: "01-26 02-08 04-27 09-28 10-11",
    2026: "01-04 02-14 02-28 05-09 09-20 10-10",
}
ZONES = ("Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Auckland")
_DAY = timedelta(days=1)


def days(year: int) -> list[date]:
    first = date(year, 1, 1)
    return [first + number * _DAY for number in range((date(year + 1, 1, 1) - first).days)]


def off(year: int) -> set[date]:
    """The days off of the notice; 1 January 2024 is off "together with the week-end", which is one anyway."""
    found: set[date] = set()
    for each in OFF[year]:
        first, _, last = each.partition(" ")
        begin, end = (date.fromisoformat(f"{year}-{text}") for text in (first, last or first))
        found |= {begin + number * _DAY for number in range((end - begin).days + 1)}
    return found


def worked(year: int) -> set[date]:
    return {date.fromisoformat(f"{year}-{each}") for each in WORKED[year].split()}


def sent(zone: str, year: int, **when: object) -> list[datetime]:
    """What the calendar has in a year, as the clocks there show it."""
    here = ZoneInfo(zone)
    since, until = (datetime.combine(date(each, 1, 1), time(), here) for each in (year, year + 1))
    found = moments(When.model_validate({**when, "skip": {"holidays": "CN"}}), zone, since, until)
    return [each.instant.astimezone(here) for each in found]


@pytest.mark.parametrize("year", OFF)
def test_the_table_agrees_with_itself(year: int) -> None:
    """A day that is worked is of a week-end, and never off as well."""
    assert all(each.weekday() >= 5 for each in worked(year)) and not worked(year) & off(year)


@pytest.mark.parametrize("year", OFF)
def test_days_off_are_those_of_the_notice(year: int) -> None:
    assert announced("CN", year)
    ordinary = {each for each in days(year) if each.weekday() >= 5} - worked(year)
    assert {*days_off("CN", year)} | ordinary == off(year) | ordinary
    assert not {*days_off("CN", year)} & worked(year)


@pytest.mark.parametrize("year", OFF)
def test_another_library_has_the_same_days_worked(year: int) -> None:
    known = holidays.country_holidays("CN", years=year).weekend_workdays
    assert {each for each in known if each.year == year} == worked(year)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("year", OFF)
def test_every_day_is_left_out_or_kept_as_the_notice_has_it(year: int, zone: str) -> None:
    assert [each.date() for each in sent(zone, year, daily="true", at="20:00")] == [
        each for each in days(year) if each not in off(year)
    ]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("year", OFF)
def test_a_saturday_on_which_people_work_is_one_of_the_saturdays(year: int, zone: str) -> None:
    found = {each.date() for each in sent(zone, year, weekly=["sat"], at="20:00")}
    saturdays = {each for each in days(year) if each.weekday() == 5}
    assert found == saturdays - off(year)
    assert {each for each in worked(year) if each.weekday() == 5} <= found


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("year", OFF)
def test_clocks_that_leap_leave_nothing_out_and_double_nothing(year: int, zone: str) -> None:
    """02:30 is leapt over, or comes twice, on one night each where there is daylight saving."""
    found = sent(zone, year, daily="true", at="02:30")
    assert [each.date() for each in found] == [each for each in days(year) if each not in off(year)]
    assert all((each.hour, each.minute) in ((2, 30), (3, 30), (3, 0)) for each in found)
    instants = [each.astimezone(UTC) for each in found]
    assert instants == sorted(set(instants))


@pytest.mark.parametrize("year", range(2027, 2031))
def test_years_that_are_not_announced_have_the_days_of_the_law_and_no_days_worked(year: int) -> None:
    """As far as is known: National Day is off by law; nobody knows yet which week-ends are worked."""
    if announced("CN", year):
        pytest.fail(f"{year} is announced by now: write the notice into the table above")
    assert {date(year, 1, 1), date(year, 5, 1), date(year, 10, 1)} <= days_off("CN", year)
    found = {each.date() for each in sent("Asia/Shanghai", year, weekly=["sat-sun"], at="20:00")}
    assert found == {each for each in days(year) if each.weekday() >= 5} - days_off("CN", year)
