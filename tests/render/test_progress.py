"""Progress: plain lines off a terminal, nothing but failures under CI, and never more lines than anybody reads."""

from __future__ import annotations

from groupform.engine.plan import Reason
from groupform.render.progress import Bar, Lines, shown_progress
from render.samples import terminal


def walk(environ: dict[str, str], total: int, failing: int | None = None) -> list[str]:
    where, out, err = terminal(environ)
    with shown_progress(where) as observer:
        observer.planned("d", total)
        for index in range(total):
            observer.started(f"d/room.r{index}", f"群{index}")
            failed = Reason(code="memory-denied") if index == failing else None
            observer.finished(f"d/room.r{index}", f"群{index}", failed)
    assert out.getvalue() == ""
    return err.getvalue().splitlines()


def test_few_changes_have_a_line_each() -> None:
    assert len(walk({}, 7)) == 7


def test_many_changes_have_a_tenth_of_the_lines_and_the_last_one() -> None:
    lines = walk({}, 1000)
    assert len(lines) == 10
    assert lines[-1].strip().startswith("[1000/1000]")


def test_ci_is_quiet_but_for_failures() -> None:
    assert walk({"CI": "true"}, 50) == []
    (line,) = walk({"CI": "true"}, 50, failing=30)
    assert "room.r30" in line
    assert "does not take this value" in line


def test_a_long_wait_is_explained_and_a_short_one_is_not() -> None:
    where, _, err = terminal()
    with shown_progress(where) as observer:
        observer.waiting(1.0, "http-waiting-limit")
        assert err.getvalue() == ""
        observer.waiting(90.0, "http-waiting-limit")
    assert "waiting 90 s: the platform's rate limit" in err.getvalue()


def test_a_bar_moves_only_on_a_terminal_that_can() -> None:
    for environ, tty, kind in (
        ({"TERM": "xterm"}, True, Bar),
        ({"TERM": "dumb"}, True, Lines),
        ({"TERM": "xterm", "CI": "1"}, True, Lines),
        ({"TERM": "xterm"}, False, Lines),
    ):
        where, _, _ = terminal(environ, tty=tty)
        with shown_progress(where) as observer:
            assert isinstance(observer, kind)


def test_a_bar_counts_and_keeps_what_failed() -> None:
    where, _, err = terminal({"TERM": "xterm"}, tty=True)
    with shown_progress(where) as observer:
        observer.planned("d", 2)
        observer.planned("d", 3)
        observer.started("d/room.a", "甲")
        observer.finished("d/room.a", "甲", None)
        observer.finished("d/room.b", "乙", Reason(code="memory-denied"))
        observer.finished("elsewhere/room.x", "x", None)
        observer.note(Reason(code="memory-reachable"))
        observer.waiting(5.0, "memory-denied")
    shown = err.getvalue()
    assert "2/3" in shown
    assert "乙" in shown
    assert "The memory platform answers." in shown
