"""Owns groups: one place to talk, a fleet of like places, or a series where one follows the other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field
from pydantic_core import InitErrorDetails

from groupform_schemas.base import Choice, Fork, Maybe, Model, Shaped, by_keys
from groupform_schemas.entry import EntryAddition
from groupform_schemas.errors import placed
from groupform_schemas.references import PersonRef
from groupform_schemas.scalars import Column, Count, FilePath, Key, Line, Yes


class GroupKind(Choice):
    """What one does in a group."""

    chat = "chat"
    announcement = "announcement"
    forum = "forum"
    voice = "voice"


class OnRemove(Choice):
    """What becomes of a live group that is no longer declared."""

    forget = "forget"
    archive = "archive"
    delete = "delete"


class Ignorable(Choice):
    """What may be left to people once a group is there. Who comes in, and who may do what, is never among it."""

    title = "title"  # type: ignore[assignment]  # str has a method of that name, which nobody calls on a choice
    topic = "topic"
    avatar = "avatar"
    default = "default"
    capacity = "capacity"


class FromSegment(Model):
    """One copy for each value of a segment."""

    segment: Key = Field(description="The segment whose values are walked.", examples=["region"])


class FromTable(Model):
    """One copy for each row of a table."""

    csv: FilePath = Field(description="The table's file, relative to this one.", examples=["stores.csv"])


class FromRuns(Model):
    """One copy for each coming run of the community."""

    run: Count = Field(description="How many of the coming runs have their group.", examples=["2"])


EachSource = Annotated[
    FromSegment | FromTable | FromRuns, Fork(by_keys("segment", "csv", "run"), "{segment}, {csv}, {run}")
]


class Each(Shaped):
    """Makes one group of many: a copy for each value, row or run."""

    from_: EachSource = Field(alias="from", description="What the copies are made from: {segment}, {csv} or {run}.")
    as_: Maybe[Key] = Field(
        None, alias="as", description="The placeholder's name; the segment's own where absent.", examples=["region"]
    )
    key: Maybe[Column] = Field(None, description="The table's column that holds each copy's key.", examples=["id"])

    def contradictions(self) -> list[InitErrorDetails]:
        table = isinstance(self.from_, FromTable)
        if table and self.key is None:
            return [placed(("from",), self.from_, "needs-key", key="from: {csv}", other="key")]
        if not table and self.key is not None:
            return [placed(("key",), self.key, "key-without", key="key", other="from: {csv}")]
        if table and self.as_ is not None:
            return [placed(("as",), self.as_, "key-without", key="as", other="from: {segment}, from: {run}")]
        return []


class Series(Model):
    """What follows a group that is full."""

    next_at: Count = Field(description="How many members call for the next group.", examples=["180"])
    title: Line = Field(description="Title of those that follow; {n} counts from 2.", examples=["{title}{n}"])
    max: Maybe[Count] = Field(None, description="How many groups there may be in all.", examples=["20"])


class Group(Shaped):
    """A place to talk, or a fleet of them."""

    title: Line = Field(description="What members see; may hold placeholders.", examples=["大厅", "宠友·{region}"])
    topic: Maybe[Line] = Field(None, description="What the group is for, in one line.")
    avatar: Maybe[FilePath] = Field(None, description="A picture's file.", examples=["assets/lobby.png"])
    kind: GroupKind = Field(GroupKind.chat, description="chat, announcement (few write), forum (threads) or voice.")
    default: Yes = Field(False, description="Whether a new member is put here first.")
    each: Maybe[Each] = Field(None, description="Makes a copy of this group for each value, row or run.")
    series: Maybe[Series] = Field(None, description="What follows this group when it is full.")
    owner: Maybe[PersonRef] = Field(
        None, description="Who answers for this group, where it is not the community's owner."
    )
    segments: Mapping[Key, Line] = Field(
        default_factory=dict, description="Where the group stands in each segment.", examples=[{"city": "{city}"}]
    )
    tier: Maybe[Key] = Field(
        None, description="Open to this tier and those above it, besides the door.", examples=["vip"]
    )
    entry: Maybe[EntryAddition] = Field(None, description="What this group changes about the community's entry.")
    encrypted: Maybe[Yes] = Field(
        None, description="Whether only those inside can read what is written. Once on, it is on for good."
    )
    capacity: Maybe[Count] = Field(None, description="How many members the group may have.", examples=["200"])
    protect: Yes = Field(False, description="Whether every change to the live group is skipped.")
    ignore: tuple[Ignorable, ...] = Field(
        (), description="What is set when the group is made and left to people from then on.", examples=[["topic"]]
    )
    on_remove: Maybe[OnRemove] = Field(None, description="What becomes of the live group once it is not declared.")
    previously: tuple[Key, ...] = Field((), description="Earlier keys of this group: the live one is kept on a rename.")

    def contradictions(self) -> list[InitErrorDetails]:
        if self.series and self.capacity and self.series.next_at > self.capacity:
            next_at, capacity = self.series.next_at, self.capacity
            return [placed(("series", "next_at"), next_at, "series-after-capacity", next_at=next_at, capacity=capacity)]
        return []
