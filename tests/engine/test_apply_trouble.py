"""What goes wrong in an apply: it goes on elsewhere, says what it knows, and the next one finishes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.applying_rig import Stage, address, resource
from groupform.config.diagnostics import Refused
from groupform.engine.provider import Failure, Pending
from groupform.providers.memory.session import MemorySession
from groupform.providers.memory.world import Fault, Request

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def at(verb: str, about: str, fault: Fault, times: int = 1) -> Callable[[Request], Fault | None]:
    """This fault, the first `times` that such a request is made."""
    left = [times]

    def decide(request: Request) -> Fault | None:
        if request.verb == verb and request.about.startswith(address(about)) and left[0] > 0:
            left[0] -= 1
            return fault
        return None

    return decide


async def test_other_branches_go_on_and_what_waits_is_told(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.declare(
        resource("room.a", name="甲"),
        resource("note.a", room=address("room.a"), text="群规"),
        resource("room.b", name="乙"),
        resource("note.b", room=address("room.b"), text="群规"),
    )
    stage.there.fault = at("create", "room.a", Fault.refused)
    report = await stage.apply()
    assert [(each.address, each.reason.code, each.unknown) for each in report.failed] == [
        (address("room.a"), "memory-refused", False)
    ]
    assert report.blocked == (address("note.a"),)
    assert report.done == (address("room.b"), address("note.b"))
    document = await stage.document()
    assert document.intents == {}
    assert document.progress is not None
    report = await stage.apply()
    assert not report.failed
    await stage.settled()


async def test_a_refused_attribute_is_a_gap_and_no_failure(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.there.deny.add("room.listed")
    stage.declare(resource("room.a", name="甲", listed=True))
    report = await stage.apply()
    assert not report.failed
    assert report.refused == {address("room.a"): {"listed": "memory-denied"}}
    assert (await stage.document()).bindings[address("room.a")].refused == {"listed": "memory-denied"}
    await stage.settled()


async def test_a_refused_attribute_of_an_update_too(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.declare(resource("room.a", name="甲"))
    await stage.apply()
    stage.there.deny.add("room.listed")
    stage.declare(resource("room.a", name="乙", listed=True))
    report = await stage.apply()
    assert report.refused == {address("room.a"): {"listed": "memory-denied"}}
    assert stage.thing("room").attributes == {"name": "乙"}
    await stage.settled()


async def test_a_deep_plan_asks_again_for_what_was_refused(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.there.deny.add("room.listed")
    stage.declare(resource("room.a", name="甲", listed=True))
    await stage.apply()
    assert [each.attributes[0].name for each in (await stage.plan(deep=True)).changes] == ["listed"]
    stage.there.deny.clear()
    report = await stage.apply(await stage.plan(deep=True))
    assert not report.failed
    assert not report.refused
    assert stage.thing("room").attributes == {"name": "甲", "listed": True}
    assert (await stage.document()).bindings[address("room.a")].refused == {}
    await stage.settled()


async def test_a_slow_create_is_asked_after(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.there.slow.add("room")
    stage.declare(resource("room.a", name="甲"))
    report = await stage.apply()
    assert report.done == (address("room.a"),)
    assert [each.verb for each in stage.there.requests if each.verb == "poll"] == ["poll"]
    await stage.settled()


async def test_a_platform_that_never_gets_done_stops_the_apply_and_its_create_stays_announced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = Stage(tmp_path)
    stage.there.slow.add("room")
    stage.declare(resource("room.a", name="甲"))
    plan = await stage.plan()

    async def still_at_it(self: MemorySession, token: str) -> Pending:
        return Pending(token, 60.0)

    with monkeypatch.context() as patched:
        patched.setattr(MemorySession, "poll", still_at_it)
        report = await stage.apply(plan)
    assert report.stopped is not None
    assert not report.failed
    assert set((await stage.document()).intents) == {address("room.a")}
    await stage.apply()
    assert stage.writes() == ["create room.a"]
    await stage.settled()


@pytest.mark.parametrize("fault", [Fault.dropped, Fault.late])
async def test_a_create_without_an_answer_is_found_in_the_same_apply(tmp_path: Path, fault: Fault) -> None:
    stage = Stage(tmp_path)
    stage.declare(resource("room.a", name="甲"), resource("note.a", room=address("room.a"), text="群规"))
    stage.there.fault = at("create", "room.a", fault)
    report = await stage.apply()
    assert not report.failed
    assert set(report.done) == {address("room.a"), address("note.a")}
    assert len(list(stage.there.living("room"))) == 1
    await stage.settled()


async def test_a_create_that_never_arrived_is_looked_for_and_then_made_by_the_next_apply(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.declare(resource("room.a", name="甲"))
    stage.there.fault = at("create", "room.a", Fault.lost)
    began = stage.platform.clock.seconds()
    report = await stage.apply()
    assert [(each.reason.code, each.unknown) for each in report.failed] == [("memory-no-answer", False)]
    assert stage.platform.clock.seconds() - began >= stage.provider.settle
    assert (await stage.document()).intents == {}
    assert not (await stage.apply()).failed
    await stage.settled()


async def test_where_nothing_can_tell_a_person_decides(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.declare(resource("badge.a", title="徽章"))
    stage.there.fault = at("create", "badge.a", Fault.lost)
    report = await stage.apply()
    assert [each.unknown for each in report.failed] == [True]
    assert set((await stage.document()).intents) == {address("badge.a")}
    held = await stage.apply(approve=frozenset())
    assert held.withheld == (address("badge.a"),)
    assert stage.writes() == ["create badge.a"]
    report = await stage.apply(approve=frozenset({address("badge.a")}))
    assert [each.code for each in report.recovered] == ["apply-recovered-taken-on"]
    assert stage.writes() == ["create badge.a"] * 2
    await stage.settled()


async def test_a_long_wait_stops_cleanly_and_the_next_apply_goes_on(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.provider.concurrency = 2
    stage.declare(*(resource(f"room.r{n}", name=f"群{n}") for n in range(20)))
    stage.there.fault = at("create", "room.r5", Fault.impatient)
    report = await stage.apply()
    assert report.stopped is not None
    assert report.stopped.code == "apply-wait-too-long"
    assert not report.failed
    assert stage.watching.notes == ["apply-wait-too-long"]
    document = await stage.document()
    assert document.intents == {}, "what was never sent needs no looking for"
    assert document.progress is not None
    assert document.progress.stopped == "apply-wait-too-long"
    assert 4 <= len(document.bindings) < 20
    await stage.apply()
    assert len(list(stage.there.living("room"))) == 20
    await stage.settled()


async def test_a_dead_server_is_not_asked_a_thousand_times(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.declare(*(resource(f"room.r{n}", name=f"群{n}") for n in range(100)))
    plan = await stage.plan()
    stage.there.fault = lambda request: Fault.unreachable if request.verb == "create" else None
    report = await stage.apply(plan)
    assert report.unreachable
    assert report.stopped is not None
    assert report.stopped.code == "apply-nobody-answers"
    assert len(stage.writes()) < 30
    stage.there.fault = lambda request: None
    await stage.apply()
    await stage.settled()


async def test_a_delete_without_an_answer_is_done_when_the_object_is_gone(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.declare(resource("room.a", name="甲"))
    await stage.apply()
    stage.declare()
    stage.there.fault = at("delete", "room.a", Fault.dropped)
    report = await stage.apply()
    assert not report.failed
    assert (await stage.document()).bindings == {}


async def test_a_defect_of_a_provider_costs_the_others_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(tmp_path)
    stage.declare(resource("room.a", name="甲"), resource("room.b", name="乙"))
    create = MemorySession.create

    async def broken(self: MemorySession, request: Any) -> Any:
        if request.address.key == "a":
            raise KeyError("room_id")
        return await create(self, request)

    monkeypatch.setattr(MemorySession, "create", broken)
    report = await stage.apply()
    assert [(each.reason.code, each.unknown) for each in report.failed] == [("apply-provider-defect", True)]
    assert report.done == (address("room.b"),)
    assert set((await stage.document()).intents) == {address("room.a")}
    monkeypatch.undo()
    report = await stage.apply()
    assert [each.code for each in report.recovered] == ["apply-recovered-absent"]
    await stage.settled()


async def test_what_is_protected_stays_with_all_that_waits_for_it(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.declare(
        resource("hall.all", name="全部"),
        resource("room.a", name="甲", hall=address("hall.all"), _protect=True),
        resource("room.b", name="乙", hall=address("hall.all")),
    )
    await stage.apply()
    report = await stage.apply(await stage.plan(destroy=True))
    assert not report.failed
    assert not report.blocked
    assert report.protected == (address("room.a"), address("hall.all"))
    assert [each.attributes["name"] for each in stage.there.living()] == ["全部", "甲"]
    assert set((await stage.document()).bindings) == {address("hall.all"), address("room.a")}


async def test_elements_are_known_as_ours_before_they_are_put(tmp_path: Path) -> None:
    """Otherwise an admin who was put by a killed apply, and then taken out of the files, would stay for ever."""
    stage = Stage(tmp_path)
    stage.declare(resource("room.a", name="甲", powers={"lead": 100}))
    await stage.apply()
    stage.declare(resource("room.a", name="甲", powers={"lead": 100, "guest": 50}))
    # The answer never comes, and neither is anything recorded after it.
    stage.there.fault = at("update", "room.a", Fault.dropped)
    assert [each.unknown for each in (await stage.apply()).failed] == [True]
    assert stage.thing("room").attributes["powers"] == {"lead": 100, "guest": 50}
    stage.declare(resource("room.a", name="甲", powers={"lead": 100}))
    await stage.apply()
    assert stage.thing("room").attributes["powers"] == {"lead": 100}
    await stage.settled()


async def test_an_object_that_stopped_being_ours_since_the_plan_is_not_bound(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.declare(resource("room.a", name="甲"))
    stage.there.fault = at("create", "room.a", Fault.dropped)
    find = MemorySession.find

    async def blind(self: MemorySession, intent: Any) -> Any:
        raise Failure("memory-refused", about="find")

    MemorySession.find = blind  # type: ignore[method-assign]
    try:
        report = await stage.apply()
    finally:
        MemorySession.find = find  # type: ignore[method-assign]
    assert [each.unknown for each in report.failed] == [True]
    plan = await stage.plan()
    assert [each.action.value for each in plan.changes] == ["bind"]
    del stage.there.things[stage.thing("room").id]
    with pytest.raises(Refused):
        await stage.apply(plan)
    assert (await stage.document()).bindings == {}
    await stage.apply()
    await stage.settled()
