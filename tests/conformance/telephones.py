"""People with telephones, for platforms that are run by hand: they act by a step's words and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from conformance.platform import Can, Clock, Live, Platform
from groupform.config.project import ResolvedDeployment
from groupform.engine.plan import DeploymentPlan, Step
from groupform.engine.provider import Provider
from groupform.state.document import Document


@dataclass
class Chat:
    """A group on somebody's telephone."""

    number: int
    title: str
    notice: str | None = None
    settings: dict[str, object] = field(default_factory=dict)
    codes: list[str] = field(default_factory=list)


class Telephones(Platform):
    """A world of telephones on which a step's code, its names and the text to paste are all that is known."""

    group_type = "group"
    can = frozenset({Can.delete, Can.read_notice})

    def __init__(self, provider: Provider) -> None:
        self.name = provider.name
        self.provider = provider
        self.clock = Clock()
        self.chats: list[Chat] = []
        self.made = 0

    def connection(self) -> Mapping[str, str]:
        return {"platform": self.name}

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
        match step.what.code.removeprefix(f"{self.name}-step-"):
            case "group-create":
                assert step.text == words["title"]
                assert words["who"], "somebody has to do it"
                self.made += 1
                self.chats.append(Chat(self.made, words["title"]))
            case "group-title":
                self._chat(words["before"]).title = words["value"]
            case "group-delete":
                self.chats.remove(self._chat(words["label"]))
            case "notice-create" | "notice-text":
                self._chat(words["label"]).notice = step.text
            case "qr-create":
                self._chat(words["label"]).codes.append(self.now().isoformat())
            case "join-create":
                assert words["policy"] and words["search"]
                self._chat(words["label"]).settings["policy"] = words["policy"]
            case other:
                raise AssertionError(f"nobody knows what to do: {other}")

    def _chat(self, title: str) -> Chat:
        [found] = [each for each in self.chats if each.title == title]
        return found
