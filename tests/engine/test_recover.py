"""Creates whose outcome was never learned: looked for until the platform has settled, then bound or made again."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.applying_rig import Stage, address, resource
from faults.killing import Reaper, dying
from groupform.compile.resource import Resource
from groupform.engine.provider import Ownership
from groupform.providers.memory.world import Fault, Request

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def killed(stage: Stage, moment: str, about: str) -> None:
    """An apply that dies right before or right after this request takes effect."""
    reaper = Reaper()

    def around(request: Request, when: str) -> None:
        if reaper.dead or (when == moment and request.verb == "create" and request.about == address(about)):
            reaper.at = len(reaper.names) + 1
        reaper.point(request.about)

    plan = await stage.plan()
    stage.there.around = around
    with dying():
        await stage.apply(plan)
    assert reaper.dead
    stage.there.around = lambda request, when: None


def room(**more: object) -> Resource:
    return resource("room.a", **{"name": "甲", **more})


async def test_found_again_it_is_bound_and_said(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.declare(room())
    await killed(stage, "after", "room.a")
    assert set((await stage.document()).intents) == {address("room.a")}
    plan = await stage.plan()
    assert [each.action.value for each in plan.changes] == ["bind"]
    report = await stage.apply(plan)
    assert [each.code for each in report.recovered] == ["apply-recovered-found"]
    assert report.recovered[0].params["id"] == stage.thing("room").id
    assert stage.writes() == ["create room.a"]
    binding = (await stage.document()).bindings[address("room.a")]
    assert (binding.applied, binding.private) == ({"name": "甲"}, {"mark": 1})
    await stage.settled()


async def test_not_found_it_is_made_again_with_another_attempt(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.declare(room())
    await killed(stage, "before", "room.a")
    first = (await stage.document()).intents[address("room.a")]
    await killed(stage, "before", "room.a")
    second = (await stage.document()).intents[address("room.a")]
    assert (first.attempt, second.attempt) == (1, 2)
    assert first.nonce != second.nonce
    report = await stage.apply()
    assert [each.code for each in report.recovered] == ["apply-recovered-absent"]
    await stage.settled()


async def test_it_is_waited_for_as_long_as_the_platform_takes(tmp_path: Path) -> None:
    """The process died with its request under way; the room appears while the next apply looks for it."""
    stage = Stage(tmp_path)
    stage.declare(room())
    await killed(stage, "before", "room.a")
    intent = (await stage.document()).intents[address("room.a")]
    plan = await stage.plan()
    assert [each.action.value for each in plan.changes] == ["create"]

    document = await stage.document()
    owner = Ownership(document.lineage, document.deployment, document.environment)

    def appears() -> None:
        stage.there.add("room", intent.attributes, owner=owner, uid=address("room.a"))

    stage.there.late.append((stage.platform.clock.seconds() + 3.0, appears))
    report = await stage.apply(plan)
    assert not report.failed
    assert [each.code for each in report.recovered] == ["apply-recovered-found"]
    assert stage.writes() == ["create room.a"]
    await stage.settled()


async def test_what_was_declared_since_is_written_to_what_is_found(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.declare(room(powers={"lead": 100}))
    await killed(stage, "after", "room.a")
    stage.declare(room(name="新甲", powers={"lead": 100, "host": 50}))
    report = await stage.apply()
    assert not report.failed
    assert stage.thing("room").attributes == {"name": "新甲", "powers": {"lead": 100, "host": 50}}
    await stage.settled()


async def test_what_nobody_declares_any_more_does_not_get_lost(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.declare(room(), resource("note.a", room=address("room.a"), text="群规"))
    await killed(stage, "after", "note.a")
    stage.declare(room())
    await stage.apply()
    assert list(stage.there.living("note")) == []
    await stage.settled()


async def test_a_place_that_a_stranger_took_meanwhile_is_a_conflict(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.declare(room(handle="one"), resource("room.b", name="乙"))
    await killed(stage, "before", "room.a")
    plan = await stage.plan()
    stage.there.late.append(
        (stage.platform.clock.seconds() + 1.0, lambda: stage.there.add("room", {"name": "别人的", "handle": "one"}))
    )
    report = await stage.apply(plan)
    assert [(each.address, each.reason.code) for each in report.failed] == [(address("room.a"), "memory-handle-taken")]
    assert address("room.b") in report.done
    assert (await stage.document()).intents == {}


async def test_looking_that_fails_leaves_the_question_open(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.declare(room(), resource("room.b", name="乙"))
    await killed(stage, "before", "room.a")
    plan = await stage.plan()
    stage.there.fault = lambda request: Fault.refused if request.verb == "find" and asked(stage) else None
    seen = len(stage.there.requests)

    def asked(stage: Stage) -> bool:
        # The plan inside the lock looks once; from then on looking fails.
        return sum(each.verb == "find" for each in stage.there.requests[seen:]) > 2

    report = await stage.apply(plan)
    assert [each.unknown for each in report.failed if each.address == address("room.a")] == [True]
    assert address("room.a") in (await stage.document()).intents
    stage.there.fault = lambda request: None
    await stage.apply()
    await stage.settled()


async def test_a_replace_that_was_given_up_leaves_no_orphan(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.declare(room(kind="chat"))
    await stage.apply()
    old = stage.thing("room")
    stage.declare(room(kind="forum"))
    await killed(stage, "after", "room.a")
    assert len(list(stage.there.living("room"))) == 2
    stage.declare(room(kind="chat"))
    for _ in range(2):
        report = await stage.apply()
        assert not report.failed
    assert [each.id for each in stage.there.living("room")] == [old.id]
    await stage.settled()
