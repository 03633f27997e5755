"""Turns at one connection: never more than there are, and whoever asked first comes next."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from groupform.engine.together import Together
from groupform.engine.turns import Turns


def quiet() -> None:
    pass


def test_there_are_so_many_and_no_more() -> None:
    turns = Turns(2)
    assert turns.take("a", quiet)
    assert turns.take("a", quiet)
    assert not turns.take("b", quiet)
    assert turns.wanted_by("b")


def test_a_turn_given_back_goes_to_whoever_has_none_and_not_to_whoever_had_it() -> None:
    turns, woken = Turns(2), list[str]()
    assert turns.take("a", lambda: woken.append("a"))
    assert turns.take("a", quiet)
    assert not turns.take("b", lambda: woken.append("b"))
    turns.give_back("a")
    assert woken == ["a", "b"]
    assert not turns.take("a", quiet), "b has none"
    assert turns.take("b", quiet)
    assert not turns.take("b", quiet)


def test_whoever_is_quick_does_not_take_all() -> None:
    """All turns are given back at once, and one of two asks for all of them before the other has woken up."""
    turns = Turns(4)
    assert [turns.take("quick", quiet) for _ in range(5)] == [True] * 4 + [False]
    assert not turns.take("slow", quiet)
    for _ in range(4):
        turns.give_back("quick")
    assert [turns.take("quick", quiet) for _ in range(3)] == [True, True, False]
    assert [turns.take("slow", quiet) for _ in range(3)] == [True, True, False]


def test_what_others_want_no_more_is_for_the_rest() -> None:
    turns, woken = Turns(4), list[str]()
    assert turns.take("few", quiet)
    assert [turns.take("many", lambda: woken.append("many")) for _ in range(3)] == [True, True, False]
    turns.leave("few")
    assert woken == ["many"]
    assert turns.take("many", quiet)
    turns.give_back("few")
    assert not turns.wanted_by("few")
    assert [turns.take("many", quiet) for _ in range(2)] == [True, False]


@given(
    st.integers(1, 6), st.lists(st.tuples(st.integers(0, 4), st.sampled_from(["take", "back", "leave"])), max_size=80)
)
def test_never_too_many_and_never_nobody(size: int, moves: list[tuple[int, str]]) -> None:
    turns, held = Turns(size), [0] * 5
    for who, move in moves:
        if move == "take":
            held[who] += turns.take(who, quiet)
        elif move == "back" and held[who]:
            turns.give_back(who)
            held[who] -= 1
        elif move == "leave":
            turns.leave(who)
        assert sum(held) <= size
    wanting = [who for who in range(5) if turns.wanted_by(who)]
    if sum(held) < size and wanting:
        assert any(turns.take(who, quiet) for who in wanting), "a turn is free, and nobody may have it"


def test_a_connection_takes_one_at_a_time_at_least() -> None:
    assert Turns(0).take("a", quiet)


def test_what_is_kept_together_is_made_once() -> None:
    together = Together()
    assert together.once(("x", 1), lambda: object()) is together.once(("x", 1), lambda: object())
    assert together.once(("x", 2), lambda: object()) is not together.once(("x", 1), lambda: object())
