"""The report after an apply: what was done, what was not and why, and the exit code that says the same."""

from __future__ import annotations

import pytest

from groupform.engine.plan import Reason, Step, StepStatus
from groupform.engine.world import ApplyReport, Failed
from groupform.render.report import report_exit_code, show_report
from render.samples import terminal


def step(status: StepStatus) -> Step:
    what = Reason(code="memory-step-room-create")
    return Step(key="d/g.a", address="d/g.a", what=what, label="甲", status=status, proof="attested", digest="x")


FAILED = Failed("d/room.a", "甲", Reason(code="memory-denied"))


@pytest.mark.parametrize(
    ("report", "code"),
    [
        (ApplyReport("d"), 0),
        (ApplyReport("d", done=("d/room.a",)), 0),
        (ApplyReport("d", failed=(FAILED,)), 1),
        (ApplyReport("d", blocked=("d/room.a",)), 1),
        (ApplyReport("d", stopped=Reason(code="memory-wait")), 1),
        (ApplyReport("d", failed=(FAILED,), unreachable=True), 4),
        (ApplyReport("d", protected=("d/room.a",)), 3),
        (ApplyReport("d", steps=(step(StepStatus.new),)), 3),
        (ApplyReport("d", steps=(step(StepStatus.overdue),)), 3),
        (ApplyReport("d", steps=(step(StepStatus.open),)), 0),
        (ApplyReport("d", protected=("d/room.a",), failed=(FAILED,)), 1),
    ],
)
def test_exit_codes(report: ApplyReport, code: int) -> None:
    assert report_exit_code(report) == code


def shown(report: ApplyReport, *, language: str = "en", steps_known: bool = False) -> str:
    where, out, _ = terminal({"GROUPFORM_LANG": language})
    show_report(where, report, resume="groupform apply -d d", steps_known=steps_known)
    return out.getvalue()


def test_a_failure_has_its_reason_and_the_way_on() -> None:
    failed = (Failed("d/room.a", "甲", Reason(code="memory-denied"), unknown=True),)
    text = shown(ApplyReport("d", done=("d/room.b",), failed=failed, blocked=("d/pin.a",), requests=3, seconds=2.0))
    for part in ("1 change done, 1 failed", "room.a  甲", "not known whether", "pin.a", "groupform apply -d d"):
        assert part in text


def test_success_says_nothing_of_going_on() -> None:
    assert "To go on" not in shown(ApplyReport("d", done=("d/room.b",), requests=1))


def test_what_the_platform_would_not_take_is_named() -> None:
    text = shown(ApplyReport("d", done=("d/room.a",), refused={"d/room.a": {"listed": "memory-denied"}}))
    assert "room.a.listed" in text
    assert "does not take this value" in text


def test_steps_are_repeated_only_where_no_plan_showed_them() -> None:
    report = ApplyReport("d", steps=(step(StepStatus.new),))
    assert "steps done d/g.a" in shown(report)
    known = shown(report, steps_known=True)
    assert "steps done d/g.a" not in known
    assert "groupform steps list" in known


def test_it_is_told_in_chinese_too() -> None:
    assert "失败 1 项" in shown(ApplyReport("d", failed=(FAILED,)), language="zh-CN")
