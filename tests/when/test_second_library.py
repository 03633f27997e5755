"""The same moments from another library's expansion of the same calendar, written as iCalendar, from 2024 to 2030."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
import recurring_ical_events
from icalendar import Calendar, Event

from groupform.when.moments import moments
from groupform_schemas import When

ZONES = ("Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe")
SINCE, UNTIL = datetime(2024, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC)
FIRST = date(2024, 1, 1)  # a Monday: what an interval is counted from

# Each form of `when`, and the rule that says the same; times that no clock leaps over or shows twice.
SAME = [
    ({"daily": "true"}, "FREQ=DAILY"),
    ({"weekly": ["tue", "fri-sun"]}, "FREQ=WEEKLY;BYDAY=TU,FR,SA,SU"),
    ({"monthly": ["1", "31"]}, "FREQ=MONTHLY;BYMONTHDAY=1,31"),
    ({"monthly": ["-1"]}, "FREQ=MONTHLY;BYMONTHDAY=-1"),
    ({"rrule": "FREQ=MONTHLY;BYDAY=2TU"}, "FREQ=MONTHLY;BYDAY=2TU"),
    ({"rrule": "FREQ=WEEKLY;INTERVAL=3;BYDAY=MO,WE"}, "FREQ=WEEKLY;INTERVAL=3;BYDAY=MO,WE"),
    ({"rrule": "FREQ=YEARLY;BYMONTH=3,10;BYDAY=-1SU"}, "FREQ=YEARLY;BYMONTH=3,10;BYDAY=-1SU"),
    ({"rrule": "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1"}, "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1"),
    ({"rrule": "FREQ=DAILY;UNTIL=20270331"}, "FREQ=DAILY;UNTIL={end}"),
]


def second(rule: str, at: time, zone: str) -> list[datetime]:
    """Every instant at which the rule is due, from its first day on."""
    event = Event()
    event.add("uid", "one")
    event.add("dtstart", datetime.combine(FIRST, at, ZoneInfo(zone)))
    # A bare day means that day as clocks there show it; iCalendar wants the instant in UTC.
    end = datetime(2027, 3, 31, 23, 59, 59, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    event["rrule"] = rule.replace("{end}", f"{end:%Y%m%dT%H%M%SZ}")
    calendar = Calendar()
    calendar.add_component(Event.from_ical(event.to_ical()))
    found = recurring_ical_events.of(calendar).between(SINCE, UNTIL)
    return sorted(each["DTSTART"].dt.astimezone(UTC) for each in found)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(("when", "rule"), SAME, ids=[rule for _, rule in SAME])
@pytest.mark.parametrize("clock", ["00:30", "20:00"])
def test_both_say_the_same(when: dict[str, object], rule: str, zone: str, clock: str) -> None:
    at = time.fromisoformat(clock)
    start = datetime.combine(FIRST, at, ZoneInfo(zone)).astimezone(UTC)
    model = When.model_validate({**when, "at": clock})
    mine = [each.instant for each in moments(model, zone, SINCE, UNTIL) if each.instant >= start]
    theirs = [each for each in second(rule, at, zone) if SINCE <= each < UNTIL]
    if "INTERVAL" not in rule and "DAILY" not in rule and mine[:1] != theirs[:1]:
        theirs = theirs[1:]  # iCalendar counts the first day in, whether the rule names it or not
    assert mine == theirs
    assert len(mine) > 10
