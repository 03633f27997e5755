"""What becomes of each object, alone and because of others."""

from __future__ import annotations

import pytest

from engine.planning_rig import NOW, US, address, binding, plan, resource
from groupform.engine.plan import Action, DeploymentPlan
from groupform.engine.provider import (
    Discovered,
    Failed,
    Failure,
    Free,
    Gone,
    Hidden,
    Ours,
    Ownership,
    Present,
    Taken,
)
from groupform.state.document import OpenIntent


def actions(made: DeploymentPlan) -> dict[str, str]:
    return {each.key.removeprefix("home/"): each.action.value for each in made.changes}


def test_the_first_plan_creates_what_is_declared() -> None:
    made = plan(
        [
            resource("child.c", {"parent": address("room.hall"), "room": address("room.a")}),
            resource("room.a", {"name": "A"}),
            resource("room.hall", {"name": "Hall"}),
        ],
        probes={"room.a": Free(), "room.hall": Free(), "child.c": Free()},
    )
    assert actions(made) == {"room.a": "create", "room.hall": "create", "child.c": "create"}
    assert made.changes[-1].after == [address("room.a"), address("room.hall")]
    assert made.absent == sorted(map(address, ("child.c", "room.a", "room.hall")))
    assert made.predicted_requests == 3


def test_nothing_to_do() -> None:
    made = plan(
        [resource("room.a", {"name": "A"})], {"room.a": binding("room.a", {"name": "A"})}, {"room.a": {"name": "A"}}
    )
    assert made.empty
    assert not made.blocked
    assert made.unchanged == 1
    assert made.observed.keys() == {address("room.a")}


def test_an_update_shows_attribute_by_attribute() -> None:
    made = plan(
        [resource("room.a", {"name": "B", "topic": "t"})],
        {"room.a": binding("room.a", {"name": "A", "topic": "t"})},
        {"room.a": Present({"name": "A", "topic": "u"}, people=7)},
    )
    (change,) = made.changes
    assert [(each.name, each.before, each.after, each.why.value) for each in change.attributes] == [
        ("name", "A", "B", "change"),
        ("topic", "u", "t", "drift"),
    ]
    assert change.impact == 7
    assert made.drift == ["home/room.a!topic"]


@pytest.mark.parametrize("unseen", [Hidden("rig-hidden"), Failed(Failure("rig-broken", why="x"))])
def test_what_cannot_be_read_is_not_gone(unseen: Hidden | Failed) -> None:
    made = plan(
        [
            resource("room.a", {"name": "A"}),
            resource("room.b", {"parent": address("room.a"), "name": "B"}),
            resource("child.c", {"parent": address("room.b"), "room": address("room.b")}),
        ],
        {"room.a": binding("room.a", {"name": "A"})},
        {"room.a": unseen},
        probes={"room.b": Free(), "child.c": Free()},
    )
    assert made.changes == []
    assert [each.address for each in made.unreadable] == [address("room.a")]
    assert {each.address: each.blocked_by for each in made.waiting} == {
        address("room.b"): [address("room.a")],
        address("child.c"): [address("room.b")],
    }


def test_an_update_goes_on_without_the_part_that_waits() -> None:
    made = plan(
        [resource("room.a", {}), resource("room.b", {"name": "new", "parent": address("room.a")})],
        {"room.a": binding("room.a"), "room.b": binding("room.b", {"name": "old"})},
        {"room.a": Hidden("rig-hidden"), "room.b": {"name": "old"}},
    )
    (change,) = made.changes
    assert [each.name for each in change.attributes] == ["name"]
    assert [each.address for each in made.waiting] == [address("room.b")]


def test_only_proof_leads_to_a_new_object() -> None:
    made = plan(
        [resource("room.a", {"name": "A"}), resource("room.b", {"allow": [address("room.a")]})],
        {"room.a": binding("room.a", {"name": "A"}), "room.b": binding("room.b", {"allow": [address("room.a")]})},
        {"room.a": Gone("rig-gone", {"at": "noon"}), "room.b": {"allow": [address("room.a"), "external:!s"]}},
        probes={"room.a": Free()},
    )
    assert actions(made) == {"room.a": "create", "room.b": "update"}
    assert made.changes[0].reason is not None
    assert made.changes[0].reason.code == "rig-gone"
    (rewritten,) = made.changes[1].attributes
    assert rewritten.put == {address("room.a"): address("room.a")}
    assert rewritten.drop == ["external:id-room.a"]
    assert made.changes[1].after == [address("room.a")]


def test_a_replacement_rewrites_all_that_refers_to_it() -> None:
    both = {"parent": address("room.a"), "room": address("room.b")}
    made = plan(
        [
            resource("room.a", {"kind": "forum", "name": "A"}),
            resource("room.b", {"parent": address("room.a")}),
            resource("child.c", both),
        ],
        {
            "room.a": binding("room.a", {"kind": "chat", "name": "A"}),
            "room.b": binding("room.b", {"parent": address("room.a")}),
            "child.c": binding("child.c", both),
        },
        {
            "room.a": Present({"kind": "chat", "name": "A"}, people=3),
            "room.b": {"parent": address("room.a")},
            "child.c": both,
        },
    )
    assert actions(made) == {"room.a": "replace", "room.b": "update", "child.c": "replace"}
    assert [(each.name, each.before, each.after) for each in made.changes[0].attributes] == [
        ("name", "A", "A"),
        ("kind", "chat", "forum"),
    ]
    assert [each.guard for each in made.guards] == ["members", "replace-history"]
    assert address("room.a") in made.changes[2].after


def test_a_protected_object_is_skipped_and_the_rest_goes_on() -> None:
    made = plan(
        [resource("room.a", {"kind": "forum"}, protect=True), resource("room.b", {"parent": address("room.a")})],
        {
            "room.a": binding("room.a", {"kind": "chat"}),
            "room.b": binding("room.b", {"parent": address("room.a")}),
            "room.old": binding("room.old", protect=True),
        },
        {"room.a": {"kind": "chat"}, "room.b": {"parent": address("room.a")}, "room.old": {}},
    )
    assert actions(made) == {"room.a": "replace", "room.old": "delete"}
    assert all(each.protected for each in made.changes)
    assert not made.guards


def test_what_cannot_go_while_something_protected_stays_is_no_change_of_the_tools_either() -> None:
    made = plan(
        [],
        {
            "room.old": binding("room.old", {"parent": address("room.hall")}, protect=True),
            "room.gone": binding("room.gone", {"parent": address("room.hall")}),
            "room.hall": binding("room.hall"),
        },
        {
            "room.old": {"parent": address("room.hall")},
            "room.gone": {"parent": address("room.hall")},
            "room.hall": {},
        },
    )
    assert {each.address: each.protected for each in made.changes} == {
        address("room.old"): True,
        address("room.hall"): True,
        address("room.gone"): False,
    }


def test_what_is_declared_no_more() -> None:
    bound = {
        "room.kept": binding("room.kept", on_remove="forget"),
        "room.shelf": binding("room.shelf", on_remove="archive"),
        "child.c": binding("child.c", {"room": address("room.shelf")}),
        "room.left": binding("room.left", left=True),
        "room.gone": binding("room.gone"),
        "room.dark": binding("room.dark"),
        "room.dark-kept": binding("room.dark-kept", on_remove="forget"),
    }
    seen = {
        "room.kept": {},
        "room.shelf": {},
        "child.c": {},
        "room.gone": Gone("rig-gone"),
        "room.dark": Hidden("rig-hidden"),
        "room.dark-kept": Hidden("rig-hidden"),
    }
    made = plan([], bound, seen)
    assert actions(made) == {
        "room.kept": "forget",
        "room.shelf": "archive",
        "child.c": "delete",
        "room.gone": "forget",
        "room.dark-kept": "forget",
    }
    assert [each.address for each in made.unreadable] == [address("room.dark")]
    assert next(each for each in made.changes if each.address == address("room.shelf")).after == [address("child.c")]
    destroyed = plan([], bound, seen, destroy=True)
    assert actions(destroyed)["room.kept"] == "delete"


def test_a_rename_keeps_the_object_and_what_refers_to_it() -> None:
    made = plan(
        [
            resource("room.new", {"name": "N"}, previously=["room.older", "room.old"]),
            resource("room.b", {"parent": address("room.new")}),
        ],
        {"room.old": binding("room.old", {"name": "O"}), "room.b": binding("room.b", {"parent": address("room.old")})},
        {"room.new": {"name": "O"}, "room.b": {"parent": address("room.new")}},
    )
    (change,) = made.changes
    assert (change.action, change.previous, change.id) == (Action.move, address("room.old"), "id-room.old")
    assert [each.name for each in change.attributes] == ["name"]


def test_a_rename_that_was_not_said_is_suspected() -> None:
    made = plan(
        [resource("room.lounge", {"name": "x"}, label="VIP 会客厅")],
        {"room.vip": binding("room.vip", label="VIP 会客室", on_remove="forget")},
        {"room.vip": {}},
        probes={"room.lounge": Free()},
    )
    assert {each.action: each.reason.code for each in made.changes if each.reason} == dict.fromkeys(
        (Action.create, Action.forget), "plan-maybe-renamed"
    )
    assert made.changes[0].reason is not None
    assert made.changes[0].reason.params == {"old": "vip", "new": "lounge"}


def test_a_strangers_place_is_a_conflict() -> None:
    made = plan(
        [resource("room.a", {}), resource("child.c", {"room": address("room.a")})],
        probes={"room.a": Taken("rig-taken", {"by": "somebody"}, "!s"), "child.c": Free()},
    )
    assert made.changes == []
    assert [(each.addresses, each.approvable) for each in made.conflicts] == [([address("room.a")], False)]
    assert made.blocked
    assert [each.address for each in made.waiting] == [address("child.c")]


@pytest.mark.parametrize(
    "other",
    [
        Ownership("lineage-2", "home", "production"),
        Ownership("lineage-1", "home", "staging"),
        Ownership("lineage-1", "abroad", "production"),
    ],
)
def test_another_owners_object_is_left_alone(other: Ownership) -> None:
    for desired in ([resource("room.a", {"name": "B"})], []):
        made = plan(desired, {"room.a": binding("room.a")}, {"room.a": Present({"name": "A"}, owner=other)})
        assert made.changes == []
        assert [each.guard for each in made.conflicts] == ["owner"]
    assert not plan([], {"room.a": binding("room.a")}, {"room.a": Present({}, owner=US)}).conflicts


def test_two_deployments_cannot_own_one_object() -> None:
    made = plan(
        [resource("room.a", {"name": "B"})],
        {"room.a": binding("room.a")},
        {"room.a": {"name": "A"}},
        claimed={("room", "id-room.a"): "abroad"},
    )
    assert made.changes == []
    assert made.conflicts[0].reason.params["deployment"] == "abroad"


def test_what_is_found_again_is_bound_and_made_whole() -> None:
    made = plan(
        [resource("room.a", {"name": "A", "topic": "t"})],
        seen={"room.a": {"name": "A"}},
        probes={"room.a": Ours("!a")},
        survey={"ids": {address("room.a"): "!a"}},
    )
    (change,) = made.changes
    assert (change.action, change.id, [each.name for each in change.attributes]) == (Action.bind, "!a", ["topic"])
    assert made.absent == []


def test_an_object_that_lives_on_under_a_new_id() -> None:
    made = plan(
        [resource("room.a", {"name": "A"})],
        {"room.a": binding("room.a", {"name": "A"})},
        {"room.a": Present({"name": "A"}, moved_to="!new")},
        survey={"ids": {address("room.a"): "!new"}},
    )
    (change,) = made.changes
    assert (change.action, change.id) == (Action.bind, "!new")


@pytest.mark.parametrize(
    ("kind", "answer", "age", "code", "action"),
    [
        ("room", Ours("!a"), 60, "plan-recovery-found", Action.bind),
        ("room", Free(), 60, "plan-recovery-absent", Action.create),
        ("room", Free(), 1, "plan-recovery-early", Action.create),
        ("blind", Free(), 60, "plan-recovery-unknown", Action.create),
    ],
)
def test_a_create_whose_outcome_was_never_learned(
    kind: str, answer: Ours | Free, age: int, code: str, action: Action
) -> None:
    sent = NOW.timestamp() - age
    intent = OpenIntent(
        nonce="n", type=kind, sent_at=NOW.fromtimestamp(sent, NOW.tzinfo).isoformat(), plan="p", attributes={}
    )
    where = address(f"{kind}.a")
    made = plan(
        [resource(f"{kind}.a", {"name": "A"})],
        seen={f"{kind}.a": {"name": "A"}} if isinstance(answer, Ours) else {},
        document={"intents": {where: intent}},
        survey={"found": {where: answer}, "ids": {where: "!a"} if isinstance(answer, Ours) else {}},
    )
    assert [each.code for each in made.recovery] == [code]
    assert [each.action for each in made.changes] == [action]
    assert made.blocked is (code == "plan-recovery-unknown")


def test_a_failed_search_says_nothing_of_the_object() -> None:
    intent = OpenIntent(nonce="n", type="room", sent_at=NOW.isoformat(), plan="p", attributes={})
    made = plan(
        [resource("room.a", {})],
        document={"intents": {address("room.a"): intent}},
        survey={"found": {address("room.a"): Failure("rig-broken")}},
    )
    assert made.changes == []
    assert [each.reason.code for each in made.unreadable] == ["rig-broken"]


def test_what_was_made_and_is_declared_no_more_is_removed() -> None:
    intent = OpenIntent(nonce="n", type="child", sent_at=NOW.isoformat(), plan="p", attributes={})
    made = plan(
        [],
        seen={"child.c": {}},
        document={"intents": {address("child.c"): intent}},
        survey={"found": {address("child.c"): Ours("!c")}, "ids": {address("child.c"): "!c"}},
    )
    assert [(each.action, each.id) for each in made.changes] == [(Action.delete, "!c")]


def test_the_platforms_refusals_are_left_out() -> None:
    made = plan(
        [resource("room.a", {"name": "A", "note": "n"})],
        {"room.a": binding("room.a", {"name": "A"}, refused={"note": "rig-denied"})},
        {"room.a": {"name": "A"}},
    )
    assert made.empty


def test_an_attribute_nobody_can_write_is_a_gap() -> None:
    made = plan(
        [resource("room.a", {"carved": "x"}), resource("given.g", {})],
        {"room.a": binding("room.a", {})},
        {"room.a": {"carved": "y"}},
        probes={"given.g": Free()},
    )
    assert made.changes == []
    assert {each.reason.code for each in made.gaps} == {"plan-nobody-writes", "plan-nobody-creates"}


def test_a_refresh_only_plan_changes_nothing() -> None:
    made = plan(
        [resource("room.a", {"name": "A"}), resource("room.b", {})],
        {"room.a": binding("room.a", {"name": "A"})},
        {"room.a": {"name": "B"}},
        probes={"room.b": Free()},
        refresh_only=True,
    )
    assert made.changes == []
    assert made.drift == ["home/room.a!name"]


def test_unmanaged_is_what_nobody_claims() -> None:
    stranger = Ownership("lineage-2", "home", "production")
    found = tuple(
        Discovered("room", each, each, owner)
        for each, owner in (("!bound", US), ("!free", None), ("!lost", US), ("!theirs", stranger))
    )
    made = plan(
        [resource("room.a", {})],
        {"room.a": binding("room.a", id="!bound")},
        {"room.a": {}},
        survey={"discovered": found},
    )
    assert [each.id for each in made.unmanaged] == ["!free", "!lost"]


def test_a_type_that_is_not_known_any_more_is_not_touched() -> None:
    old = binding("room.a").model_copy(update={"type": "relic"})
    made = plan([], {"relic.a": old}, {"relic.a": Failed(Failure("plan-type-unknown", type="relic"))})
    assert made.changes == []
    assert [each.reason.code for each in made.unreadable] == ["plan-type-unknown"]


def test_a_plan_is_the_same_whatever_the_state_was_written_in() -> None:
    names = ["room.a", "room.b", "room.c", "room.d"]
    bound = {each: binding(each, {"name": each}) for each in names}
    seen = {each: {"name": each} for each in names}
    forwards = plan([], bound, seen)
    backwards = plan([], dict(reversed(bound.items())), dict(reversed(seen.items())))
    assert forwards.model_dump() == backwards.model_dump()


def test_what_was_gone_and_is_made_again_by_others_is_bound_anew() -> None:
    made = plan(
        [resource("made.p", {"text": "a"}), resource("room.b", {"parent": address("room.a")}), resource("room.a")],
        {
            "made.p": binding("made.p", {"text": "a"}),
            "room.a": binding("room.a"),
            "room.b": binding("room.b", {"parent": address("room.a")}),
        },
        {"made.p": {"text": "a"}, "room.a": {}, "room.b": {"parent": "external:id-room.a"}},
        probes={"made.p": Ours("!again"), "room.a": Ours("!a2")},
        survey={"ids": {address("made.p"): "!again", address("room.a"): "!a2", address("room.b"): "id-room.b"}},
    )
    assert {each.address: (each.action.value, each.id) for each in made.changes} == {
        address("made.p"): ("bind", "!again"),
        address("room.a"): ("bind", "!a2"),
        address("room.b"): ("update", "id-room.b"),
    }
    assert made.steps == []


def test_a_place_nobody_answered_for_is_not_known_to_be_free() -> None:
    made = plan([resource("room.a"), resource("room.b")], probes={"room.b": Free()})
    assert actions(made) == {"room.b": "create"}
    assert [(each.address, each.reason.code) for each in made.unreadable] == [(address("room.a"), "plan-not-answered")]
    gone = plan([resource("room.a")], {"room.a": binding("room.a")}, {"room.a": Gone("rig-gone")})
    assert gone.changes == []


def test_nothing_waits_for_what_is_protected() -> None:
    made = plan(
        [resource("room.a", {"kind": "forum"}, protect=True), resource("room.b", {"parent": address("room.a")})],
        {"room.a": binding("room.a", {"kind": "chat"}), "room.b": binding("room.b")},
        {"room.a": {"kind": "chat"}, "room.b": {}},
    )
    assert actions(made) == {"room.a": "replace", "room.b": "update"}
    assert [each.after for each in made.changes] == [[], []]


def test_a_list_that_changes_anyway_is_rewritten_for_what_is_made_again() -> None:
    made = plan(
        [
            resource("room.a", {"kind": "forum"}),
            resource("room.b"),
            resource("room.c", {"allow": [address("room.a"), address("room.b")]}),
        ],
        {
            "room.a": binding("room.a", {"kind": "chat"}),
            "room.b": binding("room.b"),
            "room.c": binding("room.c", {"allow": [address("room.a")]}),
        },
        {"room.a": {"kind": "chat"}, "room.b": {}, "room.c": {"allow": [address("room.a"), "external:!s"]}},
    )
    (change,) = (each for each in made.changes if each.address == address("room.c"))
    (allow,) = change.attributes
    assert allow.put == {each: each for each in (address("room.a"), address("room.b"))}
    assert allow.drop == ["external:id-room.a"]
    assert change.after == [address("room.a")]
