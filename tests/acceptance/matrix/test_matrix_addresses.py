"""Addresses that people type, on a real homeserver: a former one goes on leading to its room, and is ours to free."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from acceptance.matrix.rig import Desk, told
from homeserver import Homeserver

pytestmark = [pytest.mark.anyio, pytest.mark.acceptance]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def _club() -> dict[str, Any]:
    return {
        "community": "addr",
        "title": "小群",
        "tiers": [{"key": "member", "title": "成员"}],
        "team": {"owner": "lead"},
        "entry": {"door": "link"},
        "groups": {"lobby": {"title": "大厅", "entry": {"door": "open"}}},
    }


class Addresses:
    """One room, looked at by its addresses."""

    def __init__(self, folder: Path, server: Homeserver) -> None:
        server.register("lead")
        self.server = server
        self.desk = Desk(folder, server, _club())

    def called(self, key: str, previously: list[str] | None = None, **more: Any) -> None:
        """Declares the one group under this key."""
        former = {"previously": previously} if previously is not None else {}
        self.desk.community["groups"] = {key: {**_club()["groups"]["lobby"], **former, **more}}

    def alias(self, key: str) -> str:
        return f"#{self.desk.key}-{key}:localhost"

    def leads(self, key: str) -> str | None:
        try:
            return self.server.operator.resolve(self.alias(key))
        except httpx.HTTPStatusError:
            return None

    def shown(self, room: str) -> Mapping[str, Any]:
        return self.server.operator.get_state(room, "m.room.canonical_alias")


@pytest.fixture
async def here(tmp_path: Path, homeserver: Homeserver) -> Addresses:
    found = Addresses(tmp_path / "project", homeserver)
    await found.desk.settle()
    return found


async def test_a_poster_leads_to_the_room_through_every_rename(here: Addresses) -> None:
    room, desk = await here.desk.id("room.lobby"), here.desk
    by_hand = f"#{desk.key}-by-hand:localhost"
    here.server.operator.call("PUT", f"/directory/room/{by_hand.replace('#', '%23')}", {"room_id": room})
    here.server.operator.set_state(
        room, "m.room.canonical_alias", {"alias": here.alias("lobby"), "alt_aliases": [by_hand]}
    )
    here.called("hall", ["lobby"])
    plan = await desk.plan()
    assert ("move", "alias.hall", ("alias", "also")) in told(plan)
    change = next(each for each in plan.changes if each.type == "alias")
    assert {each.name: each.put for each in change.attributes}["also"] == {f"{desk.key}-lobby": f"{desk.key}-lobby"}
    await desk.settle()
    # Neither a second rename that names the first one no more, nor a tidied file takes an address away.
    for key, previously in (("salon", ["hall"]), ("salon", None), ("parlour", ["salon"])):
        here.called(key, previously)
        await desk.settle()
    assert here.shown(room) == {
        "alias": here.alias("parlour"),
        "alt_aliases": [by_hand, *(here.alias(each) for each in ("lobby", "hall", "salon"))],
    }
    stranger = here.server.person("stranger")
    assert {stranger.join(here.alias(each)) for each in ("lobby", "hall", "salon", "parlour")} == {room}


async def test_what_is_named_previously_is_put_back_where_somebody_took_it_away(here: Addresses) -> None:
    here.called("hall", ["lobby"])
    await here.desk.settle()
    room = await here.desk.id("room.hall")
    here.server.operator.call("DELETE", f"/directory/room/{here.alias('lobby').replace('#', '%23')}")
    assert here.leads("lobby") is None
    assert told(await here.desk.settle()) == {("update", "alias.hall", ("also",))}
    assert here.leads("lobby") == room


async def test_back_to_the_former_name(here: Addresses) -> None:
    room = await here.desk.id("room.lobby")
    here.called("hall", ["lobby"])
    await here.desk.settle()
    here.called("lobby", ["hall"])
    await here.desk.settle()
    assert here.shown(room) == {"alias": here.alias("lobby"), "alt_aliases": [here.alias("hall")]}


async def test_a_former_key_that_is_declared_again_takes_its_address_along(here: Addresses) -> None:
    here.called("hall", ["lobby"])
    await here.desk.settle()
    hall = await here.desk.id("room.hall")
    here.called("hall")
    here.desk.community["groups"]["lobby"] = {"title": "新大厅"}
    assert {each for each in told(await here.desk.settle()) if each[0] != "create"} == {
        ("update", f"order.{here.desk.key}", ("rooms",))
    }
    assert here.leads("lobby") == await here.desk.id("room.lobby") != hall
    assert here.shown(hall) == {"alias": here.alias("hall"), "alt_aliases": []}


async def test_a_canonical_address_set_by_hand_gives_way_and_stays(here: Addresses) -> None:
    room = await here.desk.id("room.lobby")
    theirs = f"#{here.desk.key}-theirs:localhost"
    here.server.operator.call("PUT", f"/directory/room/{theirs.replace('#', '%23')}", {"room_id": room})
    here.server.operator.set_state(room, "m.room.canonical_alias", {"alias": theirs})
    await here.desk.settle()
    assert here.shown(room) == {"alias": here.alias("lobby"), "alt_aliases": [theirs]}


@pytest.mark.parametrize("end", ["delete", "archive", "destroy", "forget"])
async def test_the_end_frees_our_addresses_and_those_of_others_stay(here: Addresses, end: str) -> None:
    here.called("hall", ["lobby"], **({"on_remove": end} if end != "destroy" else {}))
    await here.desk.settle()
    room = await here.desk.id("room.hall")
    lead = here.server.person("lead")
    lead.join(await here.desk.id("team.team"))
    lead.join(room)
    theirs = f"#{here.desk.key}-theirs:localhost"
    lead.call("PUT", f"/directory/room/{theirs.replace('#', '%23')}", {"room_id": room})
    shown = lead.get_state(room, "m.room.canonical_alias")
    lead.set_state(room, "m.room.canonical_alias", {**shown, "alt_aliases": [*shown["alt_aliases"], theirs]})
    if end == "destroy":
        await here.desk.settle(destroy=True)
    else:
        here.desk.community["groups"] = {"other": {"title": "别的"}}
        await here.desk.settle()
    kept = room if end == "forget" else None
    assert here.leads("hall") == here.leads("lobby") == kept
    assert lead.resolve(theirs) == room
    after = lead.get_state(room, "m.room.canonical_alias")
    assert theirs in after["alt_aliases"]
    assert ("alias" in after) == (end == "forget")


async def test_a_former_address_that_a_stranger_holds_is_a_gap_and_no_failure(here: Addresses) -> None:
    stranger = here.server.person("stranger")
    theirs = stranger.create_room(room_alias_name=f"{here.desk.key}-old")
    here.called("lobby", ["old"])
    plan = await here.desk.plan()
    report = await here.desk.apply(plan)
    assert not report.failed and not report.blocked
    after = await here.desk.plan()
    assert after.empty and {each.reason.code for each in after.gaps} >= {"matrix-former-alias-taken"}
    assert here.leads("old") == theirs
