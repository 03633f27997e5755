"""Killed at any request of an adoption: run again it converges, nobody inside loses anything, and no room is made."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import pytest

from acceptance.matrix.rig import Desk
from acceptance.matrix.test_matrix_kills import PACE, Deadly, Killed
from faults.extent import every
from groupform.config.diagnostics import Refused
from homeserver import Homeserver

pytestmark = [pytest.mark.anyio, pytest.mark.acceptance]

EVERY = every(7)
LONGEST = 60


def small(server: Homeserver) -> tuple[dict[str, Any], dict[str, Any], list[str]]:
    me, tag = server.operator, uuid.uuid4().hex[:6]
    space = me.create_room(name="空间", preset="public_chat", creation_content={"type": "m.space"})
    rooms = {
        "a": me.create_room(name="一", preset="private_chat", room_alias_name=f"a-{tag}"),
        "b": me.create_room(name="二", preset="public_chat", room_version="11"),
    }
    for order, room in rooms.items():
        me.set_state(space, "m.space.child", {"via": ["localhost"], "order": order}, room)
    community = {
        "community": "killed",
        "title": "空间",
        "team": {"owner": "me"},
        "entry": {"door": "link"},
        "groups": {"a": {"title": "一", "entry": {"door": "invite"}}, "b": {"title": "二"}},
    }
    return community, {"community": space, "groups": rooms}, [space, *rooms.values()]


def state(server: Homeserver, rooms: list[str]) -> list[dict[tuple[str, str], Any]]:
    return [
        {
            (each["type"], each["state_key"]): each["content"]
            for each in server.operator.state(room)
            if each["type"] != "org.groupform.owner"
        }
        for room in rooms
    ]


async def run(desk: Desk) -> None:
    await desk.apply(await desk.plan())


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_an_adoption_killed_at_any_request_is_finished_by_the_next(
    tmp_path: Path, homeserver: Homeserver, after: bool
) -> None:
    tried = 0
    for at in range(2, LONGEST, EVERY):
        transport = Deadly()
        community, table, rooms = small(homeserver)
        desk = Desk(tmp_path / str(at), homeserver, community, transport=transport)
        desk.pace = PACE
        desk.people = {"me": {"name": "我", "accounts": {"matrix": homeserver.user_id}}}
        desk.deployment["adopt"] = table
        before, there = state(homeserver, rooms), set(homeserver.operator.joined_rooms())
        transport.arm(at, after=after)
        try:
            await run(desk)
        except (Killed, BaseExceptionGroup):
            tried += 1
        transport.arm(None)
        try:
            await run(desk)
        except Refused:
            await run(desk)
        await desk.holds()
        assert state(homeserver, rooms) == before, at
        assert set(homeserver.operator.joined_rooms()) == there, at
        bindings = (await desk.document()).bindings
        assert {each.id for each in bindings.values() if each.type in ("room", "space")} == set(rooms)
        assert {each.origin for each in bindings.values()} == {"adopted"}
        if not transport.count or (at > transport.count and tried and at > LONGEST // 2):
            break
    print(f"{tried} points")
    assert tried >= 2
