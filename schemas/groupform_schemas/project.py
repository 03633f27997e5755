"""Owns the project file: which communities go to which platforms, how those are reached, who runs them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import ConfigDict, Field

from groupform_schemas.base import Choice, Fork, Maybe, Model, Shaped, Some
from groupform_schemas.scalars import (
    Column,
    Date,
    Duration,
    FilePath,
    GroupName,
    Key,
    Line,
    Natural,
    PartName,
    Percent,
    Setting,
    Text,
    Version,
    Yes,
)
from groupform_schemas.values import Duration as DurationValue
from groupform_schemas.values import Percent as PercentValue


class Backend(Choice):
    """Where state is kept."""

    local = "local"
    s3 = "s3"
    postgres = "postgres"
    http = "http"


class State(Model):
    """What the tool remembers between two runs, and where; further keys are the backend's own."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Setting]

    backend: Backend = Field(Backend.local, description="local, s3, postgres or http.")
    path: Maybe[Setting] = Field(None, description="The folder of a local backend.", examples=[".groupform/state"])


class Person(Model):
    """Somebody who runs groups."""

    name: Line = Field(description="The person's name.", examples=["林一"])
    accounts: Mapping[Key, Setting] = Field(
        default_factory=dict,
        description="The person's account in each directory: a platform's name, or a connection's `directory`.",
        examples=[{"matrix": "@lead:localhost"}],
    )
    backup: Maybe[Key] = Field(None, description="Who stands in for this person.", examples=["lead"])
    leaves_on: Maybe[Date] = Field(
        None,
        description="The person's last day: their backup owns what is theirs from a week before it.",
        examples=["2026-12-31"],
    )


class PeopleTable(Model):
    """People kept in a table."""

    csv: FilePath = Field(description="The table's file, relative to this one.", examples=["people.csv"])
    key: Column = Field(description="The column that holds each person's key.", examples=["id"])


def _people(value: Any) -> int | None:
    if not isinstance(value, Mapping):
        return None
    # A person may be called `csv`: a person is a mapping, a table's file is not.
    return 1 if any(key in value and not isinstance(value[key], Mapping) for key in ("csv", "key")) else 0


class Connection(Model):
    """One way to a platform; further keys are the platform's own, and its provider checks them."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Setting]

    platform: Key = Field(description="The platform's name.", examples=["matrix", "wecom"])
    directory: Maybe[Key] = Field(None, description="Which accounts of people are meant; the platform's where absent.")


class Adopt(Model):
    """Live objects that a deployment takes over, as found: read where nothing is bound yet, and a line to review."""

    community: Maybe[Setting] = Field(
        None,
        description="The platform's id of what becomes the community itself: a space, a server.",
        examples=["!wRrkqYzGxYyVbLsmXk:localhost"],
    )
    groups: Mapping[GroupName, Setting] = Field(
        default_factory=dict,
        description="The platform's id of what becomes each group.",
        examples=[{"lobby": "!OGEhHVWSdvArJzumhm:localhost"}],
    )
    parts: Mapping[PartName, Setting] = Field(
        default_factory=dict,
        description="The platform's id of what becomes anything else, by its address without the deployment.",
        examples=[{"tag-group.tiers": "etAJ2GCAAAqDJ7h9ZqXlQNYZ9ldq9Nnw"}],
    )


class Deployment(Model):
    """One community on one connection."""

    community: Key = Field(description="The key of a community.", examples=["pet-club"])
    connection: Key = Field(description="The key of a connection.", examples=["home"])
    only: Maybe[Some[GroupName]] = Field(
        None, description="The groups deployed here; the rest is excluded, and said so."
    )
    accept_gaps: tuple[Text, ...] = Field(
        (), description="Gaps that are known and agreed, by path.", examples=[["entry.account_age"]]
    )
    title_suffix: Maybe[Text] = Field(None, description="What is put behind every title here.", examples=["（测试）"])
    previously: tuple[Key, ...] = Field((), description="Earlier names of this deployment.")
    adopt: Maybe[Adopt] = Field(
        None, description="Live objects to take over; once that is applied, this may be taken out."
    )


class Environment(Model):
    """A world of its own: production, staging."""

    default: Yes = Field(False, description="Whether this one is meant where none is named.")
    connections: Mapping[Key, Key] = Field(
        default_factory=dict,
        description="Connections used here in place of others.",
        examples=[{"wecom": "wecom-test"}],
    )
    title_suffix: Maybe[Text] = Field(None, description="What is put behind every title here.", examples=["（测试）"])
    only: Maybe[Some[Key]] = Field(None, description="The deployments that exist here; all where absent.")


class OnGap(Choice):
    """How loudly a gap speaks."""

    ignore = "ignore"
    warn = "warn"
    error = "error"


class DeleteGuard(Model):
    """How much a plan may delete unapproved."""

    groups: Natural = Field(0, description="Groups.")
    others: Natural = Field(10, description="Everything else: roles, tags, rules, invitations.")


class MemberGuard(Model):
    """How many members a plan may affect unapproved."""

    count: Natural = Field(50, description="Members.")
    share: Percent = Field(PercentValue.read("5%"), description="Share of the members.", examples=["5%"])


class Guards(Model):
    """A plan past these is refused unless it is approved by address or by its digest."""

    delete: DeleteGuard = Field(default_factory=DeleteGuard, description="How much may be deleted.")
    members: MemberGuard = Field(default_factory=MemberGuard, description="How many members may be affected.")
    on_gap: OnGap = Field(OnGap.warn, description="What is declared and a platform cannot do: ignore, warn or error.")


class Reopen(Choice):
    """When something that was done by hand is to be done again."""

    meaning = "meaning"
    any = "any"


class Steps(Model):
    """How what is left to people is handled."""

    reopen: Reopen = Field(
        Reopen.meaning,
        description="What opens a step again: another meaning (punctuation, white space, width and case do not count), "
        "or any change at all.",
    )
    grace: Duration = Field(
        DurationValue.read("7d"),
        description="How long somebody has for a step before it is overdue.",
        examples=["3d"],
    )


class Notify(Shaped):
    """How people get the list of what they have to do."""

    one_of: ClassVar[tuple[str, ...]] = ("connection", "webhook")
    only_with: ClassVar[Mapping[str, tuple[str, ...]]] = {"directory": ("webhook",)}

    connection: Maybe[Key] = Field(
        None, description="A connection over which each person is written to, by their account there."
    )
    webhook: Maybe[Setting] = Field(
        None,
        description="An address that takes a JSON message for each person; it is a secret.",
        examples=["${env:STEPS_WEBHOOK}"],
    )
    directory: Maybe[Key] = Field(None, description="Whose accounts of people a webhook is given.")
    page: Maybe[Line] = Field(
        None,
        description="Where each person's page is published; {who} stands for the person's key.",
        examples=["https://example.org/steps/{who}.html"],
    )


class ProjectFile(Model):
    """Which communities go to which chat platforms, how they are reached, who runs them."""

    groupform: Version = Field(description="The language's version, for every file of the project.")
    communities: Some[FilePath] = Field(
        description="Community files, relative to this one; may hold * and **.", examples=[["communities/*.yaml"]]
    )
    state: State = Field(default_factory=State, description="Where state is kept.")
    people: Annotated[Mapping[Key, Person] | PeopleTable, Fork(_people, "{name: …}, {csv, key}")] = Field(
        default_factory=dict, description="People by key; or a table: {csv, key}."
    )
    connections: Mapping[Key, Connection] = Field(default_factory=dict, description="Ways to platforms, by key.")
    deployments: Mapping[Key, Deployment] = Field(
        default_factory=dict, description="Communities on connections, by name."
    )
    environments: Mapping[Key, Environment] = Field(default_factory=dict, description="Environments, by name.")
    guards: Guards = Field(default_factory=Guards, description="What a plan may not do unapproved.")
    steps: Steps = Field(default_factory=Steps, description="How what is left to people is handled.")
    notify: Maybe[Notify] = Field(None, description="How people get the list of what they have to do.")
