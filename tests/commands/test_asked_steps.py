"""What the calendar asks of people is in the list of all steps: shown, walked, exported, ticked, taken back."""

from __future__ import annotations

import base64
import csv
import io
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from calendar_rig import at
from commands.line import CLUB, WECHAT, Said, groupform, write_project
from commands.stores_rig import well

PEOPLE = WECHAT.replace(
    "  lead: {name: 林一, accounts: {wechat: linyi}}\n",
    """\
  lead: {name: 林一, accounts: {wechat: linyi}}
  mia: {name: 米娅, accounts: {wechat: mia}}
  zhou: {name: 周舟, accounts: {wechat: zhou}}
""",
)
MORE = """\
calendar:
  tips: {title: 干货, kind: article, when: {daily: yes, at: "20:00"}, to: [lobby], by: mia, approve: editor,
    post: {text: "**{group}** 好"}}
compliance:
  checklists:
    patrol: {when: {daily: yes, at: "09:00"}, who: zhou, steps: [看外链, 看举报]}
"""
EDITORS = "    admin: {people: [lead], may: [manage, moderate, announce]}\n"
APPROVAL, PATROL = "club-chat/approval.tips", "club-chat/checklist.patrol/20261202T010000Z"
POST = "club-chat/post.tips/20261202T120000Z:lobby"
CHINESE = {"GROUPFORM_LANG": "zh-CN"}
NINE, NOON, EIGHT = at("2026-12-02T09:00"), at("2026-12-02T12:00"), at("2026-12-02T20:00")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    community = CLUB.replace(EDITORS, EDITORS + "    editor: {people: [mia, zhou], may: [announce]}\n") + MORE
    folder = write_project(tmp_path / "club", PEOPLE, community)
    groupform(folder, "apply", "--yes", now=at("2026-12-01T10:00"))
    for each in ("group", "notice", "welcome", "qr"):
        groupform(folder, "steps", "done", f"club-chat/{each}.lobby", "--by", "lead", now=at("2026-12-01T10:00"))
    run(folder, at("2026-12-01T21:30"))
    run(folder, NINE)
    return folder


def run(folder: Path, now: datetime, *more: str) -> Said:
    return groupform(folder, "calendar", "run", *more, now=now)


def steps(folder: Path, now: datetime, *more: str) -> dict[str, dict[str, Any]]:
    said = groupform(folder, "steps", "list", "--format", "json", *more, now=now)
    assert said.code in (0, 3), said.err
    return {each["key"]: each for each in json.loads(said.out)}


def approve(folder: Path, now: datetime = NOON, *more: str) -> Said:
    return groupform(folder, "post", "approve", "tips", "--by", "zhou", *more, now=now)


def edit(folder: Path, old: str, new: str) -> None:
    file = folder / "club.yaml"
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")


def test_all_of_it_stands_in_one_list_and_a_plan_knows_nothing_of_it(home: Path) -> None:
    assert list(steps(home, NOON)) == [APPROVAL, f"{PATROL}#1", f"{PATROL}#2"]
    assert list(steps(home, NOON, "--who", "周舟")) == [APPROVAL, f"{PATROL}#1", f"{PATROL}#2"]
    assert steps(home, NOON, "--who", "mia") == {}
    plan = groupform(home, "plan", "--format", "json", "--detailed-exitcode", now=NOON)
    assert plan.code == 0 and json.loads(plan.out)["deployments"][0]["steps"] == []
    shown = well(groupform(home, "steps", "list", environ=CHINESE, now=NOON)).out
    assert (
        "周舟：审批「干货」的内容（下一次发送：12-02 20:00）" in shown and "清单 patrol（12-02 09:00）：2 项" in shown
    )
    assert well(groupform(home, "steps", "text", APPROVAL, now=NOON)).out == "**{group}** 好\n"
    one = well(groupform(home, "steps", "show", "checklist.patrol/20261202T010000Z#2", environ=CHINESE, now=NOON)).out
    assert "看举报" in one and "compliance.checklists.patrol" in one


def test_approved_handed_and_said_to_be_sent(home: Path) -> None:
    assert run(home, EIGHT).code == 3 and POST not in steps(home, EIGHT)
    for who, words in (("mia", "sends or writes"), ("lead", "has no say"), ("x", "nobody of the project")):
        said = groupform(home, "post", "approve", "tips", "--by", who, now=EIGHT)
        assert said.code == 1 and words in said.err and "周舟 (zhou)" in said.err
    well(approve(home, EIGHT))
    assert "before" in well(approve(home, EIGHT)).out, "said twice, it is said once"
    assert "大厅 好" in run(home, EIGHT).out
    found = steps(home, EIGHT)[POST]
    assert (found["text"], found["who"], found["place_label"]) == ("大厅 好", "mia", "大厅")
    well(groupform(home, "steps", "done", POST, "--by", "mia", now=EIGHT))
    assert POST not in steps(home, EIGHT)
    assert groupform(home, "post", "done", "tips", "--by", "mia", now=EIGHT).code == 1, "the same record"
    well(groupform(home, "steps", "reopen", POST, now=EIGHT))
    well(groupform(home, "post", "done", "tips 2026-12-02T12:00:00Z lobby", "--by", "mia", now=EIGHT))
    assert POST not in steps(home, EIGHT)


def test_a_step_done_is_an_approval_and_only_for_those_who_may(home: Path) -> None:
    said = groupform(home, "steps", "done", APPROVAL, "--by", "mia", now=NOON)
    assert said.code == 1 and "周舟 (zhou)" in said.err
    well(groupform(home, "steps", "done", "approval.tips", "--by", "周舟", now=NOON))
    assert APPROVAL not in steps(home, NOON)
    edit(home, "**{group}** 好", "**{group}** 晚上好")
    found = steps(home, NOON)[APPROVAL]
    assert (found["was"], found["text"]) == ("**{group}** 好", "**{group}** 晚上好")
    well(approve(home))
    well(approve(home, NOON, "--withdraw"))
    assert APPROVAL in steps(home, NOON)
    again = approve(home, NOON, "--withdraw")
    assert again.code == 1 and "nothing to take back" in again.err


def test_the_calendar_marks_what_nobody_has_agreed_to(home: Path) -> None:
    shown = well(groupform(home, "calendar", "next", "-n", "1", environ=CHINESE, now=NOON)).out
    assert "还没有人同意（editor）" in shown
    well(approve(home))
    assert "还没有人同意" not in well(groupform(home, "calendar", "next", environ=CHINESE, now=NOON)).out


@pytest.mark.parametrize(("argv", "words"), [(["nope"], "No post"), (["meet"], "No post"), (["free"], "needs nobody")])
def test_what_cannot_be_approved(home: Path, argv: list[str], words: str) -> None:
    edit(
        home,
        "calendar:\n",
        """\
calendar:
  meet: {title: 见面, kind: activity, when: {daily: yes, at: "21:00"}, to: [lobby]}
  free: {title: 随意, kind: article, when: {daily: yes, at: "22:00"}, to: [lobby], post: {text: a}}
""",
    )
    said = groupform(home, "post", "approve", *argv, "--by", "zhou", now=NOON)
    assert said.code == 1 and words in said.err and "tips" in said.err


def ticked(home: Path, found: dict[str, dict[str, Any]], form: str) -> list[str]:
    """The ticks of all of these, as one form of returning them has them; the arguments of `steps import`."""
    at_ = int(NOON.timestamp())
    if form == "file":
        rows = [{"key": key, "ticket": each["ticket"], "at": at_} for key, each in found.items()]
        (home / "t.json").write_text(
            json.dumps({"groupform_ticks": 1, "environment": "default", "who": "zhou", "ticks": rows})
        )
        return ["t.json"]
    if form == "link":
        table = [[key.partition("/")[2], each["ticket"], at_] for key, each in found.items()]
        whole = {"v": 1, "e": "default", "w": "zhou", "t": {"club-chat": table}}
        return ["#ticks=" + base64.urlsafe_b64encode(json.dumps(whole).encode()).decode().rstrip("=")]
    if form == "csv":
        out = well(groupform(home, "steps", "export", "--format", "csv", "--who", "zhou", now=NOON)).out
        lines = list(csv.reader(io.StringIO(out.lstrip("\ufeff"))))
        for row in lines[1:]:
            row[0] = "x"
        text = io.StringIO()
        csv.writer(text).writerows(lines)
        (home / "t.csv").write_text(text.getvalue(), "utf-8")
        return ["t.csv", "--by", "zhou"]
    out = well(groupform(home, "steps", "export", "--format", "markdown", "--who", "zhou", now=NOON)).out
    (home / "t.md").write_text(out.replace("[ ]", "[x]"), "utf-8")
    return ["t.md", "--by", "zhou"]


@pytest.mark.parametrize("form", ["file", "link", "csv", "markdown"])
def test_ticks_come_back_in_every_form_once(home: Path, form: str) -> None:
    argv = ticked(home, steps(home, NOON), form)
    said = well(groupform(home, "steps", "import", *argv, now=NOON))
    assert "3 steps are done" in said.out and steps(home, NOON) == {}
    again = well(groupform(home, "steps", "import", *argv, now=NOON))
    assert "3 were known already" in again.out
    assert "大厅 好" in run(home, EIGHT).out


def test_a_tick_for_older_words_is_no_approval(home: Path) -> None:
    argv = ticked(home, steps(home, NOON), "file")
    edit(home, "**{group}** 好", "**{group}** 再见")
    said = groupform(home, "steps", "import", *argv, now=NOON)
    assert said.code == 3 and list(steps(home, NOON)) == [APPROVAL]


def test_a_page_of_somebody_who_has_no_say_changes_nothing(home: Path) -> None:
    argv = ticked(home, steps(home, NOON), "file")
    said = groupform(home, "steps", "import", *argv, "--by", "mia", now=NOON)
    assert said.code == 1 and "周舟 (zhou)" in said.err and len(steps(home, NOON)) == 3


def test_a_whole_list_by_its_name_and_a_walk_through_the_rest(home: Path) -> None:
    well(groupform(home, "steps", "done", "checklist.patrol/20261202T010000Z", "--by", "zhou", now=NOON))
    assert list(steps(home, NOON)) == [APPROVAL]
    well(groupform(home, "steps", "reopen", f"{PATROL}#2", now=NOON))
    said = groupform(home, "steps", "walk", "--who", "zhou", typed="d\nd\n", environ=CHINESE, now=NOON)
    assert said.code == 0 and "[2/2]" in said.out and steps(home, NOON) == {}
    assert run(home, at("2026-12-03T00:10")).out.count("patrol") == 0, "done: nothing is overdue"


def test_a_list_that_is_not_done_is_said_once_and_recorded(home: Path) -> None:
    overdue = at("2026-12-03T00:10")
    said = run(home, overdue)
    assert said.code == 3 and "has not finished the list patrol" in said.out
    assert "patrol" not in run(home, overdue).out
    late = steps(home, overdue)
    assert late[f"{PATROL}#1"]["status"] == "overdue"
    next_day = run(home, at("2026-12-03T09:00")).out
    assert "not done, and the next one is there" in next_day and "goes through the list patrol (2026-12-03" in next_day
    assert f"{PATROL}#1" not in steps(home, at("2026-12-03T09:00"))


def test_a_community_with_lists_and_no_posts(home: Path) -> None:
    text = (home / "club.yaml").read_text("utf-8")
    cut = text.index("calendar:")
    (home / "club.yaml").write_text(text[:cut] + text[text.index("compliance:") :], "utf-8")
    assert "patrol" in run(home, at("2026-12-03T09:00")).out


def test_today_has_what_is_open_and_names_what_comes(home: Path) -> None:
    well(approve(home))
    said = well(groupform(home, "today", "--format", "json", now=NOON))
    (found,) = json.loads(said.out)
    assert [each["key"] for each in found["steps"]] == [f"{PATROL}#1", f"{PATROL}#2"] and found["patrols"] == []
    (coming,) = found["posts"]
    assert coming["who"] == "mia" and "20:00" in coming["message"] and "大厅" in coming["message"]
    shown = well(groupform(home, "today", "--who", "米娅", environ=CHINESE, now=NOON)).out
    assert "今天稍后要人工发送" in shown and "20:00 米娅：「干货」→ 大厅" in shown
    run(home, EIGHT)
    (later,) = json.loads(well(groupform(home, "today", "--who", "mia", "--format", "json", now=EIGHT)).out)
    assert [each["key"] for each in later["steps"]] == [POST] and later["posts"] == []


def test_people_are_told_of_it_as_of_any_step(home: Path) -> None:
    file = home / "groupform.yaml"
    file.write_text(file.read_text("utf-8") + 'notify: {webhook: "${env:HOOK}", directory: wechat}\n', "utf-8")
    said = groupform(home, "steps", "notify", "--dry-run", "--who", "zhou", environ=CHINESE, now=NOON)
    assert said.code == 0 and "审批" in said.out and "清单 patrol" in said.out, said.err


def test_without_the_secrets_of_a_platform_people_still_see_what_is_asked_of_them(home: Path) -> None:
    file = home / "groupform.yaml"
    text = file.read_text("utf-8").replace(
        "  chat: {platform: wechat}",
        '  chat: {platform: matrix, homeserver: "https://matrix.example", access_token: "${env:NOT_SET}"}',
    )
    for each in ("linyi", "mia", "zhou"):
        text = text.replace(f"{{wechat: {each}}}", f'{{matrix: "@{each}:matrix.example"}}')
    file.write_text(text, "utf-8")
    said = groupform(home, "steps", "list", "--format", "json", now=NOON)
    assert [each["key"] for each in json.loads(said.out)] == [APPROVAL, f"{PATROL}#1", f"{PATROL}#2"]
    assert "NOT_SET" in said.err and said.code == 1
    well(approve(home))
    assert "agree" in well(approve(home)).out


def test_validate_finds_what_nobody_can_agree_to(home: Path) -> None:
    edit(home, "by: mia, approve: editor", "by: mia, approve: mia")
    said = groupform(home, "validate", environ=CHINESE, now=NOON)
    assert said.code == 1 and "只有米娅可以同意 tips" in said.err + said.out
    edit(home, "by: mia, approve: mia", "approve: lead")
    assert "只有林一可以同意 tips" in groupform(home, "validate", environ=CHINESE, now=NOON).err
