"""Each scalar reads its own text, and says by code what is wrong with another."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from groupform_schemas import ClockTime, Door, Duration, Percent, TimeRange, scalars, weekdays

GOOD: list[tuple[Any, str, Any]] = [
    (scalars.Natural, "0012", 12),
    (scalars.Natural, "0", 0),
    (scalars.Count, "+7", 7),
    *((scalars.Yes, text, True) for text in ("yes", "true", "on", "TRUE", "Yes")),
    *((scalars.Yes, text, False) for text in ("no", "false", "off", "No")),
    (scalars.Percent, "5%", Percent(Decimal(5))),
    (scalars.Percent, "12.5 %", Percent(Decimal("12.5"))),
    (scalars.Duration, "30d", Duration(30 * 86400)),
    (scalars.Duration, "1d12h", Duration(129600)),
    (scalars.Duration, "2w", Duration(14 * 86400)),
    (scalars.Duration, "90s", Duration(90)),
    (scalars.Offset, "-1d", Duration(-86400)),
    (scalars.ClockTime, "20:00", ClockTime(1200)),
    (scalars.ClockTime, "9:05", ClockTime(545)),
    (scalars.ClockTime, "00:00", ClockTime(0)),
    (scalars.TimeRange, "22:00-08:00", TimeRange(ClockTime(1320), ClockTime(480))),
    (scalars.TimeRange, "18:00 - 24:00", TimeRange(ClockTime(1080), ClockTime(1440))),
    (scalars.Date, "2026-12-01", date(2026, 12, 1)),
    (scalars.Date, "2028-02-29", date(2028, 2, 29)),
    (scalars.Days, "mon-fri", "mon-fri"),
    (scalars.MonthDay, "-1", -1),
    (scalars.LunarDate, "8-15", "08-15"),
    (scalars.Amount, "90", 90),
    (scalars.Amount, "15%", Percent(Decimal(15))),
    (scalars.Amount, "15m", Duration(900)),
    (scalars.Color, "#D4a017", "#D4a017"),
    (scalars.Url, "https://petclub.example/hospitals?q=一", "https://petclub.example/hospitals?q=一"),
    (scalars.TimeZone, "Asia/Shanghai", "Asia/Shanghai"),
    (scalars.Locale, "zh-Hans-CN", "zh-Hans-CN"),
    (scalars.Key, "0012", "0012"),
    (scalars.Key, "vip-lounge", "vip-lounge"),
    (scalars.GroupName, "store/人民广场", "store/人民广场"),
    (scalars.Holiday, "CN/spring-festival", "CN/spring-festival"),
    (scalars.Country, "NO", "NO"),
    (scalars.Recurrence, "freq=monthly;byday=2tu", "FREQ=MONTHLY;BYDAY=2TU"),
    (scalars.Line, "1e5", "1e5"),
    (scalars.Line, "  大厅 ", "大厅"),
    (scalars.Text, "one\ntwo\n", "one\ntwo\n"),
    (scalars.Setting, "", ""),
    (scalars.ServerGlob, "*.Spam.example", "*.spam.example"),
    (scalars.ServerGlob, "[2001:db8::*]", "[2001:db8::*]"),
    (scalars.Glob, "@spam*:*", "@spam*:*"),
    (scalars.Version, "1", 1),
    (Door, "open", Door.open),
]

BAD: list[tuple[Any, Any, str]] = [
    (scalars.Natural, "-1", "number-too-small"),
    (scalars.Count, "0", "number-too-small"),
    (scalars.Natural, "1e5", "not-a-whole-number"),
    (scalars.Natural, "1_000", "not-a-whole-number"),
    (scalars.Natural, "", "not-a-whole-number"),
    (scalars.Natural, "9" * 5000, "not-a-whole-number"),
    (scalars.Natural, "１２", "full-width"),
    (scalars.Natural, "٣", "not-a-whole-number"),
    (scalars.Yes, "maybe", "not-yes-or-no"),
    (scalars.Yes, "1", "not-yes-or-no"),
    (scalars.Percent, "5", "not-a-percentage"),
    (scalars.Percent, "5％", "full-width"),
    (scalars.Duration, "30", "not-a-duration"),
    (scalars.Duration, "1h1d", "not-a-duration"),
    (scalars.Duration, "1d1d", "not-a-duration"),
    (scalars.Duration, "3天", "not-a-duration"),
    (scalars.Duration, "-1d", "duration-negative"),
    (scalars.Duration, "９d", "full-width"),
    (scalars.ClockTime, "24:00", "time-midnight"),
    (scalars.ClockTime, "24:30", "not-a-time"),
    (scalars.ClockTime, "20:60", "not-a-time"),
    (scalars.ClockTime, "20：00", "full-width"),
    (scalars.ClockTime, "8pm", "not-a-time"),
    (scalars.TimeRange, "09:00", "not-a-time-range"),
    (scalars.TimeRange, "09:00~21:00", "not-a-time-range"),
    (scalars.TimeRange, "09:00-25:00", "not-a-time"),
    (scalars.TimeRange, "24:00-08:00", "time-midnight"),
    (scalars.TimeRange, "09:00-09:00", "time-range-empty"),
    (scalars.Date, "2026-02-30", "not-a-date"),
    (scalars.Date, "2026-1-1", "not-a-date"),
    (scalars.Date, "20261201", "not-a-date"),
    (scalars.Days, "monday", "not-a-weekday"),
    (scalars.Days, "Mon", "not-a-weekday"),
    (scalars.Count, " 7 ", "not-a-whole-number"),
    (scalars.Count, "7\u3000", "full-width"),
    (scalars.MonthDay, "32", "not-a-month-day"),
    (scalars.MonthDay, "0", "not-a-month-day"),
    (scalars.LunarDate, "13-01", "not-a-lunar-date"),
    (scalars.Amount, "many", "not-an-amount"),
    (scalars.Amount, "-5%", "not-an-amount"),
    (scalars.Color, "gold", "not-a-color"),
    (scalars.Url, "petclub.example", "not-a-url"),
    (scalars.Url, "javascript:alert(1)", "not-a-url"),
    (scalars.Url, "https://", "not-a-url"),
    (scalars.Url, "https://[", "not-a-url"),
    (scalars.Url, "https://a.example:99999", "not-a-url"),
    (scalars.Domain, "https://petclub.example", "not-a-domain"),
    (scalars.TimeZone, "Asia", "not-a-time-zone"),
    (scalars.TimeZone, "Asia/Shangai", "not-a-time-zone"),
    (scalars.TimeZone, "../etc/passwd", "not-a-time-zone"),
    (scalars.TimeZone, "", "not-a-time-zone"),
    (scalars.TimeZone, "a\0b", "control-character"),
    (scalars.TimeZone, "A" * 5000, "not-a-time-zone"),
    (scalars.Locale, "zh_CN", "not-a-locale"),
    (scalars.Key, "VIP", "not-a-key"),
    (scalars.Key, "-vip", "not-a-key"),
    (scalars.Key, "大厅", "not-a-key"),
    (scalars.Key, "vip\n", "not-a-key"),
    (scalars.GroupName, "city/", "not-a-group-name"),
    (scalars.GroupName, "city/s h", "not-a-group-name"),
    (scalars.FilePath, "/etc/passwd", "not-a-path"),
    (scalars.FilePath, "posts\\day.md", "not-a-path"),
    (scalars.FilePath, "", "text-empty"),
    (scalars.Line, "a\nb", "not-one-line"),
    (scalars.Line, "a\u2028b", "not-one-line"),
    (scalars.Line, "a\0b", "control-character"),
    (scalars.Text, "a\ud800b", "control-character"),
    (scalars.Setting, "\x1b[2J", "control-character"),
    (scalars.Key, "\x07", "control-character"),
    (scalars.Line, "   ", "text-empty"),
    (scalars.Text, None, "value-empty"),
    (scalars.Text, ["a"], "not-a-scalar"),
    (scalars.Key, {}, "not-a-scalar"),
    (scalars.Version, "2", "language-version"),
    (Door, "opne", "not-a-choice-close"),
    (Door, "zzz", "not-a-choice"),
    (Door, "ｏｐｅｎ", "full-width"),
    (Door, None, "value-empty"),
]


def _plain(value: Any) -> str:
    return ascii(value)[:30]


@pytest.mark.parametrize(("kind", "text", "meant"), GOOD, ids=_plain)
def test_it_reads_its_own_text(kind: Any, text: str, meant: Any) -> None:
    assert TypeAdapter(kind).validate_python(text) == meant


@pytest.mark.parametrize(("kind", "text", "meant"), GOOD, ids=_plain)
def test_what_it_dumps_it_reads_again(kind: Any, text: str, meant: Any) -> None:
    adapter = TypeAdapter(kind)
    dumped = adapter.dump_python(meant, mode="json")
    assert isinstance(dumped, str | int)
    assert adapter.validate_python(dumped) == meant


@pytest.mark.parametrize(("kind", "text", "code"), BAD, ids=_plain)
def test_it_says_what_is_wrong(kind: Any, text: Any, code: str) -> None:
    with pytest.raises(ValidationError) as raised:
        TypeAdapter(kind).validate_python(text)
    (error,) = raised.value.errors()
    assert error["type"] == code


def test_what_was_meant_in_full_width_is_said() -> None:
    with pytest.raises(ValidationError) as raised:
        TypeAdapter(scalars.TimeRange).validate_python("２２：００－０８：００")
    assert raised.value.errors()[0]["ctx"] == {"value": "２２：００－０８：００", "plain": "22:00-08:00"}


@pytest.mark.parametrize(
    ("text", "days"),
    [("wed", ("wed",)), ("mon-wed", ("mon", "tue", "wed")), ("sat-mon", ("sat", "sun", "mon"))],
)
def test_days_stretch_over_the_end_of_a_week(text: str, days: tuple[str, ...]) -> None:
    assert weekdays(text) == days


def test_one_length_of_time_has_one_form() -> None:
    read = TypeAdapter(scalars.Duration).validate_python
    assert read("7d") == read("168h") == read("1w")
    assert str(read("168h")) == "7d"
    assert str(read("0m")) == "0s"
