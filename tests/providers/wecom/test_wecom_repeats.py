"""What a schedule's own repeats say is what the rule means, to the minute; what they might not say is not said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groupform.providers.wecom.repeats import (
    alike,
    begins_again,
    fixed_hours,
    once,
    reminders,
    reminds,
    said_exactly,
    start_of,
    when_of,
)
from groupform.when.moments import moments
from groupform_schemas import When

CHINA = "Asia/Shanghai"
SINCE = datetime(2026, 12, 1, 4, 0, tzinfo=UTC)
DAY = timedelta(days=1)
ATS = st.builds(lambda hour, minute: f"{hour:02}:{minute:02}", st.integers(0, 23), st.integers(0, 59))
DAYS = st.sampled_from(["mon", "tue", "sat-mon", "mon-fri", "sun", "thu-thu"])
WHENS = st.one_of(
    st.builds(lambda at: {"daily": True, "at": at}, ATS),
    st.builds(lambda days, at: {"weekly": days, "at": at}, st.lists(DAYS, min_size=1, max_size=3, unique=True), ATS),
    st.builds(lambda days, at: {"monthly": days, "at": at}, st.lists(st.integers(1, 28), min_size=1, max_size=4), ATS),
    st.builds(lambda rule, at: {"rrule": rule, "at": at}, st.sampled_from([
        "FREQ=DAILY", "FREQ=WEEKLY;BYDAY=TU,SU", "FREQ=MONTHLY;BYMONTHDAY=3,28", "FREQ=WEEKLY;INTERVAL=1;BYDAY=WE",
    ]), ATS),
)  # fmt: skip


def on_the_platform(start: int, said: dict[str, Any], until: datetime) -> list[datetime]:
    """When a schedule comes, as the facts tell its fields (§13)."""
    zone = timezone(timedelta(hours=said["timezone"]))
    first = datetime.fromtimestamp(start, zone)
    week, month = said.get("repeat_day_of_week"), said.get("repeat_day_of_month")
    found, day = [], first
    while day < until:
        fits = {0: True, 1: week is None or day.isoweekday() in week, 2: month is None or day.day in month}
        if fits[said["repeat_type"]]:
            found.append(day.astimezone(UTC))
        day += DAY
    return found


@settings(deadline=None, max_examples=60)
@given(WHENS, st.sampled_from([CHINA, "Asia/Tokyo", "UTC", "Asia/Dubai"]))
def test_repeats_come_exactly_when_the_rule_does(written: dict[str, Any], zone: str) -> None:
    when = When.model_validate(written)
    said = said_exactly(when, zone)
    assert said is not None
    until = SINCE + 70 * DAY
    start, fields = start_of(said, SINCE), reminders(said, remind=True)
    assert on_the_platform(start, fields, until) == [each.instant for each in moments(when, zone, SINCE, until)]
    assert when_of(start, fields) == said and reminds(fields)
    assert begins_again(said, start) == start, "an edit of something else moves nothing"


@pytest.mark.parametrize(
    "written",
    [
        {"monthly": [29], "at": "09:00"},
        {"monthly": [-1], "at": "09:00"},
        {"weekly": ["mon"], "at": "09:00", "skip": {"holidays": "CN"}},
        {"daily": True, "at": "09:00", "skip": {"dates": ["2026-12-24"]}},
        {"lunar": "08-15", "at": "09:00"},
        {"holiday": "CN/spring-festival", "at": "09:00"},
        {"dates": ["2026-12-24"], "at": "09:00"},
        {"after": "group_created", "wait": "3d"},
        {"rrule": "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO", "at": "09:00"},
        {"rrule": "FREQ=MONTHLY;BYDAY=2TU", "at": "09:00"},
        {"rrule": "FREQ=DAILY;COUNT=3", "at": "09:00"},
        {"rrule": "FREQ=DAILY;UNTIL=20270101", "at": "09:00"},
        {"rrule": "FREQ=MONTHLY;BYMONTHDAY=-1", "at": "09:00"},
        {"rrule": "FREQ=MONTHLY;BYMONTHDAY=31", "at": "09:00"},
        {"rrule": "FREQ=DAILY"},
    ],
    ids=lambda each: str(each)[:40],
)
def test_what_repeats_cannot_say_or_not_surely_is_left_to_dates(written: dict[str, Any]) -> None:
    assert said_exactly(When.model_validate(written), CHINA) is None


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Auckland"])
def test_a_zone_that_changes_its_clocks_or_has_half_hours_cannot_be_said(zone: str) -> None:
    assert fixed_hours(zone) is None
    assert said_exactly(When.model_validate({"daily": True, "at": "09:00"}), zone) is None


@settings(deadline=None, max_examples=40)
@given(st.datetimes(datetime(2025, 1, 1), datetime(2035, 1, 1)), st.integers(-14 * 4, 14 * 4))
def test_a_single_date_reads_back_as_it_was_said(at: datetime, quarters: int) -> None:
    offset = timezone(timedelta(minutes=15 * quarters))
    said = once(at.replace(second=0, microsecond=0, tzinfo=offset))
    start = start_of(said, SINCE)
    assert start == int(at.replace(second=0, microsecond=0, tzinfo=offset).timestamp())
    assert alike(when_of(start, reminders(said, remind=False))) == alike(said)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"is_repeat": 1, "repeat_type": 7, "timezone": 8}, "workdays 20:00 UTC+8"),
        ({"is_repeat": 1, "repeat_type": 5, "timezone": 8}, "yearly 20:00 UTC+8"),
        ({"is_repeat": 1, "repeat_type": 1}, "wed 20:00 UTC+8"),
        ({"is_repeat": 1, "repeat_type": 2}, "monthly 2 20:00 UTC+8"),
        ({"is_repeat": 1, "repeat_type": 9}, "type 9 20:00 UTC+8"),
        (
            {
                "is_repeat": 1,
                "repeat_type": 1,
                "is_custom_repeat": 1,
                "repeat_interval": 2,
                "repeat_day_of_week": [3, 9],
            },
            "wed 20:00 UTC+8, every 2",
        ),
        ({"is_repeat": 1, "repeat_type": 0, "repeat_until": 1_798_761_600}, "daily 20:00 UTC+8, until 2027-01-01"),
        ({"is_repeat": 0}, "2026-12-02 20:00 UTC+8"),
        ({}, "2026-12-02 20:00 UTC+8"),
    ],
)
def test_whatever_other_hands_have_set_is_told(fields: dict[str, Any], told: str) -> None:
    assert when_of(1_796_212_800, fields) == told
