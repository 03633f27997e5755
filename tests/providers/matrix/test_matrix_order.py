"""The order in a space: any order can be had from any other, with as few edges written as it takes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from groupform.providers.matrix import order
from groupform.providers.matrix.reading import Reading

strings = st.one_of(st.none(), st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=6))


def space(orders: dict[str, str | None]) -> Reading:
    events = {}
    for index, (room, text) in enumerate(orders.items()):
        content = {"via": ["x"]} | ({"order": text} if text is not None else {})
        events["m.space.child", room] = {"content": content, "origin_server_ts": 1000 - index}
    return Reading("!space", events)


def written(wanted: list[str], orders: dict[str, str | None]) -> dict[str, str]:
    return order.rewritten(wanted, orders)


@given(st.lists(strings, min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_every_order_can_be_had(texts: list[str | None], chance) -> None:  # type: ignore[no-untyped-def]
    orders = {f"!room{index}": text for index, text in enumerate(texts)}
    wanted = list(orders)
    chance.shuffle(wanted)
    new = orders | written(wanted, orders)
    assert order.shown(space(new), set(wanted)) == wanted
    assert all(text is None or order.order_of({"order": text}) for text in new.values())


def test_an_order_that_holds_is_not_written() -> None:
    orders = {"!a": "1", "!b": "2", "!c": "3"}
    assert written(["!a", "!b", "!c"], orders) == {}


def test_one_that_moves_is_the_only_one_written() -> None:
    orders = {f"!{index}": f"{index:04}" for index in range(300)}
    wanted = list(orders)
    wanted.insert(3, wanted.pop(250))
    assert list(written(wanted, orders)) == ["!250"]


def test_a_newcomer_in_the_middle_moves_nobody() -> None:
    orders: dict[str, str | None] = {"!a": "0010", "!b": "0020", "!new": None}
    assert list(written(["!a", "!new", "!b"], orders)) == ["!new"]


def test_neighbours_without_space_between_them_are_all_written() -> None:
    orders: dict[str, str | None] = {"!a": "a", "!b": "a ", "!new": None}
    new = orders | written(["!a", "!new", "!b"], orders)
    assert order.shown(space(new), set(orders)) == ["!a", "!new", "!b"]


def test_a_child_without_servers_is_no_child() -> None:
    reading = Reading(
        "!s", {("m.space.child", "!a"): {"content": {}}, ("m.space.child", "!b"): {"content": {"via": []}}}
    )
    assert order.shown(reading, {"!a", "!b"}) == []
