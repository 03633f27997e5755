"""Owns what happens when: the calendar, the times it is sent at, and the runs of a community."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import Field
from pydantic_core import InitErrorDetails

from groupform_schemas import values
from groupform_schemas.base import Choice, Fork, Maybe, Model, OneOrMore, Shaped, Some
from groupform_schemas.errors import placed
from groupform_schemas.references import PersonRef
from groupform_schemas.scalars import (
    ClockTime,
    Count,
    Country,
    Date,
    Days,
    Duration,
    FilePath,
    GroupName,
    Holiday,
    Line,
    LunarDate,
    MonthDay,
    Offset,
    Recurrence,
    Text,
    TimeRange,
    Url,
    Yes,
)

_AT_A_TIME = ("weekly", "daily", "monthly", "dates", "lunar", "holiday")
_RECURRING = ("weekly", "daily", "monthly", "rrule", "lunar")


class Event(Choice):
    """What a wait is counted from."""

    group_created = "group_created"
    run_started = "run_started"


class Skip(Shaped):
    """Days that are left out."""

    holidays: Maybe[Country] = Field(None, description="The public holidays of a country.", examples=["CN"])
    dates: tuple[Date, ...] = Field((), description="Single days.", examples=[["2026-12-25"]])

    def contradictions(self) -> list[InitErrorDetails]:
        if self.holidays is None and not self.dates:
            return [placed((), {}, "one-of-missing", keys="holidays, dates")]
        return []


class When(Shaped):
    """One or many moments, in the community's time zone; exactly one key says on which days."""

    one_of: ClassVar[tuple[str, ...]] = ("weekly", "daily", "monthly", "dates", "rrule", "lunar", "holiday", "after")
    needs: ClassVar[Mapping[str, tuple[str, ...]]] = dict.fromkeys(_AT_A_TIME, ("at",))
    only_with: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "offset": ("holiday", "lunar"),
        "wait": ("after",),
        "skip": _RECURRING,
    }

    weekly: Maybe[Some[Days]] = Field(None, description="Days of the week.", examples=[["wed"]])
    daily: Maybe[Yes] = Field(None, description="Every day.", examples=["true"])
    monthly: Maybe[Some[MonthDay]] = Field(
        None, description="Days of the month; -1 is the last.", examples=[["1", "15"]]
    )
    dates: Maybe[Some[Date]] = Field(None, description="Single days.", examples=[["2026-12-12"]])
    rrule: Maybe[Recurrence] = Field(
        None, description="A recurrence rule (RFC 5545).", examples=["FREQ=MONTHLY;BYDAY=2TU"]
    )
    lunar: Maybe[OneOrMore[LunarDate]] = Field(
        None, description="Month and day of the Chinese calendar.", examples=["08-15"]
    )
    holiday: Maybe[Holiday] = Field(None, description="A country's holiday.", examples=["CN/spring-festival"])
    after: Maybe[Event] = Field(None, description="An event that the wait is counted from.")
    offset: Maybe[Offset] = Field(None, description="Days before (-) or after the holiday.", examples=["-1d"])
    wait: Maybe[Duration] = Field(None, description="How long after the event.", examples=["3d"])
    at: Maybe[ClockTime] = Field(None, description="The time of day.", examples=["20:00"])
    skip: Maybe[Skip] = Field(None, description="Days that are left out.", examples=[{"holidays": "CN"}])

    def contradictions(self) -> list[InitErrorDetails]:
        if self.daily is False:
            return [placed(("daily",), "false", "one-of-missing", keys=", ".join(self.one_of))]
        return []


class PollResults(Choice):
    """When members see how the others have voted."""

    live = "live"
    at_end = "at_end"


_FEWEST, _MOST = 2, 20


class Poll(Shaped):
    """A question that members answer by choosing."""

    question: Line = Field(description="What is asked.", examples=["Which day suits you?"])
    options: Some[Line] = Field(
        description=f"The answers to choose from, {_FEWEST} to {_MOST}.",
        examples=[["Saturday", "Sunday"]],
        json_schema_extra={"minItems": _FEWEST, "maxItems": _MOST},
    )
    choose: Count = Field(1, description="How many of them a member may choose.", examples=["2"])
    results: PollResults = Field(
        PollResults.live, description="When members see the votes: live, or at_end.", examples=["at_end"]
    )

    def contradictions(self) -> list[InitErrorDetails]:
        count, found = len(self.options), []
        if not _FEWEST <= count <= _MOST:
            numbers = {"count": count, "fewest": _FEWEST, "most": _MOST}
            found.append(placed(("options",), self.options, "poll-options", **numbers))
        seen: set[str] = set()
        for position, option in enumerate(self.options):
            if option in seen:
                found.append(placed(("options", position), option, "poll-option-twice", option=option))
            seen.add(option)
        if self.choose > count:
            found.append(placed(("choose",), str(self.choose), "poll-choose", choose=self.choose, count=count))
        return found


class Card(Model):
    """A link with a title and a picture."""

    title: Line = Field(description="The card's title.")
    text: Maybe[Text] = Field(None, description="What stands below the title.")
    link: Url = Field(description="Where it leads.", examples=["https://example.com/guide"])
    picture: Maybe[FilePath] = Field(None, description="The card's picture.", examples=["assets/guide.png"])


class Mentions(Choice):
    """Who is called by name."""

    everyone = "everyone"


def _pin(value: object) -> int | None:
    if isinstance(value, str):
        return 0 if value.lower() in {"true", "false", "yes", "no", "on", "off"} else 1
    if isinstance(value, values.Duration):
        return 1
    return 0 if isinstance(value, bool) else None


class Post(Shaped):
    """What is sent: words, files, a poll, a card."""

    some_of: ClassVar[tuple[str, ...]] = ("text", "file", "attach", "poll", "card")
    at_most_one: ClassVar[tuple[str, ...]] = ("text", "file")

    text: Maybe[Text] = Field(None, description="The words themselves.")
    file: Maybe[FilePath] = Field(None, description="A Markdown file with the words.", examples=["posts/day-3.md"])
    attach: Maybe[Some[FilePath]] = Field(
        None, description="Pictures and files that go with it.", examples=[["assets/poster.png", "assets/menu.pdf"]]
    )
    poll: Maybe[Poll] = Field(None, description="A question that members answer by choosing.")
    card: Maybe[Card] = Field(None, description="A link with a title and a picture.")
    pin: Maybe[Annotated[Yes | Duration, Fork(_pin, "true, 3d")]] = Field(
        None, description="Kept at the top of the group: true for good, or for a time.", examples=["3d"]
    )
    mentions: Maybe[Mentions] = Field(None, description="Who is called by name: everyone. Nobody unless asked.")

    def contradictions(self) -> list[InitErrorDetails]:
        found = []
        if self.pin is not None and not isinstance(self.pin, bool) and self.pin.seconds == 0:
            found.append(placed(("pin",), str(self.pin), "pin-no-time"))
        seen: set[str] = set()
        for position, path in enumerate(self.attach or ()):
            if path in seen:
                found.append(placed(("attach", position), path, "attached-twice", path=path))
            seen.add(path)
        return found


class CalendarKind(Choice):
    """What is on the calendar."""

    article = "article"
    short_video = "short_video"
    live = "live"
    poll = "poll"
    activity = "activity"
    announcement = "announcement"
    reminder = "reminder"
    check_in = "check_in"


class CalendarItem(Model):
    """Something that happens at its time in some groups."""

    title: Line = Field(description="What it is called.")
    kind: CalendarKind = Field(
        description="article, short_video, live, poll, activity, announcement, reminder or check_in."
    )
    when: When = Field(description="At which moments.")
    lasts: Maybe[Duration] = Field(None, description="For how long.", examples=["3d"])
    to: Some[GroupName] = Field(description="The groups it goes to.", examples=[["lobby", "city"]])
    post: Maybe[Post] = Field(None, description="What is sent: {text} or {file}, {attach}, {poll}, {card}.")
    by: Maybe[PersonRef] = Field(None, description="Who sends it, where a person does.", examples=["host"])
    approve: Maybe[PersonRef] = Field(
        None, description="Who must agree before it is sent: a role, a duty or a person.", examples=["lead"]
    )


class Closing(Choice):
    """What becomes of the groups at the end."""

    dissolve = "dissolve"
    archive = "archive"


class StandingRuns(Choice):
    """No end is planned."""

    standing = "standing"


class OneRun(Shaped):
    """From one day to another, once."""

    from_: Date = Field(alias="from", description="The first day.", examples=["2026-12-05"])
    until: Date = Field(description="The last day.", examples=["2026-12-31"])
    then: Closing = Field(description="What becomes of the groups: dissolve or archive.")

    def contradictions(self) -> list[InitErrorDetails]:
        return _closes_early(self.from_, self.until)


class RepeatedRuns(Shaped):
    """Again and again, each time for a while."""

    every: When = Field(description="At which moments a run starts.", examples=[{"weekly": ["sat"], "at": "18:00"}])
    from_: Maybe[Date] = Field(None, alias="from", description="The day before which no run starts.")
    until: Maybe[Date] = Field(None, description="The day after which no run starts.")
    lasts: Duration = Field(description="How long a run takes.", examples=["4h"])
    then: Closing = Field(description="What becomes of the run's groups: dissolve or archive.")

    def contradictions(self) -> list[InitErrorDetails]:
        found = _closes_early(self.from_, self.until)
        if self.every.after is not None:
            found.append(placed(("every", "after"), self.every.after.value, "run-after-event"))
        return found


def _closes_early(opens: Date | None, closes: Date | None) -> list[InitErrorDetails]:
    if opens is None or closes is None or opens <= closes:
        return []
    words = {"opens": opens.isoformat(), "closes": closes.isoformat()}
    return [placed(("until",), words["closes"], "closes-before-opens", **words)]


def _runs(value: object) -> int | None:
    if isinstance(value, Mapping):
        return 2 if "every" in value or "lasts" in value else 1
    return 0 if isinstance(value, str) else None


Runs = Annotated[
    StandingRuns | OneRun | RepeatedRuns, Fork(_runs, "standing, {from, until, then}, {every, lasts, then}")
]


class MissedPolicy(Choice):
    """What becomes of something whose time went by."""

    send = "send"
    skip = "skip"


class MissedWithin(Model):
    """Sent late, but not too late."""

    within: Duration = Field(description="How late it may still be sent.", examples=["2h"])


def _missed(value: object) -> int | None:
    return 1 if isinstance(value, Mapping) else 0 if isinstance(value, str) else None


class Confirm(Shaped):
    """Where a person must press send: when they are reminded, and when it is dropped."""

    remind_after: Maybe[Duration] = Field(None, description="When the person is reminded.", examples=["10m"])
    cancel_after: Maybe[Duration] = Field(None, description="When it is dropped.", examples=["2h"])

    def contradictions(self) -> list[InitErrorDetails]:
        if self.remind_after and self.cancel_after and self.cancel_after <= self.remind_after:
            remind, cancel = str(self.remind_after), str(self.cancel_after)
            return [placed(("cancel_after",), cancel, "confirm-order", remind=remind, cancel=cancel)]
        return []


class Sending(Model):
    """How everything on the calendar is sent."""

    quiet_hours: Maybe[TimeRange] = Field(None, description="When nothing is sent by itself.", examples=["22:00-08:00"])
    missed: Maybe[Annotated[MissedPolicy | MissedWithin, Fork(_missed, "send, skip, {within}")]] = Field(
        None, description="What becomes of something whose time went by: send, skip or {within}."
    )
    confirm: Maybe[Confirm] = Field(None, description="Where a person must press send.")
    ahead: Maybe[Duration] = Field(
        None,
        description="How long before its time a post may be left with a platform that sends by itself.",
        examples=["1d"],
    )
    apart: Maybe[Duration] = Field(
        None,
        description="Two posts in one group that come closer are pointed out; 10m where nothing is said.",
        examples=["30m"],
    )
