"""A corp with some owners and their groups, and a calendar that is run for it under a clock that a test moves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import httpx

from calendar_rig import at, write
from groupform.calendar.approving import digest_of_post
from groupform.calendar.due import spelled
from groupform.calendar.report import CalendarReport
from groupform.calendar.running import run_calendar
from groupform.config.load import load_project
from groupform.config.project import ResolvedDeployment
from groupform.engine.world import World
from groupform.providers.wecom import WeCom
from groupform.providers.wecom.rehearsal import Rehearsal, Unconfirmed
from groupform.state.document import Binding, Document, MoveBinding, SetBinding
from groupform.state.ledger import Approval, SetApprovals
from groupform.state.local import LocalStore
from groupform.state.store import Holder, StateKey

PROJECT = """\
groupform: 1
communities: [club.yaml]
people:
  lead: {name: 林一, accounts: {wecom: LinYi}}
  host: {name: 周舟, accounts: {wecom: zhouzhou}}
connections:
  corp: {platform: wecom, corp_id: ww0123456789abcdef, agent_id: "1000002", secret: "${env:SECRET}"}
deployments:
  club: {community: club, connection: corp}
"""
CLUB = """\
community: club
title: 宠友之家
locale: zh-CN
timezone: Asia/Shanghai
team: {owner: lead}
entry: {door: open}
groups:
  lobby: {title: 大厅}
  north: {title: 城北}
  south: {title: 城南, owner: host}
calendar:
  tips: {title: 干货, kind: article, when: {daily: yes, at: "20:00"}, to: [lobby, north, south],
    post: {text: "**晚上好**"}}
sending: {missed: {within: 2h}, confirm: {remind_after: 3h, cancel_after: 10h}}
"""
OWNERS = {"lobby": "LinYi", "north": "LinYi", "south": "zhouzhou"}
EIGHT = at("2026-12-02T20:00")
MADE = "externalcontact/add_msg_template"


class Killed(BaseException):
    """The process ends here."""


class Deadly(httpx.AsyncBaseTransport):
    """Kills at a request, before or after it has had its effect; nothing more is sent then."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self.inner, self.point, self.after, self.count, self.dead = inner, None, False, 0, False

    point: int | None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.count += 1
        mine = self.count
        if self.dead or (mine == self.point and not self.after):
            self.dead = True
            raise Killed
        found = await self.inner.handle_async_request(request)
        if mine == self.point:
            self.dead = True
            raise Killed
        return found


class Desk:
    """`time` is what everybody believes it is, platform and tool. What the tool sleeps passes at once. `name` is the
    deployment."""

    def __init__(
        self, folder: Path, *, community: str = CLUB, owners: Mapping[str, str] | None = None,
        files: Mapping[str, bytes | str] | None = None, unconfirmed: Unconfirmed | None = None,
        members: Sequence[str] = (),
    ) -> None:  # fmt: skip
        self.time, self.name = EIGHT - timedelta(hours=6), "club"
        self.folder = write(folder, community, project=PROJECT, files=files)
        self.rehearsal = Rehearsal(
            "ww0123456789abcdef", now=lambda: self.time.timestamp(), unconfirmed=unconfirmed or Unconfirmed()
        )
        self.rehearsal.app("1000002", "rehearsal-secret")
        for each in ("LinYi", "zhouzhou", *members):
            self.rehearsal.member(each)
        self.person = self.rehearsal.person
        self.max_wait = 900.0
        self.chats: dict[str, str] = {}
        self.reborn()
        self.bind_all(owners if owners is not None else OWNERS)

    def reborn(self, death: str = "", point: int | None = None) -> None:
        """The next process, with nothing of the last one's memory. It may die in its turn."""
        self.deadly = Deadly(self.rehearsal.transport())
        self.deadly.point = point if death in ("before", "after") else None
        self.deadly.after = death == "after"
        self.provider = WeCom(self.deadly)
        self.writes, self.fatal = 0, point if death == "write" else None
        self.store = LocalStore(self.folder / "state", step=self._step)

    def _step(self, name: str) -> None:
        self.writes += 1
        if self.writes == self.fatal:
            self.deadly.dead = True
        if self.deadly.dead:
            raise Killed

    def bind(self, name: str, owner: str, chat: str) -> None:
        """What an apply would have written down of a group."""
        self._write({name: (owner, chat)})

    def bind_all(self, owners: Mapping[str, str]) -> None:
        self._write({name: (owner, self.person.create_group(owner, name)) for name, owner in owners.items()})

    def _write(self, groups: Mapping[str, tuple[str, str]]) -> None:
        self.chats.update({name: chat for name, (_, chat) in groups.items()})
        entries = [
            SetBinding(
                address=f"{self.name}/group.{name}",
                binding=Binding(type="group", id=chat, applied={"title": name, "owner": owner}),
            )
            for name, (owner, chat) in groups.items()
        ]

        async def write_down() -> None:
            async with self.store.open(
                StateKey(self.name, "default"), Holder("tester@here", 1, "now", "test")
            ) as writer:
                await writer.commit(entries)

        anyio.run(write_down)

    def rename(self, before: str, after: str) -> None:
        """What an apply would have written down of a group whose name was changed."""

        async def write_down() -> None:
            async with self.store.open(StateKey("club", "default"), Holder("tester@here", 1, "now", "test")) as writer:
                await writer.commit([MoveBinding(address=f"club/group.{before}", to=f"club/group.{after}")])

        anyio.run(write_down)

    def approve(self, item: str, who: str) -> None:
        """Somebody agrees to an entry as it is."""
        deployment = self.load()
        post = deployment.community.model.calendar[item].post
        assert post is not None
        approval = Approval(digest=digest_of_post(deployment.community, post), who=who, when=spelled(self.time))

        async def write_down() -> None:
            key = StateKey("club", "default").ledger
            async with self.store.open(key, Holder("tester@here", 1, "now", "test")) as writer:
                await writer.commit([SetApprovals(approvals={item: approval})])

        anyio.run(write_down)

    def edit(self, before: str, after: str) -> None:
        file = self.folder / "club.yaml"
        text = file.read_text("utf-8")
        assert before in text
        file.write_text(text.replace(before, after), "utf-8")

    def load(self) -> ResolvedDeployment:
        environ = {"SECRET": "rehearsal-secret"}
        loaded = load_project(self.folder, environ=environ, now=self.time, platforms=("wecom",))
        assert loaded.project is not None, [(each.code, dict(each.params)) for each in loaded.diagnostics]
        found = loaded.project.deployment(self.name)
        assert found is not None
        return found

    def world(self) -> World:
        async def sleep(seconds: float) -> None:
            self.time += timedelta(seconds=seconds)
            await anyio.lowlevel.checkpoint()

        return World(
            store=self.store, providers={"wecom": self.provider}, now=lambda: self.time, sleep=sleep,
            who="tester@here", command="calendar run", version="0", max_wait=self.max_wait,
        )  # fmt: skip

    def run(self, **more: Any) -> CalendarReport:
        """`groupform calendar run`, now. Raises Killed."""

        async def once() -> CalendarReport:
            return await run_calendar(self.load(), self.world(), **more)

        try:
            return anyio.run(once)
        except BaseException as error:
            if _killed(error):
                raise Killed from error
            raise

    def run_together(self, count: int) -> list[CalendarReport]:
        """So many runners at the same moment."""
        found: list[CalendarReport] = []

        async def one() -> None:
            found.append(await run_calendar(self.load(), self.world()))

        async def several() -> None:
            async with anyio.create_task_group() as group:
                for _ in range(count):
                    group.start_soon(one)

        anyio.run(several)
        return found

    def told(self, **more: Any) -> Counter[tuple[str, str]]:
        """What the next run says: outcome and code of each post, counted."""
        return Counter((each.outcome, each.code) for each in self.run(**more).told)

    def later(self, **more: float) -> None:
        self.time += timedelta(**more)

    def ledger(self) -> Document:
        found = anyio.run(self.store.read, StateKey(self.name, "default").ledger)
        assert found is not None
        return found

    def outcomes(self) -> dict[str, str]:
        """What the ledger says of each post."""
        return {key: each.outcome for key, each in sorted(self.ledger().sends.items())}

    @property
    def messages(self) -> Mapping[str, dict[str, Any]]:
        """The platform's mass messages, by id."""
        found: Mapping[str, dict[str, Any]] = self.rehearsal.corp["messages"]
        return found

    def open(self, sender: str | None = None) -> list[str]:
        """Those that somebody could still confirm."""
        return [
            key
            for key, each in self.messages.items()
            if not each["cancelled"] and not each["sent"] and sender in (None, each["sender"])
        ]

    def confirm(self, sender: str | None = None) -> None:
        for each in self.open(sender):
            self.person.confirm(each)

    def got(self, name: str) -> int:
        """How many mass messages a group has had."""
        return len(self.rehearsal.corp["groups"][self.chats[name]]["got"])

    def asked(self) -> Counter[str]:
        found = Counter(each.path.rpartition("/")[2] for each in self.rehearsal.seen)
        self.rehearsal.seen.clear()
        return found


def begun(folder: Path, **more: Any) -> Desk:
    """A desk whose ledger has begun, at eight in the evening."""
    desk = Desk(folder, **more)
    assert not desk.run().told
    desk.time = EIGHT
    desk.asked()
    return desk


def names(told: Sequence[Any]) -> list[str]:
    return sorted(each.target for each in told)


def _killed(error: BaseException) -> bool:
    if isinstance(error, BaseExceptionGroup):
        return any(_killed(each) for each in error.exceptions)
    return isinstance(error, Killed)
