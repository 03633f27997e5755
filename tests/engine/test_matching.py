"""Live groups are matched by address, then by title; whatever is unsure is a doubt, and nothing is taken twice."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from groupform.config.project import GroupInstance
from groupform.engine.adoption import LiveGroup
from groupform.engine.matching import match, plain
from groupform_schemas import Group


def group(name: str, title: str) -> GroupInstance:
    key, _, instance = name.partition("/")
    return GroupInstance(key, instance or None, title, Group(title=title))


def live(id_: str, title: str, *names: str) -> LiveGroup:
    return LiveGroup(id_, title, names=names)


def test_an_address_comes_before_a_title() -> None:
    found = match("club", [group("lobby", "大厅")], [live("1", "大厅"), live("2", "别的", "Club.Lobby")])
    assert {name: each.id for name, each in found.pairs.items()} == {"lobby": "2"}
    assert [each.id for each in found.left] == ["1"]


def test_titles_are_compared_as_people_say_them() -> None:
    found = match("club", [group("lobby", "大厅（一）")], [live("1", "🎉 大厅(一) ！")])
    assert found.pairs["lobby"].id == "1"


def test_two_that_answer_are_a_doubt_with_both_named() -> None:
    found = match("club", [group("lobby", "大厅")], [live("1", "大厅"), live("2", "大厅！")])
    assert not found.pairs
    assert [each.id for each in found.doubts[0].candidates] == ["1", "2"]


def test_two_groups_that_ask_for_one_are_both_a_doubt() -> None:
    found = match("club", [group("a", "大厅"), group("b", "大厅!")], [live("1", "大厅")])
    assert not found.pairs
    assert {each.group for each in found.doubts} == {"a", "b"}


def test_one_that_resembles_is_proposed_and_never_taken() -> None:
    found = match("club", [group("shop", "徐家汇福利群")], [live("1", "徐家汇福利")])
    assert not found.pairs
    assert found.doubts[0].candidates[0].id == "1"


def test_what_nothing_resembles_is_made() -> None:
    found = match("club", [group("shop", "五角场")], [live("1", "hello")])
    assert found.missing == ("shop",)
    assert not found.doubts


def test_a_title_of_pictures_alone_matches_nothing() -> None:
    found = match("club", [group("a", "🎉")], [live("1", "🎊"), live("2", "")])
    assert not found.pairs


TITLES = st.text(alphabet="ab大厅🎉 !（", max_size=4)


@given(st.lists(TITLES, max_size=5), st.lists(TITLES, max_size=5))
def test_no_live_group_is_taken_twice_and_no_group_is_lost(ours: list[str], theirs: list[str]) -> None:
    groups = [group(f"g{number}", title.strip() or "x") for number, title in enumerate(ours)]
    others = [live(str(number), title) for number, title in enumerate(theirs)]
    found = match("club", groups, others)
    taken = [each.id for each in found.pairs.values()]
    assert len(taken) == len(set(taken))
    assert {*found.pairs, *found.missing, *(each.group for each in found.doubts)} == {each.name for each in groups}
    assert sorted([*taken, *(each.id for each in found.left)]) == sorted(each.id for each in others)
    for name, each in found.pairs.items():
        title = next(one.title for one in groups if one.name == name)
        assert plain(title) == plain(each.title)
