"""The demo against the real homeserver: the whole way, with a second plan that is empty."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from commands.line import groupform
from groupform import sandbox
from groupform.commands.demonstration import STORY, example


def test_the_example_is_found_in_the_source_tree() -> None:
    found = example(STORY)
    assert found is not None
    assert example("no-such-story") is None


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("x", encoding="utf-8")
    said = groupform(tmp_path, "demo", ".")
    assert said.code == 1
    assert "demo-folder-full" in said.err
    assert [each.name for each in tmp_path.iterdir()] == ["mine"]


@pytest.mark.acceptance
def test_from_yaml_to_a_live_community_and_an_empty_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Sandboxes of other test runs on this machine start at the usual port as well.
    monkeypatch.setattr("groupform.sandbox.server.DEFAULT_PORT", 20_000 + os.getpid() % 20_000)
    place = tmp_path / "demo" / ".groupform" / "sandbox"
    try:
        said = groupform(tmp_path, "demo", "demo", environ={"PATH": os.environ["PATH"]})
        assert said.code == 0, said.out + said.err
        assert "changes done" in said.out
        last = said.out.rpartition("4. groupform plan")[2]
        assert "No changes" in last
        # The program stands in an environment that this PATH does not name: it is told by its path.
        assert f"{Path(sys.executable).with_name('groupform')} sandbox down -C demo" in said.out.replace("\n  ", " ")
        running = sandbox.status(place)
        assert running.answers
        token = sandbox.up(place).access_token
        assert token not in said.out + said.err

        inside = tmp_path / "demo"
        env = groupform(inside, "sandbox", "env")
        assert token in env.out
        password = groupform(inside, "sandbox", "password", "lead").out.strip()
        assert len(password) >= 32
        assert password not in said.out
        unset = groupform(inside, "plan", "-d", "pet-club-home")
        assert unset.code == 1
        assert "sandbox env" in unset.err
        reach = {"MATRIX_HOMESERVER": running.base_url or "", "MATRIX_ACCESS_TOKEN": token}
        stale = groupform(inside, "plan", "-d", "pet-club-home", environ={**reach, "MATRIX_ACCESS_TOKEN": "syt_old"})
        assert stale.code == 1
        assert "sandbox env" in stale.err
        again = groupform(tmp_path, "demo", "demo", environ={"PATH": os.environ["PATH"]})
        assert again.code == 0, again.out + again.err
        assert groupform(inside, "sandbox", "down").code == 0
        gone = groupform(inside, "plan", "-d", "pet-club-home", environ=reach)
        assert gone.code == 4
        assert "groupform sandbox up" in gone.err
    finally:
        sandbox.down(place)
