"""Owns the small values that a scalar may stand for: durations, times of day, percentages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Self

from groupform_schemas.errors import problem

_UNITS = {"w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1}
_DURATION = re.compile(r"(-?)((?:[0-9]{1,6}[wdhms])+)")
_TIME = re.compile(r"([0-9]{1,2}):([0-9]{2})")
_PERCENT = re.compile(r"([0-9]{1,4}(?:\.[0-9]{1,4})?) ?%")
MIDNIGHT = 24 * 60


@dataclass(frozen=True, slots=True, order=True)
class Duration:
    """A length of time in whole seconds; negative only as an offset. `7d` and `168h` are the same duration."""

    seconds: int

    @classmethod
    def read(cls, text: str) -> Self:
        """`30d`, `15m`, `1d12h`, `-1d`."""
        found = _DURATION.fullmatch(text)
        if not found:
            raise problem("not-a-duration", value=text)
        parts = re.findall(r"([0-9]+)([wdhms])", found[2])
        units = [unit for _, unit in parts]
        if units != [unit for unit in _UNITS if unit in units]:
            raise problem("not-a-duration", value=text)
        seconds = sum(int(number) * _UNITS[unit] for number, unit in parts)
        return cls(-seconds if found[1] else seconds)

    @property
    def timedelta(self) -> timedelta:
        return timedelta(seconds=self.seconds)

    def __str__(self) -> str:
        for unit in ("d", "h", "m"):
            if self.seconds and self.seconds % _UNITS[unit] == 0:
                return f"{self.seconds // _UNITS[unit]}{unit}"
        return f"{self.seconds}s"


@dataclass(frozen=True, slots=True, order=True)
class ClockTime:
    """A time of day in minutes after midnight; 1440 is the day's end, `24:00`, and stands only where a range ends."""

    minutes: int

    @classmethod
    def read(cls, text: str, *, end: bool = False) -> Self:
        """`20:00`, `9:05`; `24:00` where `end` is true."""
        found = _TIME.fullmatch(text)
        if not found:
            raise problem("not-a-time", value=text)
        minutes = int(found[1]) * 60 + int(found[2])
        if minutes == MIDNIGHT and int(found[2]) == 0 and not end:
            raise problem("time-midnight", value=text)
        if minutes > MIDNIGHT or int(found[2]) > 59:
            raise problem("not-a-time", value=text)
        return cls(minutes)

    def __str__(self) -> str:
        return f"{self.minutes // 60:02}:{self.minutes % 60:02}"


@dataclass(frozen=True, slots=True)
class TimeRange:
    """From one time of day to another, over midnight where the end is the smaller one."""

    start: ClockTime
    end: ClockTime

    @classmethod
    def read(cls, text: str) -> Self:
        """`09:00-21:00`, `22:00-08:00`, `18:00-24:00`."""
        start, dash, end = (part.strip() for part in text.partition("-"))
        if not dash or not _TIME.fullmatch(start) or not _TIME.fullmatch(end):
            raise problem("not-a-time-range", value=text)
        found = cls(ClockTime.read(start), ClockTime.read(end, end=True))
        if found.start == found.end:
            raise problem("time-range-empty", value=text)
        return found

    def __str__(self) -> str:
        return f"{self.start}-{self.end}"


@dataclass(frozen=True, slots=True, order=True)
class Percent:
    """A share, in hundredths: `points` of `5%` is 5."""

    points: Decimal

    @classmethod
    def read(cls, text: str) -> Self:
        """`5%`, `12.5%`."""
        found = _PERCENT.fullmatch(text)
        if not found:
            raise problem("not-a-percentage", value=text)
        return cls(Decimal(found[1]))

    @property
    def fraction(self) -> float:
        return float(self.points) / 100

    def __str__(self) -> str:
        return f"{self.points.normalize():f}%"


Amount = int | Percent | Duration
"""What a bound compares with: a count, a share or a length of time."""


def read_amount(text: str) -> Amount:
    """`90`, `5%` or `15m`, each told by its unit."""
    if re.fullmatch(r"[0-9]{1,12}", text):
        return int(text)
    if _PERCENT.fullmatch(text):
        return Percent.read(text)
    if _DURATION.fullmatch(text) and not text.startswith("-"):
        return Duration.read(text)
    raise problem("not-an-amount", value=text)
