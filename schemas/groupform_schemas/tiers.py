"""Owns the steps a member climbs, the numbers they are measured by, and what each step asks for."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import Field

from groupform_schemas.base import Choice, Fork, Maybe, Model, Some, by_keys
from groupform_schemas.bounds import Bound
from groupform_schemas.entry import EntryAddition
from groupform_schemas.judge import Judge
from groupform_schemas.scalars import Color, Column, Duration, FilePath, Key, Line, Name, Text


class MetricTable(Model):
    """A table whose rows belong to members."""

    csv: FilePath = Field(description="The table's file, relative to this one.", examples=["data/orders.csv"])
    member: Column = Field(description="The column that holds the member's id.", examples=["member_id"])


class Platform(Choice):
    """The platform itself, as a source or as a judge."""

    platform = "platform"


class Counted(Choice):
    """What is counted in a table."""

    rows = "rows"


def _metric_source(value: object) -> int | None:
    return 1 if isinstance(value, dict) else 0 if isinstance(value, str) else None


class Metric(Model):
    """A number about each member, and where it comes from."""

    from_: Annotated[Platform | MetricTable, Fork(_metric_source, "platform, {csv, member}")] = Field(
        alias="from", description="platform: the platform counts; or a table of your own: {csv, member}."
    )
    count: Maybe[Counted] = Field(None, description="What is counted in the table: rows.")


class Measured(Bound):
    """A bound on a metric."""

    metric: Name = Field(description="The metric that is compared.", examples=["posts"])
    within: Maybe[Duration] = Field(
        None, description="How far back is counted; everything where absent.", examples=["30d"]
    )


class Proof(Model):
    """Something a member shows, and who looks at it."""

    proof: Text = Field(description="What the member shows.", examples=["线下会员卡照片"])
    judge: Judge = Field(description="Who decides: host, or platform.")


class AllOf(Model):
    """Every one of several conditions."""

    all: Some[Threshold] = Field(description="Conditions that must all hold.")


class AnyOf(Model):
    """At least one of several conditions."""

    any: Some[Threshold] = Field(description="Conditions of which one must hold.")


Threshold: TypeAlias = Annotated[
    AllOf | AnyOf | Measured | Proof,
    Fork(
        by_keys("all", "any", ("metric", "at_least", "below", "between", "within"), ("proof", "judge")),
        "{all}, {any}, {metric, at_least}, {proof, judge}",
    ),
]


class Tier(Model):
    """One step that members climb; tiers are listed from the lowest up."""

    key: Key = Field(description="Identity, never shown.", examples=["vip"])
    title: Line = Field(description="What members see.")
    color: Maybe[Color] = Field(None, description="The tier's colour where a platform shows one.", examples=["#d4a017"])
    threshold: Maybe[Threshold] = Field(None, description="What a member must reach for this tier.")
    perks: tuple[Line, ...] = Field((), description="What the tier brings, in a few words each.")
    entry: Maybe[EntryAddition] = Field(None, description="What this tier adds to the community's entry.")
    previously: tuple[Key, ...] = Field((), description="Earlier keys of this tier.")
