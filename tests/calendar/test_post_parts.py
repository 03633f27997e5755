"""A post is taken apart in its order, filled, and each part of it is due when the post is."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from calendar_rig import GROUPS, HEAD, load, project, write
from groupform.calendar.due import Task, Verdict, mark_of, sort_out
from groupform.calendar.parts import Files, parts_of
from groupform.calendar.pictures import without_pictures
from groupform.calendar.report import Told, merged
from groupform.config.project import ResolvedDeployment
from groupform.engine.post_parts import Attached, Ballot, LinkCard, Media, Words, media_of
from groupform.state.document import Binding, Document
from groupform.state.ledger import Outcome, Reach, Send, send_key

PNG = b"\x89PNG\r\n\x1a\n"
POST = """\
calendar:
  tips:
    title: Tips
    kind: poll
    when: {daily: yes, at: "20:00"}
    to: [lobby]
    post:
      text: "看 {group} ![海报](pics/图.png) 吧"
      attach: [a.pdf]
      poll: {question: "{group}哪天？", options: [周六, 周日], choose: 2, results: at_end}
      card: {title: "{community}", link: "https://example.org/{group}", picture: pics/图.png}
      pin: 3d
sending: {missed: {within: 1h}}
"""
FILES = {"pics/图.png": PNG, "a.pdf": b"%PDF-1.7", "b.bin": b"\0\1"}
NAMES = ("", "picture-1", "attach-1", "card", "poll")
DUE = datetime(2026, 12, 2, 12, 0, tzinfo=UTC)
PLACE = "!lobby"
STATE = Document(
    lineage="x",
    deployment="club-chat",
    environment="default",
    bindings={"club-chat/room.lobby": Binding(type="room", id=PLACE, applied={})},
)


def made(folder: Path, calendar: str = POST) -> ResolvedDeployment:
    return project(folder, HEAD + GROUPS + calendar, files=FILES).deployments[0]


def sent(part: str = "", outcome: Outcome = "sent", parts: tuple[str, ...] = NAMES, target: str = "lobby") -> Send:
    return Send(
        item="tips",
        target=target,
        scheduled="2026-12-02T12:00:00Z",
        outcome=outcome,
        mark="m",
        place="" if outcome == "missed" else PLACE,
        part=part,
        parts=parts if not part else (),
    )


def ledger(*sends: Send) -> Document:
    known = {"tips lobby": "2026-12-01T00:00:00Z"}
    reach = Reach(since="2026-12-01T00:00:00Z", known=known)
    return Document(
        lineage="x",
        deployment="club-chat",
        environment="default",
        reach=reach,
        sends={send_key(each.item, each.scheduled, each.target, each.part): each for each in sends},
    )


def judged(folder: Path, now: datetime, *sends: Send, calendar: str = POST, apart: bool = True) -> list[Task]:
    found = sort_out(made(folder, calendar), STATE, ledger(*sends), now, "room", apart=apart).tasks
    return [each for each in found if each.occasion.scheduled == DUE]


def test_a_post_is_taken_apart_in_the_order_in_which_it_is_sent(tmp_path: Path) -> None:
    there = made(tmp_path)
    planned = there.community.model.calendar["tips"]
    words, picture, file, card, poll = (each.part for each in parts_of(there, planned, there.groups[0]))
    assert words == Words("看 大厅  吧")
    assert isinstance(picture, Attached) and (picture.caption, picture.media.name) == ("海报", "图.png")
    assert (picture.media.data, picture.media.media_type) == (PNG, "image/png")
    assert isinstance(file, Attached) and file.media.media_type == "application/pdf"
    assert isinstance(card, LinkCard) and card.picture is not None
    assert (card.title, card.link) == ("宠友之家", "https://example.org/大厅")
    assert card.picture.sha256 == picture.media.sha256
    assert poll == Ballot("大厅哪天？", ("周六", "周日"), 2, True)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("a ![x](a.png)", "a"),
        ("![x](a.png)\n\n![y](b.png)\n\nz", "![y](b.png)\n\nz"),
        ("```\n![x](a.png)\n```", "```\n![x](a.png)\n```"),
        ("\\![x](a.png)", "\\![x](a.png)"),
        ("![x][r] z\n\n[r]: a.png", "z\n\n[r]: a.png"),
        ("[x](a.png) z", "[x](a.png) z"),
    ],
)
def test_words_lose_the_pictures_that_go_out_beside_them(text: str, left: str) -> None:
    assert without_pictures(text, {"a.png"}).strip() == left


def test_what_a_file_is_is_told_by_its_bytes_then_by_its_name() -> None:
    files = (
        ("x.txt", PNG),
        ("x.mp4", b"...."),
        ("x", b"RIFF....WEBPVP8 "),
        ("x", b"\0"),
        ("x.jpg", b"\xff\xd8\xff\xe0"),
    )
    kinds = [Media(name, partial(bytes, data)).media_type for name, data in files]
    assert kinds == ["image/png", "video/mp4", "image/webp", "application/octet-stream", "image/jpeg"]


def test_each_part_is_a_task_with_a_key_and_a_mark_of_its_own(tmp_path: Path) -> None:
    tasks = judged(tmp_path, DUE)
    assert [(each.part, each.verdict) for each in tasks] == [(name, Verdict.send) for name in NAMES]
    assert tasks[0].key == "tips 2026-12-02T12:00:00Z lobby" and tasks[4].key == f"{tasks[0].key} poll"
    assert len({mark_of("default", each.key) for each in tasks}) == len(NAMES)
    assert tasks[0].names == NAMES


def test_groups_share_the_files_they_get(tmp_path: Path) -> None:
    there = made(tmp_path, POST.replace("to: [lobby]", "to: [lobby, city]"))
    tasks = sort_out(there, STATE, ledger(), DUE, "room", apart=True).tasks
    pictures = [each.parts[0].part for each in tasks if each.part == "picture-1"]
    assert len(pictures) == 1, "two of the groups are not there, and say so by their first message"
    files: Files = {}
    parts = [parts_of(there, there.community.model.calendar["tips"], each, files) for each in there.groups]
    assert len({id(media_of(each[1].part)) for each in parts}) == 1 and len(parts) == 3


def test_where_people_send_it_is_one_task_with_all_parts(tmp_path: Path) -> None:
    (task,) = judged(tmp_path, DUE, apart=False)
    assert (task.part, len(task.parts)) == ("", len(NAMES))


@pytest.mark.parametrize(
    ("sends", "verdicts"),
    [
        ((sent(),), dict.fromkeys(NAMES[1:], Verdict.send)),
        ((sent(), sent("picture-1"), sent("card", "announced")), {
            "attach-1": Verdict.send, "card": Verdict.settle, "poll": Verdict.send}),
        ((sent(outcome="announced"),), {"": Verdict.settle, **dict.fromkeys(NAMES[1:], Verdict.send)}),
        # What was sent before there were parts, or had fewer then, is complete.
        ((sent(parts=()),), {}),
        ((sent(parts=("", "poll")),), {"poll": Verdict.send}),
        # A post whose first message is not there has no further ones.
        ((sent(outcome="missed"),), {}),
        ((sent(outcome="unknown"),), {}),
        # The group had another name when the first message went out.
        ((sent(target="hall"),), dict.fromkeys(NAMES[1:], Verdict.send)),
    ],
)  # fmt: skip
def test_further_messages_follow_the_first(
    tmp_path: Path, sends: tuple[Send, ...], verdicts: dict[str, Verdict]
) -> None:
    assert {each.part: each.verdict for each in judged(tmp_path, DUE, *sends)} == verdicts


def test_what_is_too_late_is_said_once_of_a_post_and_of_what_was_left_of_it(tmp_path: Path) -> None:
    late = DUE.replace(hour=14)
    assert [(each.part, each.verdict) for each in judged(tmp_path / "a", late)] == [("", Verdict.missed)]
    left = judged(tmp_path / "b", late, sent(), sent("picture-1"), sent("attach-1"))
    assert [(each.part, each.code) for each in left] == [("card", "send-too-late"), ("poll", "send-too-late")]


def test_quiet_hours_and_a_group_that_is_not_there_are_said_once(tmp_path: Path) -> None:
    quiet = POST.replace("{missed: {within: 1h}}", '{missed: {within: 1h}, quiet_hours: "19:00-21:00"}')
    assert [each.verdict for each in judged(tmp_path, DUE, calendar=quiet)] == [Verdict.waiting]


def told(outcome: str, *parts: str, code: str = "") -> Told:
    return Told("k", "tips", "Tips", "lobby", "2026-12-02T12:00:00Z", outcome, code, parts=parts)


def test_a_post_is_spoken_of_once() -> None:
    assert merged([told("sent"), told("sent", "card"), told("sent", "poll")]) == [told("sent")]
    assert merged([told("sent"), told("open", "card", code="x"), told("open", "poll", code="x")]) == [
        told("sent"),
        told("open", "card", "poll", code="x"),
    ]
    assert merged([told("sent", "card"), told("sent", "poll")]) == [told("sent", "card", "poll")]


@pytest.mark.parametrize(
    ("post", "codes"),
    [
        ('{attach: [none.png]}', ["file-missing"]),
        ('{attach: [../x.png]}', ["file-escapes"]),
        ('{card: {title: T, link: "https://x.org", picture: none.png}}', ["file-missing"]),
        ('{poll: {question: "{nobody}?", options: [a, b]}}', ["unknown-placeholder"]),
        ('{poll: {question: "q", options: ["{gruop}", b]}}', ["unknown-placeholder-close"]),
        ('{card: {title: "{nobody}", link: "https://x.org/{none}"}}', ["unknown-placeholder"] * 2),
        ("{text: a}", []),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_part_is_said_at_its_place(tmp_path: Path, post: str, codes: list[str]) -> None:
    line = 'calendar:\n  a: {title: A, kind: live, when: {daily: yes, at: "9:00"}, to: [lobby], post: ' + post + "}\n"
    loaded = load(write(tmp_path, HEAD + GROUPS + line, files=FILES))
    errors = [each for each in loaded.diagnostics if each.severity == "error"]
    assert [each.code for each in errors] == codes
    assert all(each.span is not None and each.span.line == len((HEAD + GROUPS).splitlines()) + 2 for each in errors)


def test_a_poll_without_a_poll_is_only_a_note(tmp_path: Path) -> None:
    line = 'calendar:\n  a: {title: A, kind: poll, when: {daily: yes, at: "9:00"}, to: [lobby], post: {text: x}}\n'
    loaded = load(write(tmp_path, HEAD + GROUPS + line))
    assert [(each.code, str(each.severity)) for each in loaded.diagnostics] == [("poll-without-poll", "note")]
