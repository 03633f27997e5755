"""Owns the resolved project: what `resolve` hands to the compiler, with fan-out done and references checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from groupform.config.diagnostics import Span
from groupform_schemas import CommunityFile, Deployment, Environment, Group, Guards, Person, ProjectFile


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value of a file stands: used to point a later finding at its line."""

    span: Span
    source_line: str


@dataclass(frozen=True, slots=True)
class GroupInstance:
    """One live group to be: a declared group, or one copy of a fanned-out one.

    `values` are the fan-out's words (`{store}`, `{region}` …), already filled into `title`, `topic` and `owner`.
    `path` is the place in the language used by claims, for example `groups.city/sh`.
    `previously` lists earlier names in the form of `name`: `vip`, or `store/tianhecheng`.
    """

    group: str
    instance: str | None
    title: str
    model: Group
    topic: str | None = None
    owner: str | None = None
    segments: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)
    previously: tuple[str, ...] = ()
    place: Place | None = None

    @property
    def name(self) -> str:
        """`lobby` or `city/sh`: the part of an address after the type."""
        return self.group if self.instance is None else f"{self.group}/{self.instance}"

    @property
    def path(self) -> str:
        return f"groups.{self.name}"


@dataclass(frozen=True, slots=True)
class Community:
    """One community file with its groups fanned out, in declared order.

    `files` holds the text or bytes of every file the community names, by the path as written.
    """

    key: str
    model: CommunityFile
    groups: tuple[GroupInstance, ...]
    folder: Path
    file: str
    files: Mapping[str, bytes] = field(default_factory=dict)
    places: Mapping[str, Place] = field(default_factory=dict)

    def group(self, name: str) -> GroupInstance | None:
        return next((each for each in self.groups if each.name == name), None)


@dataclass(frozen=True, slots=True)
class Connection:
    """One way to a platform. `settings` are the platform's own keys, variables filled; secrets stay SecretStr.

    `places` says where each declared setting stands, filled or not; `place` where the connection does.
    """

    key: str
    platform: str
    settings: Mapping[str, Any]
    directory: str
    place: Place | None = None
    places: Mapping[str, Place] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Channel:
    """One of `connection` (its key) and `webhook` is set; `unset` says that the webhook's variable is missing here.

    `directory` is whose accounts a webhook is given. `page` is where a person's page is published, `{who}` their key.
    """

    connection: str | None = None
    webhook: SecretStr | None = None
    directory: str | None = None
    page: str | None = None
    unset: bool = False


@dataclass(frozen=True, slots=True)
class ResolvedDeployment:
    """One community on one connection in one environment: the unit of state, plan and lock.

    `groups` are the ones deployed here; `excluded` the ones left out by `only`. Titles carry no suffix yet.
    `first` is False where an earlier deployment brings the same community over the same connection: what a platform
    has only once, such as a name that people type, is that one's.
    `environment` is the environment's name; `default_environment` tells whether addresses leave it out.
    `as_of` is when the project was loaded (with a time zone): what is spoken of by its date is counted from there.
    `successors` tells who owns in whose place, where somebody is about to leave or has left; `departed` have left.
    """

    name: str
    community: Community
    connection: Connection
    model: Deployment
    environment: str
    default_environment: bool
    title_suffix: str
    groups: tuple[GroupInstance, ...]
    excluded: tuple[GroupInstance, ...]
    people: Mapping[str, Person]
    accept_gaps: tuple[str, ...] = ()
    previously: tuple[str, ...] = ()
    place: Place | None = None
    first: bool = True
    successors: Mapping[str, str] = field(default_factory=dict)
    departed: frozenset[str] = frozenset()
    as_of: datetime | None = None

    def account(self, person: str) -> str | None:
        """The account of a person in this connection's directory, or None."""
        found = self.people.get(person)
        return found.accounts.get(self.connection.directory) if found else None


@dataclass(frozen=True, slots=True)
class Project:
    """A whole resolved project in one environment. `digest` is sha256 over every input file's bytes, path by path.

    `state` holds the state backend's own settings; None for one whose variable is not set here.
    """

    root: Path
    file: ProjectFile
    environment: str
    default_environment: bool
    environments: Mapping[str, Environment]
    communities: Mapping[str, Community]
    connections: Mapping[str, Connection]
    deployments: tuple[ResolvedDeployment, ...]
    guards: Guards
    digest: str
    variables: Mapping[str, str] = field(default_factory=dict)
    state: Mapping[str, str | SecretStr | None] = field(default_factory=dict)
    notify: Channel | None = None

    def deployment(self, name: str) -> ResolvedDeployment | None:
        return next((each for each in self.deployments if each.name == name), None)
