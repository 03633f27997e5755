"""What is sent, what is too late, what waits: decided from the calendar, the state and the ledger alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from calendar_rig import GROUPS, HEAD, at, deployment
from groupform.calendar.due import Verdict, adrift, mark_of, next_due, nonce_of, outdated, sort_out, spelled
from groupform.calendar.settling import Fate, judge
from groupform.config.project import ResolvedDeployment
from groupform.engine.posting import Absent, Posted, Unsure
from groupform.state.document import Binding, Document
from groupform.state.ledger import Reach, Send

DAILY = """\
calendar:
  tips: {title: 干货, kind: article, when: {daily: yes, at: "20:00"}, to: [lobby], post: {text: "{group} 好"}}
  meet: {title: 见面, kind: activity, when: {daily: yes, at: "20:00"}, to: [lobby]}
"""
BEGUN = spelled(at("2026-12-01T12:00"))


def made(tmp_path: Path, calendar: str = DAILY) -> ResolvedDeployment:
    return deployment(tmp_path, HEAD + GROUPS + calendar)


def state(*addresses: str, kind: str = "room") -> Document:
    bindings = {each: Binding(type=kind, id=f"!{each}", applied={}) for each in addresses}
    return Document(lineage="l", deployment="club-chat", environment="default", bindings=bindings)


LOBBY = state("club-chat/room.lobby")


def ledger(*sends: Send, known: bool = True) -> Document:
    reach = Reach(since=BEGUN, known={"tips lobby": BEGUN}) if known else None
    kept = {f"{each.item} {each.scheduled} {each.target}": each for each in sends}
    return Document(lineage="l", deployment="club-chat.sends", environment="default", sends=kept, reach=reach)


def send(when: str, outcome: str = "sent", **more: str) -> Send:
    base = {"item": "tips", "target": "lobby", "scheduled": spelled(at(when)), "outcome": outcome, "mark": "m"}
    return Send.model_validate({**base, **more})


def verdicts(
    tmp_path: Path, now: str, known: Document, there: Document = LOBBY, calendar: str = DAILY
) -> list[tuple[str, str, str, str]]:
    found = sort_out(made(tmp_path, calendar), there, known, at(now), "room")
    return [(f"{each.occasion.local:%d %H:%M}", each.target, each.verdict.value, each.code) for each in found.tasks]


def test_what_is_due_is_sent_and_what_has_no_words_is_not(tmp_path: Path) -> None:
    done = ledger(send("2026-12-01T20:00"))
    assert verdicts(tmp_path, "2026-12-02T19:59", done) == []
    assert verdicts(tmp_path, "2026-12-02T20:00", done) == [("02 20:00", "lobby", "send", "")]
    found = sort_out(made(tmp_path), LOBBY, done, at("2026-12-02T20:00"), "room")
    assert [each.text for each in found.tasks] == ["大厅 好"]


@pytest.mark.parametrize(
    ("missed", "now", "verdict"),
    [
        ("", "2026-12-02T21:00", "send"),
        ("", "2026-12-02T21:01", "missed"),
        ("sending: {missed: skip}\n", "2026-12-02T20:15", "send"),
        ("sending: {missed: skip}\n", "2026-12-02T20:16", "missed"),
        ("sending: {missed: {within: 3d}}\n", "2026-12-05T19:00", "send"),
        ("sending: {missed: send}\n", "2027-01-20T20:00", "send"),
    ],
)
def test_how_late_it_may_be(tmp_path: Path, missed: str, now: str, verdict: str) -> None:
    found = verdicts(tmp_path, now, ledger(send("2026-12-01T20:00")), calendar=DAILY + missed)
    assert found[0][:3] == ("02 20:00", "lobby", verdict)


def test_a_ledger_that_begins_omits_nothing_and_sends_nothing_old(tmp_path: Path) -> None:
    none = ledger(known=False)
    everything = DAILY + "sending: {missed: send}\n"
    assert verdicts(tmp_path, "2026-12-02T20:30", none, calendar=everything) == [("02 20:00", "lobby", "send", "")]
    assert verdicts(tmp_path, "2026-12-02T21:01", none, calendar=everything) == []


def test_what_is_new_on_the_calendar_has_missed_nothing(tmp_path: Path) -> None:
    other = (
        DAILY
        + """\
  new: {title: 新, kind: article, when: {daily: yes, at: "20:00"}, to: [city], post: {text: 新}}
"""
    )
    there = state("club-chat/room.lobby", "club-chat/room.city/sh")
    found = verdicts(tmp_path, "2026-12-04T20:30", ledger(send("2026-12-03T20:00")), there, other)
    assert [each for each in found if each[1] == "city/sh"] == [("04 20:00", "city/sh", "send", "")]
    # A copy of a group that was there before waits for its apply.
    assert [each for each in found if each[1] == "city/bj"] == [("04 20:00", "city/bj", "blocked", "send-no-group")]


def test_no_post_comes_after_the_next_of_its_kind(tmp_path: Path) -> None:
    """At eight it was sent, then its time was changed to half past seven: it is the same post."""
    earlier = DAILY.replace("20:00", "19:30")
    found = verdicts(tmp_path, "2026-12-02T20:10", ledger(send("2026-12-02T20:00")), calendar=earlier)
    assert found[-1] == ("02 19:30", "lobby", "missed", "send-overtaken")


def test_a_group_under_a_new_name_has_had_its_posts(tmp_path: Path) -> None:
    had = send("2026-12-02T20:00", target="hall", place="!club-chat/room.lobby")
    assert verdicts(tmp_path, "2026-12-02T20:10", ledger(send("2026-12-01T20:00"), had)) == []


def test_the_second_of_a_series_gets_the_same_care(tmp_path: Path) -> None:
    there = state("club-chat/room.lobby", "club-chat/room.lobby#2")
    found = verdicts(tmp_path, "2026-12-02T20:00", ledger(send("2026-12-01T20:00"), send("2026-12-02T20:00")), there)
    assert [each[1:3] for each in found if each[0].startswith("02")] == [("lobby#2", "send")]


def test_quiet_hours_hold_a_post_back(tmp_path: Path) -> None:
    quiet = DAILY + 'sending: {quiet_hours: "19:00-08:00", missed: {within: 2h}}\n'
    done = ledger(send("2026-12-01T20:00"))
    assert verdicts(tmp_path, "2026-12-02T20:00", done, calendar=quiet)[0][2:] == ("waiting", "send-quiet")
    assert verdicts(tmp_path, "2026-12-03T08:00", done, calendar=quiet)[0][2:] == ("send", "")
    assert verdicts(tmp_path, "2026-12-03T10:01", done, calendar=quiet)[0][2:] == ("missed", "send-too-late")
    soon = next_due(made(tmp_path, quiet), LOBBY, at("2026-12-02T21:00"), at("2026-12-04T00:00"), "room")
    assert soon == at("2026-12-03T08:00")


def test_what_is_announced_is_settled_first_also_off_the_calendar(tmp_path: Path) -> None:
    left = ledger(
        send("2026-12-01T20:00"), send("2026-12-02T20:00", "announced"), send("2026-12-02T09:00", "announced")
    )
    found = sort_out(made(tmp_path), LOBBY, left, at("2026-12-02T20:10"), "room")
    assert [each.verdict for each in found.tasks] == [Verdict.settle]
    assert [each.scheduled for each in adrift(left, found.tasks).values()] == [spelled(at("2026-12-02T09:00"))]


def test_the_ledger_forgets_what_cannot_come_back_and_nothing_else(tmp_path: Path) -> None:
    now = at("2026-12-02T20:30")
    old, open_ = send("2026-09-01T20:00"), send("2026-09-02T20:00", "announced")
    full = ledger(old, open_, send("2026-12-02T20:00"))
    assert list(outdated(full, now)) == [f"tips {old.scheduled} lobby"]
    reach = sort_out(made(tmp_path), LOBBY, full, now, "room").reach
    assert now - timedelta(days=61) < datetime.fromisoformat(reach.since) <= now
    assert sort_out(made(tmp_path), LOBBY, ledger(known=False), now, "room").reach.known.keys() == {"tips lobby"}


def test_names_are_for_ever() -> None:
    mark = mark_of("default", "tips 2026-12-02T12:00:00Z lobby")
    assert len({mark, mark_of("staging", "tips 2026-12-02T12:00:00Z lobby"), mark_of("default", "tips x lobby")}) == 3
    assert nonce_of(mark, "!a", 1) == nonce_of(mark, "!a", 1) != nonce_of(mark, "!a", 2) != nonce_of(mark, "!b", 2)


NOW = datetime(2026, 12, 2, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("found", "seconds", "device", "fate"),
    [
        (Posted("$1"), 5, "me D", Fate.sent),
        (Posted("$1"), 99_999, "me E", Fate.sent),
        (Absent(), 5, "me D", Fate.repeat),
        (Unsure("x"), 5, "me D", Fate.repeat),
        (Absent(), 5, "me E", Fate.wait),
        (Absent(), 30, "me E", Fate.fresh),
        (Absent(), 3600, "me D", Fate.fresh),
        (Unsure("x"), 3600, "me D", Fate.unknown),
        (Unsure("x"), 5, "", Fate.unknown),
        (Absent(), -60, "me D", Fate.wait),
    ],
)
def test_what_follows_from_what_was_found(found: object, seconds: int, device: str, fate: Fate) -> None:
    record = send(
        "2026-12-02T20:00", "announced", device="me D", announced_at=spelled(NOW - timedelta(seconds=seconds))
    )
    assert judge(found, record, device, NOW, remembers=600, settles=30).fate is fate  # type: ignore[arg-type]
