"""Checklists as rounds: handed over at their time, one open at a time, kept as evidence, and never silently dropped."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from calendar_rig import GROUPS, HEAD, at, deployment
from groupform.calendar.agenda import Events
from groupform.calendar.answering import settled, taken_back, words_given
from groupform.calendar.asked import asked_steps
from groupform.calendar.due import KEPT, spelled
from groupform.calendar.duties import duties
from groupform.calendar.prompting import prompts
from groupform.config.project import ResolvedDeployment
from groupform.state.document import Attestation, Document, Entry, fold
from groupform.state.ledger import Round

PATROL = """\
compliance:
  checklists:
    patrol: {when: {daily: yes, at: "09:00"}, who: lead, steps: [看链接, 看举报]}
"""
STATE = Document(lineage="l", deployment="club-chat", environment="default")


def made(tmp_path: Path, text: str = PATROL, head: str = HEAD) -> ResolvedDeployment:
    return deployment(tmp_path, head + GROUPS + text)


def empty() -> Document:
    return Document(lineage="l", deployment="club-chat.sends", environment="default")


def kept(book: Document, entries: list[Entry]) -> None:
    for each in entries:
        fold(book, each)


def run(here: ResolvedDeployment, book: Document, now: str) -> list[tuple[str, str]]:
    """What a run tells, with the day of the round."""
    found = prompts(here, STATE, book, at(now), "room")
    kept(book, list(found.entries))
    return [(each.kind, f"{each.when:%d}" if each.when else "") for each in found.told]


def tick(here: ResolvedDeployment, book: Document, now: str, *lines: str, who: str = "lead") -> None:
    steps = {each.label: each.key for each in asked_steps(here, STATE, book, at(now), "room")}
    word = Attestation(who=who, when=spelled(at(now)), digest="", note="好")
    kept(book, settled(here, book, [(steps[each], word) for each in lines], at(now), "room"))


def outcomes(book: Document) -> dict[str, str]:
    return {each.scheduled[8:10]: each.outcome for each in book.rounds.values()}


def test_a_day_like_any_other(tmp_path: Path) -> None:
    here, book = made(tmp_path), empty()
    assert run(here, book, "2026-12-02T08:00") == [] and book.through
    assert run(here, book, "2026-12-02T09:00") == [("list", "02")]
    assert not prompts(here, STATE, book, at("2026-12-02T09:05"), "room").entries, "nothing to say, nothing to write"
    first, second = asked_steps(here, STATE, book, at("2026-12-02T09:05"), "room")
    assert (first.key, first.label, first.who) == ("club-chat/checklist.patrol/20261202T010000Z#1", "看链接", "lead")
    assert first.place == second.place and first.due == "2026-12-02T23:59:59+08:00"
    tick(here, book, "2026-12-02T10:00", "看链接")
    assert [each.label for each in asked_steps(here, STATE, book, at("2026-12-02T10:01"), "room")] == ["看举报"]
    tick(here, book, "2026-12-02T10:05", "看举报")
    (round_,) = book.rounds.values()
    assert round_.outcome == "done" and round_.steps == ("看链接", "看举报")
    assert {line: (word.who, word.when, word.note) for line, word in round_.said.items()} == {
        "1": ("lead", "2026-12-02T02:00:00Z", "好"),
        "2": ("lead", "2026-12-02T02:05:00Z", "好"),
    }
    assert run(here, book, "2026-12-03T00:10") == [] and run(here, book, "2026-12-03T09:00") == [("list", "03")]


def test_what_was_not_done_is_said_once_recorded_and_does_not_pile_up(tmp_path: Path) -> None:
    here, book = made(tmp_path), empty()
    run(here, book, "2026-12-02T08:59")
    assert run(here, book, "2026-12-02T09:01") == [("list", "02")]
    tick(here, book, "2026-12-02T10:00", "看链接")
    assert run(here, book, "2026-12-03T00:00") == [("list-overdue", "02")]
    assert run(here, book, "2026-12-03T00:05") == []
    assert run(here, book, "2026-12-03T09:00") == [("list-missed", "02"), ("list", "03")]
    assert outcomes(book) == {"02": "missed", "03": "handed"}
    missed = book.rounds["patrol 2026-12-02T01:00:00Z"]
    assert missed.code == "list-not-done" and list(missed.said) == ["1"], "half of it is on record"
    assert {each.key for each in asked_steps(here, STATE, book, at("2026-12-03T09:01"), "room")} == {
        f"club-chat/checklist.patrol/20261203T010000Z#{each}" for each in (1, 2)
    }


def test_days_without_a_run_are_on_record_as_days_on_which_nobody_was_asked(tmp_path: Path) -> None:
    here, book = made(tmp_path), empty()
    run(here, book, "2026-12-01T08:00")
    assert run(here, book, "2026-12-04T12:00") == [
        ("list-missed", "01"),
        ("list-missed", "02"),
        ("list-missed", "03"),
        ("list", "04"),
    ]
    assert {each.code for each in book.rounds.values()} == {"list-not-asked", ""}
    assert all(not each.announced_at for each in book.rounds.values() if each.outcome == "missed")


def test_quiet_hours_hold_back_what_is_overdue_and_not_what_is_due(tmp_path: Path) -> None:
    quiet = 'sending: {quiet_hours: "22:00-08:00"}\n'
    here, book = made(tmp_path, PATROL.replace("09:00", "23:00") + quiet), empty()
    run(here, book, "2026-12-02T22:30")
    assert run(here, book, "2026-12-02T23:00") == [("list", "02")]
    assert run(here, book, "2026-12-03T00:05") == []
    assert run(here, book, "2026-12-03T08:00") == [("list-overdue", "02")]


def test_evidence_is_kept_as_long_as_is_declared(tmp_path: Path) -> None:
    old = Round(checklist="patrol", scheduled="2026-12-01T01:00:00Z", outcome="done", steps=("a",), kept=60)
    for keep, days in (("", KEPT.days), ("  keep: {reports: 180d}\n", 180), ("  keep: {reports: 7d}\n", 7)):
        here, book = made(tmp_path / str(days), PATROL + keep), empty()
        book.rounds["patrol 2026-12-01T01:00:00Z"] = old
        for ahead, there in ((days, True), (days + 2, False)):
            found = duties(here, book, at("2026-12-01T09:00") + timedelta(days=ahead), Events())
            assert ("patrol 2026-12-01T01:00:00Z" not in found.rounds) is there


def test_a_list_that_is_taken_out_is_cancelled_and_its_evidence_stays(tmp_path: Path) -> None:
    here, book = made(tmp_path / "a"), empty()
    run(here, book, "2026-12-02T09:00")
    assert run(made(tmp_path / "b", ""), book, "2026-12-02T09:30") == []
    (round_,) = book.rounds.values()
    assert (round_.outcome, round_.code) == ("cancelled", "list-undeclared")


def test_whose_turn_it_is(tmp_path: Path) -> None:
    duty = HEAD.replace(
        "{owner: lead}", "{owner: lead, duty: {desk: {people: [lead], hours: {mon-sun: '08:00-20:00'}}}}"
    )
    here, book = made(tmp_path, PATROL.replace("who: lead", "who: {duty: desk}"), duty), empty()
    run(here, book, "2026-12-02T09:00")
    assert [each.who for each in book.rounds.values()] == ["lead"]


def test_lists_of_runs_and_of_new_groups(tmp_path: Path) -> None:
    runs = 'runs: {every: {weekly: [sat], at: "18:00"}, lasts: 4h, then: dissolve}\n'
    after = PATROL.replace('daily: yes, at: "09:00"', "after: run_started, wait: 30m")
    here, book = made(tmp_path / "a", runs + after), empty()
    run(here, book, "2026-12-05T18:00")
    assert run(here, book, "2026-12-05T18:30") == [("list", "05")]
    daily, book = made(tmp_path / "b", runs + PATROL.replace("09:00", "19:00")), empty()
    run(daily, book, "2026-12-04T18:30")
    assert run(daily, book, "2026-12-04T19:30") == [], "no run is on"
    assert run(daily, book, "2026-12-05T19:00") == [("list", "05")]
    made_groups, book = made(tmp_path / "c", PATROL.replace('daily: yes, at: "09:00"', "after: group_created")), empty()
    events = Events({"city/sh": at("2026-12-02T09:00"), "lobby": at("2026-12-02T09:10")})
    found = duties(made_groups, book, at("2026-12-02T09:30"), events)
    assert sorted(each.round.target for each in found.turns) == ["city/sh", "lobby"]


@pytest.mark.parametrize("done", [1, 2])
def test_a_word_that_is_taken_back_opens_that_line_and_an_old_tick_says_nothing(tmp_path: Path, done: int) -> None:
    here, book = made(tmp_path), empty()
    run(here, book, "2026-12-02T09:00")
    first = asked_steps(here, STATE, book, at("2026-12-02T09:05"), "room")[0]
    tick(here, book, "2026-12-02T10:00", *("看链接", "看举报")[:done])
    assert words_given(here, book)[first.key].ticket == first.ticket
    kept(book, taken_back(here, book, first.key, at("2026-12-02T10:05")))
    again = asked_steps(here, STATE, book, at("2026-12-02T10:06"), "room")[0]
    assert again.key == first.key and again.ticket != first.ticket
    (round_,) = book.rounds.values()
    assert round_.outcome == "handed"


def test_the_words_are_those_that_were_handed_over(tmp_path: Path) -> None:
    here, book = made(tmp_path / "a"), empty()
    run(here, book, "2026-12-02T09:00")
    edited = made(tmp_path / "b", PATROL.replace("看举报", "看私信"))
    assert [each.label for each in asked_steps(edited, STATE, book, at("2026-12-02T09:05"), "room")] == [
        "看链接",
        "看举报",
    ]
    run(edited, book, "2026-12-03T09:00")
    labels = [each.label for each in asked_steps(edited, STATE, book, at("2026-12-03T09:05"), "room")]
    assert labels == ["看链接", "看私信"]
