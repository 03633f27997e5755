"""Finds out what came of a post that was announced and never recorded: sent, not sent, or nobody can tell."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from groupform.calendar.due import instant
from groupform.engine.posting import Found, Posted, Posts, Trail, Unsure
from groupform.engine.provider import Failure, Identity
from groupform.state.document import Document
from groupform.state.ledger import Send


class Fate(StrEnum):
    """What is known of an announced post."""

    sent = "sent"
    repeat = "repeat"
    """It may be sent under the same nonce: the platform would know it again."""
    fresh = "fresh"
    """It is certainly not there, and an attempt of its own may be made."""
    wait = "wait"
    """It may still appear."""
    unread = "unread"
    """The platform answers, and does not let us look."""
    unknown = "unknown"


@dataclass(frozen=True, slots=True)
class Settled:
    """`id` is the message's, where it is there; `code` and `params` say why nobody can tell; `seconds` is the wait."""

    fate: Fate
    id: str = ""
    code: str = ""
    params: dict[str, object] | None = None
    seconds: float = 0.0


async def settle(posts: Posts, record: Send, device: str, now: datetime) -> Settled:
    """Looks for the post that `record` announced, and says what may be done. `device` is who we are to the platform;
    "" where it is not to be sent any more.

    Raises Failure where the platform cannot be reached. One that answers, and does not let us read, leaves it open for
    as long as it may be sent; after that nobody can tell.
    """
    try:
        found = await posts.find_post(trail(record))
    except Failure as failure:
        if failure.unreachable or failure.wait is not None:
            raise
        if device:
            return Settled(Fate.unread, code=failure.code, params=dict(failure.params))
        found = Unsure(failure.code, dict(failure.params))
    return judge(found, record, device, now, posts.remembers, posts.settles)


def judge(found: Found, record: Send, device: str, now: datetime, remembers: float, settles: float) -> Settled:
    """What follows from what was found. Pure.

    A clock that went backwards makes the announcement lie in the future: then nothing has passed since.
    """
    if isinstance(found, Posted):
        return Settled(Fate.sent, found.id)
    since = now - instant(record.announced_at)
    if record.device == device and timedelta() <= since < timedelta(seconds=remembers):
        return Settled(Fate.repeat)
    if isinstance(found, Unsure):
        return Settled(Fate.unknown, code=found.reason, params=found.params)
    left = settles - max(since.total_seconds(), 0.0)
    return Settled(Fate.wait, seconds=left) if left > 0 else Settled(Fate.fresh)


def trail(record: Send) -> Trail:
    """Where to look for what `record` announced."""
    return Trail(record.place, record.mark, account_of(record.device), record.after or None)


def device_of(identity: Identity) -> str:
    """Who we are to the platform: only the same device is known again by what it sent."""
    return f"{identity.account} {identity.device or '-'}"


def account_of(device: str) -> str:
    return device.rpartition(" ")[0]


def before(ledger: Document, place: str) -> str:
    """The last message in `place` that is known to be there; "" where there is none."""
    found = [each for each in ledger.sends.values() if each.place == place and each.outcome == "sent" and each.id]
    return max(found, key=lambda each: each.settled_at).id if found else ""
