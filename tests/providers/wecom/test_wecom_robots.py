"""Whose webhook is a group robot's gets messages that the robot takes; any other address gets groupform's own."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from commands.line import NOW, Said, groupform
from commands.stores_rig import PROJECT, shops, well
from groupform.providers import wecom
from groupform.providers.wecom.rehearsal import Rehearsal
from groupform.providers.wecom.robots import is_robot

KEY = "693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa"
ROBOT = f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={KEY}"
NOTIFY = 'notify: {webhook: "${env:STEPS_WEBHOOK}", page: "https://pages.example/{who}.html"}\n'
OTHERS = [
    "https://hooks.example/send?key=abc",
    "https://qyapi.weixin.qq.com/cgi-bin/webhook/send",
    "https://qyapi.weixin.qq.com/cgi-bin/webhook/upload_media?key=abc",
    "http://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=abc",
    "https://qyapi.weixin.qq.com.evil.example/cgi-bin/webhook/send?key=abc",
    "https://[broken/cgi-bin/webhook/send?key=abc",
]


@pytest.fixture
def rehearsal(monkeypatch: pytest.MonkeyPatch) -> Rehearsal:
    made = Rehearsal(now=lambda: NOW.timestamp())
    made.person.add_robot(KEY)
    monkeypatch.setattr(wecom.provider, "_transport", made.transport())
    return made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return shops(tmp_path, PROJECT.replace("{wechat: mia}", "{wechat: mia, wecom: Mia}") + NOTIFY)


def notify(folder: Path, *argv: str, address: str = ROBOT) -> Said:
    return groupform(folder, "steps", "notify", *argv, environ={"STEPS_WEBHOOK": address})


def test_a_robot_is_told_in_its_own_words_and_mentions_whom_it_can(folder: Path, rehearsal: Rehearsal) -> None:
    well(notify(folder))
    said = [each["text"] for each in rehearsal.corp["robots"][KEY]["said"]]
    assert [each.get("mentioned_list") for each in said] == [None, ["Mia"]]
    assert said[0]["content"].startswith("林一") and "https://pages.example/mia.html" in said[1]["content"]
    assert rehearsal.objections == []
    assert "knows of everything" in well(notify(folder)).out and len(said) == 2


def test_a_robot_that_was_removed_is_told_by_the_platforms_own_code(folder: Path, rehearsal: Rehearsal) -> None:
    del rehearsal.corp["robots"][KEY]
    said = notify(folder)
    assert said.code == 1 and "93000" in said.err and KEY not in said.err + said.out
    rehearsal.person.add_robot(KEY)
    well(notify(folder))
    assert len(rehearsal.corp["robots"][KEY]["said"]) == 2, "nobody had been told"


@pytest.mark.parametrize("address", OTHERS)
def test_other_addresses_are_no_robots(address: str) -> None:
    assert not is_robot(SecretStr(address))


def test_spaces_around_an_address_make_it_no_other(folder: Path, rehearsal: Rehearsal) -> None:
    assert is_robot(SecretStr(f"  {ROBOT}\n"))
