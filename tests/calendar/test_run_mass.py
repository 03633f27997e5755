"""Posts that people must send: one message an owner, asked after, reminded, taken back; how many have confirmed."""

from __future__ import annotations

from collections import Counter
from dataclasses import fields
from pathlib import Path

import pytest

from calendar_mass_rig import CLUB, EIGHT, MADE, OWNERS, Desk, begun, names
from groupform.providers.wecom.rehearsal import Unconfirmed

CONFIRM = ", confirm: {remind_after: 3h, cancel_after: 10h}"
KEY = "tips 2026-12-02T12:00:00Z "


def test_one_message_an_owner_confirmed_one_after_the_other(tmp_path: Path) -> None:
    desk = begun(tmp_path)
    assert desk.told(dry_run=True) == {("would-lay", ""): 3}
    report = desk.run()
    assert report.exit_code == 3
    assert {(each.outcome, each.who) for each in report.told} == {("laid", "林一"), ("laid", "周舟")}
    assert desk.asked() == {"gettoken": 1, "add_msg_template": 2}, "a token, and a message for each owner"
    assert [(each["sender"], len(each["groups"]), each["text"]) for each in desk.messages.values()] == [
        ("LinYi", 2, {"content": "晚上好"}),
        ("zhouzhou", 1, {"content": "晚上好"}),
    ]
    desk.later(minutes=5)
    assert not desk.run().told and not desk.run().exit_code
    assert desk.asked() == {"gettoken": 2, "get_groupmsg_task": 4}, "one request a message, and no more"
    assert desk.told(dry_run=True) == {("waits-for", ""): 3}
    desk.confirm("LinYi")
    report = desk.run()
    assert names(report.told) == ["lobby", "north"] and {each.outcome for each in report.told} == {"sent"}
    [tally] = report.tallies
    assert (tally.confirmed, tally.of, tally.missing) == (1, 2, ("周舟",)) and report.exit_code == 0
    desk.confirm()
    [tally] = desk.run().tallies
    assert (tally.confirmed, tally.of, tally.missing) == (2, 2, ())
    desk.asked()
    assert not desk.run().told and not desk.asked(), "nothing waits: nothing is asked"
    assert set(desk.outcomes().values()) == {"sent"} and [desk.got(each) for each in OWNERS] == [1, 1, 1]
    assert not desk.rehearsal.objections


def test_reminded_once_and_taken_back_in_time(tmp_path: Path) -> None:
    desk = begun(tmp_path)
    desk.run()
    desk.confirm("zhouzhou")
    desk.later(hours=3)
    assert desk.told() == {("sent", ""): 1, ("unconfirmed", "send-was-reminded"): 2}
    assert not desk.run().told
    desk.later(hours=7)
    report = desk.run()
    assert {(each.outcome, each.code) for each in report.told} == {("expired", "send-taken-back")}
    assert report.exit_code == 3 and not desk.open(), "nobody can send it any more"
    assert desk.outcomes() == {KEY + "lobby": "expired", KEY + "north": "expired", KEY + "south": "sent"}
    assert not desk.run().told


def test_others_have_reminded_them_enough(tmp_path: Path) -> None:
    desk = begun(tmp_path)
    desk.run()
    desk.later(hours=3)
    for message in desk.messages.values():
        message["reminded"] = [int(desk.time.timestamp()) - 60] * 3
    assert desk.told() == {("unconfirmed", "send-was-reminded"): 3}
    assert not desk.run().told


def test_confirmed_in_the_moment_in_which_it_is_taken_back(tmp_path: Path) -> None:
    desk = begun(tmp_path)
    desk.run()
    desk.later(hours=11)
    desk.rehearsal.before = lambda path, body: desk.confirm() if path.endswith("cancel_groupmsg_send") else None
    assert desk.told() == {("sent", ""): 3}, "what was sent is sent, whatever its time"


@pytest.mark.parametrize("minutes", [30, 180])
def test_new_words_take_the_place_of_old_ones(tmp_path: Path, minutes: int) -> None:
    desk = begun(tmp_path)
    desk.run()
    desk.confirm("zhouzhou")
    desk.later(minutes=minutes)
    desk.edit("晚上好", "晚安")
    told = desk.told()
    if minutes == 30:
        assert told == {("sent", ""): 1, ("laid", "send-laid-anew"): 2}
        [message] = desk.open()
        assert desk.messages[message]["text"] == {"content": "晚安"}
        desk.confirm()
        assert desk.told() == {("sent", ""): 2}
    else:
        assert told == {("sent", ""): 1, ("withdrawn", "send-now-edited"): 2} and not desk.open()
    assert not desk.run().told
    assert desk.got("lobby") == (minutes == 30) and desk.got("south") == 1


def test_taken_off_the_calendar(tmp_path: Path) -> None:
    desk = begun(tmp_path)
    desk.run()
    desk.later(hours=2, minutes=30)
    desk.edit("to: [lobby, north, south]", "to: [lobby]")
    assert desk.told() == {("withdrawn", "send-now-undeclared"): 2, ("laid", "send-laid-anew"): 1}
    assert [desk.messages[each]["groups"] for each in desk.open()] == [[desk.chats["lobby"]]]
    desk.edit("  tips:", "  other:")
    assert desk.told()[("withdrawn", "send-now-undeclared")] == 1
    assert not desk.open()


def test_another_time_is_another_post(tmp_path: Path) -> None:
    desk = begun(tmp_path)
    desk.run()
    desk.later(minutes=10)
    desk.edit('"20:00"', '"21:00"')
    assert desk.told() == {("withdrawn", "send-now-undeclared"): 3} and not desk.open()
    desk.later(minutes=50)
    assert desk.told() == {("laid", ""): 3}


@pytest.mark.parametrize(("minutes", "laid"), [(10, True), (70, False)])
def test_an_earlier_time_is_another_post_too(tmp_path: Path, minutes: int, laid: bool) -> None:
    desk = begun(tmp_path)
    desk.run()
    desk.confirm("zhouzhou")
    desk.later(minutes=minutes)
    desk.edit('"20:00"', '"19:00"')
    told = desk.told()
    assert told[("sent", "")] == 1 and told[("withdrawn", "send-now-undeclared")] == 2
    assert told[("laid", "")] == (2 if laid else 0), "still in time by its new hour"
    desk.later(minutes=5)
    desk.confirm()
    desk.run()
    assert [desk.got(each) for each in OWNERS] == [laid, laid, 1], "what was confirmed is not sent again"
    desk.later(minutes=5)
    assert not desk.run().told


def test_confirmed_in_the_moment_in_which_it_is_moved_to_an_earlier_time(tmp_path: Path) -> None:
    desk = begun(tmp_path)
    desk.run()
    desk.later(minutes=10)
    desk.edit('"20:00"', '"19:00"')
    desk.rehearsal.before = lambda path, body: desk.confirm() if path.endswith("cancel_groupmsg_send") else None
    assert desk.told() == {("sent", ""): 3}
    desk.later(minutes=5)
    assert desk.told() == {("missed", "send-overtaken"): 3} and len(desk.messages) == 2


@pytest.mark.parametrize("applied", [True, False], ids=["applied", "not-applied"])
@pytest.mark.parametrize("dropped", [False, True], ids=["laid", "announced"])
def test_a_group_that_gets_another_name_while_it_waits(tmp_path: Path, applied: bool, dropped: bool) -> None:
    desk = begun(tmp_path)
    if dropped:
        desk.max_wait = 5.0
        desk.rehearsal.drop_next(MADE, times=9)
    desk.run()
    desk.rehearsal.clear_faults()
    before = len(desk.messages)
    desk.later(minutes=10)
    desk.edit("  lobby: {title: 大厅}", "  hall: {title: 大厅, previously: [lobby]}")
    desk.edit("[lobby, north", "[hall, north")
    if applied:
        desk.rename("lobby", "hall")
    assert desk.told() == ({("laid", ""): 3} if dropped else {})
    assert len(desk.messages) == before, "the same message goes on"
    desk.later(minutes=5)
    desk.confirm()
    assert desk.told() == {("sent", ""): 3}
    assert sorted(desk.outcomes()) == [KEY + "hall", KEY + "north", KEY + "south"]
    desk.time = EIGHT.replace(day=EIGHT.day + 1)
    assert desk.told() == {("laid", ""): 3}, "and so does the next one"


def test_cancelled_by_hand_and_gone(tmp_path: Path) -> None:
    desk = begun(tmp_path)
    desk.run()
    first, second = desk.messages
    desk.person.cancel_message(first)
    del desk.rehearsal.corp["messages"][second]
    desk.later(hours=3)
    assert desk.told() == {("withdrawn", "send-cancelled-there"): 2, ("unknown", "send-message-gone"): 1}
    assert not desk.run().told


def test_who_owns_a_group_by_now(tmp_path: Path) -> None:
    desk = begun(tmp_path)
    desk.person.hand_over_by_hand(desk.chats["north"], "zhouzhou")
    desk.person.dismiss(desk.chats["south"])
    assert desk.told() == {
        ("laid", ""): 1,
        ("blocked", "wecom-mass-other-owner"): 1,
        ("blocked", "wecom-mass-no-group"): 1,
    }
    desk.bind("north", "zhouzhou", desk.chats["north"])
    desk.bind("south", "zhouzhou", desk.person.create_group("zhouzhou", "南"))
    desk.later(minutes=5)
    assert desk.told() == {("laid", ""): 2}, "an apply has read it"
    assert Counter(each["sender"] for each in desk.messages.values()) == {"LinYi": 1, "zhouzhou": 1}


def test_a_group_that_changes_hands_while_it_waits(tmp_path: Path) -> None:
    desk = begun(tmp_path)
    desk.run()
    desk.person.hand_over_by_hand(desk.chats["lobby"], "zhouzhou")
    desk.bind("lobby", "zhouzhou", desk.chats["lobby"])
    desk.later(minutes=20)
    assert desk.told() == {("laid", "send-laid-anew"): 2}
    assert sorted(desk.messages[each]["sender"] for each in desk.open()) == ["LinYi", "zhouzhou", "zhouzhou"]
    desk.confirm()
    desk.run()
    assert [desk.got(each) for each in OWNERS] == [1, 1, 1]


@pytest.mark.parametrize("monthly", [True, False])
def test_a_group_has_had_as_many_as_it_may(tmp_path: Path, monthly: bool) -> None:
    desk = begun(tmp_path, unconfirmed=Unconfirmed(mass_by_month=monthly))
    now = int(desk.time.timestamp())
    desk.rehearsal.corp["groups"][desk.chats["north"]]["got"] = [now - 3600] * (30 if monthly else 1)
    assert desk.told() == {("laid", ""): 2, ("missed", "wecom-mass-too-many"): 1}
    assert not desk.run().told


def test_confirmed_and_not_delivered_everywhere(tmp_path: Path) -> None:
    desk = begun(tmp_path)
    desk.run()
    first, second = desk.messages
    desk.person.confirm(first, lost={desk.chats["north"]: 3})
    desk.person.dismiss(desk.chats["south"])
    desk.bind("hall", "zhouzhou", desk.person.create_group("zhouzhou", "hall"))
    desk.messages[second]["groups"].append(desk.chats["hall"])
    desk.person.confirm(second)
    assert desk.told() == {("sent", ""): 1, ("missed", "wecom-mass-had-another"): 1}
    assert not desk.run().told, "it may still be on its way"
    desk.later(minutes=10)
    assert desk.told() == {("unknown", "send-not-delivered"): 1}


def test_a_post_with_pictures(tmp_path: Path) -> None:
    image = b"\x89PNG\r\n\x1a\n" + bytes(64)
    community = CLUB.replace('"**晚上好**"', '"看图 ![小狗](dog.png) ![](https://example.org/a.png)"')
    desk = begun(tmp_path, community=community, files={"dog.png": image})
    assert desk.told() == {("laid", ""): 3}
    assert desk.asked()["upload"] == 1, "the same picture is sent up once"
    message = next(iter(desk.messages.values()))
    assert message["text"] == {"content": "看图  https://example.org/a.png"}
    assert [each["msgtype"] for each in message["attachments"]] == ["image"]
    (desk.folder / "dog.png").write_bytes(image + b"!")
    assert desk.told() == {("laid", "send-laid-anew"): 3}
    (desk.folder / "dog.png").unlink()
    assert not desk.run().told, "what waits holds its picture"
    desk.time = EIGHT.replace(day=EIGHT.day + 1)
    assert desk.told()[("blocked", "send-file-missing")] == 3


def test_a_second_person_has_to_agree_to_new_words_first(tmp_path: Path) -> None:
    desk = begun(tmp_path)
    desk.run()
    desk.later(minutes=10)
    desk.edit('post: {text: "**晚上好**"}', 'approve: host, post: {text: "晚安"}')
    assert desk.told() == {("withdrawn", "send-approval"): 3} and not desk.open()
    desk.later(minutes=5)
    assert not desk.run().told and not desk.open(), "nobody has agreed yet"
    desk.edit('"晚安"', '"**晚上好**"')
    assert not desk.run().told
    desk.approve("tips", "host")
    desk.later(minutes=5)
    assert desk.told() == {("laid", "send-laid-anew"): 3}, "the same words as before are no trace of a new message"
    desk.confirm()
    assert desk.told() == {("sent", ""): 3} and len(desk.messages) == 4


def test_a_lost_ledger_makes_no_second_message(tmp_path: Path) -> None:
    desk = begun(tmp_path)
    desk.run()
    desk.later(minutes=10)
    for file in (desk.folder / "state").rglob("*sends*"):
        if file.is_file():
            file.unlink()
    desk.run()
    assert len(desk.messages) == 2
    desk.confirm()
    assert desk.told() == {("sent", ""): 3}


def test_several_that_could_be_it_are_for_a_person(tmp_path: Path) -> None:
    desk = begun(tmp_path)
    desk.rehearsal.drop_next(MADE, times=2)
    desk.max_wait = 30.0
    report = desk.run()
    assert report.exit_code == 4 and {each.outcome for each in report.told} == {"open"}
    for message in list(desk.messages.values()):
        desk.rehearsal.corp["messages"][f"copy{message['sender']}"] = dict(message)
    desk.later(minutes=10)
    assert set(desk.told()) == {("unknown", "wecom-mass-several")}
    assert not desk.run().told and len(desk.messages) == 4


@pytest.mark.parametrize("switch", [name for name, _ in Unconfirmed().variants() if name.startswith("mass")])
def test_every_position_of_the_switches(tmp_path: Path, switch: str) -> None:
    unconfirmed = dict(Unconfirmed().variants())[switch]
    assert fields(unconfirmed)
    desk = begun(tmp_path, unconfirmed=unconfirmed)
    desk.run()
    desk.later(minutes=5)
    desk.confirm()
    desk.later(minutes=5)
    assert desk.told() == {("sent", ""): 3}
    desk.time = EIGHT.replace(day=EIGHT.day + 1)
    assert desk.told() == {("laid", ""): 3}


def test_more_groups_than_one_message_takes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from groupform.providers.wecom import WeCom

    monkeypatch.setattr(WeCom, "at_once", 1)
    desk = begun(tmp_path)
    desk.run()
    assert sorted(len(each["groups"]) for each in desk.messages.values()) == [1, 1, 1]
    desk.later(minutes=5)
    desk.confirm()
    [tally] = desk.run().tallies
    assert (tally.confirmed, tally.of) == (2, 2), "counted by person"


def test_nobody_is_asked_before_the_time(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.run()
    assert not desk.messages


def test_twelve_of_forty(tmp_path: Path) -> None:
    owners = {f"g{number}": f"owner{number % 40}" for number in range(120)}
    groups = "".join(f"  {name}: {{title: {name}}}\n" for name in owners)
    community = CLUB.replace("  lobby: {title: 大厅}\n  north: {title: 城北}\n", groups).replace(", owner: host", "")
    community = community.replace("[lobby, north, south]", f"[{', '.join(owners)}]")
    desk = Desk(tmp_path, community=community, owners={}, members=[f"owner{number}" for number in range(40)])
    desk.bind_all(owners)
    desk.run()
    desk.time = EIGHT
    desk.asked()
    assert desk.told() == {("laid", ""): 120}
    assert desk.asked() == {"gettoken": 1, "add_msg_template": 40}
    desk.later(minutes=5)
    for number in range(12):
        desk.confirm(f"owner{number}")
    [tally] = desk.run().tallies
    assert (tally.confirmed, tally.of, len(tally.missing)) == (12, 40, 28)
    assert desk.asked() == {"gettoken": 1, "get_groupmsg_task": 40, "get_groupmsg_send_result": 12}


def test_a_clock_that_is_wrong_by_hours_makes_no_second_message(tmp_path: Path) -> None:
    desk = begun(tmp_path)
    desk.rehearsal.drop_next(MADE, times=9)
    desk.max_wait = 5.0
    assert desk.run().exit_code == 4 and len(desk.messages) == 2
    for message in desk.messages.values():
        message["created"] -= 5 * 3600
    desk.rehearsal.clear_faults()
    desk.later(minutes=10)
    assert desk.told() == {("laid", ""): 3} and len(desk.messages) == 2


def test_what_nobody_ever_confirms_is_forgotten_in_the_end(tmp_path: Path) -> None:
    desk = begun(tmp_path, community=CLUB.replace("{daily: yes, ", "{dates: [2026-12-02], ").replace(CONFIRM, ""))
    desk.run()
    desk.later(days=59)
    assert not desk.run().told and len(desk.open()) == 2
    desk.later(days=2)
    assert desk.told() == {("withdrawn", "send-forgotten"): 3} and not desk.open()
    desk.later(days=1)
    assert not desk.run().told


def test_an_owner_who_has_left(tmp_path: Path) -> None:
    desk = begun(tmp_path)
    desk.person.resign("zhouzhou")
    report = desk.run()
    assert report.exit_code == 1 and {each.outcome for each in report.told} == {"laid", "open"}
    [code] = {each.code for each in report.told if each.outcome == "open"}
    assert code.startswith("wecom-error-")
    desk.later(minutes=10)
    desk.run()
    desk.later(hours=3)
    assert desk.told() == {("missed", "send-too-late"): 1, ("unconfirmed", "send-was-reminded"): 2}
    assert [each["sender"] for each in desk.messages.values()] == ["LinYi"]


def test_told_and_looked_at_again_while_the_platform_is_away(tmp_path: Path) -> None:
    desk = begun(tmp_path)
    desk.run()
    desk.later(minutes=10)
    desk.rehearsal.status_next("*", 502, times=99)
    desk.max_wait = 1.0
    assert desk.run().exit_code == 4
    assert set(desk.outcomes().values()) == {"handed"}
    desk.rehearsal.clear_faults()
    desk.confirm()
    assert desk.told() == {("sent", ""): 3}


def test_a_poll_is_words(tmp_path: Path) -> None:
    community = CLUB.replace('{text: "**晚上好**"}', "{text: 周末, poll: {question: 哪天？, options: [六, 日]}}")
    desk = begun(tmp_path, community=community)
    desk.run()
    assert {each["text"]["content"] for each in desk.messages.values()} == {"周末\n\n哪天？\n\n1. 六\n2. 日"}
