"""What the conformance list must be told about a platform: how to reach it, and how others than groupform act there."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import anyio

from groupform.config.project import ResolvedDeployment
from groupform.engine.plan import DeploymentPlan
from groupform.engine.provider import Provider
from groupform.state.document import Document


class Can:
    """What may be asked of a platform; `Platform.can` holds some of these."""

    drift = "drift"
    """A stranger can rename a group by hand, and it is seen."""
    vanish = "vanish"
    """A group can be removed behind our back, with proof that it is gone."""
    hide = "hide"
    """We can be thrown out of a group that goes on without us."""
    replace = "replace"
    """Some declared value can only be changed by a new object (`Platform.replacing`)."""
    delete = "delete"
    """A group can be removed for good."""
    adopt = "adopt"
    """A group that people made by hand can be taken over as it is (`Platform.make_by_hand`)."""
    read_notice = "read_notice"
    """`Live.notice` is known."""


@dataclass(frozen=True, slots=True)
class Live:
    """A live group as a member sees it. `notice` is what hangs on its wall, None where that is not known."""

    id: str
    title: str
    topic: str | None = None
    notice: str | None = None


class Platform(ABC):
    """One platform with one fresh world. Subclasses override what is abstract, and `aclose` where there is much to end.

    `group_type` is the resource type of a group. `accounts` are those of the people `lead` and `host`.
    """

    name: str
    group_type: str
    can: frozenset[str]
    provider: Provider

    async def start(self) -> None:  # noqa: B027 - most worlds are ready when they are made
        """Makes the world ready; called once before the walk."""

    async def aclose(self) -> None:  # noqa: B027
        """Ends what `start` began."""

    @abstractmethod
    def connection(self) -> Mapping[str, str]:
        """The connection's settings in `groupform.yaml`, `platform` included."""

    def environ(self) -> Mapping[str, str]:
        """Variables for `${env:…}` in the settings."""
        return {}

    def accounts(self) -> Mapping[str, str]:
        """The accounts of `lead` and `host` in the platform's directory."""
        return {"lead": "lead", "host": "host"}

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        await anyio.sleep(seconds)

    @abstractmethod
    async def groups(self) -> list[Live]:
        """Every live group of ours, whoever made it, in the order members see where there is one."""

    async def act(  # noqa: B027 - where the API does all, nobody acts
        self, plan: DeploymentPlan, deployment: ResolvedDeployment, document: Document | None
    ) -> None:
        """Lets people carry out the plan's steps on the platform; those proven by word alone are closed by the walk.

        `document` is the state: it tells which live object an address means.
        """

    async def rename_by_hand(self, live: Live, title: str) -> None:
        raise NotImplementedError

    async def vanish(self, live: Live) -> None:
        raise NotImplementedError

    async def hide(self, live: Live) -> None:
        raise NotImplementedError

    async def show(self, live: Live) -> None:
        """Undoes `hide`."""
        raise NotImplementedError

    async def make_by_hand(self, title: str) -> Live:
        """Somebody makes a group, with a stranger in it, in which we may do what we need to."""
        raise NotImplementedError

    def replacing(self, group: dict[str, object]) -> None:
        """Edits a group's declaration so that it can only be had by a new object."""
        raise NotImplementedError


class Clock:
    """A clock that moves when somebody sleeps."""

    def __init__(self, start: datetime | None = None) -> None:
        self._now = start or datetime(2026, 1, 1, tzinfo=UTC)
        self.began = time.monotonic()

    def now(self) -> datetime:
        return self._now

    def seconds(self) -> float:
        return self._now.timestamp()

    async def sleep(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)
        await anyio.lowlevel.checkpoint()
