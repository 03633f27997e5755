"""`--rehearse`: a whole roll-out with no account and no token, and nothing of it ever mistaken for the real thing."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from commands.line import CLUB, WECHAT, groupform
from groupform.commands.demonstration import STORY, example

MATRIX = """\
groupform: 1
communities: [club.yaml]
state: {backend: s3, bucket: "${env:NOT_SET_HERE}"}
people:
  lead: {name: 林一, accounts: {matrix: "@linyi:chat.example", discord: "1"}}
connections:
  home: {platform: matrix, homeserver: "${env:NOT_SET_EITHER}", access_token: "${env:NOR_THIS}"}
  guild: {platform: discord, bot_token: "${env:NOR_THIS}"}
deployments:
  club-home: {community: club, connection: home}
  club-guild: {community: club, connection: guild}
"""


def files(folder: Path) -> set[str]:
    return {each.name for each in folder.iterdir()}


def test_what_people_do_by_hand_needs_no_server(tmp_path: Path) -> None:
    (tmp_path / "groupform.yaml").write_text(WECHAT, encoding="utf-8")
    (tmp_path / "club.yaml").write_text(CLUB, encoding="utf-8")
    said = groupform(tmp_path, "apply", "--rehearse", "--yes")
    assert said.code == 3, said.err
    assert "rehearsing" in said.err
    assert files(tmp_path / ".groupform") == {"rehearsal"}
    done = groupform(tmp_path, "steps", "done", "--rehearse", "club-chat/group.lobby")
    assert done.code == 0, done.err
    assert "group.lobby" in groupform(tmp_path, "state", "list", "--rehearse").out
    # What was rehearsed is not real: the project's own state knows nothing of it.
    assert "group.lobby" not in groupform(tmp_path, "state", "list").out


def test_a_platform_without_a_provider_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "groupform.yaml").write_text(MATRIX, encoding="utf-8")
    (tmp_path / "club.yaml").write_text(CLUB, encoding="utf-8")
    said = groupform(tmp_path, "plan", "--rehearse", "-d", "club-guild")
    assert said.code == 1
    assert "provider-not-installed" in said.err


@pytest.mark.acceptance
def test_no_variable_is_needed_and_the_second_plan_is_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("groupform.providers.matrix.rehearsal._PORT", 20_000 + os.getpid() % 20_000)
    (tmp_path / "groupform.yaml").write_text(MATRIX, encoding="utf-8")
    (tmp_path / "club.yaml").write_text(CLUB, encoding="utf-8")
    planned = groupform(tmp_path, "plan", "--rehearse", "--out", "plan.json")
    assert planned.code == 0, planned.err
    # People keep the accounts they have: the rehearsal's server bears the name of theirs.
    assert "@linyi:chat.example" in planned.out
    applied = groupform(tmp_path, "apply", "plan.json", "--rehearse", "--yes")
    assert applied.code in (0, 3), applied.err
    again = groupform(tmp_path, "plan", "--rehearse", "--detailed-exitcode")
    assert again.code == 0, again.out
    assert "No changes" in again.out
    assert files(tmp_path / ".groupform") == {"rehearsal"}


@pytest.mark.acceptance
def test_a_rehearsed_plan_is_never_applied_for_real(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("groupform.providers.matrix.rehearsal._PORT", 20_000 + os.getpid() % 20_000)
    from groupform import sandbox

    source = example(STORY)
    assert source is not None
    shutil.copytree(source, tmp_path / "club", ignore=shutil.ignore_patterns(".groupform"))
    folder = tmp_path / "club"
    assert groupform(folder, "plan", "--rehearse", "-d", "pet-club-home", "--out", "plan.json").code == 0
    box = tmp_path / "box"
    running = sandbox.up(box, prefer=20_001 + os.getpid() % 20_000)
    try:
        reach = {"MATRIX_HOMESERVER": running.base_url, "MATRIX_ACCESS_TOKEN": running.access_token}
        said = groupform(folder, "apply", "plan.json", "--yes", environ=reach)
    finally:
        sandbox.reset(box)
    assert said.code == 1
    assert "apply-stale" in said.err
    assert "--rehearse" in said.err


def test_people_are_played_on_the_platform_that_is_rehearsed(tmp_path: Path) -> None:
    source = example(STORY)
    assert source is not None
    folder = tmp_path / "club"
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns(".groupform"))
    here = ("-d", "pet-club-wecom")
    assert groupform(folder, "apply", "--rehearse", "--yes", *here).code == 3
    lobby = "pet-club-wecom/group.lobby"
    done = groupform(folder, "steps", "done", "--rehearse", lobby)
    assert done.code == 0, done.err
    planned = groupform(folder, "plan", "--rehearse", *here)
    assert "= group.lobby" in planned.out
    applied = groupform(folder, "apply", "--rehearse", "--yes", *here)
    assert applied.code in (0, 3), applied.err
    assert groupform(folder, "plan", "--rehearse", "--detailed-exitcode", *here).code == 0
    # Its corps are files of the rehearsal, closed to everybody else, and no token is in them.
    (corp,) = (folder / ".groupform" / "rehearsal" / "wecom").glob("*.json")
    assert corp.stat().st_mode & 0o077 == 0
    assert '"tokens": {}' in corp.read_text(encoding="utf-8")


def test_a_damaged_rehearsal_says_how_to_begin_anew(tmp_path: Path) -> None:
    source = example(STORY)
    assert source is not None
    folder = tmp_path / "club"
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns(".groupform"))
    place = folder / ".groupform" / "rehearsal" / "wecom"
    place.mkdir(parents=True)
    (place / "ww0123456789abcdef.json").write_text("{", encoding="utf-8")
    said = groupform(folder, "plan", "--rehearse", "-d", "pet-club-wecom")
    assert said.code == 1
    assert "wecom-rehearsal-damaged" in said.err
