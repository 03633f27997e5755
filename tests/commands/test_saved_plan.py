"""Plan files: private, whole, and answered for whatever is wrong with them."""

from __future__ import annotations

import json
import os
import stat
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from commands.line import groupform, write_project
from groupform.commands.saved import read_plan, write_plan
from groupform.config.diagnostics import Refused
from groupform.engine.digest import plan_digest
from groupform.engine.plan import Plan, digest_of
from render.samples import everything


def codes(refused: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [each.code for each in refused.value.diagnostics]


def digested() -> Plan:
    """The sample plan with the digests that a planner would give it."""
    plan = everything()
    parts = [each.model_copy(update={"digest": plan_digest(each)}) for each in plan.deployments]
    return plan.model_copy(update={"deployments": parts, "digest": digest_of([each.digest for each in parts])})


def test_what_is_written_reads_back(tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    write_plan(file, digested())
    assert read_plan(file) == digested()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [file]


def test_a_plan_file_that_others_could_read_becomes_private(tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    file.write_text("old", encoding="utf-8")
    file.chmod(0o666)
    write_plan(file, everything())
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_pipe_is_written_to_and_stays_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    got: list[bytes] = []

    def drain() -> None:
        while not got or not b"".join(got).endswith(b"}\n"):
            try:
                got.append(os.read(reader, 65_536))
            except BlockingIOError:
                time.sleep(0.01)

    draining = threading.Thread(target=drain, daemon=True)
    draining.start()
    write_plan(pipe, digested())
    draining.join(timeout=10)
    os.close(reader)
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert Plan.model_validate_json(b"".join(got)) == digested()
    assert list(tmp_path.iterdir()) == [pipe]


def test_through_a_link_its_target_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "real.json").write_text("old", encoding="utf-8")
    (tmp_path / "link.json").symlink_to("real.json")
    write_plan(tmp_path / "link.json", digested())
    assert (tmp_path / "link.json").is_symlink()
    assert read_plan(tmp_path / "real.json") == digested()


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"null", b"{}", b"\xff\xfe", b'{"format_version": 1}', b"[" * 100_000]
)
def test_what_is_no_plan_is_called_so(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "p").write_bytes(content)
    with pytest.raises(Refused) as refused:
        read_plan(tmp_path / "p")
    assert codes(refused) == ["plan-file-wrong"]


@pytest.mark.parametrize("version", ["2.0", "0.9", "1.999"])
def test_a_plan_of_another_version_is_not_guessed_at(tmp_path: Path, version: str) -> None:
    content: dict[str, Any] = everything().model_dump(mode="json")
    (tmp_path / "p").write_text(json.dumps({**content, "format_version": version}), encoding="utf-8")
    with pytest.raises(Refused) as refused:
        read_plan(tmp_path / "p")
    assert codes(refused) == ["plan-file-version"]


def test_a_plan_that_was_written_to_by_hand_is_not_the_reviewed_one(tmp_path: Path) -> None:
    content: dict[str, Any] = digested().model_dump(mode="json")
    content["deployments"][0]["changes"] = []
    (tmp_path / "p").write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(Refused) as refused:
        read_plan(tmp_path / "p")
    assert codes(refused) == ["plan-file-edited"]


def test_the_digest_of_the_whole_is_of_these_deployments(tmp_path: Path) -> None:
    """Whoever approves it approves each of them."""
    content: dict[str, Any] = digested().model_dump(mode="json")
    content["digest"] = "0" * 64
    (tmp_path / "p").write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(Refused) as refused:
        read_plan(tmp_path / "p")
    assert codes(refused) == ["plan-file-edited"]


def test_places_that_cannot_be_read_or_written(tmp_path: Path) -> None:
    with pytest.raises(Refused) as missing:
        read_plan(tmp_path / "none")
    with pytest.raises(Refused) as folder:
        read_plan(tmp_path)
    with pytest.raises(Refused) as unwritable:
        write_plan(tmp_path / "no" / "such" / "p", everything())
    assert [codes(each) for each in (missing, folder, unwritable)] == [
        ["plan-file-missing"],
        ["plan-file-unreadable"],
        ["plan-file-unwritable"],
    ]


def test_a_saved_plan_is_shown_as_it_was(tmp_path: Path) -> None:
    project = write_project(tmp_path)
    fresh = groupform(project, "plan", "--out", "p.json")
    assert fresh.code == 0
    assert "p.json" in fresh.err
    assert groupform(project, "show", "p.json").out == fresh.out
    assert json.loads(groupform(project, "show", "p.json", "--format", "json").out) == json.loads(
        (project / "p.json").read_text(encoding="utf-8")
    )


def test_a_saved_plan_takes_no_other_selection(tmp_path: Path) -> None:
    project = write_project(tmp_path)
    groupform(project, "plan", "--out", "p.json")
    said = groupform(project, "apply", "p.json", "-d", "club-chat")
    assert said.code == 1
    assert "saved-plan-is-whole" in said.err
