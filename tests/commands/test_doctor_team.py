"""`groupform doctor` asks about the very people who run what is deployed through a connection."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands.line import CLUB, NOW, groupform
from groupform.providers.wecom import provider
from groupform.providers.wecom.rehearsal import Rehearsal

PROJECT = """\
groupform: 1
communities: [club.yaml]
state: {backend: local, path: state}
people:
  lead: {name: 林一, accounts: {wecom: linyi}}
  other: {name: 周舟, accounts: {wecom: zhouzhou}}
connections:
  wecom: {platform: wecom, corp_id: ww0123456789abcdef, agent_id: "1000002", secret: "${env:WECOM_SECRET}"}
deployments:
  club-wecom: {community: club, connection: wecom}
"""


@pytest.mark.parametrize(
    ("trouble", "told"),
    [
        ("unseen", "linyi is not in the app's visible range"),
        ("no contact", "linyi"),
        ("none", None),
    ],
)
def test_an_owner_whom_the_application_cannot_use_is_named_before_any_plan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trouble: str, told: str | None
) -> None:
    rehearsal = Rehearsal("ww0123456789abcdef", now=NOW.timestamp)
    rehearsal.app("1000002", "secret-9")
    for userid in ("linyi", "zhouzhou"):
        rehearsal.member(userid)
    # Who runs nothing here is asked about by nobody.
    rehearsal.person.hide("zhouzhou")
    if trouble == "unseen":
        rehearsal.person.hide("linyi")
    elif trouble == "no contact":
        rehearsal.person.allow_customers("linyi", False)
    monkeypatch.setattr(provider, "_transport", rehearsal.transport())
    (tmp_path / "groupform.yaml").write_text(PROJECT, encoding="utf-8")
    (tmp_path / "club.yaml").write_text(CLUB, encoding="utf-8")
    said = groupform(tmp_path, "doctor", environ={"WECOM_SECRET": "secret-9"})
    assert said.code == 0, said.err
    assert "linyi" not in said.out if told is None else told in said.out
    assert "zhouzhou" not in said.out
