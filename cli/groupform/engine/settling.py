"""Owns patience after a kill: a create that nobody saw answered may come true a little later (DESIGN §7)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from groupform.engine.resource_type import ResourceType
from groupform.state.document import Document, OpenIntent


def unsettled(document: Document, types: Mapping[str, ResourceType], now: datetime) -> float:
    """How many seconds to wait until every open intent has come true, or never will; 0 where there is none.

    A plan made earlier might miss an object that appears while it is carried out, and be refused as stale.
    """
    return max((_left(each, types, now) for each in document.intents.values()), default=0.0)


def _left(intent: OpenIntent, types: Mapping[str, ResourceType], now: datetime) -> float:
    kind = types.get(intent.type)
    if kind is None or intent.lost or not kind.listable:
        return 0.0
    try:
        sent = datetime.fromisoformat(intent.sent_at)
    except ValueError:
        return kind.settle
    age = (now - (sent if sent.tzinfo else sent.replace(tzinfo=UTC))).total_seconds()
    # A clock that was set back must not make anybody wait for longer than the platform needs.
    return min(max(kind.settle - age, 0.0), kind.settle)
