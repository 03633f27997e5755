"""Owns the numbers that WeCom sets, as data with their source, and what a corp would hold after its deployments."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from groupform.compile.resource import Resource
from groupform.config.diagnostics import Diagnostic, Severity
from groupform.config.project import Place
from groupform.engine.post_limits import PostLimits


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit: how many at `most`, where that is written, and whether it is `sure`.

    A limit that is only hearsay, or on which sources disagree, advises and never refuses. `type` is the resource type
    that a whole corp may hold so many of, where it is such a limit; `within` names the mapping or list that counts.
    """

    most: int
    source: str
    sure: bool = True
    type: str | None = None
    within: str | None = None


# Sources as in shared/platforms/wecom.md: D-… is an official page, ERR the official list of error codes (D-90313), CPAN
# and LW restatements of official pages. What that document marks UNCONFIRMED is not sure here.
LIMITS: Mapping[str, Limit] = {
    # For the corp as a whole: counted over every deployment on it.
    "templates": Limit(100, "ERR 41055", type="welcome-template"),
    "intercept-rules": Limit(100, "ERR 41069", type="intercept-rule"),
    "tags": Limit(10_000, "CPAN 2023-12", type="tag-group", within="tags"),
    "tags-cautious": Limit(3_000, "ERR 40126", sure=False, type="tag-group", within="tags"),
    "knowledge-groups": Limit(100, "D-95972", type="knowledge-group"),
    "kf-accounts": Limit(5_000, "ERR 95005", type="kf-account"),
    "kf-accounts-unverified": Limit(10, "ERR 95027", sure=False, type="kf-account"),
    "ways": Limit(500_000, "CPAN, LW", type="join-way"),
    # For one object.
    "groups-of-a-way": Limit(5, "ERR 41091"),
    "attachments-of-a-message": Limit(9, "ERR 41064"),
    "people-of-a-way": Limit(100, "ERR 41041"),
    "words-of-a-rule": Limit(300, "D-95097"),
    "intents-of-a-group": Limit(200, "D-95972"),
    "similar-questions": Limit(100, "D-95972"),
    "servicers": Limit(2_000, "CPAN:kf/servicer.pm"),
    "team-chat": Limit(2_000, "D-90245"),
    "calendar-people": Limit(2_000, "CPAN:oa/calendar.pm"),
    "schedule-people": Limit(1_000, "CPAN:oa/schedule.pm"),
    "group-admins": Limit(3, "third parties", sure=False),
    "group-members": Limit(500, "D-98429"),
    "qr-members": Limit(200, "third parties", sure=False),
}

# How long a text may be, in characters unless it says bytes.
TAG_NAME = TAG_GROUP_NAME = 30  # D-92117
REMARK = 30  # D-92228, D-92229: longer ones are cut
MARK = 30  # `state`: D-92228, D-92229
ROOM_NAME = 40  # room_base_name: D-92229
RULE_NAME = 20  # D-95097
WORD = 32  # D-95097
WELCOME_BYTES = 3_000  # D-92366; the edit table says 4000
LINK_TITLE_BYTES = 128  # D-92366
LINK_WORDS_BYTES = 512  # D-92135
LINK_BYTES = 2_048  # D-92135
KF_NAME = 16  # D-94661
KNOWLEDGE_NAME = 12  # D-95971
QUESTION = 200  # D-95972
ANSWER = 500  # D-95972
CHAT_NAME = 50  # D-90245
CALENDAR_NAME = SCHEDULE_NAME = 128  # CPAN:oa/calendar.pm, CPAN:oa/schedule.pm
CALENDAR_DETAILS = 512  # CPAN:oa/calendar.pm
SCHEDULE_DETAILS = 900  # CPAN:oa/schedule.pm: 1000, of which our mark takes some
# A mass message. How many a group may get is set by the corp's admin: one a day, 7 a week, or as many a month as it has
# days (§4.1, §16.11). One a day is what every page allows at least, a month's days what any allows at most.
POSTS = PostLimits(
    "D-92135, D-96997",
    text_bytes=4_000,
    image_bytes=10_000_000,
    card_title_bytes=LINK_TITLE_BYTES,
    card_text_bytes=LINK_WORDS_BYTES,
    card_link_bytes=LINK_BYTES,
    a_day_in_a_group=1,
    days_of_a_month=True,
)


Held: TypeAlias = "Counter[tuple[str, str | None]]"
"""How many objects there are of a type, and how many entries in a collection of theirs."""


def count(resources: Iterable[Resource]) -> Held:
    """What these resources come to."""
    held: Held = Counter()
    for each in resources:
        held[each.address.type, None] += 1
        for name, value in each.attributes.items():
            if isinstance(value, dict | list):
                held[each.address.type, name] += len(value)
    return held


def over(held: Held, place: Place | None, others: Iterable[str]) -> list[Diagnostic]:
    """What is more than a corp may hold, of what all its deployments come to. `others` are their names."""
    found: list[Diagnostic] = []
    names = ", ".join(sorted(others))
    for key, limit in LIMITS.items():
        number = held[limit.type, limit.within] if limit.type is not None else 0
        if key == "ways":
            number += held["contact-way", None]
        if number > limit.most:
            params = {"count": number, "limit": limit.most, "source": limit.source, "deployments": names}
            found.append(
                Diagnostic(
                    f"wecom-quota-{key}",
                    Severity.error if limit.sure else Severity.warning,
                    place.span if place is not None else None,
                    params,
                    place.source_line if place is not None else None,
                )
            )
    return found
