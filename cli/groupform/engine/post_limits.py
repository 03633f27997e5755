"""Owns what a platform says about posts: how long, how large, how many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from groupform.config.project import Connection


@dataclass(frozen=True, slots=True)
class PostLimits:
    """What one post may be and how many there may be a day; None where nothing is known. `source`
    is where it says so. `days_of_a_month` says that a group gets no more in a month than the month has days.
    `shows_marks` tells whether members see Markdown as what it means. Of a card, a longer title or
    text is cut there, and a longer link is refused."""

    source: str
    text_characters: int | None = None
    text_bytes: int | None = None
    image_bytes: int | None = None
    card_title_bytes: int | None = None
    card_text_bytes: int | None = None
    card_link_bytes: int | None = None
    a_day_in_a_group: int | None = None
    a_day_by_an_account: int | None = None
    days_of_a_month: bool = False
    shows_marks: bool = False


@runtime_checkable
class LimitsPosts(Protocol):
    """A provider that knows its platform's limits on posts."""

    def post_limits(self, connection: Connection) -> PostLimits: ...
