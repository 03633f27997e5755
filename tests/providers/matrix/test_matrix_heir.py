"""Who is left to manage a room that the tool gives up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from groupform.providers.matrix.reading import Reading
from groupform.providers.matrix.remove import heir_of

ME = "@groupform:x"


def room(users: Mapping[str, int], **seats: str) -> Reading:
    events: dict[tuple[str, str], Mapping[str, Any]] = {
        ("m.room.power_levels", ""): {"content": {"users": {ME: 100, **users}}}
    }
    for name, seat in {"groupform": "join", **seats}.items():
        events["m.room.member", f"@{name}:x"] = {"content": {"membership": seat}}
    return Reading("!room", events)


@pytest.mark.parametrize(
    ("users", "seats", "heir"),
    [
        ({"@lead:x": 100, "@guest:x": 37}, {"guest": "join"}, None),
        ({"@lead:x": 100, "@guest:x": 37}, {"guest": "join", "lead": "ban"}, "@guest:x"),
        ({"@lead:x": 100, "@host:x": 50}, {"guest": "join", "host": "join"}, "@host:x"),
        ({"@lead:x": 100}, {"guest": "join", "lead": "join"}, None),
        ({"@guest:x": 37}, {"guest": "join", "other": "join"}, "@guest:x"),
        ({"@troll:x": -5}, {"troll": "join", "guest": "join"}, "@guest:x"),
        ({"@troll:x": -5}, {"troll": "join"}, None),
        ({}, {}, None),
    ],
)
def test_a_stranger_inherits_a_room_only_where_nobody_else_can(
    users: Mapping[str, int], seats: Mapping[str, str], heir: str | None
) -> None:
    assert heir_of(room(users, **seats), ME, {"@lead:x", "@host:x"}) == heir
