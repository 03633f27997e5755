"""Owns telling people what they have to do: through what, of what, and never twice of the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from pydantic import SecretStr

from groupform.engine.plan import Step, digest_of
from groupform.engine.world import World
from groupform.state.document import Document, Notified


@dataclass(frozen=True, slots=True)
class Message:
    """What one person is told. `text` is Markdown; `page` an HTML page to go with it, under the name `file`, or None.

    The same `nonce` means the same message: a platform that knows it already does not show it again.
    """

    account: str
    name: str
    text: str
    nonce: str
    file: str = ""
    page: bytes | None = None


@runtime_checkable
class Notifies(Protocol):
    """A session that can write to one person."""

    async def notify(self, message: Message, rooms: Mapping[str, str]) -> None:
        """Sends it. `rooms` are the ids of what is bound on this connection, by address. Raises Failure."""


@runtime_checkable
class OwnsWebhooks(Protocol):
    """What a provider has besides where the platform hands out addresses that take messages in its own form."""

    name: str

    def owns_webhook(self, address: SecretStr) -> bool:
        """Whether it is one of them. Pure."""

    def webhook(self, address: SecretStr, world: World) -> AbstractAsyncContextManager[Notifies]:
        """Opens it. An account is one of the platform's own directory; empty where somebody has none."""


def unheard(steps: Sequence[Step], documents: Mapping[str, Document], who: str) -> list[Step]:
    """Of a person's steps, those they were not told of; a message whose fate is unknown counts as told. Pure."""
    told = {
        ticket
        for document in documents.values()
        if (last := document.notified.get(who)) is not None
        for ticket in last.tickets
    }
    return [each for each in steps if each.ticket not in told]


def unsure(documents: Mapping[str, Document], who: str) -> bool:
    """Whether nobody knows if the last message to them arrived: it was announced, and its end was never written."""
    return any(not last.sent for each in documents.values() if (last := each.notified.get(who)) is not None)


def ledger(steps: Sequence[Step], when: str, *, sent: bool) -> dict[str, Notified]:
    """What each deployment's state keeps of a message about all of a person's `steps`."""
    by_deployment: dict[str, list[str]] = {}
    for each in steps:
        by_deployment.setdefault(each.key.partition("/")[0], []).append(each.ticket)
    return {name: Notified(when=when, tickets=tuple(mine), sent=sent) for name, mine in by_deployment.items()}


def nonce_of(steps: Sequence[Step], who: str, when: str) -> str:
    """What stands for one message to one person."""
    return digest_of([who, when, [each.ticket for each in steps]])[:32]
