"""WeChat walks the conformance list: people do what the steps say, knowing nothing but the steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest

from conformance.platform import Can, Clock, Live, Platform
from conformance.story import STEPS
from conformance.walking import walk
from groupform.config.project import ResolvedDeployment
from groupform.engine.plan import DeploymentPlan, Step
from groupform.providers.wechat import provider
from groupform.state.document import Document


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@dataclass
class Chat:
    """A group on somebody's telephone."""

    number: int
    title: str
    notice: str | None = None
    codes: list[str] = field(default_factory=list)


class Telephones(Platform):
    """People with telephones. They act by a step's words alone: its code, its names, the text to paste."""

    name = "wechat"
    group_type = "group"
    provider = provider
    can = frozenset({Can.delete, Can.read_notice})

    def __init__(self) -> None:
        self.clock = Clock()
        self.chats: list[Chat] = []
        self.made = 0

    def connection(self) -> Mapping[str, str]:
        return {"platform": "wechat"}

    def now(self) -> datetime:
        return self.clock.now()

    async def sleep(self, seconds: float) -> None:
        await self.clock.sleep(seconds)

    async def groups(self) -> list[Live]:
        return [Live(str(each.number), each.title, notice=each.notice) for each in self.chats]

    async def act(self, plan: DeploymentPlan, deployment: ResolvedDeployment, document: Document | None) -> None:
        for step in plan.steps:
            if not step.blocked_by:
                self._do(step)

    def _do(self, step: Step) -> None:
        words = step.what.params
        match step.what.code:
            case "wechat-step-group-create":
                assert step.text == words["title"]
                assert words["who"], "somebody has to do it"
                self.made += 1
                self.chats.append(Chat(self.made, words["title"]))
            case "wechat-step-group-title":
                self._chat(words["before"]).title = words["value"]
            case "wechat-step-group-delete":
                self.chats.remove(self._chat(words["label"]))
            case "wechat-step-notice-create" | "wechat-step-notice-text":
                self._chat(words["label"]).notice = step.text
            case "wechat-step-qr-create":
                self._chat(words["label"]).codes.append(self.now().isoformat())
            case other:
                raise AssertionError(f"nobody knows what to do: {other}")

    def _chat(self, title: str) -> Chat:
        [found] = [each for each in self.chats if each.title == title]
        return found


@pytest.mark.anyio
async def test_conformance(tmp_path: Path) -> None:
    platform = Telephones()
    walked = await walk(platform, tmp_path)
    assert walked == [each.name for each in STEPS if each.needs is None or each.needs in platform.can]
