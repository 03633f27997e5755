"""What people are asked to do reads as people write it: whose an account is, no empty brackets, Chinese punctuation."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from commands.line import groupform
from groupform.messages import Catalogue
from groupform.providers.wecom import provider
from providers.wecom.wecom_stage import stage

EXAMPLES = Path(__file__).parents[3] / "examples"
NOTHING_IN_THEM = re.compile(r"（\s*）|\(\s*\)|[：:]\s*）|:\s*\)|（：|；）|「」|“”")
HALF_WIDTH = re.compile(r"[\u4e00-\u9fff」）][:;] ?[\u4e00-\u9fff「]")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.parametrize("lang", ["zh-CN", "en"])
def test_a_list_of_steps_has_no_empty_brackets_and_names_whose_an_account_is(tmp_path: Path, lang: str) -> None:
    folder = tmp_path / "pet-club"
    shutil.copytree(EXAMPLES / "pet-club", folder)
    on = ("-d", "pet-club-wecom", "--rehearse")
    said = [groupform(folder, "plan", *on, environ={"GROUPFORM_LANG": lang}).out]
    groupform(folder, "apply", *on, "--yes", environ={"GROUPFORM_LANG": lang})
    for form in ("markdown", "issue", "csv", "html"):
        out = tmp_path / f"{form}"
        done = groupform(
            folder, "steps", "export", *on, "--format", form, "--out", str(out), environ={"GROUPFORM_LANG": lang}
        )
        assert done.code == 0, done.err
        said += [each.read_text(encoding="utf-8-sig") for each in out.rglob("*.*")] if out.is_dir() else [
            out.read_text(encoding="utf-8-sig")
        ]  # fmt: skip
    assert len(said) == 5
    for text in (re.sub(r"(?s)<(script|style)\b.*?</\1>", "", each) for each in said):
        lines = [each for each in text.splitlines() if NOTHING_IN_THEM.search(each)]
        assert lines == []
        assert "林一 (linyi)" in text
        if lang == "zh-CN":
            assert [each for each in text.splitlines() if HALF_WIDTH.search(each)] == []


@pytest.mark.anyio
@pytest.mark.parametrize("lang", ["zh-CN", "en"])
async def test_admins_are_named_and_nobody_is_not_mentioned(tmp_path: Path, lang: str) -> None:
    shutil.copytree(EXAMPLES / "pet-club", tmp_path / "pet-club")
    play = stage(tmp_path / "pet-club", "pet-club-wecom")
    for _ in range(2):
        await play.apply()
        plan = await play.plan()
        for step in plan.steps:
            if step.what.code == "wecom-step-group-create":
                play.do(step, None)
    [step, *_] = [each for each in (await play.plan()).steps if each.what.code == "wecom-step-group-admins"]
    assert step.what.params["value"] == "zhouzhou", "a program reads the accounts alone"
    said = Catalogue(lang).text(step.what.code, **step.what.params)
    assert "周舟 (zhouzhou)" in said and not NOTHING_IN_THEM.search(said) and "：）" not in said


def test_the_types_say_which_values_are_accounts() -> None:
    from groupform.engine.resource_type import Accounts

    marked = [name for name, each in provider.types["group"].attributes.items() if each.has(Accounts)]
    assert marked == ["owner", "admins"]
