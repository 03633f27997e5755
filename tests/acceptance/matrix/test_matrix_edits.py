"""pet-club on a real homeserver, edited as operators edit: the plan says exactly that, and is empty after an apply.

Strangers live in it meanwhile: what they are and have in their rooms outlasts all of it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from acceptance.matrix.rig import Desk, Told, told
from groupform.engine.plan import DeploymentPlan
from homeserver import Homeserver, Person

pytestmark = [pytest.mark.anyio, pytest.mark.acceptance]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@dataclass
class Club:
    """A live pet-club with a member and a VIP inside."""

    desk: Desk
    lead: Person
    member: Person
    vip: Person
    rooms: dict[str, str]

    def watch(self) -> dict[str, Any]:
        """What strangers would miss: their seats, their power, their pins, what was said."""
        lobby, lounge = self.rooms["lobby"], self.rooms["vip-lounge"]
        return {
            "seats": [
                self.lead.members(room).get(person.user_id)
                for room in (lobby, lounge)
                for person in (self.member, self.vip)
            ],
            "power": self.lead.get_state(lobby, "m.room.power_levels")["users"].get(self.member.user_id),
            "pin": self.said["pin"] in self.lead.get_state(lobby, "m.room.pinned_events")["pinned"],
            "words": self.member.call("GET", f"/rooms/{lobby}/event/{self.said['words']}")["content"]["body"],
        }

    said: dict[str, str]


async def club(folder: Path, homeserver: Homeserver) -> Club:
    desk = Desk.example(folder, homeserver, "pet-club")
    plan = await desk.plan()
    assert not plan.guards and not plan.conflicts and not plan.checks and not plan.steps
    assert {each.action.value for each in plan.changes} == {"create"}
    await desk.settle()
    lead, member, vip = (homeserver.person(name) for name in ("lead", "member", "vip"))
    space, team = await desk.id(f"space.{desk.key}"), await desk.id("team.team")
    lead.join(team)
    lead.join(space)
    rooms = {name: await desk.id(f"room.{name}") for name in ("lobby", "vip-lounge", "city/sh", "notices")}
    for room in rooms.values():
        lead.join(room)
    for person in (member, vip):
        person.knock(space)
        lead.invite(space, person.user_id)
        person.join(space)
        person.join(rooms["lobby"])
    tier = await desk.id("tier.vip")
    lead.join(tier)
    lead.invite(tier, vip.user_id)
    vip.join(tier)
    vip.join(rooms["vip-lounge"])
    words = member.send(rooms["lobby"], "my dog says hello")
    levels = lead.get_state(rooms["lobby"], "m.room.power_levels")
    lead.set_state(
        rooms["lobby"], "m.room.power_levels", {**levels, "users": {**levels["users"], member.user_id: 5}, "org.own": 1}
    )
    pins = lead.get_state(rooms["lobby"], "m.room.pinned_events")["pinned"]
    lead.set_state(rooms["lobby"], "m.room.pinned_events", {"pinned": [words, *pins]})
    await desk.holds()
    return Club(desk, lead, member, vip, rooms, {"words": words, "pin": words})


Edit = Callable[[Club], Awaitable[None]]


async def rename_a_key(club: Club) -> None:
    groups = club.desk.community["groups"]
    club.desk.community["groups"] = {
        "hall" if key == "lobby" else key: {**value, "previously": ["lobby"]} if key == "lobby" else value
        for key, value in groups.items()
    }
    club.desk.community["journeys"]["poster"]["join"]["otherwise"] = "hall"
    club.desk.community["invitations"]["poster-2026w49"]["group"] = "hall"
    club.desk.community["calendar"]["wednesday-tips"]["to"] = ["hall", "city"]
    club.desk.community["calendar"]["spring-festival"]["to"] = ["hall"]


async def change_a_door(club: Club) -> None:
    club.desk.community["entry"]["door"] = "link"


async def move_a_tier(club: Club) -> None:
    club.desk.community["groups"]["vip-lounge"]["tier"] = "core"
    promised = await club.desk.plan()
    assert promised.blocked and [each.guard for each in promised.checks] == ["check"]
    club.desk.community["checks"] = [{"who": {"below": "core"}, "cannot": "read", "in": "vip-lounge"}]


async def edit_the_rules(club: Club) -> None:
    club.desk.community["rules"]["be-kind"]["text"] = "先求证，再转发。"


async def edit_them_back(club: Club) -> None:
    club.desk.community["rules"]["be-kind"]["text"] = "对事不对人，不嘲讽新手。"


async def add_a_city(club: Club) -> None:
    region = club.desk.community["segments"]["region"]
    # In the middle: those behind it move, and are not written.
    club.desk.community["segments"]["region"] = {"sh": region["sh"], "sz": "深圳", **region}


async def remove_a_group(club: Club) -> None:
    del club.desk.community["groups"]["notices"]


async def change_an_admin(club: Club) -> None:
    club.desk.community["team"]["roles"]["admin"]["people"] = ["lead", "ops"]


async def dismiss_an_admin(club: Club) -> None:
    club.desk.community["team"]["roles"]["admin"]["people"] = ["lead"]


async def reorder(club: Club) -> None:
    groups = club.desk.community["groups"]
    club.desk.community["groups"] = {key: groups[key] for key in ("vip-lounge", "hall", "city")}


async def change_things_by_hand(club: Club) -> None:
    lobby = club.rooms["lobby"]
    club.lead.set_state(lobby, "m.room.name", {"name": "somebody's room"})
    club.lead.set_state(lobby, "m.room.join_rules", {"join_rule": "public"})
    club.lead.set_state(lobby, "m.room.pinned_events", {"pinned": [club.said["pin"]]})
    levels = club.lead.get_state(lobby, "m.room.power_levels")
    club.lead.set_state(lobby, "m.room.power_levels", {**levels, "events_default": 50})


ROOMS = ("hall", "city/sh", "city/bj", "city/gz", "vip-lounge", "notices")
KINDS = ("room", "place", "alias", "notice", "pin")
SPACES = ("team.team", "tier.core", "tier.vip")


def everywhere(attribute: str, club: Club, *, without: tuple[str, ...] = ()) -> set[Told]:
    shorts = [*(f"room.{each}" for each in (*ROOMS, "city/sz")), *SPACES, f"space.{club.desk.key}"]
    return {("update", each, (attribute,)) for each in shorts if each not in without}


def expected(name: str, club: Club) -> set[Told]:
    """What the plan has to say about an edit, no more and no less."""
    key = club.desk.key
    match name:
        case "rename_a_key":
            moved = {
                "room": ("mark",),
                "place": (),
                "alias": ("alias", "also"),
                "notice": (),
                "pin": (),
            }
            return {("move", f"{kind}.hall", attributes) for kind, attributes in moved.items()}
        case "change_a_door":
            # Whoever is let in by an address may ask others in as well.
            inner = {("update", f"room.{each}", ("levels",)) for each in ("hall", "city/sh", "city/bj", "city/gz")}
            return {("update", f"space.{key}", ("allow", "join_rule", "levels", "listed")), *inner}
        case "move_a_tier":
            return {("update", "room.vip-lounge", ("allow",))}
        case "edit_the_rules" | "edit_them_back":
            return {("update", f"notice.{each}", ("text",)) for each in ROOMS}
        case "add_a_city":
            return {*(("create", f"{kind}.city/sz", ()) for kind in KINDS), ("update", f"order.{key}", ("rooms",))}
        case "remove_a_group":
            forgotten = {("forget", f"{kind}.notices", ()) for kind in KINDS}
            return {*forgotten, ("update", f"order.{key}", ("rooms",))}
        case "change_an_admin":
            return {*everywhere("users", club, without=("room.notices",)), ("create", "invite.ops", ())}
        case "dismiss_an_admin":
            return {*everywhere("users", club, without=("room.notices",)), ("delete", "invite.ops", ())}
        case "reorder":
            return {("update", f"order.{key}", ("rooms",))}
        case "change_things_by_hand":
            return {("update", "room.hall", ("allow", "join_rule", "levels", "name")), ("create", "pin.hall", ())}
    raise AssertionError(name)


EDITS: tuple[Edit, ...] = (
    rename_a_key,
    change_a_door,
    move_a_tier,
    edit_the_rules,
    edit_them_back,
    edit_the_rules,
    add_a_city,
    remove_a_group,
    change_an_admin,
    dismiss_an_admin,
    reorder,
    change_things_by_hand,
)


async def test_every_edit_is_planned_exactly_and_settles(tmp_path: Path, homeserver: Homeserver) -> None:
    here = await club(tmp_path / "club", homeserver)
    before = here.watch()
    for edit in EDITS:
        await edit(here)
        plan: DeploymentPlan = await here.desk.plan()
        assert told(plan) == expected(edit.__name__, here), edit.__name__
        await here.desk.settle()
        assert here.watch() == before, edit.__name__
    levels = here.lead.get_state(here.rooms["lobby"], "m.room.power_levels")
    assert levels["org.own"] == 1


async def test_the_order_members_see_is_the_declared_one(tmp_path: Path, homeserver: Homeserver) -> None:
    desk = Desk.example(tmp_path / "club", homeserver, "pet-club")
    await desk.settle()

    async def shown() -> list[str]:
        space = await desk.id(f"space.{desk.key}")
        found = homeserver.operator.call("GET", f"/_matrix/client/v1/rooms/{space}/hierarchy", max_depth="1")["rooms"]
        return [each["name"] for each in found[1:]]

    declared = ["大厅", "宠友·上海", "宠友·北京", "宠友·广州", "公告", "VIP 会客厅"]
    assert await shown() == declared
    groups = desk.community["groups"]
    desk.community["groups"] = {key: groups[key] for key in ("notices", "lobby", "vip-lounge", "city")}
    await desk.settle()
    assert await shown() == ["公告", "大厅", "VIP 会客厅", "宠友·上海", "宠友·北京", "宠友·广州"]


async def test_a_tier_and_the_door_hold(tmp_path: Path, homeserver: Homeserver) -> None:
    import httpx

    here = await club(tmp_path / "club", homeserver)
    stranger = homeserver.person("stranger")
    for room in (here.rooms["lobby"], here.rooms["vip-lounge"], await here.desk.id("tier.vip")):
        with pytest.raises(httpx.HTTPStatusError, match="403"):
            stranger.join(room)
    with pytest.raises(httpx.HTTPStatusError, match="403"):
        here.member.join(here.rooms["vip-lounge"])
    with pytest.raises(httpx.HTTPStatusError, match="403"):
        here.member.invite(here.rooms["lobby"], stranger.user_id)
    stranger.join(here.rooms["notices"])
    with pytest.raises(httpx.HTTPStatusError, match="403"):
        stranger.send(here.rooms["notices"], "buy this")


async def test_the_notice_reads_as_declared_after_there_and_back(tmp_path: Path, homeserver: Homeserver) -> None:
    desk = Desk.example(tmp_path / "club", homeserver, "pet-club")
    await desk.settle()
    room, event = (await desk.id("notice.lobby")).split("|")
    original = deepcopy(desk.community["rules"]["be-kind"]["text"])

    def reads() -> str:
        found = homeserver.operator.call("GET", f"/rooms/{room}/event/{event}")
        newest = found["unsigned"].get("m.relations", {}).get("m.replace")
        return str(newest["content"]["m.new_content"]["body"] if newest else found["content"]["body"])

    for text in ("B", original, "B", original):
        desk.community["rules"]["be-kind"]["text"] = text
        await desk.settle()
        assert text in reads()
        assert (await desk.id("notice.lobby")).split("|")[1] == event
    deep = await desk.plan(deep=True)
    assert deep.empty
