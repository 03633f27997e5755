"""A purge is asked for by name and approved by name, counted first, resumed when it broke off; nothing else is one."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.applying_rig import Stage, address, resource
from groupform.config.diagnostics import Refused
from groupform.engine.plan import DeploymentPlan
from groupform.engine.provider import Bound, Prospect
from groupform.providers.memory.session import MemorySession
from groupform.providers.memory.world import Fault, Request

pytestmark = pytest.mark.anyio

ROOM = address("room.a")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def staged(tmp_path: Path, *, on_remove: str = "forget", **own: object) -> Stage:
    """A room with seven people and a note in it, both declared no more."""
    stage = Stage(tmp_path)
    stage.declare(
        resource("room.a", on_remove, name="甲", **own),
        resource("note.a", text="欢迎", room=ROOM),
        resource("room.b", on_remove, name="乙"),
    )
    await stage.apply()
    stage.thing("room", name="甲").people = 7
    stage.declare(resource("room.b", on_remove, name="乙"))
    return stage


def purges(stage: Stage) -> list[str]:
    return [each.about for each in stage.there.requests if each.verb == "purge"]


def names(stage: Stage) -> set[object]:
    return {each.attributes["name"] for each in stage.there.living("room")}


@pytest.mark.parametrize("on_remove", ["forget", "archive", "delete"])
async def test_a_named_group_is_ended_whatever_its_removal_says(tmp_path: Path, on_remove: str) -> None:
    stage = await staged(tmp_path, on_remove=on_remove)
    plan = await stage.plan(purge=[ROOM])
    change = next(each for each in plan.changes if each.address == ROOM)
    assert (change.action.value, change.purge, change.impact) == ("delete", True, 7)
    assert [each.code for each in change.irreversible] == ["memory-purge"]
    report = await stage.apply(plan, frozenset({plan.digest, ROOM}))
    assert not report.failed and not report.blocked
    assert names(stage) == {"乙"}
    assert purges(stage) == [ROOM]
    await stage.settled()


@pytest.mark.parametrize("how", ["nobody", "digest", "other guard", "other address"])
async def test_nothing_but_its_name_approves_it(tmp_path: Path, how: str) -> None:
    stage = await staged(tmp_path)
    plan = await stage.plan(purge=[ROOM])
    approve = {
        "nobody": frozenset[str](),
        "digest": frozenset({plan.digest}),
        "other guard": frozenset({plan.digest, f"members:{ROOM}"}),
        "other address": frozenset({plan.digest, address("room.b")}),
    }[how]
    before = stage.writes()
    with pytest.raises(Refused) as caught:
        await stage.apply(plan, approve)
    assert "plan-guard-purge" in [each.code for each in caught.value.diagnostics]
    assert stage.writes() == before and not purges(stage)
    await stage.apply(plan, frozenset({plan.digest, f"purge:{ROOM}"}))
    assert names(stage) == {"乙"}


async def test_without_the_name_a_removal_is_what_it_was(tmp_path: Path) -> None:
    stage = await staged(tmp_path)
    plan = await stage.plan()
    assert not plan.purge and not any(each.purge for each in plan.changes)
    await stage.apply(plan)
    assert names(stage) == {"甲", "乙"} and not purges(stage)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        (address("room.*"), "purge-not-an-address"),
        ("all", "purge-not-an-address"),
        ("*", "purge-not-an-address"),
        ("", "purge-not-an-address"),
        (address("room.b"), "purge-declared"),
        (address("room.aa"), "purge-unknown-near"),
        ("other/thing.z", "purge-unknown"),
        (address("note.a"), "purge-not-a-group"),
    ],
)
async def test_a_wrong_name_is_refused_before_anything(tmp_path: Path, name: str, code: str) -> None:
    stage = await staged(tmp_path)
    with pytest.raises(Refused) as caught:
        await stage.plan(purge=[ROOM, name])
    assert [each.code for each in caught.value.diagnostics] == [code]


async def test_what_is_protected_stays(tmp_path: Path) -> None:
    stage = await staged(tmp_path, _protect=True)
    plan = await stage.plan(purge=[ROOM])
    report = await stage.apply(plan, frozenset({plan.digest, ROOM}))
    assert ROOM in report.protected
    assert names(stage) == {"甲", "乙"} and not purges(stage)


async def test_what_nobody_can_count_stays(tmp_path: Path) -> None:
    stage = await staged(tmp_path)
    stage.thing("room", name="甲").hidden = True
    plan = await stage.plan(purge=[ROOM])
    assert [(each.guard, each.reason.code, each.approvable) for each in plan.conflicts] == [
        ("purge", "plan-purge-impact-unknown", False)
    ]
    with pytest.raises(Refused):
        await stage.apply(plan, frozenset({plan.digest, ROOM}))
    assert not purges(stage)


async def test_a_group_under_an_earlier_name_is_declared(tmp_path: Path) -> None:
    stage = await staged(tmp_path)
    stage.declare(resource("room.c", "forget", name="甲", _previously=["room.a"]))
    with pytest.raises(Refused) as caught:
        await stage.plan(purge=[ROOM])
    assert [each.code for each in caught.value.diagnostics] == ["purge-declared"]


async def test_what_would_be_lost_is_what_was_reviewed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = await staged(tmp_path)
    plan = await stage.plan(purge=[ROOM])

    async def more(self: MemorySession, bound: Bound) -> Prospect:
        return Prospect(7, "memory-gone")

    monkeypatch.setattr(MemorySession, "prospect", more)
    with pytest.raises(Refused) as caught:
        await stage.apply(plan, frozenset({plan.digest, ROOM}))
    assert [each.code for each in caught.value.diagnostics] == ["apply-stale", "plan-stale-change"]
    assert not purges(stage)


async def test_what_points_to_it_goes_with_it(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.declare(
        resource("room.a", "forget", name="甲"),
        resource("note.a", "forget", text="欢迎", room=ROOM),
        resource("room.b", name="乙"),
    )
    await stage.apply()
    stage.declare(resource("room.b", name="乙"))
    plan = await stage.plan(purge=[ROOM])
    assert {(each.action.value, each.address) for each in plan.changes} == {
        ("delete", ROOM),
        ("delete", address("note.a")),
    }
    await stage.apply(plan, frozenset({plan.digest, ROOM}))
    assert not list(stage.there.living("note"))


async def test_what_is_gone_already_is_forgotten(tmp_path: Path) -> None:
    stage = await staged(tmp_path)
    del stage.there.things[stage.thing("room", name="甲").id]
    plan = await stage.plan(purge=[ROOM])
    assert [(each.action.value, each.purge) for each in plan.changes if each.address == ROOM] == [("forget", False)]
    await stage.apply(plan)
    await stage.settled()


async def test_a_plan_that_was_saved_purges_the_same(tmp_path: Path) -> None:
    stage = await staged(tmp_path)
    made = await stage.plan(purge=[ROOM])
    plan = DeploymentPlan.model_validate_json(made.model_dump_json())
    assert plan.digest == made.digest != (await stage.plan()).digest
    await stage.apply(plan, frozenset({plan.digest, ROOM}))
    assert names(stage) == {"乙"}


async def test_a_slow_platform_is_waited_for(tmp_path: Path) -> None:
    stage = await staged(tmp_path)
    stage.there.slow.add("purge")
    plan = await stage.plan(purge=[ROOM])
    assert not (await stage.apply(plan, frozenset({plan.digest, ROOM}))).failed
    assert names(stage) == {"乙"}
    assert [each.verb for each in stage.there.requests].count("poll") == 1


@pytest.mark.parametrize("fault", list(Fault))
@pytest.mark.parametrize("verb", ["purge", "poll", "delete"])
async def test_broken_off_it_is_finished_by_the_same_command(tmp_path: Path, verb: str, fault: Fault) -> None:
    """A slow platform has put everybody out, us too, when the run breaks off: the room reads as hidden by then."""
    stage = await staged(tmp_path, on_remove="delete")
    stage.there.slow.add("purge")
    plan = await stage.plan(purge=[ROOM])
    struck: list[Request] = []

    def strike(request: Request) -> Fault | None:
        if request.verb != verb or struck:
            return None
        struck.append(request)
        return fault

    stage.there.fault = strike
    approve = frozenset({plan.digest, ROOM})
    await stage.apply(plan, approve)
    assert struck
    for _ in range(2):
        if ROOM not in (await stage.document()).bindings:
            break
        fresh = await stage.plan(purge=[ROOM])
        assert not fresh.conflicts
        await stage.apply(fresh, approve | {fresh.digest})
    assert names(stage) == {"乙"}
    assert ROOM not in (await stage.document()).bindings
    last = await stage.plan()
    await stage.apply(last)
    await stage.settled()
