"""The list of steps itself: what is done to the files or to the platform, and what the plan and the world show then."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from conformance.platform import Can, Live
from conformance.walking import Walk
from groupform.engine.plan import Action

APPEARS = {Action.create, Action.replace}
REMOVES = {Action.delete, Action.archive, Action.forget, Action.replace}


@dataclass(frozen=True)
class Step:
    """`do` changes files or world, `planned` looks at the plan before the apply, `after` at the world behind it."""

    name: str
    do: Callable[[Walk], Awaitable[None]]
    planned: Callable[[Walk], None] = lambda walk: None
    after: Callable[[Walk, list[Live], list[Live]], None] = lambda walk, before, now: None
    needs: str | None = None
    applies: bool = True


def community() -> dict[str, Any]:
    """A community with a plain group, one with a topic, a fan-out and one that is removed for good."""
    return {
        "community": "readers",
        "title": "书友会",
        "segments": {"region": {"sh": "上海", "bj": "北京"}},
        "tiers": [{"key": "member", "title": "成员"}],
        "team": {
            "owner": "lead",
            "roles": {"host": {"people": ["host"], "may": ["moderate", "announce"]}},
        },
        "entry": {"door": "link"},
        "groups": {
            "lobby": {"title": "大厅", "topic": "先看群规", "default": True},
            "desk": {"title": "书桌"},
            "vault": {"title": "书库", "on_remove": "delete"},
            "city": {"each": {"from": {"segment": "region"}, "as": "region"}, "title": "书友·{region}"},
        },
        "rules": {"kind": {"title": "友善", "text": "对事不对人。"}},
        "notice": {"parts": ["topic", "rules"]},
    }


def titles(groups: list[Live]) -> list[str]:
    return sorted(each.title for each in groups)


def by_title(groups: list[Live]) -> dict[str, str]:
    assert len({each.title for each in groups}) == len(groups), f"twins: {titles(groups)}"
    return {each.title: each.id for each in groups}


def same_groups(walk: Walk, before: list[Live], now: list[Live]) -> None:
    assert {each.id for each in before} == {each.id for each in now}


def nothing_is_made_or_removed(walk: Walk) -> None:
    touched = walk.touched(walk.platform.group_type)
    assert not [each for each in touched if each[1] in APPEARS | REMOVES], touched


async def nothing(walk: Walk) -> None:
    pass


# create ---------------------------------------------------------------------------------------------------------------


def made_once(walk: Walk, before: list[Live], now: list[Live]) -> None:
    found = by_title(now)
    for title in ("大厅", "书桌", "书库", "书友·上海", "书友·北京"):
        assert [each for each in found if title in each], f"{title} is not among {list(found)}"
    assert len(found) == 5


def the_plan_is_empty(walk: Walk) -> None:
    assert walk.plan.empty, walk.plan.changes
    assert walk.open_steps() == []


# reorder --------------------------------------------------------------------------------------------------------------


async def reorder(walk: Walk) -> None:
    groups = walk.community["groups"]
    walk.community["groups"] = {key: groups[key] for key in ("desk", "lobby", "city", "vault")}


# rename ---------------------------------------------------------------------------------------------------------------


async def rename_key(walk: Walk) -> None:
    groups = walk.community["groups"]
    walk.community["groups"] = {
        {"desk": "table"}.get(key, key): value | ({"previously": ["desk"]} if key == "desk" else {})
        for key, value in groups.items()
    }


async def retitle(walk: Walk) -> None:
    walk.community["groups"]["table"]["title"] = "大书桌"


def retitled(walk: Walk, before: list[Live], now: list[Live]) -> None:
    same_groups(walk, before, now)
    assert [each for each in titles(now) if "大书桌" in each]


# edit there and back --------------------------------------------------------------------------------------------------


def says(text: str) -> Callable[[Walk], Awaitable[None]]:
    async def edit(walk: Walk) -> None:
        walk.community["rules"]["kind"]["text"] = text

    return edit


def reads(text: str, other: str) -> Callable[[Walk, list[Live], list[Live]], None]:
    def check(walk: Walk, before: list[Live], now: list[Live]) -> None:
        same_groups(walk, before, now)
        if Can.read_notice in walk.platform.can:
            for each in now:
                assert each.notice is not None and text in each.notice, each
                assert other not in each.notice, each

    return check


# unset ----------------------------------------------------------------------------------------------------------------


async def unset_topic(walk: Walk) -> None:
    del walk.community["groups"]["lobby"]["topic"]


def no_topic(walk: Walk, before: list[Live], now: list[Live]) -> None:
    same_groups(walk, before, now)
    assert not [each.topic for each in now if each.topic and "先看群规" in each.topic]


# drift, vanish, hidden ------------------------------------------------------------------------------------------------


async def drift(walk: Walk) -> None:
    await walk.platform.rename_by_hand(walk.live("大厅"), "被改名了")


def drift_is_told(walk: Walk) -> None:
    nothing_is_made_or_removed(walk)
    assert any("lobby" in each for each in walk.plan.drift), walk.plan.drift


def restored(walk: Walk, before: list[Live], now: list[Live]) -> None:
    same_groups(walk, before, now)
    assert [each for each in titles(now) if "大厅" in each]


async def vanish(walk: Walk) -> None:
    await walk.platform.vanish(walk.live("上海"))


def made_again(walk: Walk, before: list[Live], now: list[Live]) -> None:
    assert len([each for each in titles(now) if "上海" in each]) == 1
    assert len(by_title(now)) == 5
    vanished = {each.id for each in before if "上海" in each.title}
    assert {each.id for each in before} - vanished == {each.id for each in now if "上海" not in each.title}
    assert not vanished & {each.id for each in now}


async def hide(walk: Walk) -> None:
    walk.hidden = walk.live("北京")
    await walk.platform.hide(walk.hidden)


def hidden_is_not_gone(walk: Walk) -> None:
    nothing_is_made_or_removed(walk)
    assert any(each.hidden and "city/bj" in each.address for each in walk.plan.unreadable), walk.plan.unreadable


async def show(walk: Walk) -> None:
    assert walk.hidden is not None
    await walk.platform.show(walk.hidden)


# replace --------------------------------------------------------------------------------------------------------------


async def replace(walk: Walk) -> None:
    walk.platform.replacing(walk.community["groups"]["vault"])


def replaced(walk: Walk, before: list[Live], now: list[Live]) -> None:
    old = {each.id for each in before if "书库" in each.title}
    assert len([each for each in now if "书库" in each.title]) == 1
    assert not old & {each.id for each in now}


# remove ---------------------------------------------------------------------------------------------------------------


async def forget_group(walk: Walk) -> None:
    del walk.community["groups"]["table"]


def forgotten(walk: Walk, before: list[Live], now: list[Live]) -> None:
    same_groups(walk, before, now)
    assert not [each for each in walk.bindings() if "table" in each]


async def delete_group(walk: Walk) -> None:
    del walk.community["groups"]["vault"]


def deleted(walk: Walk, before: list[Live], now: list[Live]) -> None:
    assert not [each for each in titles(now) if "书库" in each]


async def add_group(walk: Walk) -> None:
    walk.community["groups"] |= {"corner": {"title": "角落", "topic": "新开的"}}


def added(walk: Walk, before: list[Live], now: list[Live]) -> None:
    assert {each.id for each in before} < {each.id for each in now}
    assert len([each for each in titles(now) if "角落" in each]) == 1


# adopt ----------------------------------------------------------------------------------------------------------------


async def adopt(walk: Walk) -> None:
    found = await walk.platform.make_by_hand("老书友")
    walk.adopt["old"] = found.id
    walk.community["groups"] |= {"old": {"title": "老书友", "on_remove": "forget"}}


def taken_over(walk: Walk) -> None:
    touched = walk.touched(walk.platform.group_type)
    assert [action for _, action in touched] == [Action.adopt], touched


def taken_over_as_it_was(walk: Walk, before: list[Live], now: list[Live]) -> None:
    [found] = [each for each in now if "老书友" in each.title]
    assert found.id == walk.adopt["old"]


async def table_goes(walk: Walk) -> None:
    walk.adopt.clear()


def forgotten_old(walk: Walk, before: list[Live], now: list[Live]) -> None:
    same_groups(walk, before, now)
    assert not [each for each in walk.bindings() if each.endswith(".old")]


async def drop_adopted(walk: Walk) -> None:
    del walk.community["groups"]["old"]


STEPS: tuple[Step, ...] = (
    Step("create", nothing, after=made_once),
    Step("again", nothing, planned=the_plan_is_empty, after=same_groups),
    Step("reorder", reorder, planned=nothing_is_made_or_removed, after=same_groups),
    Step("rename the key", rename_key, planned=nothing_is_made_or_removed, after=same_groups),
    Step("change a title", retitle, planned=nothing_is_made_or_removed, after=retitled),
    Step("edit: B", says("先求证再转发。"), planned=nothing_is_made_or_removed, after=reads("先求证", "对事不对人")),
    Step(
        "edit: A again", says("对事不对人。"), planned=nothing_is_made_or_removed, after=reads("对事不对人", "先求证")
    ),
    Step(
        "edit: B again", says("先求证再转发。"), planned=nothing_is_made_or_removed, after=reads("先求证", "对事不对人")
    ),
    Step("unset", unset_topic, planned=nothing_is_made_or_removed, after=no_topic),
    Step("drift", drift, planned=drift_is_told, after=restored, needs=Can.drift),
    Step("vanish", vanish, after=made_again, needs=Can.vanish),
    Step("hidden", hide, planned=hidden_is_not_gone, needs=Can.hide, applies=False),
    Step("seen again", show, planned=the_plan_is_empty, after=same_groups, needs=Can.hide),
    Step("add", add_group, after=added),
    Step("replace", replace, after=replaced, needs=Can.replace),
    Step("forget", forget_group, after=forgotten),
    Step("delete", delete_group, after=deleted, needs=Can.delete),
    Step("adopt", adopt, planned=taken_over, after=taken_over_as_it_was, needs=Can.adopt),
    Step("adopted", table_goes, planned=the_plan_is_empty, after=same_groups, needs=Can.adopt),
    Step("forget what was adopted", drop_adopted, after=forgotten_old, needs=Can.adopt),
)
