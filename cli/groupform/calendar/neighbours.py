"""Finds a message that was laid before somebody, and takes none for ours that may be another deployment's.

On one corp the messages of two deployments that send the same words to the same person cannot be told apart; what is
known of them stands in the ledgers that share a store.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from groupform.calendar.due import instant
from groupform.calendar.notebook import like
from groupform.engine.dispatching import Dispatches, DispatchTrail
from groupform.engine.posting import Found, Posted, Unsure
from groupform.state.ledger import Send
from groupform.state.store import StateKey, Store

_LONG = timedelta(days=1)
"""So far apart two announcements may be, and mean the same message all the same."""


@dataclass(frozen=True, slots=True)
class Neighbours:
    """`known` are the ids of their messages, `unsettled` what they announced and nobody knows what came of it."""

    known: frozenset[str] = frozenset()
    unsettled: tuple[Send, ...] = ()

    def rival(self, record: Send) -> Send | None:
        """Somebody else's announcement that a message which looks like `record` may belong to as well."""
        return next((each for each in self.unsettled if like(each) == like(record) and _near(each, record)), None)


async def neighbours(store: Store, own: StateKey) -> Neighbours:
    """What the ledgers of all other deployments in the same store say now."""
    known: set[str] = set()
    unsettled: list[Send] = []
    for key in await store.list():
        ledger = await store.read(key.ledger) if key != own else None
        for each in ledger.sends.values() if ledger is not None else ():
            known.update((each.id, *each.after.split()))
            if each.device and not each.id and each.outcome in ("announced", "unknown"):
                unsettled.append(each)
    return Neighbours(frozenset(known - {""}), tuple(unsettled))


@dataclass(frozen=True, slots=True)
class Lookout:
    """Looks for what the deployment `own` announced."""

    store: Store
    own: StateKey

    async def find(self, session: Dispatches, record: Send, trail: DispatchTrail, now: datetime) -> Found | None:
        """What came of `record`: Unsure where the one that is found may be another deployment's; None where that
        one may be making it right now: then it is looked for later. Raises Failure."""
        others = await neighbours(self.store, self.own)
        found = await session.find_dispatch(_without(trail, others))
        if not isinstance(found, Posted):
            return found
        # Whoever made it may have written so down meanwhile.
        others = await neighbours(self.store, self.own)
        if found.id in others.known:
            found = await session.find_dispatch(_without(trail, others))
        rival = others.rival(record) if isinstance(found, Posted) else None
        if rival is None:
            return found
        if rival.outcome == "announced" and now - instant(rival.announced_at) <= timedelta(seconds=session.settles):
            return None
        return Unsure("send-rival", {"item": rival.item, "target": rival.target})


def _without(trail: DispatchTrail, others: Neighbours) -> DispatchTrail:
    return replace(trail, known=trail.known | others.known)


def _near(one: Send, other: Send) -> bool:
    if not one.announced_at or not other.announced_at:
        return False
    return abs(instant(one.announced_at) - instant(other.announced_at)) <= _LONG
