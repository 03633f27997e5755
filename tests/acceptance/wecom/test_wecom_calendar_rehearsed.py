"""A post's whole life on a rehearsed corp, from the command line: made, reminded, confirmed, counted, given up."""

from __future__ import annotations

import json
import re
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from commands.line import Said, groupform

EXAMPLES = Path(__file__).parents[3] / "examples"
NAME = "pet-club-wecom"
BEGIN = datetime(2026, 12, 1, 2, 0, tzinfo=UTC)
WEDNESDAY = datetime(2026, 12, 2, 12, 0, tzinfo=UTC)
"""20:00 in Shanghai."""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """The example with its groups made, and a ledger that has begun. Checklists are another test's."""
    folder = tmp_path / "pet-club"
    shutil.copytree(EXAMPLES / "pet-club", folder, ignore=shutil.ignore_patterns(".groupform"))
    file = folder / "communities" / "pet-club.yaml"
    file.write_text(re.sub(r"(?ms)^  checklists:\n.*?(?=^  \S|^\S)", "", file.read_text("utf-8")), "utf-8")
    for _ in range(5):
        assert groupform(folder, "apply", "--rehearse", "-d", NAME, "--yes", now=BEGIN).code in (0, 3)
        said = groupform(folder, "plan", "--rehearse", "-d", NAME, "--format", "json", now=BEGIN)
        [plan] = json.loads(said.out)["deployments"]
        ready = [str(each["key"]) for each in plan["steps"] if not each["blocked_by"]]
        if not ready:
            break
        assert groupform(folder, "steps", "done", "--rehearse", *ready, now=BEGIN).code == 0
    assert run(folder, BEGIN).code == 0
    return folder


def run(folder: Path, now: datetime, *more: str, language: str = "en") -> Said:
    spoken = {"GROUPFORM_LANG": language, "COLUMNS": "300"}
    return groupform(folder, "calendar", "run", "--rehearse", "-d", NAME, *more, now=now, environ=spoken)


def open_step(folder: Path, begins: str) -> str:
    """The full key of an open step."""
    said = groupform(folder, "steps", "list", "--rehearse", "--format", "json", now=WEDNESDAY + timedelta(minutes=15))
    [found] = {each for each in re.findall(r'"key": "([^"]+)"', said.out) if each.startswith(begins)}
    return found


@pytest.mark.acceptance
@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_a_post_from_its_time_to_the_last_confirmation(place: Path, language: str) -> None:
    chinese = language == "zh-CN"
    said = run(place, WEDNESDAY, "--dry-run", language=language)
    assert said.code == 0 and ("会交给林一确认发送" if chinese else "would wait for 林一 to confirm") in said.out
    said = run(place, WEDNESDAY, language=language)
    assert said.code == 3 and ("请林一在客户端里确认发送" if chinese else "林一 must confirm") in said.out
    [key] = re.findall(r'post done "([^"]+)"', said.out)
    said = run(place, WEDNESDAY + timedelta(minutes=5), language=language)
    assert (said.code, said.out) == (0, ""), "it is said once"
    said = run(place, WEDNESDAY + timedelta(minutes=10), language=language)
    assert said.code == 3 and ("还没有确认" if chinese else "has not confirmed yet") in said.out
    spoken = {"GROUPFORM_LANG": language}
    if chinese:
        # The list of steps knows it as well, by its own key.
        step = f"{NAME}/post.{key.split()[0]}/"
        played = groupform(
            place, "steps", "done", "--rehearse", open_step(place, step), now=WEDNESDAY + timedelta(minutes=15),
            environ=spoken,
        )  # fmt: skip
        assert played.code == 0, played.err
    else:
        played = groupform(
            place, "post", "done", "--rehearse", key, "--by", "lead", now=WEDNESDAY + timedelta(minutes=15),
            environ=spoken,
        )  # fmt: skip
        assert played.code == 0 and "rehearsal" in played.out
    said = run(place, WEDNESDAY + timedelta(minutes=20), language=language)
    assert said.code == 0 and "✓ 周三干货" in said.out
    assert ("1 位群主中已有 1 位确认发送" if chinese else "1 of 1 owners have confirmed") in said.out
    assert not re.search(r"(?<!\{)\{\w+\}|send-[a-z]", said.out + said.err)
    assert run(place, WEDNESDAY + timedelta(minutes=25), language=language).out == ""


@pytest.mark.acceptance
def test_nobody_confirms(place: Path) -> None:
    file = place / "communities" / "pet-club.yaml"
    words = "post: {file: posts/wednesday-tips.md"
    file.write_text(file.read_text("utf-8").replace(words, f"{words}, attach: [assets/guide.png]"), "utf-8")
    shown = groupform(place, "post", "preview", "--rehearse", "-d", NAME, "wednesday-tips", "--to", "lead", now=BEGIN)
    assert shown.code == 0, shown.err
    assert "post-preview-left-out" in shown.err and "guide.png" in shown.err, "an app's message has no pictures"
    run(place, WEDNESDAY)
    said = run(place, WEDNESDAY + timedelta(hours=3))
    assert said.code == 3 and "given up" in said.out and "taken back on the platform" in said.out + said.err
    last = groupform(place, "post", "done", "--rehearse", "wednesday-tips", "--by", "lead")
    assert last.code == 1, "nothing waits any more"
