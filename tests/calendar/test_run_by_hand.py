"""Where a person must press send: asked once, reminded once, given up in time, done when somebody says so."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import anyio
import pytest

from calendar_rig import at
from commands.line import CLUB, Said, groupform, write_project
from groupform.commands.app import command_line
from groupform.commands.run import Run
from render.samples import Stream

CALENDAR = """\
calendar:
  tips: {title: 干货, kind: article, when: {daily: yes, at: "20:00"}, to: [lobby], post: {text: "**{group}** 好"}}
sending: {missed: {within: 2h}, confirm: {remind_after: 10m, cancel_after: 2h}}
"""
EIGHT = at("2026-12-02T20:00")
KEY = "tips 2026-12-02T12:00:00Z lobby"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = write_project(tmp_path / "club", community=CLUB + CALENDAR)
    listed = groupform(folder, "steps", "list")
    assert "group.lobby" in listed.out
    assert groupform(folder, "apply", "--yes").code in (0, 3)
    assert groupform(folder, "steps", "done", "club-chat/group.lobby", "--by", "lead").code == 0
    # The first run begins the ledger: what was before it was nobody's omission.
    assert run(folder, EIGHT - timedelta(hours=8)) == (0, "", "")
    return folder


def run(folder: Path, now: datetime, *more: str) -> tuple[int, str, str]:
    said: Said = groupform(folder, "calendar", "run", *more, now=now)
    return said.code, said.out, said.err


def test_one_is_asked_reminded_and_given_up(home: Path) -> None:
    assert run(home, EIGHT - timedelta(minutes=1)) == (0, "", "")
    code, out, _ = run(home, EIGHT, "--dry-run")
    assert code == 0 and "would be sent" in out
    code, out, _ = run(home, EIGHT)
    assert code == 3 and "林一 sends by hand: 干货" in out and KEY in out and "\n    大厅 好" in out, (
        "without marks: it is pasted"
    )
    assert run(home, EIGHT + timedelta(minutes=9)) == (0, "", "")
    code, out, _ = run(home, EIGHT + timedelta(minutes=10))
    assert code == 3 and "has not said yet" in out
    assert run(home, EIGHT + timedelta(minutes=20)) == (0, "", "")
    code, out, _ = run(home, EIGHT + timedelta(hours=2))
    assert code == 3 and "given up" in out
    assert run(home, EIGHT + timedelta(hours=3)) == (0, "", "")


WHOLE = """\
    post:
      text: "**{group}** 好 ![海报](poster.png)"
      attach: [menu.pdf]
      card: {title: 报名, text: 周五截止, link: "https://example.org/a", picture: poster.png}
      poll: {question: "{group}：哪天？", options: [周六, 周日], choose: 2, results: at_end}
      pin: 3d
      mentions: everyone
"""


def test_what_else_a_post_is_made_of_is_said_to_whoever_sends_it(home: Path) -> None:
    file = next(home.glob("**/club.yaml"))
    text = file.read_text(encoding="utf-8")
    head = next(line for line in CALENDAR.splitlines(keepends=True) if line.startswith("  tips:"))
    assert head in text
    item = '  tips:\n    title: 干货\n    kind: article\n    when: {daily: yes, at: "20:00"}\n    to: [lobby]\n'
    file.write_text(text.replace(head, item + WHOLE), encoding="utf-8")
    for name in ("poster.png", "menu.pdf"):
        (file.parent / name).write_bytes(b"x")
    code, out, _ = run(home, EIGHT)
    said = [line.strip() for line in out.splitlines()]
    begin = said.index("大厅 好")
    assert code == 3 and said[begin:] == [
        "大厅 好",
        "To attach: poster.png",
        "To attach: menu.pdf",
        "The card, as text with its link:",
        "报名",
        "周五截止",
        "https://example.org/a",
        "To attach: poster.png",
        "The poll, to be set up in the app (members choose up to 2; votes are shown at the end):",
        "大厅：哪天？",
        "1. 周六",
        "2. 周日",
        "Pin it in the group for 3d, then take it off.",
        "Mention everyone (@).",
    ]
    assert run(home, EIGHT + timedelta(minutes=9)) == (0, "", ""), "one thing to do, said once"
    step = "club-chat/post.tips/20261202T120000Z:lobby"
    pasted = groupform(home, "steps", "text", step, now=EIGHT)
    assert pasted.out == "大厅 好\n", "ready to be pasted"
    assert "Pin it in the group for 3d, then take it off." in pasted.err and "Mention everyone (@)." in pasted.err


def test_what_somebody_has_sent_is_sent(home: Path) -> None:
    assert run(home, EIGHT)[0] == 3
    wrong = groupform(home, "post", "done", "tips", "--by", "lead")
    assert wrong.code == 1 and "no post that somebody was asked to send" in wrong.err
    assert groupform(home, "post", "done", KEY, "--by", "lead", now=EIGHT).code == 0
    assert run(home, EIGHT + timedelta(hours=1)) == (0, "", "")


def test_a_run_too_late_says_so_once(home: Path) -> None:
    code, out, err = run(home, EIGHT + timedelta(hours=3))
    assert code == 3 and "not sent: 干货" in out and "by more than" in out + err
    assert run(home, EIGHT + timedelta(hours=3)) == (0, "", "")


def test_previews_say_what_is_not_possible(home: Path) -> None:
    for argv, words in (
        (["tipps", "--to", "lead"], "No post of the calendar"),
        (["tips", "--to", "nobody"], "neither a group"),
        (["tips", "--to", "lead"], "nothing can be sent"),
    ):
        said = groupform(home, "post", "preview", *argv)
        assert said.code == 1 and words in said.err, said


def test_a_watch_sleeps_until_the_next_and_reads_the_files_anew(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock, naps = [EIGHT - timedelta(minutes=7)], list[float]()
    really = anyio.sleep

    async def sleep(seconds: float) -> None:
        if seconds < 1:
            return await really(seconds)
        naps.append(seconds)
        clock[0] += timedelta(seconds=seconds)
        if len(naps) == 3:
            raise KeyboardInterrupt
        file = home / "club.yaml"
        if len(naps) == 1:
            file.write_text(file.read_text("utf-8").replace("title: 干货", "title: 新干货"), "utf-8")
        return None

    monkeypatch.setattr(anyio, "sleep", sleep)
    out, err = Stream(), Stream()
    environ = {"GROUPFORM_LANG": "en", "COLUMNS": "100", "TERM": "dumb"}
    frame = Run(environ, lambda: home, None, out, err, now=lambda: clock[0])
    with pytest.raises(KeyboardInterrupt):
        command_line(["calendar", "run", "--watch"], frame)
    assert naps == [300.0, 120.0, 300.0]
    assert "sends by hand: 新干货" in out.getvalue()
