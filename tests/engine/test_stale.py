"""What was reviewed is what runs, or nothing is; and a plan half done goes on (promise 2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from engine.planning_rig import address, binding, plan, resource
from groupform.engine.plan import DeploymentPlan
from groupform.engine.provider import Free, Hidden, Ours, Present
from groupform.engine.stale import Fresh, Resume, Stale, compare
from groupform.state.document import Binding, Progress

DESIRED = [
    resource("room.new", {"name": "New"}),
    resource("room.a", {"name": "B", "topic": "t"}),
    resource("room.same", {"name": "S"}),
]
BOUND = {
    "room.a": binding("room.a", {"name": "A", "topic": "t"}),
    "room.same": binding("room.same", {"name": "S"}),
    "child.old": binding("child.old", {"order": "1"}),
}
SEEN: Mapping[str, Any] = {
    "room.a": {"name": "A", "topic": "t"},
    "room.same": {"name": "S"},
    "child.old": {"order": "1"},
}


def made(
    bound: Mapping[str, Binding] | None = None, seen: Mapping[str, Any] | None = None, **rest: Any
) -> DeploymentPlan:
    """The plan of the situation above, with what is given changed; None takes something away."""
    probes = rest.pop("probes", {"room.new": Free()})
    all_bound = {key: each for key, each in {**BOUND, **(bound or {})}.items() if each is not None}
    all_seen = {key: each for key, each in {**SEEN, **(seen or {})}.items() if each is not None}
    return plan(rest.pop("desired", DESIRED), all_bound, all_seen, probes=probes, **rest)


def under_way(saved: DeploymentPlan) -> Progress:
    return Progress(plan=saved.digest, serial=1, started_at="2026-11-21T12:00:00Z")


def codes(verdict: object) -> list[str]:
    assert isinstance(verdict, Stale), verdict
    return [each.code for each in verdict.reasons]


def test_nothing_has_changed() -> None:
    saved = made()
    assert {each.action.value for each in saved.changes} == {"create", "update", "delete"}
    assert compare(saved, made(inputs={"as_of": "2026-11-22T00:00:00+00:00", "state_serial": 9}), None) == Fresh()


def test_member_counts_alone_never_matter() -> None:
    saved = made(seen={"room.a": Present({"name": "A", "topic": "t"}, people=3)})
    fresh = made(seen={"room.a": Present({"name": "A", "topic": "t"}, people=30_000)})
    assert saved.digest == fresh.digest
    assert compare(saved, fresh, None) == Fresh()


@pytest.mark.parametrize(
    ("inputs", "code"),
    [
        ({"config_digest": "others"}, "plan-stale-files"),
        ({"account": "somebody"}, "plan-stale-account"),
        ({"server": "elsewhere"}, "plan-stale-server"),
        ({"version": "2"}, "plan-stale-version"),
        ({"state_lineage": "lineage-2"}, "plan-stale-lineage"),
        ({"variables": {"A": "b"}}, "plan-stale-variable"),
    ],
)
def test_what_it_was_made_from(inputs: dict[str, Any], code: str) -> None:
    saved = made()
    assert codes(compare(saved, made(inputs=inputs), None)) == [code]
    assert codes(compare(saved, made(inputs=inputs), under_way(saved))) == [code]


def test_another_environment() -> None:
    saved = made()
    assert codes(compare(saved, saved.model_copy(update={"environment": "staging"}), None)) == [
        "plan-stale-environment"
    ]


@pytest.mark.parametrize(
    ("seen", "code", "where"),
    [
        ({"room.a": {"name": "C", "topic": "t"}}, "plan-stale-change", "room.a"),
        ({"room.a": {"name": "A", "topic": "u"}}, "plan-stale-change", "room.a"),
        ({"room.a": {"name": "B", "topic": "t"}}, "plan-stale-done", "room.a"),
        ({"room.same": {"name": "T"}}, "plan-stale-new-change", "room.same"),
        ({"room.same": Hidden("rig-hidden")}, "plan-stale-unreadable", "room.same"),
        ({"child.old": {"order": "2"}}, "plan-stale-change", "child.old"),
    ],
)
def test_a_managed_value_that_moved(seen: dict[str, Any], code: str, where: str) -> None:
    verdict = compare(made(), made(seen=seen), None)
    assert code in codes(verdict)
    assert isinstance(verdict, Stale)
    assert any(each.params.get("address") == address(where) for each in verdict.reasons)


def test_a_value_nobody_manages_may_move() -> None:
    assert compare(made(), made(seen={"room.same": {"name": "S", "note": "n"}}), None) == Fresh()


def test_an_absence_that_ended() -> None:
    saved = made()
    ours = {"probes": {"room.new": Ours("!n")}, "survey": {"ids": {**ids(), address("room.new"): "!n"}}}
    fresh = made(seen={"room.new": {"name": "New"}}, **ours)
    assert "plan-stale-absent" in codes(compare(saved, fresh, None))
    assert isinstance(compare(saved, fresh, under_way(saved)), Resume), "it was this plan that made it"


def ids() -> dict[str, str]:
    return {address(key): each.id for key, each in BOUND.items()}


def test_a_guards_verdict_that_differs() -> None:
    calm = {"room.a": binding("room.a"), "room.b": binding("room.b")}

    def crowd(people: int) -> DeploymentPlan:
        return plan([], calm, {"room.a": Present({}, people=people), "room.b": Present({}, people=0)})

    assert compare(crowd(60), crowd(70), None) == Fresh()
    assert codes(compare(crowd(0), crowd(70), None)) == ["plan-stale-guard"]
    assert codes(compare(crowd(70), crowd(0), None)) == ["plan-stale-guard"]


def test_a_step_done_meanwhile_is_no_reason() -> None:
    desired = [resource("room.a", {"name": "B", "blessing": "x"})]
    bound = {"room.a": binding("room.a", {"name": "A"})}
    saved = plan(desired, bound, {"room.a": {"name": "A"}})
    assert len(saved.steps) == 1
    assert compare(saved, plan(desired, bound, {"room.a": {"name": "A", "blessing": "x"}}), None) == Fresh()


DONE = {
    "create": ({"room.new": binding("room.new", {"name": "New"})}, {"room.new": {"name": "New"}}),
    "update": ({"room.a": binding("room.a", {"name": "B", "topic": "t"})}, {"room.a": {"name": "B", "topic": "t"}}),
    "delete": ({"child.old": None}, {"child.old": None}),
}


@pytest.mark.parametrize("parts", [["create"], ["update"], ["delete"], ["create", "delete"], ["create", "update"]])
def test_a_plan_half_done_goes_on(parts: list[str]) -> None:
    saved = made()
    bound = {key: each for part in parts for key, each in DONE[part][0].items()}
    seen = {key: each for part in parts for key, each in DONE[part][1].items()}
    fresh = made(bound, seen, probes={} if "create" in parts else {"room.new": Free()})
    verdict = compare(saved, fresh, under_way(saved))
    assert isinstance(verdict, Resume)
    assert len(verdict.done) == len(parts)
    assert len(verdict.open) == 3 - len(parts)
    assert isinstance(compare(saved, fresh, None), Stale), "only the plan under way may find itself half done"
    assert isinstance(compare(saved, fresh, Progress(plan="other", serial=1, started_at="x")), Stale)


def test_what_was_done_and_then_changed_by_hand_stops_it() -> None:
    saved = made()
    for part, broken in (
        ("create", {"room.new": {"name": "Changed"}}),
        ("update", {"room.a": {"name": "Changed", "topic": "t"}}),
        ("update", {"room.a": {"name": "B", "topic": "u"}}),
    ):
        fresh = made(DONE[part][0], broken, probes={} if part == "create" else {"room.new": Free()})
        assert codes(compare(saved, fresh, under_way(saved))) == ["plan-stale-change"]


def test_what_was_open_and_moved_stops_it() -> None:
    saved = made()
    fresh = made(DONE["create"][0], {**DONE["create"][1], "room.a": {"name": "Z", "topic": "t"}}, probes={})
    assert codes(compare(saved, fresh, under_way(saved))) == ["plan-stale-change"]


def test_an_announced_element_is_not_drift_of_a_plan_under_way() -> None:
    """The state counts an element as ours before it is put; killed in between, it reads as drift, and is not."""
    desired = [resource("room.a", {"powers": {"@a": 50}})]
    saved = plan(desired, {"room.a": binding("room.a", {"powers": {}})}, {"room.a": {"powers": {}}})
    fresh = plan(desired, {"room.a": binding("room.a", {"powers": {"@a": 50}})}, {"room.a": {"powers": {}}})
    assert isinstance(compare(saved, fresh, under_way(saved)), Resume)


@pytest.mark.parametrize("step", [0, 1, 2, 3])
def test_a_swap_stopped_anywhere_goes_on(step: int) -> None:
    now = {"a": "x", "b": "y"}
    desired = [resource("room.a", {"handle": "y"}), resource("room.b", {"handle": "x"})]

    def planned() -> DeploymentPlan:
        bound = {f"room.{key}": binding(f"room.{key}", {"handle": value}) for key, value in now.items()}
        return plan(desired, bound, {f"room.{key}": {"handle": value} for key, value in now.items()})

    saved = planned()
    assert len(saved.changes) == 3
    for change in saved.changes[:step]:
        now[change.address[-1]] = change.attributes[0].after
    verdict = compare(saved, planned(), under_way(saved))
    assert isinstance(verdict, Resume)
    assert len(verdict.done) == step


def test_the_first_apply_makes_the_state() -> None:
    def first(lineage: str | None, bound: Mapping[str, Binding] | None = None) -> DeploymentPlan:
        seen = {key: {"name": "A"} for key in bound or {}}
        probes = {} if bound else {"room.a": Free()}
        wanted = [resource("room.a", {"name": "A"}), resource("room.b", {"name": "B"})]
        return plan(wanted, bound, seen, probes={**probes, "room.b": Free()}, inputs={"state_lineage": lineage})

    saved = first(None)
    assert compare(saved, first("lineage-9"), None) == Fresh()
    begun = first("lineage-9", {"room.a": binding("room.a", {"name": "A"})})
    assert "plan-stale-lineage" in codes(compare(saved, begun, None))
    assert isinstance(compare(saved, begun, under_way(saved)), Resume)
