"""What was reviewed is what runs: stale plans, guards, locks, environments; refused with nothing written."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import pytest

from engine.applying_rig import KEY, Stage, address, resource
from groupform.config.diagnostics import Refused
from groupform.state.store import Holder, StateKey

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def codes(caught: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [each.code for each in caught.value.diagnostics]


async def test_a_stale_plan_writes_nothing_anywhere(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.declare(resource("room.a", name="甲"), resource("room.b", name="乙"))
    await stage.apply()
    stage.declare(resource("room.a", name="新甲"), resource("room.b", name="新乙"))
    plan = await stage.plan()
    stage.thing("room", name="乙").attributes["name"] = "别人改的"
    before, serial = stage.writes(), (await stage.document()).serial
    with pytest.raises(Refused) as caught:
        await stage.apply(plan)
    assert codes(caught)[0] == "apply-stale"
    assert len(codes(caught)) > 1
    assert stage.writes() == before
    assert (await stage.document()).serial == serial


async def test_a_stale_first_plan_leaves_no_state(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.declare(resource("room.a", name="甲", handle="one"))
    plan = await stage.plan()
    stage.there.add("room", {"name": "别人的", "handle": "one"})
    with pytest.raises(Refused):
        await stage.apply(plan)
    assert stage.writes() == []
    assert await stage.store.read(KEY) is None


async def test_more_members_do_not_make_a_plan_stale(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.declare(resource("room.a", name="甲"))
    await stage.apply()
    stage.declare(resource("room.a", name="乙"))
    plan = await stage.plan()
    stage.thing("room").people = 7
    assert not (await stage.apply(plan)).failed
    await stage.settled()


@pytest.mark.parametrize("how", ["nobody", "other address", "address", "guard:address", "digest"])
async def test_a_guard_lets_pass_only_what_is_approved(tmp_path: Path, how: str) -> None:
    stage = Stage(tmp_path)
    stage.declare(resource("room.a", name="甲"), resource("room.b", name="乙"))
    await stage.apply()
    stage.declare(resource("room.b", name="乙"))
    plan = await stage.plan()
    blocking = [each for each in plan.guards if each.blocks]
    assert blocking
    approve = {
        "nobody": frozenset[str](),
        "other address": frozenset({address("room.b")}),
        "address": frozenset({address("room.a")}),
        "guard:address": frozenset(f"{each.guard}:{one}" for each in blocking for one in each.addresses),
        "digest": frozenset({plan.digest}),
    }[how]
    if how in ("nobody", "other address"):
        with pytest.raises(Refused) as caught:
            await stage.apply(plan, approve)
        assert codes(caught)[0] == "apply-not-approved"
        assert [each.reason.code for each in blocking] == codes(caught)[1:]
        assert len(list(stage.there.living("room"))) == 2
    else:
        assert (await stage.apply(plan, approve)).done == (address("room.a"),)


async def test_a_strangers_place_cannot_be_approved(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.there.add("room", {"name": "别人的", "handle": "one"})
    stage.declare(resource("room.a", name="甲", handle="one"))
    plan = await stage.plan()
    with pytest.raises(Refused):
        await stage.apply(plan, frozenset({plan.digest, address("room.a")}))
    assert stage.writes() == []


async def test_two_applies_at_once_are_one(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.declare(resource("room.a", name="甲"))
    async with stage.store.open(KEY, Holder("colleague@there", os.getpid(), "t", "apply")):
        with pytest.raises(Refused) as caught:
            await stage.apply()
    assert codes(caught) == ["state-locked"]
    assert stage.writes() == []


async def test_a_renamed_deployment_keeps_its_objects(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.declare(resource("room.a", name="甲"))
    await stage.apply()
    stage.deployment = dataclasses.replace(stage.deployment, name="moved-here", previously=(KEY.deployment,))
    stage.project = dataclasses.replace(stage.project, deployments=(stage.deployment,))
    moved = resource("room.a", name="甲")
    stage.declare(dataclasses.replace(moved, address=dataclasses.replace(moved.address, deployment="moved-here")))
    plan = await stage.plan()
    assert not plan.changes
    await stage.apply(plan)
    assert await stage.store.read(KEY) is None
    found = await stage.store.read(StateKey("moved-here", KEY.environment))
    assert set(found.bindings) == {"moved-here/room.a"}
    assert stage.writes() == ["create room.a"]


async def test_an_empty_plan_is_applied_without_a_trace(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.declare(resource("room.a", name="甲"))
    await stage.apply()
    serial = (await stage.document()).serial
    report = await stage.apply()
    assert (report.done, report.failed, report.stopped) == ((), (), None)
    assert (await stage.document()).serial == serial
