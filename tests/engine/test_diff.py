"""The three-way comparison: what was applied, what is there, what is declared."""

from __future__ import annotations

from typing import Annotated, Any, TypedDict

import pytest

from engine.planning_rig import TYPES
from groupform.engine.diff import Difference, compare, managed
from groupform.engine.plan import Why
from groupform.engine.resource_type import OnUnset, Owned, ResourceType

ROOM = TYPES["room"]


class Alias(TypedDict, total=False):
    also: Annotated[list[str], Owned(keeps=True), OnUnset()]


def difference(applied: dict[str, Any], observed: dict[str, Any], desired: dict[str, Any], **rest: Any) -> Difference:
    return compare(ROOM, applied=applied, observed=observed, desired=desired, **rest)


@pytest.mark.parametrize(
    ("applied", "observed", "desired", "why"),
    [
        ("a", "a", "a", None),
        ("a", "a", "b", Why.change),
        ("a", "b", "a", Why.drift),
        ("a", "b", "c", Why.change),
        (None, "b", "a", Why.change),
    ],
)
def test_drift_is_told_from_change(applied: str | None, observed: str, desired: str, why: Why | None) -> None:
    found = difference({"name": applied} if applied else {}, {"name": observed}, {"name": desired})
    assert [each.why for each in found.changes] == ([why] if why else [])
    assert not found.converged
    assert bool(found.drift) is (applied is not None and applied != observed)


def test_both_sides_moved_to_one_value() -> None:
    found = difference({"name": "a"}, {"name": "b"}, {"name": "b"})
    assert found == Difference(converged=("name",))


def test_what_is_absent_is_unmanaged() -> None:
    assert difference({}, {"name": "a", "topic": "t", "number": 3}, {}) == Difference()


def test_a_computed_value_is_never_sent() -> None:
    assert difference({}, {"number": 3}, {"number": 4}) == Difference()


def test_an_unset_value_is_released_or_reset() -> None:
    released = difference({"note": "n"}, {"note": "n"}, {})
    assert released == Difference()
    (reset,) = difference({"topic": "t"}, {"topic": "t"}, {}).changes
    assert (reset.name, reset.before, reset.after, reset.why) == ("topic", "t", "", Why.change)
    assert difference({"topic": "t"}, {"topic": ""}, {}).changes == ()
    assert difference({"topic": "t"}, {}, {}).changes == ()


def test_another_form_of_the_same_meaning_is_not_drift() -> None:
    assert difference({"tags": ["A", "b"]}, {"tags": ["b", "a"]}, {"tags": ["a", "B"]}) == Difference()
    (change,) = difference({"tags": ["a"]}, {"tags": ["a"]}, {"tags": ["A", "C"]}).changes
    assert change.after == ["A", "C"], "the user's own form is what is written"


def test_an_ordered_list_has_an_order() -> None:
    (change,) = difference({"guests": ["a", "b"]}, {"guests": ["a", "b"]}, {"guests": ["b", "a"]}).changes
    assert change.why is Why.change


def test_a_value_that_is_never_shown() -> None:
    assert difference({"passcode": "s"}, {}, {"passcode": "s"}) == Difference()
    assert [each.name for each in difference({"passcode": "s"}, {}, {"passcode": "t"}).changes] == ["passcode"]
    assert [each.name for each in difference({}, {}, {"passcode": "s"}).changes] == ["passcode"]


def test_a_plan_carries_no_secret() -> None:
    (change,) = difference({}, {"token": "old-secret"}, {"token": "new-secret"}).changes
    assert "secret" not in change.model_dump_json()
    assert change.sensitive
    assert difference({"token": change.after}, {"token": "new-secret"}, {"token": "new-secret"}) == Difference()
    assert "new-secret" not in str(managed(ROOM, applied={}, observed={"token": "new-secret"}, desired={"token": "x"}))


def test_true_is_not_one() -> None:
    assert [each.name for each in difference({}, {"sealed": 1}, {"sealed": True}).changes] == ["sealed"]


def test_what_is_ignored_is_left_alone() -> None:
    assert difference({"name": "a"}, {"name": "b"}, {"name": "c"}, ignore=frozenset({"name"})) == Difference()


def test_a_replacing_attribute_says_so() -> None:
    (change,) = difference({"kind": "chat"}, {"kind": "chat"}, {"kind": "forum"}).changes
    assert change.replaces


def test_shared_collections_speak_of_our_elements_only() -> None:
    found = difference(
        {"powers": {"@a": 100, "@b": 50}},
        {"powers": {"@a": 100, "@b": 50, "@stranger": 100}},
        {"powers": {"@a": 90, "@c": 50}},
    )
    (change,) = found.changes
    assert change.put == {"@a": 90, "@c": 50}
    assert change.drop == ["@b"]
    assert change.before == {"@a": 100, "@b": 50}
    assert "@stranger" not in change.model_dump_json()
    assert found.drift == ()


def test_drift_in_a_shared_collection() -> None:
    found = difference({"powers": {"@a": 100}}, {"powers": {"@s": 1}}, {"powers": {"@a": 100}})
    assert [each.why for each in found.changes] == [Why.drift]
    assert found.drift == ("powers",)
    assert difference({"powers": {"@a": 1}}, {"powers": {"@a": 1, "@s": 1}}, {"powers": {"@a": 1}}) == Difference()


def test_a_collection_that_is_declared_no_more_loses_our_elements() -> None:
    (change,) = difference({"allow": ["x", "y"]}, {"allow": ["s", "y", "x"]}, {}).changes
    assert change.drop == ["x", "y"]
    assert change.put == {}


def test_tightenings_come_first_and_loosenings_last() -> None:
    changes = difference(
        {},
        {"name": "a", "door": "closed", "guests": ["x", "y"]},
        {"name": "b", "door": "open", "guests": ["x"]},
    ).changes
    assert [each.name for each in changes] == ["guests", "name", "door"]


def _addresses(applied: list[str], observed: list[str], desired: list[str] | None) -> Difference:
    return compare(
        ResourceType("alias", Alias),
        applied={"also": applied},
        observed={"also": observed},
        desired={"also": desired} if desired is not None else {},
    )


@pytest.mark.parametrize(
    ("applied", "observed", "desired", "put"),
    [
        ([], ["x"], ["a"], {"a": "a"}),
        (["a"], ["a", "x"], ["b"], {"b": "b"}),
        (["a"], ["a"], [], None),
        (["a"], ["a"], None, None),
        (["a", "b"], ["a"], ["a"], None),
        (["a"], ["x"], ["a"], {"a": "a"}),
    ],
)
def test_what_is_kept_stays_when_it_is_declared_no_more(
    applied: list[str], observed: list[str], desired: list[str] | None, put: dict[str, str] | None
) -> None:
    found = _addresses(applied, observed, desired)
    assert [(each.put, each.drop) for each in found.changes] == ([(put, [])] if put else [])
    assert found.drift == (("also",) if put and applied == desired else ())
