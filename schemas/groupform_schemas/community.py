"""Owns the community file: one community, declared without naming a platform."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field
from pydantic_core import InitErrorDetails

from groupform_schemas.base import Maybe, Shaped
from groupform_schemas.calendar import CalendarItem, Runs, Sending, StandingRuns
from groupform_schemas.checks import Check
from groupform_schemas.compliance import Compliance
from groupform_schemas.entry import Entry
from groupform_schemas.errors import placed
from groupform_schemas.groups import Group
from groupform_schemas.health import HealthBound
from groupform_schemas.journeys import Invitation, Journey
from groupform_schemas.moderation import Moderation
from groupform_schemas.positioning import Naming, Positioning
from groupform_schemas.rules import Rule
from groupform_schemas.scalars import FilePath, Key, Line, Locale, Name, TimeZone, Yes
from groupform_schemas.segments import SegmentValue
from groupform_schemas.team import Team
from groupform_schemas.texts import Notice, Reply, Welcome
from groupform_schemas.tiers import Metric, Tier


class CommunityFile(Shaped):
    """One community, platform-neutral. Keys are identity and never shown; titles and texts are what members see."""

    community: Key = Field(description="The community's key: identity, never shown.", examples=["pet-club"])
    title: Line = Field(description="What members see.", examples=["宠友之家"])
    avatar: Maybe[FilePath] = Field(None, description="A picture's file.", examples=["assets/logo.png"])
    locale: Maybe[Locale] = Field(None, description="The language members read.", examples=["zh-CN"])
    timezone: Maybe[TimeZone] = Field(None, description="The time zone of every time here.", examples=["Asia/Shanghai"])
    naming: Maybe[Naming] = Field(None, description="How titles are built where a platform has no container.")
    positioning: Maybe[Positioning] = Field(None, description="Who the community is for, and what for.")
    runs: Runs = Field(StandingRuns.standing, description="standing, or {from, until, then}, or {every, lasts, then}.")
    segments: Mapping[Key, Mapping[Key, SegmentValue]] = Field(
        default_factory=dict, description="Classification: for each dimension its values, by key."
    )
    metrics: Mapping[Name, Metric] = Field(default_factory=dict, description="Where thresholds get their numbers.")
    tiers: tuple[Tier, ...] = Field((), description="The steps members climb, lowest first.")
    team: Team = Field(description="The people who run the community.")
    entry: Entry = Field(description="The door of the community; a group or a tier may add to it.")
    encrypted: Maybe[Yes] = Field(
        None, description="Whether only those inside can read what is written; a group may say otherwise."
    )
    groups: Mapping[Key, Group] = Field(description="Places to talk, by key, in the order members see.")
    rules: Mapping[Key, Rule] = Field(default_factory=dict, description="The rules, by key, in order.")
    moderation: Maybe[Moderation] = Field(None, description="Who is kept out for good.")
    notice: Maybe[Notice] = Field(None, description="What hangs on the wall of every group.")
    welcome: Maybe[Welcome] = Field(None, description="What a new member reads first.")
    replies: Mapping[Key, Reply] = Field(default_factory=dict, description="Answers to what is asked often, by key.")
    journeys: Mapping[Key, Journey] = Field(
        default_factory=dict, description="How a stranger becomes a member where nobody can walk in alone, by key."
    )
    invitations: Mapping[Key, Invitation] = Field(default_factory=dict, description="Invitations, by key.")
    calendar: Mapping[Key, CalendarItem] = Field(default_factory=dict, description="What happens when, by key.")
    calendar_from: Maybe[FilePath] = Field(
        None,
        description="A content plan, as CSV or Excel, whose rows are on the calendar as well: date, time, title, to.",
        examples=["content.xlsx"],
    )
    sending: Maybe[Sending] = Field(None, description="How everything on the calendar is sent.")
    health: tuple[HealthBound, ...] = Field((), description="Numbers that should stay within bounds.")
    compliance: Maybe[Compliance] = Field(None, description="What people check by hand, and how long records are kept.")
    checks: tuple[Check, ...] = Field((), description="What must hold after a plan; it fails otherwise.")

    def contradictions(self) -> list[InitErrorDetails]:
        found, seen = list[InitErrorDetails](), set[str]()
        for position, tier in enumerate(self.tiers):
            if tier.key in seen:
                found.append(placed(("tiers", position, "key"), tier.key, "tier-key-twice", key=tier.key))
            seen.add(tier.key)
        if not self.groups:
            found.append(placed(("groups",), {}, "list-empty"))
        if self.timezone is None:
            found += [placed((key,), None, "needs-key", key=key, other="timezone") for key in self._with_times()]
        return found

    def _with_times(self) -> list[str]:
        """The keys whose times of day mean nothing without a time zone."""
        timed = {
            "runs": not isinstance(self.runs, StandingRuns),
            "team": any(duty.hours for duty in self.team.duty.values()),
            "calendar": bool(self.calendar),
            "calendar_from": self.calendar_from is not None,
            "sending": self.sending is not None and self.sending.quiet_hours is not None,
        }
        return [key for key, found in timed.items() if found]
