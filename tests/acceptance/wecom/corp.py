"""A corp whose people made everything by hand, and an operator with a project of their own at the command line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from commands.line import NOW
from commands.typist import Typist
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


class Corp(Typist):
    """The corp, and an operator in `folder`. What the command line sends reaches it and nothing else."""

    def __init__(
        self,
        folder: Path,
        monkeypatch: pytest.MonkeyPatch,
        *,
        unconfirmed: Unconfirmed | None = None,
        **more: Any,
    ) -> None:
        super().__init__(folder, {"WECOM_SECRET": "rehearsal-secret"})
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

    def steps(self, deployment: str) -> list[str]:
        return [each["key"].split("/", 1)[1] for each in self.plan(deployment)["steps"]]

    def tables(self) -> Mapping[str, Any]:
        """All that the corp holds, less its tokens: what a read must not change."""
        kept = ("groups", "tag_groups", "tags", "rules", "contact_ways", "join_ways", "templates", "accounts")
        return json.loads(json.dumps({name: self.rehearsal.corp[name] for name in kept if name in self.rehearsal.corp}))

    def asked(self, since: int = 0) -> int:
        return len([each for each in self.rehearsal.seen[since:] if not each.path.endswith("gettoken")])
