"""Posts of several parts on a real homeserver: each part once, in order, pinned and taken off once, whatever dies."""

from __future__ import annotations

import struct
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest

from acceptance.matrix.calendar_rig import MARK, CalendarDesk
from acceptance.matrix.test_matrix_calendar import DEATHS, dies, reborn, tormented
from faults.extent import ALL
from groupform.calendar.report import CalendarReport
from homeserver import Homeserver

pytestmark = [pytest.mark.anyio, pytest.mark.acceptance]

BEGIN = datetime(2026, 12, 2, 2, 0, tzinfo=UTC)
EVENING = datetime(2026, 12, 2, 12, 0, tzinfo=UTC)
"""20:00 in Shanghai."""
POLL = "org.matrix.msc3381.poll.start"
VOTE, END = "org.matrix.msc3381.poll.response", "org.matrix.msc3381.poll.end"
KINDS = ["m.text", "m.image", "m.image", "m.file", "m.text", POLL]
COMMUNITY: dict[str, Any] = {
    "community": "garden",
    "title": "花园",
    "locale": "zh-CN",
    "timezone": "Asia/Shanghai",
    "team": {"owner": "lead"},
    "entry": {"door": "open"},
    "groups": {"lobby": {"title": "大厅"}, "shed": {"title": "工具房"}},
    "notice": {"parts": ["topic"]},
    "sending": {"missed": {"within": "2h"}},
    "calendar": {
        "market": {
            "title": "集市",
            "kind": "activity",
            "when": {"daily": "true", "at": "20:00"},
            "lasts": "12h",
            "to": ["lobby"],
            "post": {
                "text": "周末集市 **{group}** 见，@room 都来。\n\n![海报](pics/海报.png)",
                "attach": ["pics/map.png", "rules.txt"],
                "card": {
                    "title": "报名",
                    "text": "周五截止",
                    "link": "https://example.org/a?b=1&c=2",
                    "picture": "pics/map.png",
                },
                "poll": {"question": "{group}：哪天？", "options": ["周六", "周日"], "results": "at_end"},
                "pin": "1d",
            },
        }
    },
}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def png(width: int, height: int, shade: int = 0) -> bytes:
    """A picture of one shade of grey."""
    rows = (b"\x00" + bytes([shade]) * width) * height

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def files(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "pics").mkdir()
    (folder / "pics" / "海报.png").write_bytes(png(40, 30))
    (folder / "pics" / "map.png").write_bytes(png(8, 9, 200))
    (folder / "rules.txt").write_text("请排队。", encoding="utf-8")


async def begun(folder: Path, server: Homeserver, **post: Any) -> CalendarDesk:
    for name in ("lead", "host", "ops"):
        server.register(name)
    files(folder)
    desk = CalendarDesk(folder, server, COMMUNITY)
    if post:
        desk.community["calendar"] = {"market": {**COMMUNITY["calendar"]["market"], "post": post}}
    desk.community["groups"]["lobby"]["topic"] = "大家好"
    desk.time = BEGIN
    await desk.apply()
    await desk.run()
    return desk


async def room_of(desk: CalendarDesk, name: str = "lobby") -> str:
    found = (await desk.document()).bindings
    return next(each.id for key, each in found.items() if each.type == "room" and key.endswith(f"room.{name}"))


def posted(desk: CalendarDesk, room: str) -> list[dict[str, Any]]:
    """What bears a post's mark, the oldest first."""
    page = desk.server.operator.call("GET", f"/rooms/{room}/messages", dir="b", limit="200")["chunk"]
    return [each for each in reversed(page) if MARK in each["content"]]


def kind(event: dict[str, Any]) -> str:
    return str(event["type"] if event["type"] != "m.room.message" else event["content"]["msgtype"])


def pinned(desk: CalendarDesk, room: str) -> list[str]:
    return list(desk.server.operator.call("GET", f"/rooms/{room}/state/m.room.pinned_events")["pinned"])


def pin_events(desk: CalendarDesk, room: str) -> list[list[str]]:
    page = desk.server.operator.call("GET", f"/rooms/{room}/messages", dir="b", limit="200")["chunk"]
    return [each["content"]["pinned"] for each in reversed(page) if each["type"] == "m.room.pinned_events"]


def ends(desk: CalendarDesk, room: str) -> list[dict[str, Any]]:
    """What ended polls, the oldest first."""
    page = desk.server.operator.call("GET", f"/rooms/{room}/messages", dir="b", limit="200")["chunk"]
    return [each for each in reversed(page) if each["type"] == END]


def inside(desk: CalendarDesk, bindings: Any, room: str, name: str) -> Any:
    """Somebody who has come into the room."""
    person = desk.server.person(name)
    for each in bindings.values():
        if each.type == "space":
            person.join(each.id)
    person.join(room)
    return person


async def test_each_part_is_what_members_see(tmp_path: Path, homeserver: Homeserver) -> None:
    desk = await begun(tmp_path / "project", homeserver)
    room = await room_of(desk)
    notice = pinned(desk, room)
    assert len(notice) == 1
    desk.time = EVENING
    report = await desk.run()
    assert [(each.outcome, each.parts) for each in report.told] == [("sent", ())], "a post is spoken of once"
    words, poster, plan, rules, card, poll = events = posted(desk, room)
    assert [kind(each) for each in events] == KINDS
    assert all(each["content"]["m.mentions"] == {} for each in events), "nobody is called, whatever the words look like"
    assert words["content"]["body"] == "周末集市 大厅 见，@room 都来。"
    assert poster["content"]["info"] == {"mimetype": "image/png", "size": len(png(40, 30)), "w": 40, "h": 30}
    assert (poster["content"]["body"], poster["content"]["filename"]) == ("海报", "海报.png")
    assert rules["content"]["info"]["mimetype"] == "text/plain"
    server, media = plan["content"]["url"].removeprefix("mxc://").split("/")
    assert f'src="mxc://{server}/{media}"' in card["content"]["formatted_body"], "uploaded once, shown twice"
    assert 'href="https://example.org/a?b=1&amp;c=2"' in card["content"]["formatted_body"]
    start = poll["content"][POLL]
    assert start["kind"] == "org.matrix.msc3381.poll.undisclosed" and start["max_selections"] == 1
    assert [each["org.matrix.msc1767.text"] for each in start["answers"]] == ["周六", "周日"]
    assert poll["content"]["org.matrix.msc1767.text"] == "大厅：哪天？\n1. 周六\n2. 周日"
    assert pinned(desk, room) == [*notice, words["event_id"]]
    assert not (await desk.plan()).changes, "the notice's own pin has not drifted"
    desk.time = EVENING + timedelta(days=1, minutes=-1)
    assert not (await desk.run()).told and pinned(desk, room) == [*notice, words["event_id"]]
    desk.community["calendar"] = {}
    desk.time = EVENING + timedelta(days=1)
    assert not (await desk.run()).told, "taken off in silence, also when the calendar has it no more"
    assert pinned(desk, room) == notice


async def test_a_poll_is_ended_when_its_time_is_over(tmp_path: Path, homeserver: Homeserver) -> None:
    post = {"poll": {"question": "{group}：哪天？", "options": ["周六", "周日"], "choose": 1}}
    desk = await begun(tmp_path / "project", homeserver, **post)
    room = await room_of(desk)
    desk.time = EVENING
    await desk.run()
    [poll] = posted(desk, room)
    bindings = (await desk.document()).bindings
    for name, *chosen in (("lead", ["1"], ["2"]), ("host", ["2", "1"]), ("ops", ["9"])):
        person = inside(desk, bindings, room, name)
        for number, each in enumerate(chosen):
            vote = {"m.relates_to": {"rel_type": "m.reference", "event_id": poll["event_id"]}, VOTE: {"answers": each}}
            person.call("PUT", f"/rooms/{room}/send/{VOTE}/{name}{number}", vote)
    desk.time = EVENING + timedelta(hours=12, minutes=-1)
    assert not (await desk.run()).told and not ends(desk, room)
    desk.community["calendar"] = {}
    desk.time += timedelta(minutes=1)
    reports = list[CalendarReport]()

    async def one() -> None:
        reports.append(await desk.run())

    async with anyio.create_task_group() as group:
        for _ in range(2):
            group.start_soon(one)
    await desk.run()
    [end] = ends(desk, room)
    assert {each.exit_code for each in reports} == {0}, "ended in silence, also when the calendar has it no more"
    assert end["content"]["m.relates_to"] == {"rel_type": "m.reference", "event_id": poll["event_id"]}
    assert end["content"][END] == {} and end["content"]["m.mentions"] == {}
    said = end["content"]["org.matrix.msc1767.text"].splitlines()
    assert said == ["☑ 大厅：哪天？", "周六 · 0", "周日 · 2"], "the last vote of each member, and no spoiled one"
    assert [each.poll for each in (await desk.ledger()).sends.values()] == ["over"]


async def test_a_poll_that_was_deleted_is_over(tmp_path: Path, homeserver: Homeserver) -> None:
    desk = await begun(tmp_path / "project", homeserver, poll={"question": "来吗？", "options": ["来", "不来"]})
    room = await room_of(desk)
    desk.time = EVENING
    await desk.run()
    [poll] = posted(desk, room)
    desk.server.operator.call("PUT", f"/rooms/{room}/redact/{poll['event_id']}/1", {})
    desk.community["calendar"] = {}
    desk.time += timedelta(hours=12)
    assert not (await desk.run()).told and not ends(desk, room)
    assert [each.poll for each in (await desk.ledger()).sends.values()] == ["over"]


async def test_everyone_is_called_where_that_is_asked_for(tmp_path: Path, homeserver: Homeserver) -> None:
    desk = await begun(tmp_path / "project", homeserver, text="开门了", mentions="everyone", attach=["rules.txt"])
    desk.time = EVENING
    await desk.run()
    words, rules = posted(desk, await room_of(desk))
    assert words["content"]["m.mentions"] == {"room": True} and words["content"]["body"] == "@room 开门了"
    assert rules["content"]["m.mentions"] == {}, "once a post"


async def test_killed_everywhere_each_part_is_there_once(tmp_path: Path, homeserver: Homeserver) -> None:
    desk = await begun(tmp_path / "project", homeserver)
    room, died = await room_of(desk), 0
    notice = pinned(desk, room)
    for day, death in enumerate(DEATHS):
        desk.time = EVENING + timedelta(days=day, minutes=1)
        died += await tormented(desk, death)
        events = posted(desk, room)[len(KINDS) * day :]
        assert [kind(each) for each in events] == KINDS, death
        assert not (await desk.run()).told
        # Yesterday's was taken off by the run that pinned today's.
        assert pinned(desk, room) == [*notice, events[0]["event_id"]]
    assert {each.outcome for each in (await desk.ledger()).sends.values()} == {"sent"}
    changes = pin_events(desk, room)[1:]
    assert len(changes) == 2 * len(DEATHS) - 1, "pinned once, taken off once"
    assert died > 3 * len(KINDS)
    over = [each["content"]["m.relates_to"]["event_id"] for each in ends(desk, room)]
    polls = [each["event_id"] for each in posted(desk, room) if kind(each) == POLL]
    assert over == polls[:-1], "each poll was ended once, by the run that asked the next day"


if ALL:

    @pytest.mark.parametrize("death", DEATHS)
    async def test_one_death_a_life(tmp_path: Path, homeserver: Homeserver, death: str) -> None:
        desk = await begun(tmp_path / "project", homeserver)
        room, point, died, day = await room_of(desk), 1, True, 0
        while died:
            desk.time = EVENING + timedelta(days=day, minutes=1)
            reborn(desk, death, point)
            died = await dies(desk)
            reborn(desk)
            desk.time += timedelta(minutes=5)
            await desk.run()
            assert [kind(each) for each in posted(desk, room)[-len(KINDS) :]] == KINDS, (death, point)
            point, day = point + 1, day + 1
        assert len(pinned(desk, room)) == 2


async def test_two_runners_at_once(tmp_path: Path, homeserver: Homeserver) -> None:
    desk = await begun(tmp_path / "project", homeserver)
    desk.time, reports = EVENING, list[CalendarReport]()

    async def one() -> None:
        reports.append(await desk.run())

    async with anyio.create_task_group() as group:
        for _ in range(2):
            group.start_soon(one)
    assert [kind(each) for each in posted(desk, await room_of(desk))] == KINDS
    assert {each.exit_code for each in reports} == {0}


async def test_pins_of_others_stay_and_are_never_taken_off(tmp_path: Path, homeserver: Homeserver) -> None:
    desk = await begun(tmp_path / "project", homeserver)
    room = await room_of(desk)
    desk.time = EVENING
    await desk.run()
    event = posted(desk, room)[0]["event_id"]
    lead = homeserver.person("lead")
    for each in (await desk.document()).bindings.values():
        if each.type == "space":
            lead.join(each.id)
    lead.join(room)
    others = [*pinned(desk, room), lead.send(room, "x")]
    lead.set_state(room, "m.room.pinned_events", {"pinned": others})
    desk.community["calendar"] = {}
    desk.time = EVENING + timedelta(days=1, minutes=1)
    # It dies right after the pin is gone; before the next run somebody pins the message again: now it is theirs.
    reborn(desk, "after", 5)  # who we are; what is pinned, what we did; what is pinned right before, the write
    assert await dies(desk)
    assert pinned(desk, room) == [each for each in others if each != event]
    lead.set_state(room, "m.room.pinned_events", {"pinned": others})
    reborn(desk)
    await desk.run()
    assert pinned(desk, room) == others
    assert {each.pin for each in (await desk.ledger()).sends.values() if not each.part} == {"over"}


async def test_what_was_added_after_the_words_went_out_does_not_follow_alone(
    tmp_path: Path, homeserver: Homeserver
) -> None:
    desk = await begun(tmp_path / "project", homeserver, text="开门了")
    desk.time = EVENING
    await desk.run()
    market = desk.community["calendar"]["market"]
    desk.community["calendar"] = {"market": {**market, "post": {"text": "开门了", "attach": ["rules.txt"]}}}
    desk.time = EVENING + timedelta(minutes=5)
    assert not (await desk.run()).told
    assert len(posted(desk, await room_of(desk))) == 1


async def test_a_file_that_the_server_does_not_take_hides_nothing(tmp_path: Path, homeserver: Homeserver) -> None:
    desk = await begun(
        tmp_path / "project",
        homeserver,
        text="![](gone.png) 开门了",
        poll={"question": "来吗？", "options": ["来", "不来"]},
    )
    desk.time = EVENING
    report = await desk.run()
    told = {(each.outcome, each.code, each.parts) for each in report.told}
    assert told == {("sent", "", ()), ("blocked", "send-no-file", ("picture-1",))}
    assert report.exit_code == 3
    assert [kind(each) for each in posted(desk, await room_of(desk))] == ["m.text", POLL]
    (desk.folder / "gone.png").write_bytes(png(2, 2))
    desk.time += timedelta(minutes=30)
    assert [(each.outcome, each.parts) for each in (await desk.run()).told] == [("sent", ("picture-1",))]
    assert len(posted(desk, await room_of(desk))) == 3
