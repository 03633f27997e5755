"""Agreed to, then edited while a run is at it, killed anywhere: what goes out is what was agreed to, or nothing."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import anyio
import pytest

from calendar_rig import GROUPS, HEAD, at, write
from groupform.calendar.answering import agreement, withdrawn
from groupform.calendar.due import spelled
from groupform.calendar.report import CalendarReport
from groupform.calendar.running import run_calendar
from groupform.config.load import load_project
from groupform.config.project import ResolvedDeployment
from groupform.engine.posting import Absent, Found, Posted, PostRequest, Trail
from groupform.engine.provider import Identity
from groupform.engine.world import World
from groupform.state.document import Binding, Document, SetBinding
from groupform.state.ledger import SetApprovals
from groupform.state.local import LocalStore
from groupform.state.store import Holder, StateKey

PROJECT = """\
groupform: 1
communities: [club.yaml]
people:
  lead: {name: 林一, accounts: {wechat: linyi}}
  mia: {name: 米娅, accounts: {wechat: mia}}
connections:
  chat: {platform: wechat}
deployments:
  club-chat: {community: club, connection: chat}
"""
CLUB = (
    HEAD
    + GROUPS
    + """\
calendar:
  tips: {title: 干货, kind: article, when: {dates: [2026-12-02], at: "20:00"}, to: [lobby, city],
    by: mia, approve: lead, post: {text: "甲"}}
sending: {missed: {within: 2h}}
"""
)
EIGHT = at("2026-12-02T20:00")
PLACES = {"club-chat/room.lobby": "!lobby", "club-chat/room.city/sh": "!sh", "club-chat/room.city/bj": "!bj"}


class Killed(BaseException):
    """The process ends here."""


class Rooms:
    """Rooms that keep what they are sent; the same nonce is the same message. Also the provider that leads there."""

    name, concurrency, posts_in = "wechat", 1, "room"
    types: ClassVar[dict[str, Any]] = {}
    remembers, settles = 600.0, 30.0

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, str]] = []
        self.nonces: dict[str, str] = {}
        self.device = "D1"
        self.count, self.point, self.after, self.dead = 0, 0, False, False
        self.meanwhile: Any = None

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)

    @asynccontextmanager
    async def connect(self, context: object) -> AsyncIterator[Rooms]:
        yield self

    async def whoami(self) -> Identity:
        self._step()
        return Identity("@us:here", "here", device=self.device)

    async def post(self, request: PostRequest) -> Posted:
        if self.meanwhile is not None:
            self.meanwhile()
        self._step(early=True)
        if request.nonce not in self.nonces:
            self.nonces[request.nonce] = f"${len(self.sent)}"
            self.sent.append((request.place, request.text, request.mark))
        self._step(late=True)
        return Posted(self.nonces[request.nonce])

    async def find_post(self, trail: Trail) -> Found:
        self._step()
        for number, (place, _, mark) in enumerate(self.sent):
            if (place, mark) == (trail.place, trail.mark):
                return Posted(f"${number}")
        return Absent()

    def _step(self, early: bool = False, late: bool = False) -> None:
        if self.dead:
            raise Killed
        if not late:
            self.count += 1
        if self.count == self.point and (late if self.after and (early or late) else not late):
            self.dead = True
            raise Killed


class Desk:
    """One project whose file is edited, with a clock that a test moves."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.time, self.rooms = write(folder, CLUB, project=PROJECT), EIGHT - timedelta(hours=3), Rooms()
        self.writes, self.fatal = 0, 0
        self.store = LocalStore(folder / "state", step=self._step)
        self._put(StateKey("club-chat", "default"), lambda _: [
            SetBinding(address=address, binding=Binding(type="room", id=place, applied={}))
            for address, place in PLACES.items()
        ])  # fmt: skip

    def _step(self, name: str) -> None:
        self.writes += 1
        if self.rooms.dead or self.writes == self.fatal:
            self.rooms.dead = True
            raise Killed

    def _put(self, key: StateKey, entries: Any) -> None:
        async def write_down() -> None:
            async with self.store.open(key, Holder("tester@here", 1, "now", "test")) as writer:
                await writer.commit(entries(writer.document))

        anyio.run(write_down)

    def load(self) -> ResolvedDeployment:
        loaded = load_project(self.folder, environ={}, now=self.time, platforms=())
        assert loaded.project is not None
        return loaded.project.deployments[0]

    def text(self, words: str) -> None:
        (self.folder / "club.yaml").write_text(CLUB.replace("甲", words), encoding="utf-8")

    def approve(self) -> None:
        entry = agreement(self.load(), "tips", "lead", spelled(self.time))
        self._put(StateKey("club-chat", "default").ledger, lambda _: [entry])

    def withdraw(self) -> None:
        def entries(ledger: Document) -> list[SetApprovals]:
            return [withdrawn(self.load(), ledger, "tips", self.time)]

        self._put(StateKey("club-chat", "default").ledger, entries)

    def run(self) -> CalendarReport:
        async def sleep(seconds: float) -> None:
            self.time += timedelta(seconds=seconds)

        def now() -> datetime:
            return self.time

        world = World(
            store=self.store, providers={"wechat": self.rooms}, now=now, sleep=sleep,  # type: ignore[dict-item]
            who="tester@here", command="calendar run", version="0", max_wait=900.0,
        )  # fmt: skip

        async def once() -> CalendarReport:
            return await run_calendar(self.load(), world)

        try:
            return anyio.run(once)
        except BaseException as error:
            if self.rooms.dead:
                raise Killed from error
            raise

    def reborn(self, **more: Any) -> None:
        """The next process; it may die in its turn."""
        self.rooms.dead, self.rooms.count, self.rooms.point, self.rooms.after = False, 0, 0, False
        self.writes, self.fatal = 0, 0
        for name, value in more.items():
            setattr(self if name == "fatal" else self.rooms, name, value)
        self.store = LocalStore(self.folder / "state", step=self._step)

    def words(self) -> list[tuple[str, str]]:
        return sorted((place, text) for place, text, _ in self.rooms.sent)


def all_of(text: str) -> list[tuple[str, str]]:
    return [(place, text) for place in sorted(PLACES.values())]


def begun(folder: Path) -> Desk:
    desk = Desk(folder)
    assert [each.kind for each in desk.run().prompts] == ["approval"]
    desk.time = EIGHT
    return desk


def test_nothing_goes_out_until_it_is_agreed_to_and_then_once(tmp_path: Path) -> None:
    desk = begun(tmp_path)
    report = desk.run()
    assert [each.kind for each in report.prompts] == ["approval-held"] and report.exit_code == 3
    assert desk.run().exit_code == 0 and desk.words() == []
    desk.approve()
    assert desk.run().exit_code == 0 and desk.words() == all_of("甲")
    desk.run()
    assert desk.words() == all_of("甲")


def test_nobody_agreed_in_time(tmp_path: Path) -> None:
    desk = begun(tmp_path)
    desk.time += timedelta(hours=2, seconds=1)
    report = desk.run()
    assert {(each.outcome, each.code) for each in report.told} == {("missed", "send-not-approved")}
    desk.approve()
    assert not desk.run().told and desk.words() == []


def test_an_edit_while_a_run_is_at_it_changes_nothing_of_what_it_sends(tmp_path: Path) -> None:
    desk = begun(tmp_path)
    desk.approve()
    desk.rooms.meanwhile = lambda: desk.text("乙")
    desk.run()
    assert desk.words() == all_of("甲")


@pytest.mark.parametrize("device", ["D1", "D2"])
@pytest.mark.parametrize("then", ["approve", "nobody", "back", "withdraw"])
def test_killed_anywhere_then_edited(tmp_path: Path, device: str, then: str) -> None:
    """At every request, before and after its effect, and at every durable write; in CI at each third of them."""
    points = _points(tmp_path / "count")
    assert len(points) > 15
    some = points if os.environ.get("GROUPFORM_FAULTS") == "all" else points[len(device + then) % 3 :: 3]
    for number, point in enumerate(some):
        desk = begun(tmp_path / str(number))
        desk.approve()
        desk.reborn(**point)
        with pytest.raises(Killed):
            desk.run()
        before = desk.words()
        assert {text for _, text in before} <= {"甲"}
        desk.reborn(device=device)
        desk.time += timedelta(seconds=20)
        if then == "withdraw":
            desk.withdraw()
        else:
            desk.text("乙")
        desk.run()
        assert desk.words() == before, (point, "new words that nobody has agreed to, or old ones that are no more")
        if then == "approve":
            desk.approve()
            desk.run()
            sent = desk.words()
            assert [place for place, _ in sent] == sorted(PLACES.values()), point
            assert {text for place, text in sent if (place, "甲") not in before} <= {"乙"}
        elif then == "back":
            desk.text("甲")
            desk.run()
            assert desk.words() == all_of("甲"), point
        else:
            desk.time += timedelta(hours=3)
            desk.run()
            assert desk.words() == before, point
        desk.run()
        assert len(desk.words()) == len({place for place, _ in desk.words()}), point


def _points(folder: Path) -> list[dict[str, Any]]:
    desk = begun(folder)
    desk.approve()
    desk.reborn()
    desk.run()
    requests = [{"point": each, "after": after} for each in range(1, desk.rooms.count + 1) for after in (False, True)]
    return [*requests, *({"fatal": each} for each in range(1, desk.writes + 1))]
