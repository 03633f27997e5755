"""Turns at one connection: never more than there are, and whoever asked first comes next."""

from __future__ import annotations

from groupform.engine.together import Together
from groupform.engine.turns import Turns


def never() -> None:
    raise AssertionError("nobody waits")


def test_there_are_so_many_and_no_more() -> None:
    turns = Turns(2)
    assert turns.take("a", never)
    assert turns.take("a", never)
    assert not turns.take("b", lambda: None)
    assert turns.awaited_by("b")


def test_a_turn_given_back_goes_to_whoever_waited_and_not_to_whoever_had_it() -> None:
    turns, woken = Turns(1), list[str]()
    assert turns.take("a", never)
    assert not turns.take("b", lambda: woken.append("b"))
    assert not turns.take("a", lambda: woken.append("a"))
    turns.give_back()
    assert woken == ["b", "a"]
    assert not turns.take("a", never), "b asked before"
    assert turns.take("b", never)
    assert not turns.awaited_by("b")


def test_whoever_leaves_the_queue_keeps_nobody_waiting() -> None:
    turns, woken = Turns(1), list[str]()
    assert turns.take("a", never)
    assert not turns.take("b", lambda: woken.append("b"))
    assert not turns.take("c", lambda: woken.append("c"))
    turns.give_back()
    woken.clear()
    turns.leave("b")
    assert woken == ["c"]
    assert turns.take("c", never)


def test_a_connection_takes_one_at_a_time_at_least() -> None:
    assert Turns(0).take("a", never)


def test_what_is_kept_together_is_made_once() -> None:
    together = Together()
    assert together.once(("x", 1), lambda: object()) is together.once(("x", 1), lambda: object())
    assert together.once(("x", 2), lambda: object()) is not together.once(("x", 1), lambda: object())
