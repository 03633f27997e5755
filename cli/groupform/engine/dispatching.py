"""Owns the contract between the calendar and a platform where a person must press send: laying a message before them.

One message goes to many groups of one person. What was laid before somebody waits on the platform until they confirm
it there; it can be looked for, asked about, brought to mind and taken back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, TypeAlias, runtime_checkable

from groupform.config.project import ResolvedDeployment
from groupform.engine.post_parts import Attached, LinkCard
from groupform.engine.posting import Found, TakesPosts

Beside: TypeAlias = Attached | LinkCard
"""What goes along with the words of a message."""


@dataclass(frozen=True, slots=True)
class DispatchRequest:
    """One message for `places` (remote ids of groups, at most a provider's `at_once`), all of them `sender`'s.

    `sender` is an account of the platform, `text` plain words with nothing left to fill in.
    """

    sender: str
    places: Sequence[str]
    text: str
    beside: Sequence[Beside] = ()


@dataclass(frozen=True, slots=True)
class Unreached:
    """Why a group does not get it. `passing` is True where the next run may find it otherwise: the files or the
    platform put it right."""

    code: str
    params: Mapping[str, object] = field(default_factory=dict)
    passing: bool = False


@dataclass(frozen=True, slots=True)
class Dispatched:
    """It waits for its sender under this id, for all places but these; `id` is "" where that leaves none: then nothing
    was made."""

    id: str
    unreached: Mapping[str, Unreached] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DispatchTrail:
    """Where to look for a message that may have been laid before `sender`: among those made between two times, with
    words of this sha256, whose ids are none of `known`."""

    sender: str
    mark: str
    since: datetime
    until: datetime
    known: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Progress:
    """What became of it: when its sender confirmed, None before that; the groups that have it, and since when; those
    that will not get it. A group in neither may follow."""

    confirmed_at: datetime | None = None
    sent: Mapping[str, datetime] = field(default_factory=dict)
    unreached: Mapping[str, Unreached] = field(default_factory=dict)


class Reminded(StrEnum):
    """What came of bringing it to mind."""

    now = "now"
    enough = "enough"
    """The platform lets nobody be reminded so often: they have been, lately."""
    withdrawn = "withdrawn"
    """Somebody has taken it back: it is not sent any more."""


@runtime_checkable
class Dispatches(Protocol):
    """What a session has besides where people send what it lays before them.

    What was laid may appear up to `settles` seconds later, and be delivered up to `delivers` seconds after its
    confirmation. Every method raises Failure.
    """

    settles: float
    delivers: float

    async def dispatch(self, request: DispatchRequest) -> Dispatched:
        """Lays it before its sender, once. After a Failure it may be there or not."""

    async def find_dispatch(self, trail: DispatchTrail) -> Found:
        """Looks for it: Unsure where several could be it."""

    async def progress(self, message_id: str, sender: str) -> Progress | None:
        """How far it is; None where the platform knows no such message of ours."""

    async def remind(self, message_id: str) -> Reminded: ...

    async def cancel(self, message_id: str) -> bool:
        """Takes back what was not sent yet, and nothing that was. False where that had been done before."""


@runtime_checkable
class TakesDispatches(Protocol):
    """A provider whose sessions are `Dispatches`. `dispatches_in` is the type of the resources they go to, `at_once`
    how many of them one message reaches."""

    dispatches_in: str
    at_once: int

    def sender_of(self, applied: Mapping[str, Any]) -> str:
        """The account of whoever sends to a group with these attributes; "" where nobody is known to."""


@runtime_checkable
class Confirms(Protocol):
    """A rehearsed provider whose people confirm what waits for them."""

    def confirm(self, deployment: ResolvedDeployment, message_id: str) -> bool:
        """The sender confirms it, on the platform's side. False where it does not wait for anybody."""


def destinations(provider: object) -> str:
    """The type of the resources that a provider's posts go to, sent by it or laid before people; "" where people do
    everything."""
    if isinstance(provider, TakesPosts):
        return provider.posts_in
    return provider.dispatches_in if isinstance(provider, TakesDispatches) else ""
