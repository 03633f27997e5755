"""Owns recurrence rules (RFC 5545, section 3.3.10): what one says, read against a first day."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

ANCHOR = date(2024, 1, 1)
"""A Monday: where a community has no first day, every other week is counted from here."""
_TOO_OFTEN = ("SECONDLY", "MINUTELY")
_EACH_DAY_ALIKE = ("DAILY", "HOURLY")


def rule_problem(rule: str) -> tuple[str, str] | None:
    """What is wrong with a rule, as a code and the part to blame; None where it can be followed."""
    parts = _parts(rule)
    if parts.get("FREQ") in _TOO_OFTEN:
        return "calendar-rule-too-often", f"FREQ={parts['FREQ']}"
    for name in ("INTERVAL", "COUNT"):
        if not re.fullmatch(r"[1-9][0-9]{0,8}", parts.get(name, "1")):
            return "calendar-rule-broken", f"{name}={parts[name]}"
    if _never(parts):
        return "calendar-rule-never", f"BYMONTHDAY={parts['BYMONTHDAY']}"
    try:
        _rule(rule, datetime.combine(ANCHOR, time()), ZoneInfo("UTC"))
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        return "calendar-rule-broken", str(error)
    return None


def rule_times(rule: str, at: time | None, anchor: date, zone: ZoneInfo, first: date, last: date) -> Iterator[datetime]:
    """The times of day, without a zone, from `first` to `last`, both included; nothing for a rule with a problem."""
    if rule_problem(rule) is not None:
        return
    parts = _parts(rule)
    start = anchor
    if parts["FREQ"] in _EACH_DAY_ALIKE and parts.get("INTERVAL", "1") == "1" and "COUNT" not in parts:
        start = max(anchor, first)  # the same days, without a walk through the years before
    if start > last:
        return
    made = _rule(rule, datetime.combine(start, at or time()), zone)
    end = datetime.combine(last, time.max)
    for each in made.xafter(datetime.combine(first, time()), inc=True):
        if each > end:
            return
        yield each


def _rule(rule: str, start: datetime, zone: ZoneInfo) -> Any:
    from dateutil.rrule import rrulestr

    parts = _parts(rule)
    if "UNTIL" in parts:
        parts["UNTIL"] = _until(parts["UNTIL"], zone)
    return rrulestr(";".join(f"{name}={value}" for name, value in parts.items()), dtstart=start)


def _until(text: str, zone: ZoneInfo) -> str:
    """The end as a time of day there: a bare day is meant whole, one in UTC is brought over."""
    if "T" not in text:
        return f"{text}T235959"
    if text.endswith("Z"):
        there = datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).astimezone(zone)
        return there.strftime("%Y%m%dT%H%M%S")
    return text


def _parts(rule: str) -> dict[str, str]:
    return dict(each.split("=", 1) for each in rule.upper().split(";"))


def _never(parts: dict[str, str]) -> bool:
    """Whether a rule names only days that its months do not have: it would be looked for until the year 9999."""
    try:
        days = [abs(int(each)) for each in parts["BYMONTHDAY"].split(",")]
        months = [int(each) for each in parts.get("BYMONTH", "1").split(",")]
        return all(day > monthrange(2024, month)[1] for day in days for month in months)
    except (KeyError, ValueError):
        return False
