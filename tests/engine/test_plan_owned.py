"""Nothing is removed because a file does not mention it, not even an element of a shared list (promise 3)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from groupform.engine.owned import apply_edit, merge, ours
from groupform.engine.provider import Edit

KEYS = st.sampled_from("abcdef")
MAPPING = st.dictionaries(KEYS, st.integers(0, 3))
LISTING = st.lists(KEYS, unique=True)


@given(MAPPING, MAPPING, MAPPING)
def test_strangers_elements_are_never_touched(
    observed: dict[str, int], applied: dict[str, int], declared: dict[str, int]
) -> None:
    merged = merge(observed, applied, declared)
    assert isinstance(merged.value, dict)
    for key, value in observed.items():
        if key not in applied and key not in declared:
            assert merged.value[key] == value
            assert key not in merged.edit.put
            assert key not in merged.edit.drop
    assert {key: merged.value[key] for key in declared} == declared
    assert not (applied.keys() - declared.keys()) & merged.value.keys()
    assert merged.settled is (merged.value == observed)


@given(LISTING, LISTING, LISTING)
def test_strangers_elements_of_a_list_keep_their_place(
    observed: list[str], applied: list[str], declared: list[str]
) -> None:
    merged = merge(observed, applied, declared)
    assert isinstance(merged.value, list)
    strangers = [each for each in observed if each not in applied and each not in declared]
    assert [each for each in merged.value if each in strangers] == strangers
    assert set(declared) <= set(map(str, merged.value))
    assert set(merged.value) == (set(observed) - (set(applied) - set(declared))) | set(declared)
    assert set(map(str, merged.before or [])) <= set(applied) | set(declared)


@given(MAPPING, MAPPING, MAPPING, MAPPING)
def test_an_edit_made_on_what_is_there_now_keeps_what_came_in_between(
    observed: dict[str, int], applied: dict[str, int], declared: dict[str, int], meanwhile: dict[str, int]
) -> None:
    edit = merge(observed, applied, declared).edit
    later = apply_edit({**observed, **meanwhile}, edit)
    assert isinstance(later, dict)
    for key, value in meanwhile.items():
        if key not in applied and key not in declared:
            assert later[key] == value


@given(MAPPING, MAPPING, MAPPING)
def test_applied_twice_is_applied_once(
    observed: dict[str, int], applied: dict[str, int], declared: dict[str, int]
) -> None:
    merged = merge(observed, applied, declared)
    assert merge(merged.value, declared, declared).settled
    assert apply_edit(merged.value, merged.edit) == merged.value


def test_nothing_there_yet() -> None:
    assert merge(None, None, ["a"]).value == ["a"]
    assert merge(None, None, {"a": 1}).value == {"a": 1}
    assert merge(None, None, None).settled
    assert apply_edit(None, Edit({"a": 1})) == {"a": 1}
    assert ours({"a": 1, "b": 2}, ["b"], None) == {"b": 2}
    assert apply_edit(None, merge(None, None, ["a", "b"]).edit) == ["a", "b"]
    assert apply_edit(None, merge(None, None, {"a": "b"}).edit) == {"a": "b"}
    assert apply_edit(None, Edit()) == {}
