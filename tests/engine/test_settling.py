"""After a kill a plan waits until what was sent has come true or never will, and no longer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TypedDict

import pytest

from groupform.engine.resource_type import ResourceType
from groupform.engine.settling import unsettled
from groupform.state.document import Document, OpenIntent

NOW = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)


class Room(TypedDict, total=False):
    name: str


TYPES = {
    "room": ResourceType("room", Room, settle=5.0),
    "blind": ResourceType("blind", Room, settle=5.0, listable=False),
}


def document(*intents: tuple[str, str]) -> Document:
    open_ = {
        f"d/{kind}.n{place}": OpenIntent(nonce="n", type=kind, sent_at=sent, plan="p", attributes={})
        for place, (kind, sent) in enumerate(intents)
    }
    return Document(lineage="l", deployment="d", environment="default", intents=open_)


def ago(seconds: float) -> str:
    return (NOW - timedelta(seconds=seconds)).isoformat()


@pytest.mark.parametrize(
    ("intents", "seconds"),
    [
        ([], 0),
        ([("room", ago(2))], 3),
        ([("room", ago(60))], 0),
        ([("room", ago(60)), ("room", ago(1))], 4),
        ([("room", ago(-3600))], 5),
        ([("room", "nonsense")], 5),
        ([("blind", ago(0)), ("unheard-of", ago(0))], 0),
    ],
)
def test_how_long(intents: list[tuple[str, str]], seconds: float) -> None:
    assert unsettled(document(*intents), TYPES, NOW) == pytest.approx(seconds)
