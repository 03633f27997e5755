"""A corp whose people made everything by hand, and an operator with a project of their own at the command line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from commands.line import NOW, Said, groupform
from groupform.commands.run import Run
from groupform.providers.wecom import WeCom
from groupform.providers.wecom.rehearsal import Rehearsal, Unconfirmed

CORP = "ww0123456789abcdef"
PROJECT = f"""\
groupform: 1
communities: [communities/*.yaml]
people:
  boss: {{name: 林一, accounts: {{wecom: LinYi}}}}   # known already, in another case
connections:
  wecom: {{platform: wecom, corp_id: {CORP}, agent_id: "1000002", secret: "${{env:WECOM_SECRET}}", team_chat: no}}
deployments: {{}}
"""
SEED = "community: seed\ntitle: 种子\nteam: {owner: boss}\nentry: {door: link}\ngroups:\n  one: {title: 一}\n"
Told = tuple[str, str, tuple[str, ...]]


class Corp:
    """The corp, and an operator in `folder`. What the command line sends reaches it and nothing else."""

    def __init__(
        self,
        folder: Path,
        monkeypatch: pytest.MonkeyPatch,
        *,
        unconfirmed: Unconfirmed | None = None,
        **more: Any,
    ) -> None:
        self.folder = folder
        self.seconds = NOW.timestamp()
        self.rehearsal = Rehearsal(CORP, now=lambda: self.seconds, unconfirmed=unconfirmed, **more)
        self.rehearsal.app("1000002", "rehearsal-secret")
        for userid, name in (("linyi", "林一"), ("zhouzhou", "周舟"), ("ops01", "运营")):
            self.rehearsal.member(userid, name)
        self.person = self.rehearsal.person
        provider = WeCom(self.rehearsal.transport())
        monkeypatch.setattr(Run, "installed", {"wecom": provider})
        self.write("groupform.yaml", PROJECT)
        self.write("communities/seed.yaml", SEED)

    def write(self, file: str, text: str) -> None:
        (self.folder / file).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / file).write_text(text, encoding="utf-8")

    def read(self, file: str) -> str:
        return (self.folder / file).read_text(encoding="utf-8")

    def change(self, file: str, old: str, new: str) -> None:
        text = self.read(file)
        assert text.count(old) == 1, text
        self.write(file, text.replace(old, new))

    def __call__(self, *argv: str, code: int | None = 0, **environ: str) -> Said:
        said = groupform(self.folder, *argv, environ={"WECOM_SECRET": "rehearsal-secret", **environ})
        assert code is None or said.code == code, said.out + said.err
        return said

    def plan(self, deployment: str, *argv: str) -> dict[str, Any]:
        said = self("plan", "--format", "json", "-d", deployment, *argv, code=None)
        found: dict[str, Any] = json.loads(said.out)["deployments"][0]
        return found

    def changes(self, deployment: str) -> set[Told]:
        """What a plan would do, in short: action, address, attributes. A conflict fails the test."""
        plan = self.plan(deployment)
        assert not plan["conflicts"], plan["conflicts"]
        return {
            (
                each["action"],
                each["address"].split("/", 1)[1],
                tuple(sorted(attribute["name"] for attribute in each["attributes"])),
            )
            for each in plan["changes"]
        }

    def steps(self, deployment: str) -> list[str]:
        return [each["key"].split("/", 1)[1] for each in self.plan(deployment)["steps"]]

    def tables(self) -> Mapping[str, Any]:
        """All that the corp holds, less its tokens: what a read must not change."""
        kept = ("groups", "tag_groups", "tags", "rules", "contact_ways", "join_ways", "templates", "accounts")
        return json.loads(json.dumps({name: self.rehearsal.corp[name] for name in kept if name in self.rehearsal.corp}))

    def asked(self, since: int = 0) -> int:
        return len([each for each in self.rehearsal.seen[since:] if not each.path.endswith("gettoken")])
