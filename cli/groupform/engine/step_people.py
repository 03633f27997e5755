"""Owns who does a step: the person named, whose turn a duty is, or who stands in for somebody without an account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from groupform.config.leaving import departed
from groupform.config.project import ResolvedDeployment
from groupform_schemas import Duty, Person, TimeRange, weekdays

_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Doer:
    """Whoever does a step. `instead_of` is the key of the person who would, and has no account here."""

    key: str | None = None
    name: str = ""
    instead_of: str | None = None


@dataclass(frozen=True)
class Staff:
    """Everybody who may be named, the duties, and the directory in which an account makes somebody reachable."""

    people: Mapping[str, Person] = field(default_factory=dict)
    roles: Mapping[str, Sequence[str]] = field(default_factory=dict)
    duties: Mapping[str, Duty] = field(default_factory=dict)
    directory: str = ""
    zone: str = "UTC"

    def doer(self, named: str | None, at: datetime) -> Doer:
        """Who does what is left to `named`: a person by key or name, a duty or a role by key.

        A duty is done by whose turn it is; whoever has no account in the directory is stood in for by their backup.
        """
        if named is None:
            return Doer()
        key = self._key(named, at)
        if key is None:
            return Doer(named, named)
        done_by = self._reachable(key, at)
        instead = None if done_by == key else key
        return Doer(done_by, self.people[done_by].name, instead)

    def _key(self, named: str, at: datetime) -> str | None:
        if named in self.people:
            return named
        if named in self.duties:
            on = on_duty(self.duties[named], at, self.zone)
            return on if on in self.people else None
        holders = [each for each in self.roles.get(named, ()) if each in self.people]
        if holders:
            return holders[0]
        known = [key for key, each in self.people.items() if each.name == named]
        return known[0] if len(known) == 1 else None

    def _reachable(self, key: str, at: datetime) -> str:
        """The first along the line of backups who is there and has an account here; the one named where nobody has."""
        gone = departed(self.people, at.astimezone(ZoneInfo(self.zone)).date())
        seen = [key]
        while seen[-1] in gone or not self.people[seen[-1]].accounts.get(self.directory):
            backup = self.people[seen[-1]].backup
            if backup is None or backup in seen or backup not in self.people:
                return key
            seen.append(backup)
        return seen[-1]


def staff_of(deployment: ResolvedDeployment) -> Staff:
    """The people of a deployment."""
    model = deployment.community.model
    return Staff(
        deployment.people,
        {key: tuple(map(str, each.people)) for key, each in model.team.roles.items()},
        model.team.duty,
        deployment.connection.directory,
        model.timezone or "UTC",
    )


def on_duty(duty: Duty, at: datetime, zone: str) -> str:
    """Whose turn it is: one shift a day with hours, people in their order; after hours it is the next shift's."""
    local = at.astimezone(ZoneInfo(zone))
    hours = {day: each for days, each in duty.hours.items() for day in weekdays(days)}
    open_days = [day for day in _WEEK if day in hours] or list(_WEEK)
    day = _shift_day(local, hours)
    while _WEEK[day.weekday()] not in open_days:
        day += timedelta(days=1)
    week = (day.toordinal() - 1) // 7
    shift = week * len(open_days) + open_days.index(_WEEK[day.weekday()])
    return str(duty.people[shift % len(duty.people)])


def _shift_day(local: datetime, hours: Mapping[str, TimeRange]) -> date:
    """The day whose shift is on, or is next: one that began yesterday may go on past midnight."""
    now = local.hour * 60 + local.minute
    night = hours.get(_WEEK[local.weekday() - 1])
    if night is not None and night.end.minutes < night.start.minutes and now < night.end.minutes:
        return local.date() - timedelta(days=1)
    today = hours.get(_WEEK[local.weekday()])
    over = today is not None and today.start.minutes < today.end.minutes <= now
    return local.date() + timedelta(days=1) if over else local.date()
