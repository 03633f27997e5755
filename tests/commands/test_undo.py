"""`groupform undo` at the command line: what it says, what it saves, which commits it names, whom it leaves out."""

from __future__ import annotations

import json
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from commands.line import CLUB, NOW, WECHAT, groupform, write_project

WHO = {"GIT_AUTHOR_NAME": "t", "GIT_AUTHOR_EMAIL": "t@e", "GIT_COMMITTER_NAME": "t", "GIT_COMMITTER_EMAIL": "t@e"}
TOPIC, NEW = "topic: 先打个招呼", "topic: 新的话题"


def git(folder: Path, *words: str) -> str:
    environ = {"PATH": "/usr/bin:/bin:/usr/local/bin", "HOME": str(folder), **WHO}
    done = subprocess.run(["git", "-C", str(folder), *words], env=environ, capture_output=True, check=True)
    return done.stdout.decode().strip()


def environ() -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin:/usr/local/bin"}


def all_done(folder: Path) -> None:
    """Somebody does every step there is."""
    listed = groupform(folder, "steps", "list", "--format", "json", environ=environ())
    keys = [each["key"] for each in _steps(json.loads(listed.out))]
    if keys:
        said = groupform(folder, "steps", "done", *keys, environ=environ())
        assert said.code == 0, said.err


def _steps(content: object) -> list[dict[str, str]]:
    if isinstance(content, dict):
        return [one for each in content.values() for one in _steps(each)] + ([content] if "key" in content else [])
    if isinstance(content, list):
        return [one for each in content for one in _steps(each)]
    return []


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A club whose first apply was committed, and whose second is another commit."""
    folder = write_project(tmp_path / "club")
    git(folder, "init", "-q")
    (folder / ".gitignore").write_text(".groupform/\n", encoding="utf-8")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "The club")
    assert groupform(folder, "apply", "--yes", environ=environ()).code == 3
    all_done(folder)
    (folder / "club.yaml").write_text(CLUB.replace(TOPIC, NEW), encoding="utf-8")
    git(folder, "commit", "-q", "-a", "-m", "A new topic")
    assert groupform(folder, "apply", "--yes", environ=environ(), now=NOW + timedelta(hours=1)).code == 3
    all_done(folder)
    assert groupform(folder, "plan", "--detailed-exitcode", environ=environ()).code == 0
    return folder


def test_the_old_words_are_a_persons_step_again_and_the_commit_is_named(folder: Path) -> None:
    commit = git(folder, "rev-parse", "HEAD")
    said = groupform(folder, "undo", environ=environ(), typed="y\n")
    assert "Takes back the apply of 2026-12-01T09:00:00+00:00" in said.out
    assert "先打个招呼" in said.out
    assert f"{commit[:10]} A new topic" in said.out
    assert "or the next plan makes the change again" in " ".join(said.out.split())
    assert said.code == 3, said.err
    git(folder, "revert", "--no-edit", "HEAD")
    after = json.loads(groupform(folder, "plan", "--format", "json", environ=environ()).out)
    [plan] = after["deployments"]
    assert plan["changes"] == []
    assert [each["status"] for each in plan["steps"]] == ["open"] * len(plan["steps"])
    assert any("先打个招呼" in (each["text"] or "") for each in plan["steps"])


def test_it_is_saved_as_a_plan_like_any_other(folder: Path) -> None:
    said = groupform(folder, "undo", "--out", "undo.json", "--format", "json", environ=environ())
    assert said.code == 0, said.err
    content = json.loads(said.out)
    assert content == json.loads((folder / "undo.json").read_text(encoding="utf-8"))
    [plan] = content["deployments"]
    assert plan["undo"] == plan["undone"]["serial"]
    assert [each["subject"] for each in plan["undone"]["commits"]] == ["A new topic"]
    assert plan["undone"]["commit_to"] == git(folder, "rev-parse", "HEAD")
    shown = groupform(folder, "show", "undo.json", environ=environ())
    assert "A new topic" in shown.out
    markdown = groupform(folder, "undo", "--format", "markdown", environ=environ())
    assert "A new topic" in markdown.out
    assert groupform(folder, "apply", "undo.json", "--yes", environ=environ()).code == 3


def test_uncommitted_changes_and_no_git_at_all_are_said(tmp_path: Path) -> None:
    folder = write_project(tmp_path / "club")
    groupform(folder, "apply", "--yes", environ=environ())
    all_done(folder)
    (folder / "club.yaml").write_text(CLUB.replace(TOPIC, NEW), encoding="utf-8")
    groupform(folder, "apply", "--yes", environ=environ(), now=NOW + timedelta(hours=1))
    all_done(folder)
    said = groupform(folder, "undo", environ={"PATH": "/nowhere"}, typed="n\n")
    assert said.code == 1
    assert "put your project's files back too" in " ".join(said.out.split())


def test_without_a_terminal_nothing_is_done(folder: Path) -> None:
    said = groupform(folder, "undo", environ=environ())
    assert said.code == 1
    assert "Takes back the apply" in said.out
    assert groupform(folder, "plan", "--detailed-exitcode", environ=environ()).code == 0


def test_it_goes_back_by_serial_too(folder: Path) -> None:
    said = groupform(folder, "undo", "--to", "0", "--format", "json", environ=environ())
    [plan] = json.loads(said.out)["deployments"]
    assert plan["undo"] == 0
    assert {each["action"] for each in plan["changes"]} <= {"forget", "delete"}
    assert len(plan["undone"]["applies"]) == 2
    wrong = groupform(folder, "undo", "--to", "999", environ=environ())
    assert wrong.code == 1
    assert "no copy of the state with serial 999" in wrong.err


def test_where_nothing_was_applied_there_is_nothing_to_undo(tmp_path: Path) -> None:
    said = groupform(write_project(tmp_path / "club"), "undo", environ=environ())
    assert said.code == 1
    assert "nothing to undo" in said.err


def test_only_what_the_last_command_applied_goes_back(tmp_path: Path) -> None:
    two = WECHAT.replace(
        "  club-chat: {community: club, connection: chat}\n",
        "  club-a: {community: club, connection: chat}\n  club-b: {community: club, connection: more}\n",
    ).replace("connections:\n", "connections:\n  more: {platform: wechat}\n")
    folder = write_project(tmp_path / "club", two)
    both = groupform(folder, "apply", "--yes", environ=environ())
    assert both.code == 3, both.err
    together = json.loads(groupform(folder, "undo", "--format", "json", environ=environ()).out)
    assert [each["deployment"] for each in together["deployments"]] == ["club-a", "club-b"]
    (folder / "club.yaml").write_text(CLUB.replace(TOPIC, NEW), encoding="utf-8")
    groupform(folder, "apply", "--yes", "-d", "club-b", environ=environ(), now=NOW + timedelta(hours=1))
    last = groupform(folder, "undo", "--format", "json", environ=environ())
    assert [each["deployment"] for each in json.loads(last.out)["deployments"]] == ["club-b"]
    assert "club-a" in last.err
    refused = groupform(folder, "undo", "--to", "1", environ=environ())
    assert refused.code == 1
    assert "Name one with -d" in refused.err
