"""What is looked at twice before any write."""

from __future__ import annotations

from typing import Any

import pytest

from engine.planning_rig import address, binding, plan, resource
from groupform.compile.resource import Claim, Compiled, Outcome
from groupform.config.diagnostics import Diagnostic, Severity
from groupform.engine.gaps import is_accepted
from groupform.engine.plan import DeploymentPlan
from groupform.engine.provider import Free, Present
from groupform_schemas import Guards


def limits(**parts: Any) -> Guards:
    return Guards.model_validate(parts)


def verdicts(made: DeploymentPlan) -> list[str]:
    return [each.guard for each in made.guards if each.blocks]


def rooms(number: int, people: int = 0) -> dict[str, Any]:
    names = [f"room.r{each}" for each in range(number)]
    return {
        "bound": {each: binding(each) for each in names},
        "seen": {each: Present({}, people=people) for each in names},
    }


def test_groups_and_others_have_a_limit_each() -> None:
    children = {f"child.c{each}": binding(f"child.c{each}") for each in range(11)}
    seen = {each: Present({}) for each in children}
    assert verdicts(plan([], children, seen)) == ["delete-others"]
    children.popitem()
    assert verdicts(plan([], children, {each: Present({}) for each in children})) == []
    made = plan([], **rooms(1))
    assert verdicts(made) == ["delete-groups"]
    assert made.guards[0].addresses == [address("room.r0")]
    assert made.guards[0].approvable
    assert verdicts(plan([], **rooms(2), guards=limits(delete={"groups": "2"}))) == []


def test_a_forgotten_group_loses_nobody() -> None:
    made = plan([], {"room.a": binding("room.a", on_remove="forget")}, {"room.a": Present({}, people=900)})
    assert verdicts(made) == []


@pytest.mark.parametrize(("number", "people", "blocks"), [(1, 51, True), (1, 50, False), (1, 0, False)])
def test_members_are_counted(number: int, people: int, blocks: bool) -> None:
    many = {"room.big": binding("room.big")}
    made = plan(
        [resource("room.big")],
        {**many, **rooms(number)["bound"]},
        {"room.big": Present({}, people=100_000), **rooms(number, people)["seen"]},
        guards=limits(delete={"groups": "9"}),
    )
    assert ("members" in verdicts(made)) is blocks


def test_a_share_counts_too() -> None:
    small = {"room.small": binding("room.small"), "room.big": binding("room.big")}
    seen = {"room.small": Present({}, people=6), "room.big": Present({}, people=94)}
    made = plan([resource("room.big")], small, seen, guards=limits(delete={"groups": "9"}))
    assert verdicts(made) == ["members"]
    assert made.guards[0].reason.params["share"] == "6%"
    seen["room.small"] = Present({}, people=5)
    seen["room.big"] = Present({}, people=95)
    assert verdicts(plan([resource("room.big")], small, seen, guards=limits(delete={"groups": "9"}))) == []


def test_member_counts_change_no_digest() -> None:
    small = {"room.small": binding("room.small")}
    digests = {plan([], small, {"room.small": Present({}, people=each)}).digest for each in (60, 61, 900)}
    assert len(digests) == 1
    assert plan([], small, {"room.small": Present({}, people=0)}).digest not in digests, "its verdict is another"


def powers(applied: dict[str, int], observed: dict[str, int], desired: dict[str, int]) -> DeploymentPlan:
    return plan(
        [resource("room.a", {"powers": desired})],
        {"room.a": binding("room.a", {"powers": applied})},
        {"room.a": {"powers": observed}},
    )


def test_the_last_human_admin() -> None:
    assert verdicts(powers({"@l": 100}, {"@l": 100, "bot": 100}, {"@l": 50})) == ["last-admin"]
    assert verdicts(powers({"@l": 100}, {"@l": 100, "@stranger": 100}, {"@l": 50})) == []
    assert verdicts(powers({"@l": 100}, {"@l": 100}, {"@m": 100})) == []
    assert verdicts(powers({}, {"bot": 100}, {"@l": 50})) == [], "there was none before"


def test_the_tools_own_account() -> None:
    made = powers({"bot": 100}, {"@l": 100, "bot": 100}, {})
    assert verdicts(made) == ["self-lockout"]


def test_what_cannot_be_undone() -> None:
    made = plan([resource("room.a", {"sealed": True})], {"room.a": binding("room.a")}, {"room.a": {"sealed": False}})
    assert verdicts(made) == ["irreversible"]
    fresh = plan([resource("room.a", {"sealed": True})], probes={"room.a": Free()})
    assert verdicts(fresh) == []
    assert [each.code for each in fresh.changes[0].irreversible] == ["rig-sealed"]


def frozen(applied: object, observed: object, desired: object, **more: Any) -> DeploymentPlan:
    sides = ({"frozen": each} if each is not None else {} for each in (desired, applied, observed))
    wanted, was, there = sides
    known = {"name": "甲"}
    return plan(
        [resource("room.a", known | wanted)],
        {"room.a": binding("room.a", known | was)},
        {"room.a": known | there},
        **more,
    )


def test_what_holds_for_good_is_asked_about_once() -> None:
    made = frozen(False, False, True)
    assert [(each.guard, each.reason.code, each.blocks) for each in made.guards] == [
        ("irreversible", "rig-frozen", True)
    ]
    assert frozen(True, True, True).guards == []
    assert frozen(None, False, False).guards == []


@pytest.mark.parametrize("desired", [None, False])
def test_what_holds_for_good_is_never_taken_back(desired: object) -> None:
    path = f"{address('room.a')}!frozen"
    made = frozen(True, True, desired)
    assert made.empty and not made.drift
    said = [(each.guard, each.reason.code, each.blocks, each.approvable) for each in made.guards]
    assert said == [("one-way", "rig-frozen-for-good", True, False)]
    assert [(each.path, each.accepted) for each in made.gaps] == [(path, False)]
    agreed = frozen(True, True, desired, accept_gaps=(path,))
    assert agreed.guards == [] and [each.accepted for each in agreed.gaps] == [True]
    by_hand = frozen(desired, True, desired)
    assert by_hand.empty and by_hand.drift == [path]
    assert [(each.guard, each.blocks) for each in by_hand.guards] == [("one-way", False)]


def test_a_guard_that_nobody_can_approve_speaks_of_new_objects_too() -> None:
    fresh = plan([resource("room.a", {"barred": ["bot"]})], probes={"room.a": Free()})
    live = plan([resource("room.a", {"barred": ["bot"]})], {"room.a": binding("room.a")}, {"room.a": {"barred": ["x"]}})
    for made in (fresh, live):
        assert [(each.guard, each.approvable) for each in made.guards] == [("self-lockout", False)]


def test_whom_a_write_shuts_out_is_told_and_counted_as_members() -> None:
    def barring(people: int) -> DeploymentPlan:
        there = Present({"barred": [], "crowd": {"evil": people, "good": 900}}, people=people + 900)
        return plan(
            [resource("room.a", {"barred": ["evil", "nobody"]})], {"room.a": binding("room.a")}, {"room.a": there}
        )

    few, many = barring(3), barring(60)
    assert [(each.guard, each.blocks) for each in few.guards] == [("shut-out", False)]
    assert few.guards[0].reason.params["who"] == "evil (3)"
    assert {(each.guard, each.blocks) for each in many.guards} == {("shut-out", False), ("members", True)}
    assert barring(0).guards == [] or barring(0).guards[0].reason.params["count"] == 0


def test_a_provider_guards_an_attribute() -> None:
    made = plan([resource("room.a", {"door": "closed"})], {"room.a": binding("room.a")}, {"room.a": {"door": "open"}})
    assert [(each.guard, each.reason.code) for each in made.guards] == [("shut", "rig-shut")]


def test_limits_of_the_platform() -> None:
    found = (Diagnostic("rig-too-long", params={"limit": 5}), Diagnostic("rig-odd", Severity.warning))
    made = plan(compiled=Compiled((), (), found))
    assert [(each.reason.code, each.blocks, each.approvable) for each in made.guards] == [
        ("rig-too-long", True, False),
        ("rig-odd", False, False),
    ]


def test_gaps_speak_as_loudly_as_asked() -> None:
    claims = (
        Claim("entry.account_age", Outcome.gap, reason="rig-no-age", params={"age": "7d"}),
        Claim("entry.door", Outcome.native),
        Claim("rules.no-ads.detect.words", Outcome.gap, reason="rig-no-words"),
    )
    whole = Compiled((), claims)
    made = plan(compiled=whole, accept_gaps=("entry.account_age",))
    assert [(each.path, each.accepted) for each in made.gaps] == [
        ("entry.account_age", True),
        ("rules.no-ads.detect.words", False),
    ]
    assert verdicts(made) == []
    assert verdicts(plan(compiled=whole, guards=limits(on_gap="error"))) == ["gap", "gap"]
    assert (
        verdicts(plan(compiled=whole, guards=limits(on_gap="error"), accept_gaps=("entry", "rules.no-ads.detect*")))
        == []
    )
    assert all(each.accepted for each in plan(compiled=whole, guards=limits(on_gap="ignore")).gaps)


@pytest.mark.parametrize(
    ("accepted", "path", "is_so"),
    [
        ("entry.account_age", "entry.account_age", True),
        ("entry", "entry.account_age", True),
        ("entr", "entry.account_age", False),
        ("groups.city", "groups.city/sh.title", True),
        ("groups.city", "groups.city-hall.title", False),
        ("groups.*.capacity", "groups.city/sh.capacity", True),
        ("groups.*.capacity", "groups.city/sh.title", False),
        ("rules.no-ads.detect*", "rules.no-ads.detect.words", True),
        ("rules.*", "rules.x.ladder[0].do", True),
        ("entry.account_age.x", "entry.account_age", False),
        ("a.b", "a-b", False),
    ],
)
def test_an_agreed_path(accepted: str, path: str, is_so: bool) -> None:
    assert is_accepted(path, [accepted]) is is_so
