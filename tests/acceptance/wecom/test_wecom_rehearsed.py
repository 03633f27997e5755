"""A roll-out on WeCom from the command line, as an operator tries it with no account: until nothing is left to do."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from commands.line import groupform

EXAMPLES = Path(__file__).parents[3] / "examples"


@pytest.fixture(
    params=[("pet-club", "pet-club-wecom"), ("store-coupons", "stores-wecom")], ids=lambda each: str(each[0])
)
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, str]:
    example, deployment = request.param
    shutil.copytree(EXAMPLES / example, tmp_path / example, ignore=shutil.ignore_patterns(".groupform"))
    return tmp_path / example, deployment


def steps(folder: Path, name: str) -> list[dict[str, object]]:
    said = groupform(folder, "plan", "--rehearse", "-d", name, "--format", "json")
    assert said.code == 0, said.err
    [plan] = json.loads(said.out)["deployments"]
    found: list[dict[str, object]] = plan["steps"]
    return found


@pytest.mark.acceptance
def test_a_roll_out_from_nothing_to_an_empty_plan(folder: tuple[Path, str]) -> None:
    place, name = folder
    assert groupform(place, "validate").code == 0
    for _ in range(5):
        applied = groupform(place, "apply", "--rehearse", "-d", name, "--yes")
        assert applied.code in (0, 3), applied.err
        ready = [str(each["key"]) for each in steps(place, name) if not each["blocked_by"]]
        if not ready:
            break
        done = groupform(place, "steps", "done", "--rehearse", *ready)
        assert done.code == 0, done.err
    last = groupform(place, "plan", "--rehearse", "-d", name, "--detailed-exitcode")
    assert last.code == 0, last.out
    assert "No changes" in last.out
    assert steps(place, name) == []


@pytest.mark.acceptance
@pytest.mark.parametrize("language", ["en", "zh-CN"])
@pytest.mark.parametrize("form", ["text", "markdown"])
def test_a_printed_plan_has_a_sentence_for_everything(folder: tuple[Path, str], language: str, form: str) -> None:
    place, name = folder
    said = groupform(place, "plan", "--rehearse", "-d", name, "--format", form, environ={"GROUPFORM_LANG": language})
    assert said.code == 0, said.err
    assert ("客户群" if language == "zh-CN" else "customer group") in said.out
    assert not re.search(r"\bwecom-(step|gap|note|guard|error)", said.out)
    assert not re.search(r"(?<!\{)\{(title|owner|label|who|group|template|value|before)\}", said.out)
