"""What happens around an apply on a real homeserver: thrown out, asked back, renamed, upgraded, destroyed, staged."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from acceptance.matrix.rig import EXAMPLES, Desk, told
from groupform.config.diagnostics import Refused
from groupform.engine.planning import session_context
from groupform.messages import LANGUAGES, Catalogue
from groupform.providers.matrix import MatrixProvider
from groupform.state.document import Document
from groupform.state.local import LocalStore
from homeserver import Homeserver

pytestmark = [pytest.mark.anyio, pytest.mark.acceptance]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def small(**more: object) -> dict[str, object]:
    return {
        "community": "life",
        "title": "小群",
        "tiers": [{"key": "member", "title": "成员"}],
        "team": {"owner": "lead", "roles": {"host": {"people": ["host-sh"], "may": ["moderate"]}}},
        "entry": {"door": "link"},
        "groups": {"lobby": {"title": "大厅", "topic": "欢迎"}, "desk": {"title": "书桌", "on_remove": "delete"}},
        "rules": {"kind": {"title": "友善", "text": "对事不对人。"}},
        "notice": {"parts": ["topic", "rules"]},
        **more,
    }


async def settled(tmp_path: Path, homeserver: Homeserver, **more: object) -> Desk:
    for person in ("lead", "host", "ops"):
        homeserver.register(person)
    desk = Desk(tmp_path / "project", homeserver, small(**more))
    await desk.settle()
    return desk


async def test_thrown_out_is_hidden_and_asked_back_is_one_change(tmp_path: Path, homeserver: Homeserver) -> None:
    desk = await settled(tmp_path, homeserver)
    room, lead = await desk.id("room.lobby"), homeserver.person("lead")
    lead.join(await desk.id("team.team"))
    lead.join(room)
    homeserver.operator.leave(room)
    plan = await desk.plan()
    assert plan.empty
    hidden = {each.address.split("/", 1)[1] for each in plan.unreadable if each.hidden}
    assert hidden == {"room.lobby", "alias.lobby", "notice.lobby", "pin.lobby"}
    await desk.apply(plan)
    assert (await desk.plan()).empty and await desk.id("room.lobby") == room
    lead.invite(room, homeserver.user_id)
    plan = await desk.plan()
    assert told(plan) == {("update", "room.lobby", ("joined",))}
    await desk.settle()
    assert not (await desk.plan()).unreadable


async def test_a_former_key_is_free_for_another_group(tmp_path: Path, homeserver: Homeserver) -> None:
    desk = await settled(tmp_path, homeserver)
    lobby = await desk.id("room.lobby")
    groups = desk.community["groups"]
    desk.community["groups"] = {"hall": {**groups["lobby"], "previously": ["lobby"]}, "desk": groups["desk"]}
    await desk.settle()
    assert await desk.id("room.hall") == lobby
    desk.community["groups"] = {"hall": groups["lobby"], "desk": groups["desk"], "lobby": {"title": "新大厅"}}
    await desk.settle()
    assert await desk.id("room.hall") == lobby != await desk.id("room.lobby")
    assert homeserver.operator.resolve(f"#{desk.key}-lobby:localhost") == await desk.id("room.lobby")
    assert homeserver.operator.resolve(f"#{desk.key}-hall:localhost") == lobby


async def test_a_removed_group_is_forgotten_or_closed_and_handed_over(tmp_path: Path, homeserver: Homeserver) -> None:
    desk = await settled(tmp_path, homeserver)
    book, lead = await desk.id("room.desk"), homeserver.person("lead")
    space, member = await desk.id(f"space.{desk.key}"), homeserver.person("member")
    lead.join(await desk.id("team.team"))
    for person in (lead, member):
        if person is member:
            person.join(space)
        person.join(book)
    said = member.send(book, "what I said stays")
    del desk.community["groups"]["desk"]
    plan = await desk.plan()
    assert {each.guard for each in plan.guards} >= {"delete-groups"}
    assert ("delete", "room.desk", ()) in told(plan)
    await desk.settle()
    assert book not in homeserver.operator.joined_rooms()
    assert {lead.user_id, member.user_id} <= {user for user, seat in lead.members(book).items() if seat == "join"}
    assert member.call("GET", f"/rooms/{book}/event/{said}")["content"]["body"] == "what I said stays"
    levels = lead.get_state(book, "m.room.power_levels")
    assert levels["users"][lead.user_id] == 100 and levels["events_default"] == 100
    # The same group declared again is a new room: the old one was given up.
    desk.community["groups"]["desk"] = {"title": "书桌", "on_remove": "delete"}
    await desk.settle()
    assert await desk.id("room.desk") != book


async def test_destroy_leaves_every_room_to_its_people(tmp_path: Path, homeserver: Homeserver) -> None:
    desk = await settled(tmp_path, homeserver)
    rooms = [await desk.id(each) for each in ("room.lobby", "room.desk", f"space.{desk.key}", "team.team")]
    lead = homeserver.person("lead")
    for room in (rooms[3], rooms[2], rooms[0]):
        lead.join(room)
    await desk.settle(destroy=True)
    assert not set(rooms) & set(homeserver.operator.joined_rooms())
    assert not (await desk.document()).bindings or (await desk.plan(destroy=True)).empty
    assert lead.members(rooms[0])[lead.user_id] == "join"
    await desk.settle()
    assert await desk.id("room.lobby") not in rooms


async def test_an_upgraded_room_is_followed(tmp_path: Path, homeserver: Homeserver) -> None:
    desk = await settled(tmp_path, homeserver)
    old = await desk.id("room.lobby")
    new = homeserver.operator.call("POST", f"/rooms/{old}/upgrade", {"new_version": "12"})["replacement_room"]
    plan = await desk.plan()
    assert not plan.unreadable and not plan.conflicts
    assert not [each for each in plan.changes if each.type == "room" and each.action.value == "create"]
    await desk.apply(plan)
    await desk.settle()
    assert await desk.id("room.lobby") == new
    member = homeserver.person("member")
    member.join(await desk.id(f"space.{desk.key}"))
    member.join(f"#{desk.key}-lobby:localhost")
    assert new in member.joined_rooms()


async def test_environments_stand_side_by_side(tmp_path: Path, homeserver: Homeserver) -> None:
    desk = await settled(tmp_path, homeserver)
    produced = await desk.id("room.lobby")
    desk.environments = {"default": {"default": "yes"}, "staging": {"title_suffix": "（测试）"}}
    assert (await desk.plan()).empty
    desk.environment = "staging"
    await desk.settle()
    staged = await desk.id("room.lobby")
    assert staged != produced
    assert homeserver.operator.get_state(staged, "m.room.name")["name"] == "大厅（测试）"
    assert homeserver.operator.resolve(f"#{desk.key}-lobby-staging:localhost") == staged


async def test_another_projects_rooms_are_refused(tmp_path: Path, homeserver: Homeserver) -> None:
    desk = await settled(tmp_path, homeserver)
    twin = Desk(tmp_path / "twin", homeserver, desk.community)
    twin.key, twin.name, twin.community, twin.deployment = desk.key, desk.name, desk.community, desk.deployment
    plan = await twin.plan()
    assert plan.blocked and plan.conflicts
    with pytest.raises(Refused):
        await twin.apply(plan)
    assert await twin.store.list() == [] or not (await twin.document()).bindings


async def test_pictures_are_sent_once_and_kept(tmp_path: Path, homeserver: Homeserver) -> None:
    shutil.copytree(EXAMPLES / "pet-club" / "communities" / "assets", tmp_path / "project" / "assets")
    desk = await settled(tmp_path, homeserver, avatar="assets/guide.png")
    space = await desk.id(f"space.{desk.key}")
    first = homeserver.operator.get_state(space, "m.room.avatar")["url"]
    assert first.startswith("mxc://")
    desk.provider = MatrixProvider()
    assert (await desk.plan()).empty
    with (tmp_path / "project" / "assets" / "guide.png").open("ab") as file:
        file.write(b"more")
    assert told(await desk.settle()) == {("update", f"space.{desk.key}", ("avatar",))}
    assert homeserver.operator.get_state(space, "m.room.avatar")["url"] != first
    del desk.community["avatar"]
    assert told(await desk.settle()) == {("update", f"space.{desk.key}", ("avatar",))}


async def test_a_notice_deleted_by_hand_is_hung_up_again_once(tmp_path: Path, homeserver: Homeserver) -> None:
    desk = await settled(tmp_path, homeserver)
    room, event = (await desk.id("notice.lobby")).split("|")
    homeserver.operator.call("PUT", f"/rooms/{room}/redact/{event}/by-hand", {})
    homeserver.operator.set_state(room, "m.room.pinned_events", {"pinned": []})
    plan = await desk.settle()
    assert ("create", "notice.lobby", ()) in told(plan)
    new = (await desk.id("notice.lobby")).split("|")[1]
    assert homeserver.operator.get_state(room, "m.room.pinned_events")["pinned"] == [new]


async def test_a_lost_state_says_so_and_makes_no_twin(tmp_path: Path, homeserver: Homeserver) -> None:
    desk = await settled(tmp_path, homeserver)
    rooms = set(homeserver.operator.joined_rooms())
    desk.store = LocalStore(tmp_path / "elsewhere")
    plan = await desk.plan()
    assert plan.blocked and {each.reason.code for each in plan.conflicts} >= {"matrix-room-taken"}
    assert set(homeserver.operator.joined_rooms()) == rooms


async def test_an_archived_group_is_closed_and_taken_up_again(tmp_path: Path, homeserver: Homeserver) -> None:
    groups = {"lobby": {"title": "大厅"}, "desk": {"title": "书桌", "on_remove": "archive"}}
    desk = await settled(tmp_path, homeserver, groups=groups)
    book = await desk.id("room.desk")
    declared = desk.community["groups"].pop("desk")
    await desk.settle()
    assert homeserver.operator.get_state(book, "m.room.power_levels")["events_default"] == 100
    desk.community["groups"] = {**desk.community["groups"], "desk": declared}
    await desk.settle()
    assert await desk.id("room.desk") == book
    assert homeserver.operator.get_state(book, "m.room.power_levels")["events_default"] == 0


async def test_a_renamed_deployment_keeps_its_rooms(tmp_path: Path, homeserver: Homeserver) -> None:
    desk = await settled(tmp_path, homeserver)
    lobby = await desk.id("room.lobby")
    former, desk.name = desk.name, f"{desk.key}-new"
    desk.deployment["previously"] = [former]
    plan = await desk.settle()
    assert {each.action.value for each in plan.changes} <= {"move", "update"}
    assert await desk.id("room.lobby") == lobby
    assert homeserver.operator.get_state(lobby, "org.groupform.owner")["deployment"] == desk.name


async def test_the_tools_own_account_may_be_of_the_team(tmp_path: Path, homeserver: Homeserver) -> None:
    for person in ("host", "ops"):
        homeserver.register(person)
    desk = Desk(tmp_path / "project", homeserver, small())
    desk.people["lead"]["accounts"]["matrix"] = homeserver.user_id
    await desk.settle()
    room = await desk.id("room.lobby")
    assert homeserver.user_id not in homeserver.operator.get_state(room, "m.room.power_levels").get("users", {})


async def test_keys_as_tables_write_them(tmp_path: Path, homeserver: Homeserver) -> None:
    """Ids of a table are any letters; the server's aliases take only some."""
    groups = {"store": {"each": {"from": {"csv": "stores.csv"}, "key": "id"}, "title": "{name}"}}
    project = tmp_path / "project"
    project.mkdir()
    ids = ["天河", "a:b", "a-b", "A@B", "a?b&c=d", "50%", "x" * 150]
    rows = "\n".join(f"{each},店{index}" for index, each in enumerate(ids))
    (project / "stores.csv").write_text(f"id,name\n{rows}\n", encoding="utf-8")
    desk = await settled(tmp_path, homeserver, groups=groups)
    assert len([each for each in (await desk.document()).bindings if "/room." in each]) == len(ids)


async def test_nonsense_in_a_rooms_state_is_drift_and_no_crash(tmp_path: Path, homeserver: Homeserver) -> None:
    desk = await settled(tmp_path, homeserver)
    room, space = await desk.id("room.lobby"), await desk.id(f"space.{desk.key}")
    bot = homeserver.operator
    bot.set_state(room, "m.room.join_rules", {"join_rule": "restricted", "allow": ["x", {"room_id": 5}, None]})
    bot.set_state(room, "m.room.pinned_events", {"pinned": "no list"})
    bot.set_state(room, "org.groupform.owner", {"lineage": 1})
    bot.set_state(space, "m.space.child", {"via": "x", "order": 7}, room)
    bot.set_state(room, "m.room.name", {"name": ""})
    bot.set_state(room, "m.room.avatar", {"url": ["x"]})
    await desk.settle()


async def test_the_doctor_tells_what_the_server_allows(
    tmp_path: Path, homeserver: Homeserver, stock_homeserver: Homeserver
) -> None:
    found = {}
    for server in (homeserver, stock_homeserver):
        desk = Desk(tmp_path / server.server_name, server, small())
        _, deployment = desk.load()
        document = Document(lineage="x", deployment="x", environment="x")
        async with desk.provider.connect(session_context(deployment, document, desk.world())) as session:
            checks = await session.doctor()
        found[server.base_url] = {each.code: each.ok for each in checks}
        assert all(Catalogue(lang).has(each.code) for each in checks for lang in LANGUAGES)
    assert found[homeserver.base_url]["matrix-doctor-limits-lifted"]
    assert found[stock_homeserver.base_url]["matrix-doctor-limits-unknown"]
    for codes in found.values():
        assert codes["matrix-doctor-reachable"] and codes["matrix-doctor-room-version"]


@pytest.mark.parametrize("account", ["lead", "@lead", "@lead:local host", "@:localhost"])
async def test_what_is_no_account_is_refused_before_any_request(
    tmp_path: Path, homeserver: Homeserver, account: str
) -> None:
    desk = Desk(tmp_path / "project", homeserver, small())
    desk.people["lead"]["accounts"]["matrix"] = account
    rooms = homeserver.operator.joined_rooms()
    with pytest.raises(Refused) as refused:
        await desk.plan()
    assert {each.code for each in refused.value.diagnostics} == {"matrix-account-malformed"}
    assert homeserver.operator.joined_rooms() == rooms


async def test_somebody_on_a_server_out_of_reach_fails_alone(tmp_path: Path, homeserver: Homeserver) -> None:
    for person in ("lead", "ops"):
        homeserver.register(person)
    desk = Desk(tmp_path / "project", homeserver, small())
    desk.people["host-sh"]["accounts"]["matrix"] = "@host:elsewhere.example"
    report = await desk.apply()
    assert {each.address.split("/", 1)[1] for each in report.failed} <= {"invite.host-sh"}
    after = await desk.plan()
    assert {each.address.split("/", 1)[1] for each in after.changes} <= {"invite.host-sh"}
    assert not after.unreadable
