"""A group ended for everybody on a real homeserver: by an administrator and by a plain account, refused, killed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from acceptance.matrix.rig import Desk, settled, told
from acceptance.matrix.test_matrix_kills import Deadly, Killed
from faults.extent import every
from groupform.config.diagnostics import Refused
from groupform.engine.applying import apply_plan
from groupform.engine.plan import DeploymentPlan
from groupform.engine.world import ApplyReport
from groupform.providers.matrix import MatrixProvider
from homeserver import Homeserver, Person

pytestmark = [pytest.mark.anyio, pytest.mark.acceptance]

EVERY = every(31)
RIGHTS = ["administrator", "plain"]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def desk_of(tmp_path: Path, homeserver: Homeserver, right: str, **more: Any) -> Desk:
    for person in ("lead", "host", "ops"):
        homeserver.register(person)
    community = {
        "community": "ended",
        "title": "花园",
        "tiers": [{"key": "member", "title": "成员"}],
        "team": {"owner": "lead", "roles": {"host": {"people": ["host-sh"], "may": ["moderate"]}}},
        "entry": {"door": "link"},
        "groups": {"lobby": {"title": "大厅", "topic": "欢迎"}, "desk": {"title": "书桌"}},
        "rules": {"kind": {"title": "友善", "text": "对事不对人。"}},
        "notice": {"parts": ["topic", "rules"]},
    }
    tmp_path.mkdir(exist_ok=True)
    token = homeserver.token if right == "administrator" else homeserver.register("caretaker")
    desk = Desk(tmp_path / "project", homeserver, community, token=token, **more)
    desk.guards = {"members": {"count": "99", "share": "100%"}, "delete": {"groups": "9", "others": "99"}}
    return desk


async def peopled(desk: Desk) -> tuple[str, list[Person]]:
    """The lobby with two strangers and one of the team in it, and something said."""
    await desk.settle()
    server = desk.server
    lobby, space = await desk.id("room.lobby"), await desk.id(f"space.{desk.key}")
    lead = server.person("lead")
    lead.join(await desk.id("team.team"))
    people = [server.person("stranger-a"), server.person("stranger-b"), lead]
    for each in people:
        each.join(space)
        each.join(lobby)
    people[0].send(lobby, "what I said")
    return lobby, people


async def approved(desk: Desk, plan: DeploymentPlan, *approve: str) -> ApplyReport:
    project, deployment = desk.load()
    return await apply_plan(plan, deployment, project, desk.world(), approve=frozenset(approve))


async def refused(desk: Desk, plan: DeploymentPlan, *approve: str) -> list[str]:
    with pytest.raises(Refused) as told_:
        await approved(desk, plan, *approve)
    return [each.code for each in told_.value.diagnostics]


def inside(server: Homeserver, room: str) -> set[str]:
    """Who is in a room, by the server's own account; nobody where there is none."""
    try:
        found = server.operator.call("GET", f"/_synapse/admin/v1/rooms/{room}/members")["members"]
    except httpx.HTTPStatusError as error:
        assert error.response.status_code == 404
        return set()
    return set(found)


def ended(desk: Desk, room: str, right: str, people: list[Person]) -> None:
    """Nobody is inside, nobody finds it, nobody comes back."""
    server = desk.server
    settled(lambda: inside(server, room) == set())
    for name in (f"#{desk.key}-lobby:localhost", *created(desk)):
        with pytest.raises(httpx.HTTPStatusError):
            server.operator.resolve(name)
    for each in people:
        with pytest.raises(httpx.HTTPStatusError):
            each.join(room)
    listed = server.operator.call("GET", "/publicRooms")["chunk"]
    assert room not in {each["room_id"] for each in listed}
    if right == "administrator":
        with pytest.raises(httpx.HTTPStatusError, match="404"):
            server.operator.call("GET", f"/_synapse/admin/v1/rooms/{room}")


def created(desk: Desk) -> list[str]:
    from groupform.compile.address import Address
    from groupform.providers.matrix.names import created_alias

    return [f"#{created_alias(Address.parse(f'{desk.name}/room.lobby'))}:localhost"]


@pytest.mark.parametrize("right", RIGHTS)
async def test_a_group_that_is_not_declared_any_more(tmp_path: Path, homeserver: Homeserver, right: str) -> None:
    desk = desk_of(tmp_path, homeserver, right)
    lobby, people = await peopled(desk)
    address = f"{desk.name}/room.lobby"
    del desk.community["groups"]["lobby"]
    assert ("forget", "room.lobby", ()) in told(await desk.plan())
    plan = await desk.plan(purge=[address])
    change = next(each for each in plan.changes if each.address == address)
    assert (change.action.value, change.purge, change.impact) == ("delete", True, 3)
    code = "matrix-purge-by-server" if right == "administrator" else "matrix-purge-by-hand"
    assert [each.code for each in change.irreversible] == [code]
    assert plan.purge == [address]
    # The plan's digest stands for much, and not for this.
    assert "plan-guard-purge" in await refused(desk, plan, plan.digest)
    assert "plan-guard-purge" in await refused(desk, plan)
    assert len(inside(homeserver, lobby)) == 4
    report = await approved(desk, plan, plan.digest, address)
    assert not report.failed and not report.blocked
    ended(desk, lobby, right, people)
    assert address not in (await desk.document()).bindings
    await desk.holds()
    # Nothing points to what is no more.
    space = await desk.id(f"space.{desk.key}")
    assert people[0].get_state(space, "m.space.child", lobby) == {}
    # The rest is as it was, and the key is free for a new group.
    assert {"@stranger-a:localhost"} <= inside(homeserver, await desk.id(f"space.{desk.key}"))
    desk.community["groups"]["lobby"] = {"title": "新大厅"}
    await desk.settle()
    assert await desk.id("room.lobby") != lobby


@pytest.mark.parametrize("right", RIGHTS)
async def test_with_a_destroy(tmp_path: Path, homeserver: Homeserver, right: str) -> None:
    desk = desk_of(tmp_path, homeserver, right)
    lobby, people = await peopled(desk)
    study, address = await desk.id("room.desk"), f"{desk.name}/room.lobby"
    people[0].join(study)
    plan = await desk.plan(destroy=True, purge=[address])
    assert [each.address for each in plan.changes if each.purge] == [address]
    report = await approved(desk, plan, plan.digest, f"purge:{address}")
    assert not report.failed and not report.blocked
    ended(desk, lobby, right, people)
    # Only what was named: the other rooms are left to their people, as ever.
    assert "@stranger-a:localhost" in inside(homeserver, study)
    assert not (await desk.document()).bindings


async def test_only_whole_names_of_groups_that_are_not_declared(tmp_path: Path, homeserver: Homeserver) -> None:
    desk = desk_of(tmp_path, homeserver, "administrator")
    await desk.settle()
    for name, code in (
        (f"{desk.name}/room.*", "purge-not-an-address"),
        ("all", "purge-not-an-address"),
        (f"{desk.name}/room.lobby", "purge-declared"),
        (f"{desk.name}/room.looby", "purge-unknown-near"),
        ("elsewhere/thing.none", "purge-unknown"),
    ):
        with pytest.raises(Refused) as told_:
            await desk.plan(purge=[name])
        assert [each.code for each in told_.value.diagnostics] == [code]
    with pytest.raises(Refused) as told_:
        await desk.plan(destroy=True, purge=[f"{desk.name}/alias.lobby"])
    assert [each.code for each in told_.value.diagnostics] == ["purge-not-a-group"]


async def test_what_is_protected_is_never_purged(tmp_path: Path, homeserver: Homeserver) -> None:
    desk = desk_of(tmp_path, homeserver, "administrator")
    desk.community["groups"]["lobby"]["protect"] = "yes"
    lobby, _ = await peopled(desk)
    address = f"{desk.name}/room.lobby"
    plan = await desk.plan(destroy=True, purge=[address])
    report = await approved(desk, plan, plan.digest, address)
    assert address in report.protected
    assert len(inside(homeserver, lobby)) == 4


async def test_nothing_is_purged_that_nobody_can_count(tmp_path: Path, homeserver: Homeserver) -> None:
    desk = desk_of(tmp_path, homeserver, "plain")
    lobby, people = await peopled(desk)
    homeserver.person("caretaker").leave(lobby)
    address = f"{desk.name}/room.lobby"
    del desk.community["groups"]["lobby"]
    plan = await desk.plan(purge=[address])
    assert [each.reason.code for each in plan.conflicts] == ["matrix-purge-unseen"]
    assert "matrix-purge-unseen" in await refused(desk, plan, plan.digest, address)
    # An administrator sees it from outside, and ends it.
    desk.token = homeserver.token
    desk.provider = MatrixProvider()
    plan = await desk.plan(purge=[address])
    assert not plan.conflicts
    await approved(desk, plan, plan.digest, address)
    ended(desk, lobby, "administrator", people)


async def test_a_saved_plan_is_not_taken_for_another_count(tmp_path: Path, homeserver: Homeserver) -> None:
    desk = desk_of(tmp_path, homeserver, "administrator")
    lobby, people = await peopled(desk)
    address = f"{desk.name}/room.lobby"
    del desk.community["groups"]["lobby"]
    plan = DeploymentPlan.model_validate_json((await desk.plan(purge=[address])).model_dump_json())
    report = await approved(desk, plan, plan.digest, address)
    assert not report.failed
    ended(desk, lobby, "administrator", people)
    # Applied a second time it finds nothing to do, and does nothing.
    with pytest.raises(Refused) as told_:
        await approved(desk, plan, plan.digest, address)
    assert next(iter(told_.value.diagnostics)).code == "apply-stale"


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("right", RIGHTS)
async def test_killed_at_any_request(tmp_path: Path, homeserver: Homeserver, right: str, after: bool) -> None:
    """Every request of a purge; run again, it ends as if nothing had happened."""
    length = await requests_of(tmp_path / "whole", homeserver, right)
    for number in range(1 + after, length + 1, EVERY):
        deadly = Deadly()
        desk = desk_of(tmp_path / f"{number}", homeserver, right, transport=deadly)
        lobby, people = await peopled(desk)
        address = f"{desk.name}/room.lobby"
        del desk.community["groups"]["lobby"]
        plan = await desk.plan(purge=[address])
        deadly.arm(number, after=after)
        with pytest.raises(BaseException) as error:
            await approved(desk, plan, plan.digest, address)
        assert killed(error.value), error.value
        deadly.arm(None)
        await again(desk, plan, address)
        ended(desk, lobby, right, people)
        assert address not in (await desk.document()).bindings
        await desk.holds()


async def again(desk: Desk, plan: DeploymentPlan, address: str) -> None:
    """The same command once more, as a person would type it: the saved plan, or a fresh one where that is used up."""
    try:
        report = await approved(desk, plan, plan.digest, address)
    except Refused as refused_:
        codes = {each.code for each in refused_.diagnostics}
        assert "apply-stale" in codes, codes
        bound = address in (await desk.document()).bindings
        fresh = await desk.plan(purge=[address] if bound else [])
        report = await approved(desk, fresh, fresh.digest, address)
    assert not report.failed, report.failed


async def requests_of(folder: Path, homeserver: Homeserver, right: str) -> int:
    deadly = Deadly()
    desk = desk_of(folder, homeserver, right, transport=deadly)
    await peopled(desk)
    address = f"{desk.name}/room.lobby"
    del desk.community["groups"]["lobby"]
    plan = await desk.plan(purge=[address])
    deadly.arm(None)
    assert not (await approved(desk, plan, plan.digest, address)).failed
    return deadly.count


def killed(error: BaseException) -> bool:
    if isinstance(error, BaseExceptionGroup):
        return any(killed(each) for each in error.exceptions)
    return isinstance(error, Killed) or re.search("Killed", repr(error)) is not None
