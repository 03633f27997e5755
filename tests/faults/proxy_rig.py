"""A community's life behind the proxy: made, edited, destroyed; and what another account counts on the server then."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import anyio

from acceptance.matrix.rig import Desk
from faults.proxy import Impatient, Kind, Proxy
from groupform.config.diagnostics import Refused
from groupform.engine.plan import DeploymentPlan
from groupform.engine.world import ApplyReport, World
from groupform.providers.matrix import MatrixProvider
from groupform.state.local import LocalStore
from homeserver import Homeserver, Person

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
class Auditor:
    """Another account, an administrator of the server, that counts what is there without being anywhere."""

    person: Person

    @staticmethod
    def of(server: Homeserver) -> Auditor:
        person = server.person("auditor")
        server.operator.call("PUT", f"/_synapse/admin/v2/users/{_quoted(person.user_id)}", {"admin": True})
        return Auditor(person)

    def rooms(self) -> frozenset[str]:
        found = self.person.call("GET", "/_synapse/admin/v1/rooms", limit="100000")["rooms"]
        return frozenset(each["room_id"] for each in found)

    def census(self, rooms: frozenset[str], tool: str, known: dict[str, str]) -> Census:
        """Rooms by their mark, messages that are no edits, invitations by room and person, rooms without the tool.

        `known` remembers the marks, room by room: the server tells no state of a room that everybody has left.
        """
        found = Census()
        for room in sorted(rooms):
            path = f"/_synapse/admin/v1/rooms/{_quoted(room)}"
            state = {
                (e["type"], e["state_key"]): e["content"] for e in self.person.call("GET", f"{path}/state")["state"]
            }
            # A room without a mark is one that nobody would ever find again: it counts, under no name.
            marked = str(state.get(("org.groupform.owner", ""), {}).get("uid", "")).partition("/")[2]
            uid = known[room] = marked or known.get(room, "")
            found.rooms[uid] += 1
            found.ids[uid] = room
            if state.get(("m.room.member", tool), {}).get("membership") != "join":
                found.left[uid] += 1
            for each in self.person.call("GET", f"{path}/messages", dir="b", limit="1000")["chunk"]:
                content = each["content"]
                if each["type"] == "m.room.message" and "m.relates_to" not in content:
                    found.notices[uid] += 1
                if each["type"] == "m.room.member" and content.get("membership") == "invite":
                    found.invitations[f"{uid} {each['state_key']}"] += 1
        return found


class Census:
    """What was counted. Two are alike where the counts are; the ids differ between two lives."""

    def __init__(self) -> None:
        self.rooms, self.left = Counter[str](), Counter[str]()
        self.notices, self.invitations = Counter[str](), Counter[str]()
        self.ids: dict[str, str] = {}

    def counts(self, key: str) -> Mapping[str, Mapping[str, int]]:
        """With the community's own key, which no other life shares, taken out."""
        counted = {name: getattr(self, name) for name in ("rooms", "left", "notices", "invitations")}
        return {
            name: {text.replace(key, "KEY"): count for text, count in sorted(each.items()) if count}
            for name, each in counted.items()
        }


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
        self.struck: str | None = None
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

    async def once(self) -> ApplyReport | None:
        """One process that plans and applies; None where it was refused, or found nothing to do."""
        self.provider = MatrixProvider()
        plan = await self.plan(destroy=self.destroying)
        return await self.apply(plan)

    async def in_trouble(self, kind: Kind, at: int) -> None:
        """One process to which it happens. However that ends, it is an answer and not a crash, and it is the truth."""
        self.proxy.arm(kind, at)
        self.provider = MatrixProvider(Impatient(self.proxy.patience))
        report = None
        try:
            report = await self.apply(await self.plan(destroy=self.destroying))
        except Refused as refused:
            assert refused.diagnostics, "refused without a word"
        finally:
            await self.proxy.calm()
            self.struck = self.proxy.struck
        assert not self.proxy.strayed, "a redirect was followed, with the token"
        if report is None:
            return
        said = [each.reason.code for each in report.failed]
        assert "apply-provider-defect" not in said, report.failed
        if not report.failed and not report.blocked and report.stopped is None:
            self.provider = MatrixProvider()
            after = await self.plan(destroy=self.destroying)
            assert not after.changes, ("said to be done, and is not", _told(after))

    async def again(self) -> int:
        """The same command, until nothing is left to do. Returns how many times it took."""
        for times in range(1, 4):
            try:
                report = await self.once()
            except Refused as refused:
                # What the server still had in hand came true between the plan and the apply: nothing was written.
                assert {each.code for each in refused.diagnostics} & {"apply-stale"}, refused.diagnostics
                continue
            assert report is None or not report.failed, report.failed
            assert report is None or not report.blocked, report.blocked
            return times
        raise AssertionError("refused as stale, time after time")

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


def _quoted(text: str) -> str:
    return quote(text, safe="")
