"""WeCom's adapter: a rehearsal corp, strangers in it, and people who do what their steps say."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from conformance.platform import Can, Clock, Live, Platform
from groupform.config.project import ResolvedDeployment
from groupform.engine.plan import DeploymentPlan, Step
from groupform.providers.wecom import WeCom
from groupform.providers.wecom.rehearsal import Rehearsal
from groupform.state.document import Document

CORP, SECRET = "wwconformance", "rehearsal-secret"


class Corp(Platform):
    """A corp with a clock of its own. Whoever acts knows a step's words, and the group on the telephone it is about."""

    group_type = "group"
    can = frozenset({Can.drift, Can.vanish, Can.hide, Can.delete, Can.read_notice})

    def __init__(self, name: str, **options: Any) -> None:
        self.name = f"wecom ({name})"
        self.clock = Clock(datetime(2026, 12, 1, 4, 0, tzinfo=UTC))
        self.rehearsal = Rehearsal(CORP, now=self.clock.seconds, **options)
        self.rehearsal.app("1000002", SECRET)
        for userid in ("LinYi", "zhouzhou", "stranger"):
            self.rehearsal.member(userid)
        self.provider = WeCom(self.rehearsal.transport())

    def connection(self) -> Mapping[str, str]:
        return {"platform": "wecom", "corp_id": CORP, "agent_id": "1000002", "secret": "${env:WECOM_SECRET}"}

    def environ(self) -> Mapping[str, str]:
        return {"WECOM_SECRET": SECRET}

    def accounts(self) -> Mapping[str, str]:
        return {"lead": "linyi", "host": "ZhouZhou"}

    def now(self) -> datetime:
        return self.clock.now()

    async def sleep(self, seconds: float) -> None:
        await self.clock.sleep(seconds)

    async def groups(self) -> list[Live]:
        return [
            Live(key, each["name"], notice=each["notice"])
            for key, each in self.rehearsal.corp["groups"].items()
            if each["owner"] != "stranger"
        ]

    async def rename_by_hand(self, live: Live, title: str) -> None:
        self.rehearsal.person.rename(live.id, title)

    async def vanish(self, live: Live) -> None:
        self.rehearsal.person.dismiss(live.id)

    async def hide(self, live: Live) -> None:
        """Its owner leaves the application's visible range, and all groups of that owner with them."""
        self.rehearsal.person.hide(self.rehearsal.corp["groups"][live.id]["owner"])

    async def show(self, live: Live) -> None:
        self.rehearsal.person.show(self.rehearsal.corp["groups"][live.id]["owner"])

    async def act(self, plan: DeploymentPlan, deployment: ResolvedDeployment, document: Document | None) -> None:
        for step in plan.steps:
            if not step.blocked_by and step.proof == "observed":
                bound = document.bindings.get(step.address) if document is not None else None
                self._do(step, bound.id if bound is not None else "")

    def _do(self, step: Step, chat: str) -> None:
        words, person = step.what.params, self.rehearsal.person
        match step.what.code:
            case "wecom-step-group-create":
                assert step.text == words["title"]
                person.create_group(str(words["owner"]), str(words["title"]))
            case "wecom-step-group-title":
                person.rename(chat, str(words["value"]))
            case "wecom-step-group-notice":
                assert step.text
                person.set_notice(chat, step.text)
            case "wecom-step-group-admins":
                person.set_admins(chat, str(words["value"]).split(", "))
            case "wecom-step-group-delete":
                person.dismiss(chat)
            case other:
                raise AssertionError(f"nobody knows what to do: {other}")
