"""Moments against an enumeration of every day, in zones whose clocks change, from 2024 to 2030."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import chinese_calendar
import pytest

from groupform.when.moments import moments
from groupform_schemas import When
from when.lunar_reference import lunar_date

ZONES = ("Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe")
SINCE, UNTIL = datetime(2024, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC)
DAYS = [date(2023, 12, 30) + timedelta(days=number) for number in range(2562)]
"""From two days before the window to two days after it."""


def shown(instant: datetime, zone: ZoneInfo) -> datetime:
    return instant.astimezone(zone).replace(tzinfo=None)


def brute_instant(day: date, hour: int, minute: int, zone: ZoneInfo) -> datetime:
    """The first instant at which clocks there show this time; where none do, as far after the leap as it is meant to
    be after midnight: found by looking at the clock minute by minute, with no rule about offsets."""
    wanted = datetime.combine(day, time(hour, minute))
    start = datetime.combine(day, time(), UTC) - timedelta(hours=14)
    for number in range(29 * 60):
        instant = start + timedelta(minutes=number)
        if shown(instant, zone) == wanted:
            return instant
    before = max(
        (start + timedelta(minutes=number) for number in range(29 * 60)),
        key=lambda instant: (shown(instant, zone) < wanted, instant if shown(instant, zone) < wanted else start),
    )
    return before + (wanted - shown(before, zone))


def brute(fits: Callable[[date], bool], hour: int, minute: int, zone: str) -> list[datetime]:
    there = ZoneInfo(zone)
    quick: dict[tuple[object, ...], timedelta] = {}
    found = []
    for day in DAYS:
        if not fits(day):
            continue
        # Where the offset is the same on the day before, on this one and on the next, no clock is changed.
        offsets = tuple(
            datetime.combine(day + timedelta(days=ahead), time(12), there).utcoffset() for ahead in (-1, 0, 1)
        )
        if len(set(offsets)) == 1:
            at = datetime.combine(day, time(hour, minute), UTC) - quick.setdefault(offsets, offsets[0] or timedelta())
        else:
            at = brute_instant(day, hour, minute, there)
        if SINCE <= at < UNTIL:
            found.append(at)
    return sorted(set(found))


def expanded(zone: str, **when: object) -> list[datetime]:
    return [each.instant for each in moments(When.model_validate(when), zone, SINCE, UNTIL)]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("clock", ["00:00", "01:45", "02:00", "02:15", "02:30", "03:00", "20:00", "23:59"])
def test_every_day_at_every_kind_of_hour(zone: str, clock: str) -> None:
    hour, minute = map(int, clock.split(":"))
    assert expanded(zone, daily="true", at=clock) == brute(lambda day: True, hour, minute, zone)


@pytest.mark.parametrize("zone", ZONES)
def test_days_of_the_week_and_of_the_month(zone: str) -> None:
    weekly = brute(lambda day: day.weekday() in (2, 5, 6, 0), 2, 30, zone)
    assert expanded(zone, weekly=["wed", "sat-mon"], at="02:30") == weekly
    tomorrow = timedelta(days=1)
    monthly = brute(lambda day: day.day in (15, 31) or (day + tomorrow).day == 1, 9, 0, zone)
    assert expanded(zone, monthly=["15", "31", "-1"], at="09:00") == monthly


@pytest.mark.parametrize("zone", ZONES)
def test_rules_that_can_be_told_by_looking_at_a_day(zone: str) -> None:
    second_tuesday = brute(lambda day: day.weekday() == 1 and 8 <= day.day <= 14, 2, 15, zone)
    assert expanded(zone, rrule="FREQ=MONTHLY;BYDAY=2TU", at="02:15") == second_tuesday
    monday = date(2024, 1, 1)
    fortnight = brute(lambda day: day >= monday and (day - monday).days % 14 in (0, 3), 20, 0, zone)
    assert expanded(zone, rrule="FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH", at="20:00") == fortnight


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/New_York"])
@pytest.mark.parametrize("lunar", ["01-01", "05-05", "06-30", "08-15", "12-08", "12-30"])
def test_lunar_dates(zone: str, lunar: str) -> None:
    """Another library tells the lunar date of each day; a thirtieth that a month lacks is its last day."""
    month, number = map(int, lunar.split("-"))

    def fits(day: date) -> bool:
        here, after = lunar_date(day), lunar_date(day + timedelta(days=1))
        if here.leap or here.month != month:
            return False
        return here.day == number or (number == 30 and here.day == 29 and after.day == 1)

    assert expanded(zone, lunar=lunar, at="10:00") == brute(fits, 10, 0, zone)


def test_the_eve_of_a_lunar_date() -> None:
    eve = expanded("Asia/Shanghai", lunar="01-01", offset="-1d", at="20:00")
    assert eve == brute(lambda day: lunar_date(day + timedelta(days=1))[:2] == (1, 1), 20, 0, "Asia/Shanghai")


def test_days_off_are_left_out_and_days_worked_in_their_place_are_not() -> None:
    """Day by day, for the years that are announced: a Saturday on which people work is an ordinary Saturday."""
    zone = "Asia/Shanghai"

    def fits(day: date) -> bool:
        if day.year > 2026 or day.weekday() < 5:
            return False
        _, holiday = chinese_calendar.get_holiday_detail(day)
        return holiday is None or chinese_calendar.is_workday(day)

    mine = expanded(zone, weekly=["sat-sun"], at="20:00", skip={"holidays": "CN"})
    assert [each for each in mine if each < datetime(2026, 12, 31, tzinfo=UTC)] == brute(fits, 20, 0, zone)
    local = {each.astimezone(ZoneInfo(zone)).date() for each in mine}
    assert date(2026, 2, 14) in local, "worked, in place of a day off"
    assert date(2026, 2, 21) not in local, "a Saturday within the Spring Festival"
    assert date(2026, 2, 7) in local, "an ordinary Saturday"
    assert date(2027, 10, 2) not in local, "off by law, though the year is not announced"


def test_a_whole_day_that_clocks_leapt_over_comes_once() -> None:
    """Samoa had no 30 December 2011."""
    when = When.model_validate({"daily": "true", "at": "10:00"})
    since, until = datetime(2011, 12, 29, 12, tzinfo=UTC), datetime(2012, 1, 1, tzinfo=UTC)
    found = [each.local.isoformat()[:16] for each in moments(when, "Pacific/Apia", since, until)]
    assert found == ["2011-12-29T10:00", "2011-12-31T10:00", "2012-01-01T10:00"]


def test_the_window_is_half_open_and_needs_no_order_of_zones() -> None:
    when = When.model_validate({"daily": "true", "at": "10:00"})
    ten = datetime(2026, 12, 12, 2, tzinfo=UTC)
    there = ten.astimezone(ZoneInfo("America/New_York"))
    assert [each.instant for each in moments(when, "Asia/Shanghai", there, ten + timedelta(days=1))] == [ten]
    assert list(moments(when, "Asia/Shanghai", ten, ten)) == []
