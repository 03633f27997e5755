"""Which edits of a text ask somebody to do their work again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from engine.planning_rig import NOW, address, binding, plan, resource
from groupform.engine.plan import StepStatus
from groupform.engine.provider import Free
from groupform.engine.step_meaning import alike, meaning
from groupform.engine.step_people import Staff, on_duty
from groupform.engine.step_rules import StepRules
from groupform.state.document import Attestation, IssuedStep
from groupform_schemas import Duty, Person

ALIKE = [
    ("你好，世界", "你好世界！"),
    ("先看群规，再打招呼。", "先看群规, 再打招呼"),
    ("ＡＢＣ１２３", "abc123"),
    ("Hello, world", "hello,world!!"),
    ("第一行\n第二行\n", "第一行 第二行"),
    ("「新人」请看公告", "新人，请看公告……"),
    ("微信 群", "微信群"),
    ("见 https://example.com/a 。", "见https://example.com/a"),
]
OTHER = [
    ("1.5 折", "15 折"),
    ("09:00-21:00", "0900-2100"),
    ("满100减20", "满100减2"),
    ("-5 度", "5 度"),
    ("50%", "50"),
    ("https://example.com/A", "https://example.com/a"),
    ("https://example.com/a-b", "https://example.com/ab"),
    ("不可以", "可以"),
    ("{member}，欢迎", "member，欢迎"),
    ("now here", "nowhere"),
    ("1 000", "1000"),
    ("a@b.example", "ab.example"),
]


@pytest.mark.parametrize(("left", "right"), ALIKE)
def test_what_only_reads_otherwise_means_the_same(left: str, right: str) -> None:
    assert alike(left, right)


@pytest.mark.parametrize(("left", "right"), OTHER)
def test_what_anybody_would_act_upon_does_not(left: str, right: str) -> None:
    assert not alike(left, right)


def test_values_inside_values() -> None:
    assert meaning({"a": ["你好。", 1, None]}) == {"a": ["你好", 1, None]}
    assert not alike("1", 1)
    assert not alike(1, True)


def test_a_comma_keeps_the_tick_and_any_change_opens_it_where_that_is_asked_for() -> None:
    bound = {"poster.p": binding("poster.p", {"text": "你好，世界"}, id="attested")}
    edited = [resource("poster.p", {"text": "你好 世界！"})]
    assert plan(edited, bound).steps == []
    assert plan(edited, bound).steps_done == 1
    (strict,) = plan(edited, bound, steps=StepRules(by_meaning=False)).steps
    assert strict.key == address("poster.p") + "!text"
    (other,) = plan([resource("poster.p", {"text": "再见，世界"})], bound).steps
    assert (other.text, other.was) == ("再见，世界", "你好，世界")


def test_an_open_step_does_not_become_news_by_a_comma() -> None:
    (first,) = plan([resource("poster.p", {"text": "a, b"})]).steps
    given = {"steps": {first.key: IssuedStep(since="2026-11-20T00:00:00Z", digest=first.digest, ticket=first.ticket)}}
    (same,) = plan([resource("poster.p", {"text": "a b."})], document=given).steps
    assert (same.status, same.ticket, same.text) == (StepStatus.open, first.ticket, "a b.")
    (other,) = plan([resource("poster.p", {"text": "c"})], document=given).steps
    assert other.status is StepStatus.new and other.ticket != first.ticket


def test_a_word_from_before_there_were_tickets_still_holds() -> None:
    (first,) = plan([resource("poster.p", {"text": "a"})]).steps
    said = Attestation(who="lead", when=NOW.isoformat(), digest=first.digest)
    bound = {"poster.p": binding("poster.p", {"text": "a"}, id="attested")}
    assert plan([resource("poster.p", {"text": "a"})], bound, document={"attestations": {first.key: said}}).steps == []
    assert plan([resource("poster.p", {"text": "a"})], document={"attestations": {first.key: said}}).steps == []


def test_a_step_has_its_time_and_is_late_after_it() -> None:
    rules = StepRules(grace=timedelta(days=3))
    desired = [resource("poster.p", {"text": "a"})]
    (fresh,) = plan(desired, steps=rules).steps
    assert (fresh.status, fresh.due) == (StepStatus.new, (NOW + timedelta(days=3)).isoformat())
    for days, status in ((2, StepStatus.open), (4, StepStatus.overdue)):
        since = (NOW - timedelta(days=days)).isoformat()
        given = {"steps": {fresh.key: IssuedStep(since=since, digest=fresh.digest)}}
        (later,) = plan(desired, steps=rules, document=given).steps
        assert (later.status, later.pressing) == (status, status is StepStatus.overdue)


def test_what_drifted_presses_once() -> None:
    bound = {"made.p": binding("made.p", {"text": "a"})}
    desired, seen = [resource("made.p", {"text": "a"})], {"made.p": {"text": "z"}}
    (first,) = plan(desired, bound, seen).steps
    assert first.status is StepStatus.drifted and first.pressing
    given = {"steps": {first.key: IssuedStep(since=NOW.isoformat(), digest=first.digest)}}
    (second,) = plan(desired, bound, seen, document=given).steps
    assert second.status is StepStatus.drifted and not second.pressing


def test_what_waits_is_said_on_both_sides_and_where_it_is_done() -> None:
    made = plan(
        [resource("made.p", {"text": "a"}, label="海报"), resource("made.q", {"text": "b"}, after=["made.p"])],
        probes={"made.p": Free(), "made.q": Free()},
    )
    first, second = made.steps
    assert first.blocks == [second.key] and second.blocked_by == [first.key]
    inside = plan(
        [
            resource("room.a", {"name": "A"}, label="大厅"),
            resource("poster.p", {"room": address("room.a"), "text": "x"}),
        ],
        {"room.a": binding("room.a", {"name": "A"})},
        {"room.a": {"name": "A"}},
    )
    (hung,) = inside.steps
    assert (hung.place, hung.place_label) == (address("room.a"), "大厅")


PEOPLE = {
    "lead": Person(name="林一", accounts={"here": "l"}),
    "host": Person(name="周舟", backup="deputy"),
    "deputy": Person(name="小王", backup="lead"),
}


def doer(named: str | None) -> tuple[str | None, str, str | None]:
    found = Staff(PEOPLE, {"hosts": ["host"]}, {}, "here").doer(named, NOW)
    return found.key, found.name, found.instead_of


def test_who_has_no_account_is_stood_in_for() -> None:
    assert doer("lead") == ("lead", "林一", None)
    assert doer("host") == ("lead", "林一", "host")
    assert doer("hosts") == ("lead", "林一", "host")
    assert doer("周舟") == ("lead", "林一", "host")
    assert doer("stranger") == ("stranger", "stranger", None)
    assert doer(None) == (None, "", None)
    lost = Staff({"a": Person(name="A", backup="b"), "b": Person(name="B", backup="a")}, {}, {}, "here")
    assert lost.doer("a", NOW).key == "a", "nobody has an account: it stays where it was"


def test_a_duty_goes_round_by_its_shifts() -> None:
    duty = Duty.model_validate({"people": ["a", "b"], "hours": {"mon-wed": "09:00-18:00"}})
    monday = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # 09:00 in Shanghai

    def on(days: int, hours: int = 0) -> str:
        return on_duty(duty, monday + timedelta(days=days, hours=hours), "Asia/Shanghai")

    first, second = on(0), on(1)
    assert {first, second} == {"a", "b"}
    assert on(2) == first
    assert on(0, 10) == second, "after hours the next shift is meant"
    assert on(3) == on(6) == on(7) == second, "and over the days off"
    night = Duty.model_validate({"people": ["a", "b"], "hours": {"mon-sun": "22:00-08:00"}})
    evening = monday.replace(hour=15)
    assert on_duty(night, evening, "Asia/Shanghai") == on_duty(night, evening + timedelta(hours=8), "Asia/Shanghai")
    assert on_duty(night, evening, "Asia/Shanghai") != on_duty(night, evening + timedelta(days=1), "Asia/Shanghai")


def test_what_has_a_time_of_its_own_is_due_then() -> None:
    at = NOW + timedelta(hours=3)
    (found,) = plan([resource("poster.p", {"text": "a"}, due=at)], steps=StepRules(grace=timedelta(days=3))).steps
    assert (found.due, found.status) == (at.isoformat(), StepStatus.new)
    (late,) = plan([resource("poster.p", {"text": "a"}, due=NOW - timedelta(hours=1))]).steps
    assert late.status is StepStatus.overdue
