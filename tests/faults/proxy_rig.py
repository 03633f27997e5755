"""A community's life behind the proxy: made, edited, destroyed, by a process that may be in trouble or killed."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio

from acceptance.matrix.rig import Desk
from faults.proxy import KILLS, Impatient, Kind, Proxy
from faults.proxy_census import Auditor
from groupform.config.diagnostics import Refused
from groupform.engine.plan import DeploymentPlan
from groupform.engine.world import ApplyReport, World
from groupform.providers.matrix import MatrixProvider
from groupform.state.local import LocalStore
from homeserver import Homeserver

STORIES = ("apply", "edit", "destroy")
ROOMS = ("room", "tier", "team", "space")
SPEED = 5
"""The tool's clock and its pauses run so much faster than the server: what takes it seconds stays a second."""


def community() -> dict[str, Any]:
    """Two groups, and one of everything that is created."""
    return {
        "community": "fault",
        "title": "小群",
        "tiers": [{"key": "member", "title": "成员"}, {"key": "vip", "title": "VIP"}],
        "team": {"owner": "lead", "roles": {"host": {"people": ["host-sh"], "may": ["moderate"]}}},
        "entry": {"door": "link"},
        "groups": {
            "lobby": {"title": "大厅", "topic": "欢迎"},
            "lounge": {"title": "会客厅", "tier": "vip", "owner": "ops", "on_remove": "delete"},
        },
        "rules": {"kind": {"title": "友善", "text": "对事不对人。"}},
        "notice": {"parts": ["topic", "rules"]},
    }


def edit(told: dict[str, Any]) -> None:
    """Everything at once: a rename, a door, the rules, an admin less, a group more, a group closed for good."""
    told["groups"] = {
        "new": {"title": "新群", "owner": "ops"},
        "hall": {**told["groups"]["lobby"], "title": "大堂", "previously": ["lobby"]},
    }
    told["entry"] = {"door": "request"}
    told["rules"]["kind"]["text"] = "先求证，再转发。"
    told["team"]["roles"] = {}


@dataclass(frozen=True)
class Ended:
    """How a process of the command line ended, and what it said."""

    code: int
    said: str


class Life(Desk):
    """One deployment whose every request goes through the proxy; on its own clock."""

    def __init__(self, folder: Path, server: Homeserver, proxy: Proxy, auditor: Auditor) -> None:
        self.real = server
        behind = Homeserver(replace(server.running, base_url=proxy.base_url))
        super().__init__(folder, behind, community())
        # Where the command line keeps it: either of the two may go on with what the other began.
        self.store = LocalStore(folder / ".groupform" / "state")
        self.proxy, self.auditor = proxy, auditor
        self.guards = {"delete": {"groups": 100, "others": 100}, "members": {"count": 1000, "share": "100%"}}
        self.older = auditor.rooms()
        self.born = datetime.now(UTC)
        self.story = ""
        self.ids: dict[str, str] = {}
        self.marks: dict[str, str] = {}

    def now(self) -> datetime:
        return self.born + (datetime.now(UTC) - self.born) * SPEED

    def world(self) -> World:
        async def sleep(seconds: float) -> None:
            self.waited += seconds
            await anyio.sleep(seconds / SPEED)

        return replace(super().world(), now=self.now, sleep=sleep)

    def begin(self, story: str) -> None:
        self.story = story
        if story == "edit":
            edit(self.community)

    @property
    def destroying(self) -> bool:
        return self.story == "destroy"

    async def once(self) -> ApplyReport:
        """One process that plans and applies. Raises Refused."""
        self.provider = MatrixProvider()
        return await self.apply(await self.plan(destroy=self.destroying))

    async def in_trouble(self, kind: Kind, at: int) -> bool:
        """One process to which it happens, and whether it came to that.

        However it ends, it is an answer and not a crash, and it is the truth; only a killed one says nothing.
        """
        self.proxy.arm(kind, at)
        if kind in KILLS:
            died = await self.command()
            await self.proxy.calm()
            assert died.code == -signal.SIGKILL if self.proxy.struck is not None else died.code in (0, 3), died
            return self.proxy.struck is not None
        self.provider = MatrixProvider(Impatient(self.proxy.patience))
        report = None
        try:
            report = await self.apply(await self.plan(destroy=self.destroying))
        except Refused as refused:
            assert refused.diagnostics, "refused without a word"
        finally:
            await self.proxy.calm()
        assert not self.proxy.strayed, "a redirect was followed, with the token"
        came = self.proxy.struck is not None
        if report is None:
            return came
        said = [each.reason.code for each in report.failed]
        assert "apply-provider-defect" not in said, report.failed
        if not report.failed and not report.blocked and report.stopped is None:
            self.provider = MatrixProvider()
            after = await self.plan(destroy=self.destroying)
            assert not after.changes, ("said to be done, and is not", _told(after))
        return came

    async def again(self) -> None:
        """The same command once more, or until the state of things no longer changes under its hands."""
        for _ in range(3):
            try:
                report = await self.once()
            except Refused as refused:
                # What the server still had in hand came true between the plan and the apply: nothing was written.
                assert "apply-stale" in {each.code for each in refused.diagnostics}, refused.diagnostics
                continue
            assert not report.failed, report.failed
            assert not report.blocked, report.blocked
            return
        raise AssertionError("refused as stale, time after time")

    async def command(self) -> Ended:
        """One run of the command line, in a process of its own that the proxy may kill."""
        self.load()
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "groupform", "destroy" if self.destroying else "apply", "--yes"),
            cwd=self.folder,
            env={**os.environ, "TOKEN": self.token, "GROUPFORM_LANG": "en"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self.proxy.kill = process.kill
        said, _ = await process.communicate()
        assert process.returncode is not None
        return Ended(process.returncode, said.decode())

    async def command_again(self) -> None:
        """The same command line once more, after a death."""
        self.proxy.arm()
        for _ in range(3):
            ended = await self.command()
            assert "Traceback" not in ended.said, ended.said
            if "apply-stale" not in ended.said:
                break
        assert ended.code in (0, 3), ended

    async def converged(self, expected: Mapping[str, Mapping[str, int]] | None) -> Mapping[str, Mapping[str, int]]:
        """Nothing left to do, nothing twice, nothing lost. Returns what was counted."""
        self.provider = MatrixProvider()
        plan = await self.plan(destroy=self.destroying)
        assert not plan.changes, _told(plan)
        assert not plan.conflicts and not plan.drift and not plan.unreadable, plan
        document = await self.document()
        assert not document.intents and document.progress is None
        new = self.auditor.rooms() - self.older
        census = self.auditor.census(new, self.real.user_id, self.marks)
        counted = census.counts(self.key)
        bound = {
            address.partition("/")[2]: each.id for address, each in document.bindings.items() if each.type in ROOMS
        }
        assert all(census.ids.get(uid) == room for uid, room in bound.items()), "bound to another room"
        if not self.destroying:
            there = census.rooms.keys() - census.left.keys()
            assert there == bound.keys(), f"lost: {there - bound.keys()}"
            kept = {uid: room for uid, room in self.ids.items() if uid in bound and uid in census.ids}
            assert all(bound[uid] == room for uid, room in kept.items()), "a room was made anew"
            self.ids = bound
        else:
            assert census.left == census.rooms, "still inside of what was destroyed"
        if expected is not None:
            assert counted == expected
        return counted


@dataclass
class Reference:
    """What a life without trouble comes to, story by story: its requests, and what is counted after it."""

    requests: dict[str, int] = field(default_factory=dict)
    counted: dict[str, Mapping[str, Mapping[str, int]]] = field(default_factory=dict)


async def lived(life: Life) -> Reference:
    """Lives without any trouble."""
    found = Reference()
    for story in STORIES:
        life.begin(story)
        life.proxy.arm()
        await life.once()
        found.requests[story] = len(life.proxy.seen)
        found.counted[story] = await life.converged(None)
    return found


def ready(server: Homeserver) -> Auditor:
    """A server on which everybody whom the community names is known, and its auditor."""
    for person in ("lead", "host", "ops"):
        server.register(person)
    return Auditor.of(server)


def _told(plan: DeploymentPlan) -> list[tuple[str, str]]:
    return [(each.address, each.action.value) for each in plan.changes]
