"""An undo on the memory platform: back to what was, found again where it still lives, and nobody put out."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from engine.applying_rig import KEY, Stage, address, resource
from groupform.compile.resource import Resource
from groupform.config.diagnostics import Refused
from groupform.engine.attest import attested
from groupform.engine.plan import Action, DeploymentPlan
from groupform.engine.undoing import latest
from groupform.engine.world import ApplyReport, Revision
from groupform.providers.memory import Variant
from groupform.state.document import Attestation, SetApplies
from groupform.state.store import Holder

pytestmark = pytest.mark.anyio

HALL = resource("hall.x", name="厅")
HOLDER = Holder("me", os.getpid(), "2026-01-01T00:00:00Z", "test")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def room(key: str, /, **more: Any) -> Resource:
    given: dict[str, Any] = {
        "name": f"群{key}",
        "handle": key,
        "hall": address("hall.x"),
        "powers": {"lead": 100},
        **more,
    }
    return resource(f"room.{key}", **given)


async def going_back(stage: Stage, serial: int | None = None) -> DeploymentPlan:
    return await stage.plan(undo=latest(await stage.document()) if serial is None else serial)


async def undo(stage: Stage, serial: int | None = None, **more: Any) -> ApplyReport:
    report = await stage.apply(await going_back(stage, serial), **more)
    assert not report.failed, report.failed
    assert not report.blocked
    return report


async def applied(stage: Stage, *declared: Resource) -> None:
    stage.declare(*declared)
    report = await stage.apply()
    assert not report.failed, report.failed


def actions(plan: DeploymentPlan) -> dict[str, Action]:
    return {each.address.removeprefix(address("")): each.action for each in plan.changes}


async def test_texts_and_shares_go_back_and_what_strangers_put_there_stays(stage: Stage) -> None:
    first = room("a", topic="旧", powers={"lead": 100, "host": 50})
    await applied(stage, HALL, first)
    await applied(stage, HALL, room("a", name="新名", topic="新", powers={"lead": 100, "guest": 10}))
    stage.thing("room").attributes["powers"]["stranger"] = 30
    plan = await going_back(stage)
    assert actions(plan) == {"room.a": Action.update}
    assert plan.undone is not None
    assert plan.undo == plan.undone.serial == (await stage.document()).applies[-1].serial
    await stage.apply(plan)
    held = stage.thing("room").attributes
    assert (held["name"], held["topic"]) == ("群a", "旧")
    assert held["powers"] == {"lead": 100, "host": 50, "stranger": 30}
    stage.declare(HALL, first)
    await stage.settled()


async def test_a_new_group_with_people_in_it_is_let_go_and_comes_back_with_them(stage: Stage) -> None:
    await applied(stage, HALL, room("a"))
    await applied(stage, HALL, room("a"), room("b"), resource("note.b", room=address("room.b"), text="规则"))
    there = stage.thing("room", handle="b")
    there.people = 7
    plan = await going_back(stage)
    assert actions(plan) == {"note.b": Action.delete, "room.b": Action.forget}
    assert plan.undone is not None
    assert ("undo-let-go", 7) in [(each.code, each.params.get("people")) for each in plan.undone.lost]
    await stage.apply(plan)
    assert stage.there.things[there.id].people == 7
    stage.declare(HALL, room("a"))
    await stage.settled()
    again = await going_back(stage)
    assert actions(again) == {"room.b": Action.bind, "note.b": Action.create}
    assert next(each for each in again.changes if each.action is Action.bind).id == there.id
    await stage.apply(again)
    stage.declare(HALL, room("a"), room("b"), resource("note.b", room=address("room.b"), text="规则"))
    await stage.settled()
    assert (await stage.document()).bindings[address("room.b")].id == there.id


async def test_a_group_that_was_let_go_is_bound_again_by_its_id(stage: Stage) -> None:
    kept = room("a", on_remove="forget", topic="话题")
    await applied(stage, HALL, kept)
    there = stage.thing("room")
    there.owner, there.uid = None, None  # its mark is gone: only its id tells
    await applied(stage, HALL)
    plan = await going_back(stage)
    assert actions(plan) == {"room.a": Action.bind}
    await stage.apply(plan)
    assert (await stage.document()).bindings[address("room.a")].id == there.id
    stage.declare(HALL, kept)
    await stage.settled()


async def test_what_is_truly_gone_is_made_anew_and_that_is_said(stage: Stage) -> None:
    await applied(stage, HALL, room("a"))
    await applied(stage, HALL)
    assert not list(stage.there.living("room"))
    plan = await going_back(stage)
    assert actions(plan) == {"room.a": Action.create}
    assert plan.undone is not None
    assert ("undo-lost-history", "a") in [(each.code, each.params.get("label")) for each in plan.undone.lost]
    await stage.apply(plan)
    stage.declare(HALL, room("a"))
    await stage.settled()


async def test_a_replaced_group_that_still_lives_comes_back_in_place_of_its_successor(stage: Stage) -> None:
    """Its successor is let go, never deleted, and gives up the name that only one of them can have."""
    before = [
        HALL,
        room("a", on_remove="forget", kind="chat"),
        resource("note.a", room=address("room.a"), text="规则"),
        room("z", allow=[]),
    ]
    await applied(stage, *before)
    old = stage.thing("room", handle="a")
    old.people = 5
    await applied(stage, HALL, room("a", kind="forum"), *before[2:])
    [new] = [each for each in stage.there.living("room") if each.attributes.get("kind") == "forum"]
    new.people = 3
    assert new.id != old.id
    plan = await going_back(stage)
    assert actions(plan)["room.a"] is Action.bind
    assert Action.forget in actions(plan).values()
    await stage.apply(plan)
    assert (await stage.document()).bindings[address("room.a")].id == old.id
    assert (old.attributes["handle"], old.people, new.people) == ("a", 5, 3)
    assert new.id in stage.there.things
    stage.declare(*before)
    await stage.settled()


async def test_a_rename_goes_back(stage: Stage) -> None:
    await applied(stage, HALL, room("a"), resource("note.a", room=address("room.a"), text="规则"))
    there = stage.thing("room")
    moved = resource(
        "room.b", name="群a", handle="a", hall=address("hall.x"), powers={"lead": 100}, _previously=["room.a"]
    )
    note = resource("note.b", room=address("room.b"), text="新", _previously=["note.a"])
    await applied(stage, HALL, moved, note)
    plan = await going_back(stage)
    assert actions(plan) == {"room.a": Action.move, "note.a": Action.move}
    await stage.apply(plan)
    assert (await stage.document()).bindings[address("room.a")].id == there.id
    stage.declare(HALL, room("a"), resource("note.a", room=address("room.a"), text="规则"))
    await stage.settled()


async def test_over_two_applies_addresses_that_went_round_go_round_again(stage: Stage) -> None:
    one, two = room("a"), room("b")
    await applied(stage, HALL, one, two)
    ids = {each.attributes["handle"]: each.id for each in stage.there.living("room")}
    first = latest(await stage.document())
    start = (await stage.document()).serial
    c = resource("room.c", name="群b", handle="b", hall=address("hall.x"), powers={"lead": 100}, _previously=["room.b"])
    b = resource("room.b", name="群a", handle="a", hall=address("hall.x"), powers={"lead": 100}, _previously=["room.a"])
    await applied(stage, HALL, one, c)
    back_to = latest(await stage.document())
    assert first < start <= back_to
    await applied(stage, HALL, b, c)
    await undo(stage, back_to)
    bound = (await stage.document()).bindings
    assert {key: bound[address(f"room.{key}")].id for key in ("a", "b")} == ids
    stage.declare(HALL, one, two)
    await stage.settled()


async def test_a_key_that_a_newer_group_has_taken_is_given_back(stage: Stage) -> None:
    """a became b, and a new a came: to go back over both, the new one stands aside."""
    one = room("a")
    await applied(stage, HALL, one)
    old = stage.thing("room")
    moved = resource(
        "room.b", name="群a", handle="a", hall=address("hall.x"), powers={"lead": 100}, _previously=["room.a"]
    )
    await applied(stage, HALL, moved)
    back_to = latest(await stage.document())
    old.uid = address("room.b")
    await applied(stage, HALL, moved, room("a", name="新的", handle="a2"))
    await undo(stage, back_to)
    assert (await stage.document()).bindings[address("room.a")].id == old.id
    stage.declare(HALL, one)
    await stage.settled()
    assert len(list(stage.there.living("room"))) == 2


async def test_an_undo_is_undone(stage: Stage) -> None:
    one, two = [HALL, room("a")], [HALL, room("a", name="二"), room("b")]
    await applied(stage, *one)
    await applied(stage, *two)
    await undo(stage)
    stage.declare(*one)
    await stage.settled()
    await undo(stage)
    stage.declare(*two)
    await stage.settled()
    assert [each.undo is not None for each in (await stage.document()).applies] == [False, False, True, True]


async def test_the_first_apply_can_be_undone(stage: Stage) -> None:
    await applied(stage, HALL, room("a"), resource("note.a", room=address("room.a"), text="规则"))
    await undo(stage)
    assert len(list(stage.there.living("room"))) == 1
    assert not list(stage.there.living("note"))
    assert not (await stage.document()).bindings


async def test_what_others_changed_since_is_shown_and_goes_back_too(stage: Stage) -> None:
    await applied(stage, HALL, room("a", topic="一"))
    await applied(stage, HALL, room("a", topic="二"))
    stage.thing("room").attributes.update(name="别人改的", topic="别人的话题")
    plan = await going_back(stage)
    [change] = plan.changes
    assert {each.name: (each.before, each.after) for each in change.attributes} == {
        "name": ("别人改的", "群a"),
        "topic": ("别人的话题", "一"),
    }
    assert plan.drift == [address("room.a!name"), address("room.a!topic")]


async def test_a_saved_undo_is_refused_once_it_does_not_hold_any_more(stage: Stage) -> None:
    await applied(stage, HALL, room("a", topic="一"))
    await applied(stage, HALL, room("a", topic="二"))
    plan = await going_back(stage)
    await stage.apply(plan)
    before = len(stage.writes())
    with pytest.raises(Refused) as refused:
        await stage.apply(plan)
    assert "apply-stale" in [each.code for each in refused.value.diagnostics]
    assert len(stage.writes()) == before


async def test_an_apply_that_changed_nothing_is_none_to_go_back_over(stage: Stage) -> None:
    await applied(stage, HALL, room("a"))
    await applied(stage, HALL, room("a", name="二"))
    on_record = (await stage.document()).applies
    await applied(stage, HALL, room("a", name="二"))
    assert (await stage.document()).applies == on_record


async def test_without_an_apply_there_is_nothing_to_undo(stage: Stage) -> None:
    await applied(stage, HALL)
    async with stage.store.open(KEY, HOLDER) as writer:
        await writer.commit([SetApplies(applies=())])
    with pytest.raises(Refused) as refused:
        await going_back(stage)
    assert [each.code for each in refused.value.diagnostics] == ["undo-nothing"]
    with pytest.raises(Refused) as refused:
        await going_back(stage, 77)
    assert [each.code for each in refused.value.diagnostics] == ["undo-serial-unknown"]


async def test_each_apply_is_on_record_with_the_commit_it_was_made_from(stage: Stage) -> None:
    stage.declare(HALL)
    await stage.apply(revision=Revision("c1"), run="r1")
    stage.declare(HALL, room("a"))
    await stage.apply(revision=Revision("c2", dirty=True), run="r2")
    one, two = (await stage.document()).applies
    assert (one.serial, one.commit, one.dirty, one.run) == (0, "c1", False, "r1")
    assert (two.commit, two.dirty, two.who, two.undo) == ("c2", True, "tester@here", None)
    plan = await going_back(stage)
    assert plan.undone is not None
    assert (plan.undone.commit_from, plan.undone.commit_to) == ("c1", "c2")
    assert [(each.commit, each.dirty) for each in plan.undone.applies] == [("c2", True)]
    # After the undo the state is what c1 says, wherever the files stand by then.
    await stage.apply(plan, revision=Revision("c2"))
    stage.declare(HALL, room("b"))
    await stage.apply(revision=Revision("c4"))
    later = await going_back(stage)
    assert later.undone is not None
    assert (later.undone.commit_from, later.undone.commit_to) == ("c1", "c4")


async def test_a_secret_that_no_file_tells_any_more_is_left_as_it_is(stage: Stage) -> None:
    await applied(stage, HALL, room("a", passcode="first"))
    await applied(stage, HALL, room("a", passcode="second", name="二"))
    plan = await going_back(stage)
    assert plan.undone is not None
    assert "undo-secret" in [each.code for each in plan.undone.lost]
    await stage.apply(plan)
    held = stage.thing("room").attributes
    assert (held["passcode"], held["name"]) == ("second", "群a")


async def test_a_secret_that_the_files_still_tell_goes_back(stage: Stage) -> None:
    await applied(stage, HALL, room("a", passcode="first"))
    await applied(stage, HALL, room("a", passcode="second"))
    stage.declare(HALL, room("a", passcode="first"))
    await undo(stage)
    assert stage.thing("room").attributes["passcode"] == "first"
    await stage.settled()


async def done(stage: Stage, *keys: str) -> None:
    """Somebody does these steps, or all there are."""
    plan = await stage.plan()
    desired = {str(each.address): each for each in stage.provider.declared}
    async with stage.store.open(KEY, HOLDER) as writer:
        for step in plan.steps:
            if keys and step.key not in {address(each) for each in keys}:
                continue
            word = Attestation(who="me", when="2026-01-01T00:00:00+00:00", digest=step.digest)
            await writer.commit(attested(step, desired.get(step.address), stage.provider.types, writer.document, word))


async def test_what_a_person_was_asked_for_before_and_did_since_stays_done(tmp_path: Path) -> None:
    """Two applies hand out steps, and only then somebody does all of them: the first lot stays done."""
    stage = Stage(tmp_path, Variant.attest)
    first = [HALL, room("a", topic="一")]
    stage.declare(HALL, room("a", topic="零"))
    await stage.apply()
    await done(stage, "hall.x", "room.a")
    stage.declare(*first, room("b"))
    await stage.apply()
    stage.declare(*first, room("b"), room("c"))
    await stage.apply()
    await done(stage)
    assert not (await stage.plan()).steps
    plan = await going_back(stage)
    assert actions(plan) == {"room.c": Action.forget}
    assert not plan.steps
    await stage.apply(plan)
    stage.declare(*first, room("b"))
    await stage.settled()
    assert not (await stage.plan()).steps


async def test_a_person_is_given_the_old_words_again(tmp_path: Path) -> None:
    """Where nothing is read back, what goes back is a step, with the words of then."""
    stage = Stage(tmp_path, Variant.attest)
    stage.declare(HALL)
    await stage.apply()
    await done(stage)
    stage.declare(resource("hall.x", name="新厅"))
    await stage.apply()
    await done(stage)
    assert not (await stage.plan()).steps
    await undo(stage)
    document = await stage.document()
    [(key, _)] = document.steps.items()
    assert key == address("hall.x!name")
    stage.declare(HALL)
    [step] = (await stage.plan()).steps
    assert (step.text, step.was) == ("厅", "新厅")
