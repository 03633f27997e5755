"""When the next runs start."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from groupform.config.runs import next_runs
from groupform_schemas import RepeatedRuns

SHANGHAI = "Asia/Shanghai"


def _next(now: str, count: int = 1, **runs: object) -> list[str] | None:
    model = RepeatedRuns.model_validate({"lasts": "4h", "then": "dissolve", **runs})
    found = next_runs(model, SHANGHAI, datetime.fromisoformat(now).replace(tzinfo=UTC), count)
    return None if found is None else [each.isoformat() for each in found]


SATURDAYS = {"weekly": ["sat"], "at": "18:00"}


@pytest.mark.parametrize(
    ("now", "day"),
    [
        ("2026-12-04T00:00", "2026-12-05"),
        ("2026-12-05T09:59", "2026-12-05"),  # 17:59 there
        ("2026-12-05T13:59", "2026-12-05"),  # under way
        ("2026-12-05T14:00", "2026-12-12"),  # just over
        ("2026-12-11T16:30", "2026-12-12"),  # already Saturday there
    ],
)
def test_a_run_counts_until_it_is_over(now: str, day: str) -> None:
    assert _next(now, every=SATURDAYS) == [day]


def test_the_first_day_and_the_last() -> None:
    bounds = {"from": "2026-12-20", "until": "2026-12-27"}
    assert _next("2026-12-01T00:00", 5, every=SATURDAYS, **bounds) == ["2026-12-26"]
    assert _next("2027-01-01T00:00", every=SATURDAYS, **bounds) == []


def test_days_of_the_month_single_days_and_every_day() -> None:
    assert _next("2026-01-29T00:00", 3, every={"monthly": ["1", "-1"], "at": "9:00"}) == [
        "2026-01-31", "2026-02-01", "2026-02-28",
    ]  # fmt: skip
    dates = {"dates": ["2026-12-12", "2026-11-11"], "at": "00:00"}
    assert _next("2026-11-12T00:00", 2, every=dates) == ["2026-12-12"]
    skip = {"daily": "true", "at": "9:00", "skip": {"dates": ["2026-12-02"]}}
    assert _next("2026-12-01T00:00", 2, every=skip) == ["2026-12-01", "2026-12-03"]
    assert _next("2026-12-01T00:00", 3, every={"weekly": ["mon-tue", "sun"], "at": "9:00"}) == [
        "2026-12-01", "2026-12-06", "2026-12-07",
    ]  # fmt: skip


def test_a_run_that_lasts_over_days_is_still_under_way() -> None:
    assert _next("2026-12-07T00:00", every=SATURDAYS, lasts="3d") == ["2026-12-05"]


def test_runs_by_holiday_by_the_moon_and_by_a_rule() -> None:
    spring = {"holiday": "CN/spring-festival", "offset": "-1d", "at": "9:00"}
    assert _next("2026-12-01T00:00", 2, every=spring) == ["2027-02-05", "2028-01-25"]
    assert _next("2026-12-01T00:00", every={"lunar": "08-15", "at": "9:00"}) == ["2027-09-15"]
    fortnight = {"rrule": "FREQ=WEEKLY;INTERVAL=2;BYDAY=SA", "at": "18:00"}
    bounds = {"from": "2026-12-05"}
    assert _next("2026-12-06T00:00", 2, every=fortnight, **bounds) == ["2026-12-19", "2027-01-02"]
    skip = {"daily": "true", "at": "9:00", "skip": {"holidays": "CN"}}
    assert _next("2026-09-30T23:00", every=skip, lasts="1h") == ["2026-10-08"]


def test_a_run_is_named_by_its_day_so_a_day_has_one() -> None:
    assert _next("2026-12-01T16:00", 2, every={"rrule": "FREQ=HOURLY"}, lasts="1h") == ["2026-12-02", "2026-12-03"]


def test_clocks_that_change_do_not_move_a_day() -> None:
    model = RepeatedRuns.model_validate({"every": {"daily": "yes", "at": "02:30"}, "lasts": "1h", "then": "archive"})
    now = datetime(2026, 3, 29, 0, 0, tzinfo=UTC)  # an hour before 02:00 becomes 03:00 in Berlin
    found = next_runs(model, "Europe/Berlin", now, 2)
    assert found is not None
    assert [each.isoformat() for each in found] == ["2026-03-29", "2026-03-30"]
