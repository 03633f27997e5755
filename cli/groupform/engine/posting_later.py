"""Owns the contract between the calendar and a platform that sends by itself what was left with it before its time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from groupform.engine.posting import PostRequest


@dataclass(frozen=True, slots=True)
class Room:
    """How long ahead a post may be left, in seconds, and how many may wait there at once."""

    longest: float
    most: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """A post of ours that waits there, under the platform's `id`; `place` and `mark` as it was left with."""

    id: str
    place: str
    mark: str


@runtime_checkable
class SendsLater(Protocol):
    """What a session has besides where posts can be left. All raise Failure."""

    async def room_ahead(self) -> Room | None:
        """What may be left here; None where this server takes nothing."""

    async def leave(self, request: PostRequest, seconds: float) -> str:
        """Leaves it, to be sent in so many seconds; its id there. Never repeated by itself: what did not answer is
        looked for among what waits."""

    async def waiting(self) -> Sequence[Waiting]:
        """All of ours that waits."""

    async def recall(self, waiting: str) -> bool:
        """Takes it back: True where it will not be sent, False where nothing waits under this id any more."""
