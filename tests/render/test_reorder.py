"""A new order in few words: what moves, and behind what; putting that back in place gives the new order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from groupform.render.reorder import moved


@given(st.permutations(list("abcdefgh")), st.permutations(list("abcdefgh")))
def test_the_moves_lead_from_one_order_to_the_other(before: list[str], after: list[str]) -> None:
    moves = moved(before, after)
    order = [each for each in before if each not in {what for what, _ in moves}]
    for what, behind in moves:
        order.insert(0 if behind is None else order.index(behind) + 1, what)
    assert order == after


def test_as_few_as_it_takes() -> None:
    assert moved(list("abcdef"), list("abcdef")) == []
    assert moved(list("abcdef"), list("fabcde")) == [("f", None)]
    assert moved(list("abcdef"), list("bcdeaf")) == [("a", "e")]
    assert len(moved(list("abcdef"), list("fedcba"))) == 5
