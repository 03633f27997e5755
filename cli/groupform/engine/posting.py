"""Owns the contract between the calendar and a platform that takes posts: sending one, and finding one again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol, TypeAlias, runtime_checkable


@dataclass(frozen=True, slots=True)
class PostRequest:
    """One post for one group. `place` is the group's remote id, `text` Markdown with nothing left to fill in.

    `mark` names the post for ever, in this place: the message bears it. `nonce` names the attempt: a platform that
    knows such a thing sends what bears it once.
    """

    place: str
    text: str
    title: str
    mark: str
    nonce: str


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
class TakesPosts(Protocol):
    """A provider whose sessions are `Posts`. `posts_in` is the type of the resources that posts go to."""

    posts_in: str
