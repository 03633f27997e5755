"""Owns what a time of day means as an instant, also on the days on which clocks change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True, order=True)
class Moment:
    """One instant, in UTC and as the clocks there show it; `rule` is the key of `when` that it comes from."""

    instant: datetime
    local: datetime
    rule: str


def instant_of(local: datetime, zone: ZoneInfo) -> datetime:
    """The instant (UTC) of a time of day without a zone.

    One that clocks leap over comes later by as much as they leap; one that they show twice is meant the first time
    (RFC 5545, section 3.3.5, and PEP 495 with fold 0).
    """
    return local.replace(tzinfo=zone, fold=0).astimezone(UTC)


def moment_at(instant: datetime, zone: ZoneInfo, rule: str) -> Moment:
    """The moment of an instant with a zone of any kind."""
    there = instant.astimezone(UTC)
    return Moment(there, there.astimezone(zone), rule)
