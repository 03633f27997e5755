"""A question that only a person can answer holds back what it is about, and what depends on that; the rest is done."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.applying_rig import Stage, address, resource
from engine.test_recover import killed
from groupform.render.report import report_exit_code

pytestmark = pytest.mark.anyio
BADGE = address("badge.vip")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def asked(folder: Path) -> Stage:
    """A badge whose create was cut off: no call can tell whether it is there."""
    stage = Stage(folder)
    stage.declare(
        resource("badge.vip", title="会员"),
        resource("room.a", name="甲"),
        resource("room.b", name="乙", allow=[BADGE]),
    )
    await killed(stage, "after", "badge.vip")
    return stage


async def test_the_rest_goes_on_and_the_question_stays(tmp_path: Path) -> None:
    stage = await asked(tmp_path)
    made = len(list(stage.there.living("badge")))
    plan = await stage.plan()
    [question] = [each for each in plan.guards if each.guard == "recovery"]
    assert question.blocks and question.alone and question.addresses == [BADGE]
    report = await stage.apply(plan, frozenset())
    assert address("room.a") in report.done or any(t.attributes["name"] == "甲" for t in stage.there.living("room"))
    assert set(report.withheld) == {BADGE, address("room.b")}
    assert (report.failed, report.blocked, report_exit_code(report)) == ((), (), 3)
    document = await stage.document()
    assert set(document.intents) == {BADGE}, "nobody has answered"
    assert document.progress is not None and document.progress.stopped == "apply-withheld"
    assert len(list(stage.there.living("badge"))) == made
    # Again: nothing new, nothing twice, the same question.
    again = await stage.apply(None, frozenset())
    assert (again.done, set(again.withheld)) == ((), {BADGE, address("room.b")})
    assert len(list(stage.there.living("badge"))) == made


async def test_the_answer_lets_the_same_plan_go_on(tmp_path: Path) -> None:
    stage = await asked(tmp_path)
    plan = await stage.plan()
    await stage.apply(plan, frozenset())
    report = await stage.apply(plan, frozenset({f"recovery:{BADGE}"}))
    assert set(report.done) == {BADGE, address("room.b")}
    assert [each.code for each in report.recovered] == ["apply-recovered-taken-on"]
    await stage.settled()
