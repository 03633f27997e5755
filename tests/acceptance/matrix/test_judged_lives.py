"""What a judge tried on a real homeserver beyond the stories: what comes back, what is renamed, what is there twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from acceptance.matrix.rig import Desk, told
from groupform.engine.plan import Action
from homeserver import Homeserver

pytestmark = [pytest.mark.anyio, pytest.mark.acceptance]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def small() -> dict[str, object]:
    return {
        "community": "judged",
        "title": "小群",
        "tiers": [{"key": "member", "title": "成员"}],
        "team": {"owner": "lead"},
        "entry": {"door": "link"},
        "groups": {"lobby": {"title": "大厅", "topic": "欢迎"}, "desk": {"title": "书桌"}},
        "rules": {"kind": {"title": "友善", "text": "对事不对人。"}},
        "notice": {"parts": ["topic", "rules"]},
    }


async def settled(folder: Path, homeserver: Homeserver) -> Desk:
    homeserver.register("lead")
    desk = Desk(folder, homeserver, small())
    await desk.settle()
    return desk


async def test_a_group_that_was_let_go_comes_back_with_all_that_hangs_in_it(
    tmp_path: Path, homeserver: Homeserver
) -> None:
    desk = await settled(tmp_path / "p", homeserver)
    room = await desk.id("room.desk")
    groups = desk.community["groups"]
    desk.community["groups"] = {"lobby": groups["lobby"]}
    assert {each[0] for each in told(await desk.settle())} == {"forget", "update"}
    desk.community["groups"] = groups
    plan = await desk.settle()
    assert told(plan) - {("update", f"order.{desk.key}", ("rooms",))} == {
        ("bind", f"{kind}.desk", ()) for kind in ("room", "place", "alias", "notice", "pin")
    }
    assert not plan.converged
    assert await desk.id("room.desk") == room
    messages = homeserver.operator.call("GET", f"/rooms/{room}/messages", dir="b", limit="50")["chunk"]
    assert sum(each["type"] == "m.room.message" for each in messages) == 1


async def test_a_fate_declared_alone_is_the_fate_that_comes(tmp_path: Path, homeserver: Homeserver) -> None:
    desk = await settled(tmp_path / "p", homeserver)
    room = await desk.id("room.desk")
    desk.community["groups"]["desk"]["on_remove"] = "archive"
    plan = await desk.settle()
    assert plan.empty and f"{desk.name}/room.desk" in plan.remembered
    assert not (await desk.plan()).remembered
    del desk.community["groups"]["desk"]
    removed = await desk.settle()
    assert ("archive", "room.desk", ()) in told(removed)
    assert homeserver.operator.get_state(room, "m.room.power_levels")["events_default"] == 100


async def test_a_group_that_was_let_go_comes_back_under_a_new_name_of_the_deployment(
    tmp_path: Path, homeserver: Homeserver
) -> None:
    desk = await settled(tmp_path / "p", homeserver)
    room, former = await desk.id("room.desk"), desk.name
    groups = desk.community["groups"]
    desk.community["groups"] = {"lobby": groups["lobby"]}
    await desk.settle()
    desk.community["groups"] = groups
    desk.name = f"{former}-again"
    desk.deployment["previously"] = [former]
    plan = await desk.settle()
    assert ("bind", "room.desk", ("mark",)) in told(plan)
    assert await desk.id("room.desk") == room


async def test_a_renamed_deployment_has_not_drifted(tmp_path: Path, homeserver: Homeserver) -> None:
    desk = await settled(tmp_path / "p", homeserver)
    room, former = await desk.id("room.desk"), desk.name
    desk.name = f"{former}-live"
    desk.deployment["previously"] = [former]
    plan = await desk.settle()
    assert not plan.drift
    assert {each.action for each in plan.changes} == {Action.update}
    assert {name for each in told(plan) for name in each[2]} == {"mark"}
    assert await desk.id("room.desk") == room


async def test_one_community_deployed_twice_on_one_server_has_two_sets_of_addresses(
    tmp_path: Path, homeserver: Homeserver
) -> None:
    desk = await settled(tmp_path / "p", homeserver)
    first = desk.name
    desk.more = {first: desk.deployment}
    desk.name = f"{first}-two"
    await desk.settle()
    assert homeserver.operator.resolve(f"#{desk.key}-desk:localhost") != await desk.id("room.desk")
    assert homeserver.operator.resolve(f"#{desk.key}-{desk.name}-desk:localhost") == await desk.id("room.desk")
    desk.name, desk.more, desk.later = first, {}, {desk.name: desk.deployment}
    # The order of the file decides: the first one has the plain addresses.
    await desk.holds()
