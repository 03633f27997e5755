"""What is shown together and what is never folded away."""

from __future__ import annotations

from groupform.engine.plan import Action, Gap, Reason, StepStatus, Why
from groupform.render.families import bundles, families, told
from groupform.render.plan_view import drift_alone, gap_groups, steps_to_show, tally
from render.samples import attribute, change, deployment, everything, fan_out


def test_what_belongs_to_a_new_room_comes_along_with_it() -> None:
    found = bundles(fan_out(2))
    assert [each.change.address for each in found] == ["stores-home/room.store/s000", "stores-home/room.store/s001"]
    assert [[one.type for one in each.along] for each in found] == [["alias"], ["alias"]]


def test_a_line_of_followers_ends_at_its_head() -> None:
    room, notice, pin = "d/room.a", "d/notice.a", "d/pin.a"
    changes = [
        change(pin, Action.create, "a", attribute("room", None, room), attribute("event", None, notice)),
        change(notice, Action.create, "a", attribute("room", None, room)),
        change(room, Action.create, "a"),
    ]
    (only,) = bundles(changes)
    assert only.change.address == room
    assert {each.address for each in only.along} == {notice, pin}


def test_two_that_refer_to_each_other_are_both_shown() -> None:
    changes = [
        change("d/room.a", Action.create, "a", attribute("space", None, "d/space.a")),
        change("d/space.a", Action.create, "a", attribute("first", None, "d/room.a")),
    ]
    assert len(bundles(changes)) == 2


def test_what_is_renamed_with_its_group_is_said_with_it() -> None:
    was = {"previous": "d/room.a"}
    changes = [
        change("d/room.b", Action.move, "b", attribute("mark", "d/room.a", "d/room.b"), **was),
        change("d/place.b", Action.move, "b", previous="d/place.a"),
        change("d/pin.b", Action.move, "b", previous="d/pin.a"),
        change("d/alias.b", Action.move, "#b", attribute("alias", "a", "b"), previous="d/alias.a"),
    ]
    found = bundles(changes)
    assert [each.change.address for each in found] == ["d/room.b", "d/alias.b"]
    assert [each.address for each in found[0].along] == ["d/place.b", "d/pin.b"]
    assert [told(each.change) == [] for each in found] == [True, False]


def test_followers_of_another_name_stand_alone() -> None:
    changes = [
        change("d/room.a", Action.create, "a"),
        change("d/alias.b", Action.create, "b", attribute("room", None, "d/room.a")),
    ]
    assert len(bundles(changes)) == 2


def test_no_change_is_lost_or_doubled() -> None:
    for plan in everything().deployments:
        seen = [one.address for each in bundles(plan.changes) for one in (each.change, *each.along)]
        assert sorted(seen) == sorted(each.address for each in plan.changes)


def test_a_fleet_is_shown_by_a_few() -> None:
    (family,) = families(fan_out(300))
    assert (len(family.shown), family.detailed, family.hidden) == (3, 1, 297)
    assert sum(len(each.shown) for each in families(fan_out(300), full=True)) == 600


def test_four_are_not_folded_to_hide_one() -> None:
    (family,) = families(fan_out(4))
    assert (len(family.shown), family.hidden) == (4, 0)


def test_the_same_edit_at_many_places_is_said_once() -> None:
    changes = [
        change(f"d/notice.g{index}", Action.update, "x", attribute("text", f"{index}\n旧\n尾", f"{index}\n新\n尾"))
        for index in range(6)
    ]
    differing = change("d/notice.other", Action.update, "y", attribute("text", "1\n旧\n尾", "1\n别的\n尾"))
    same, alone = families([*changes[:5], differing])[:1], families([differing])
    assert all(each.same for each in same)
    assert not alone[0].same


def test_an_edit_with_other_values_is_not_said_to_be_the_same() -> None:
    changes = [
        change(f"d/room.store/s{i}", Action.update, "x", attribute("topic", f"旧{i}", f"新{i}")) for i in range(9)
    ]
    (family,) = families(changes)
    assert not family.same
    assert family.detailed == 3


def test_drift_and_change_are_never_one_family() -> None:
    changes = [
        change(
            f"d/room.store/s{i}", Action.update, "x", attribute("topic", "a", "b", Why.drift if i % 2 else Why.change)
        )
        for i in range(10)
    ]
    assert len(families(changes)) == 2


def test_what_hurts_is_shown_one_by_one() -> None:
    removals = [change(f"d/room.store/s{i}", Action.delete, "x", impact=3) for i in range(20)]
    replaces = [change(f"d/room.sale/s{i}", Action.replace, "x") for i in range(20)]
    protected = [change(f"d/room.kept/s{i}", Action.delete, "x", protected=True) for i in range(20)]
    lost = [change(f"d/room.lost/s{i}", Action.update, "x", irreversible=[Reason(code="x")]) for i in range(20)]
    for changes in (removals, replaces, protected, lost):
        assert sum(len(each.shown) for each in families(changes)) == 20


def test_removals_come_last() -> None:
    ranks = [family.shown[0].change.action for family in families(everything().deployments[0].changes)]
    removing = [each in (Action.delete, Action.archive, Action.forget) for each in ranks]
    assert removing == sorted(removing)


def test_protected_objects_are_not_counted_as_changes_or_people() -> None:
    plan = deployment(changes=[change("d/room.a", Action.delete, "a", protected=True, impact=9)])
    found = tally(plan)
    assert (sum(found.actions.values()), found.people, found.protected) == (0, 0, 1)


def test_half_a_swap_is_not_counted_twice() -> None:
    half = change("d/alias.a", Action.update, "a", attribute("alias", "x", "tmp"), temporary=True)
    other = change("d/alias.a", Action.update, "a", attribute("alias", "tmp", "y"))
    assert sum(tally(deployment(changes=[half, other])).actions.values()) == 1


def test_gaps_of_one_reason_are_one_line_and_counted_as_they_are_declared() -> None:
    gaps = [Gap(path=f"groups.store/s{i}.series.{key}", reason=Reason(code="a")) for i in range(300) for key in "ab"]
    (group,) = gap_groups(gaps, str)
    assert (group.count, group.places) == (2, ("groups.store/*.series.a", "groups.store/*.series.b"))
    assert tally(deployment(gaps=gaps)).gaps == 2


def test_many_places_are_named_by_what_they_have_in_common() -> None:
    gaps = [Gap(path=f"rules.no-ads.ladder.{i}.do", reason=Reason(code="a")) for i in range(9)]
    (group,) = gap_groups(gaps, str)
    assert group.places == ("rules.no-ads.ladder.*",)


def test_a_single_gap_keeps_its_whole_path() -> None:
    (group,) = gap_groups([Gap(path="groups.city/sh.capacity", reason=Reason(code="a"))], str)
    assert group.places == ("groups.city/sh.capacity",)


def test_a_second_plan_repeats_no_step_that_is_merely_open() -> None:
    plan = everything().deployments[0]
    shown, rest = steps_to_show(plan)
    assert [each.status for each in shown] == [StepStatus.new, StepStatus.overdue]
    assert rest == 1
    assert len(steps_to_show(plan, full=True)[0]) == 3


def test_drift_that_a_change_speaks_of_is_not_said_twice() -> None:
    about = change("d/room.a", Action.update, "a", attribute("topic", "x", "y", Why.drift))
    assert drift_alone(deployment(changes=[about], drift=["d/room.a!topic", "d/room.b!topic", "d/room.c"])) == [
        "room.b!topic",
        "room.c",
    ]
