"""Owns the contract between the calendar and a platform that takes posts: sending one, and finding one again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias, runtime_checkable

from groupform.engine.post_parts import Media, Part


@dataclass(frozen=True, slots=True)
class PostRequest:
    """One message for one group. `place` is the group's remote id, `text` Markdown with nothing left to fill in.

    `mark` names the message for ever, in this place: it bears it. `nonce` names the attempt: a platform that
    knows such a thing sends what bears it once. `part` is what it is where that is more than `text`; `uploaded` is
    what the platform calls the files, by sha256. It mentions everyone only where `everyone` says so, and somebody only
    where `whom`, an account, is told of it.
    """

    place: str
    text: str
    title: str
    mark: str
    nonce: str
    part: Part | None = None
    uploaded: Mapping[str, str] = field(default_factory=dict)
    everyone: bool = False
    whom: str = ""


@dataclass(frozen=True, slots=True)
class Trail:
    """Where to look for a post that may have been sent: among the messages of `account` in `place`, back to the one
    called `after`, which was there before; back to the first where None."""

    place: str
    mark: str
    account: str
    after: str | None = None


@dataclass(frozen=True, slots=True)
class Posted:
    """The message is there, under this id."""

    id: str


@dataclass(frozen=True, slots=True)
class Absent:
    """Everything that could be it was looked at, and none is."""


@dataclass(frozen=True, slots=True)
class Unsure:
    """It may be there, or have been; `reason` is a message code."""

    reason: str
    params: dict[str, object] = field(default_factory=dict)


Found: TypeAlias = Posted | Absent | Unsure


@runtime_checkable
class Posts(Protocol):
    """What a session has besides where posts can be sent.

    For `remembers` seconds the platform answers a nonce that it has seen from the same device with the message it has,
    0 where it does no such thing. What was sent may appear up to `settles` seconds later.
    """

    remembers: float
    settles: float

    async def post(self, request: PostRequest) -> Posted:
        """Sends it, once. Raises Failure, after which it may be there or not."""

    async def find_post(self, trail: Trail) -> Found:
        """Looks for it. Raises Failure where nothing can be read."""


@runtime_checkable
class PostsToPeople(Protocol):
    """What a session has besides where a post can be shown to one person before members see it."""

    async def place_of(self, account: str, rooms: Mapping[str, str]) -> str:
        """Where they see it, and no member does who is not of the team. `rooms` are the ids of what is bound on this
        connection, by address. Raises Failure where there is no such place."""


@runtime_checkable
class KeepsMedia(Protocol):
    """What a session has besides where files are left with the platform before a message names them."""

    async def upload(self, media: Media) -> str:
        """What the platform calls it. A file that no message names harms nobody. Raises Failure, and OSError where the
        file cannot be read."""


@dataclass(frozen=True, slots=True)
class Pinning:
    """Whether a message is pinned `now`; `ours` is what we did about it last: pinned it (True), took it off after that
    (False), nothing (None)."""

    now: bool
    ours: bool | None


@runtime_checkable
class PinsPosts(Protocol):
    """What a session has besides where messages can be kept at the top of a group. Every method raises Failure."""

    async def pinning(self, place: str, message: str, account: str) -> Pinning: ...

    async def pin(self, place: str, message: str) -> None:
        """Puts it beside what others have pinned; nothing changes where it is pinned."""

    async def unpin(self, place: str, message: str) -> None:
        """Takes this one off and leaves the others; nothing changes where it is not pinned."""


@runtime_checkable
class EndsPolls(Protocol):
    """What a session has besides where a poll goes on until somebody ends it."""

    async def end_poll(self, place: str, message: str, account: str, nonce: str) -> None:
        """Ends the poll that `account` sent, and shows its results. Nothing happens where that account has ended it
        before, or where it was deleted. Raises Failure, after which it may be over or not."""


@runtime_checkable
class TakesPosts(Protocol):
    """A provider whose sessions are `Posts`. `posts_in` is the type of the resources that posts go to."""

    posts_in: str
