"""A community's life behind the proxy, command by command, in processes that may meet trouble or be killed."""

from __future__ import annotations

import json
import signal
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from faults.nursery import Ended, Nursery, Order
from faults.proxy import KILLS, TIMED, TRAILING, Kind, Proxy
from faults.proxy_census import census
from faults.proxy_chains import Chain, Place, Story
from faults.seats import Seat
from groupform.state.document import Document
from groupform.state.local import LocalStore
from groupform.state.store import StateKey

ROOMS = ("room", "tier", "team", "space")
PACE, SLOW_PACE = 25.0, 5.0
"""How much faster than the server's the tool's clock runs: its pauses and the time it gives the server to settle. Where
the server may still be at work for a process that is gone, five of its seconds are one of ours."""
DONE = (0, 3)
OTHERS = 3
"""So often a run may find that what the server had in hand came true between its plan and its writes."""
_PEOPLE = {
    "lead": {"name": "林一", "accounts": {"matrix": "@lead:localhost"}},
    "host-sh": {"name": "周舟", "accounts": {"matrix": "@host:localhost"}},
    "ops": {"name": "ops", "accounts": {"matrix": "@ops:localhost"}},
}
Counts = Mapping[str, Mapping[str, int]]
Point = tuple[Kind, int]
"""What goes wrong, and at which request of a story; for `kill_write`, at which durable write."""


@dataclass
class Reference:
    """What a life without trouble comes to, story by story: its requests and writes, what is counted after it, and
    what a plan says then (what is protected stays in it)."""

    requests: dict[str, int] = field(default_factory=dict)
    writes: dict[str, int] = field(default_factory=dict)
    counted: dict[str, Counts] = field(default_factory=dict)
    planned: dict[str, list[str]] = field(default_factory=dict)

    def points(self, story: str, kind: Kind) -> int:
        return (self.writes if kind is Kind.kill_write else self.requests)[story]


@dataclass
class Life:
    """One deployment, every request of which goes through the proxy."""

    chain: Chain
    place: Place
    seat: Seat
    proxy: Proxy
    nursery: Nursery
    database: Path
    ids: dict[str, str] = field(default_factory=dict)
    since: float = field(default_factory=time.time)
    believed: float = field(default_factory=time.time)
    tolerated: int = 0

    @staticmethod
    def begin(chain: Chain, folder: Path, seat: Seat, proxy: Proxy, nursery: Nursery, database: Path) -> Life:
        place = Place(folder, f"{chain.name[:5]}{uuid.uuid4().hex[:6]}", seat.space or "")
        folder.mkdir(parents=True)
        declared = {place.deployment: {"community": place.key, "connection": "here"}}
        project: dict[str, Any] = {
            "groupform": "1",
            "communities": ["communities/*.yaml"],
            "people": {**_PEOPLE, "me": {"name": "我", "accounts": {"matrix": seat.user_id}}},
            "connections": {
                "here": {"platform": "matrix", "homeserver": proxy.base_url, "access_token": "${env:TOKEN}"}
            },
            "deployments": {} if chain.adopts else declared,
            "guards": {"delete": {"groups": 1000, "others": 1000}, "members": {"count": 1000, "share": "100%"}},
        }
        if chain.adopts:
            seed = {"community": "seed", "title": "种子", "team": {"owner": "me"}, "entry": {"door": "link"}}
            (folder / "communities").mkdir()
            text = yaml.safe_dump({**seed, "groups": {"one": {"title": "一"}}}, allow_unicode=True, sort_keys=False)
            (folder / "communities" / "seed.yaml").write_text(text, encoding="utf-8")
        text = yaml.safe_dump(project, allow_unicode=True, sort_keys=False)
        (folder / "groupform.yaml").write_text(text, encoding="utf-8")
        chain.write(place)
        return Life(chain, place, seat, proxy, nursery, database)

    async def run(
        self, *argv: str, pace: float = PACE, patience: float | None = None, dies: int | None = None
    ) -> Ended:
        """One process of the command line. It may be killed by the proxy."""

        def started(kill: Callable[[], None]) -> None:
            self.proxy.kill = kill

        environ = {"TOKEN": self.seat.token, "GROUPFORM_LANG": "en", "COLUMNS": "200", "TERM": "dumb"}
        # The tool's clock goes on where the process before this one has left it, whatever its pace was.
        since = time.time()
        believed = self.believed + (since - self.since) * min(pace, SLOW_PACE)
        ended = await self.nursery.run(
            Order(argv, str(self.place.folder), environ, since, believed, pace, patience, dies), started
        )
        self.since = time.time()
        self.believed = believed + (self.since - since) * pace
        self.proxy.kill = lambda: None
        assert "Traceback" not in ended.said, ended.said
        assert not list(self.place.folder.glob(".groupform/bug-*")), ended.said
        return ended

    async def enter(self, story: Story) -> None:
        """Edits the files, once it is known which state the story began with."""
        document = await self.document()
        self.place.serials[story.name] = document.serial if document is not None else 0
        story.begin(self.place)

    async def typed(self, story: Story, **more: Any) -> tuple[Ended, int]:
        """The story's commands one after the other, as far as they go well, and the durable writes they made."""
        writes, dies = 0, more.pop("dies", None)
        for each in story.commands(self.place):
            left = dies - writes if dies is not None and dies > writes else None
            ended = await self.run(*each.argv, dies=left, **more)
            writes += ended.writes
            already = ended.code == 1 and any(code in ended.err for code in each.already)
            if ended.code not in DONE and not already:
                break
        return ended, writes

    async def in_trouble(self, story: Story, points: list[Point]) -> list[tuple[Kind, int, str]]:
        """Runs the story until all that was to go wrong has, or no more of it does; returns what has.

        However a process ends, it is an answer and not a crash, and it is the truth; only a killed one says nothing.
        """
        kinds = {kind for kind, _ in points}
        dies = next((at for kind, at in points if kind is Kind.kill_write), None)
        strikes: dict[int, Kind] = {}
        for kind, at in points:
            if kind is not Kind.kill_write:
                strikes[next(n for n in range(at, at + len(points) + 1) if n not in strikes)] = kind
        self.proxy.arm(strikes)
        came: list[tuple[Kind, int, str]] = []
        while True:
            before = len(self.proxy.struck)
            patience = self.proxy.patience if kinds & TIMED else None
            pace = SLOW_PACE if kinds & TRAILING else PACE
            ended, _ = await self.typed(story, pace=pace, patience=patience, dies=dies)
            struck = self.proxy.struck[before:]
            killed = any(kind in KILLS for kind, _, _ in struck)
            if dies is not None and ended.code == -signal.SIGKILL and not killed:
                struck.append((Kind.kill_write, dies, "a durable write"))
                dies, killed = None, True
            came += struck
            assert (ended.code == -signal.SIGKILL) == killed, (ended, struck)
            assert killed or ended.code in (0, 1, 3, 4), ended
            assert killed or ended.said.strip(), "not a word"
            assert "apply-provider-defect" not in ended.said, ended.said
            assert not self.proxy.strayed, "a redirect was followed, with the token"
            if not struck or not (self.proxy.strikes or dies):
                break
        await self.proxy.calm()
        if ended.code in DONE:
            await self.planned_empty(story, None)
        return came

    async def again(self, story: Story, *, pace: float) -> None:
        """The same commands once more, or until the state of things no longer changes under their hands."""
        self.proxy.arm()
        for _ in range(OTHERS):
            ended, _ = await self.typed(story, pace=pace)
            if "apply-stale" not in ended.said:
                break
            self.tolerated += 1
        assert ended.code in DONE, ended

    async def planned_empty(self, story: Story, expected: list[str] | None) -> list[str]:
        """What a plan would do now: nothing, but for what is protected."""
        argv = ("plan", "--format", "json", "-d", self.place.deployment)
        ended = await self.run(*argv, *(("--destroy",) if story.destroys else ()))
        assert ended.code in DONE, ended
        plan = json.loads(ended.out)["deployments"][0]
        told = [f"{each['action']} {each['address'].replace(self.place.key, 'KEY')}" for each in plan["changes"]]
        assert all(each["protected"] for each in plan["changes"]), ("said to be done, and is not", told)
        wrong = {name: plan[name] for name in ("conflicts", "drift", "unreadable", "recovery") if plan.get(name)}
        assert not wrong, wrong
        assert expected is None or told == expected, told
        return told

    async def converged(self, story: Story, reference: Reference | None) -> tuple[Counts, list[str]]:
        """Nothing left to do, nothing twice, nothing lost. Returns what was counted, and what is protected."""
        kept = await self.planned_empty(story, reference.planned[story.name] if reference is not None else None)
        document = await self.document()
        assert document is not None
        assert not document.intents and document.progress is None
        found = census(self.database, self.seat.user_id)
        counted = found.counts(self.place.key)
        bound = {
            address.partition("/")[2]: each.id for address, each in document.bindings.items() if each.type in ROOMS
        }
        assert all(found.ids.get(uid) == room for uid, room in bound.items()), "bound to another room"
        lost = {uid for uid in self.ids if uid in bound and self.ids[uid] != bound[uid]}
        assert not lost, f"made anew: {lost}"
        if not story.destroys:
            forgotten = set(self.ids) - set(bound)
            there = {uid for uid, count in found.rooms.items() if uid and count > found.left[uid]} - forgotten
            assert there <= bound.keys(), f"lost: {there - bound.keys()}"
            self.ids = bound
        if reference is not None:
            expected = reference.counted[story.name]
            assert counted == expected, {name: (counted[name], expected[name]) for name in counted}
        return counted, kept

    async def document(self) -> Document | None:
        store = LocalStore(self.place.folder / ".groupform" / "state")
        return await store.read(StateKey(self.place.deployment, "default"))


async def lived(life: Life) -> Reference:
    """A life without any trouble."""
    found = Reference()
    for story in life.chain.stories:
        name = story.name
        await life.enter(story)
        life.proxy.arm()
        ended, found.writes[name] = await life.typed(story)
        assert ended.code in DONE, ended
        found.requests[name] = len(life.proxy.seen)
        found.counted[name], found.planned[name] = await life.converged(story, None)
    return found


async def troubled(life: Life, points: Mapping[str, list[Point]], reference: Reference) -> list[tuple[str, Kind]]:
    """A life with trouble in its stories. Returns what came of it, by story."""
    came: list[tuple[str, Kind]] = []
    for story in life.chain.stories:
        planned = points.get(story.name, [])
        struck: list[tuple[Kind, int, str]] = []
        try:
            await life.enter(story)
            if planned:
                struck = await life.in_trouble(story, planned)
            trailing = any(kind in TRAILING for kind, _ in planned)
            await life.again(story, pace=SLOW_PACE if trailing else PACE)
            await life.converged(story, reference)
        except BaseException as error:
            error.add_note(f"{life.chain.name}/{story.name}: to come {planned}, came {struck}, in {life.place.folder}")
            raise
        came += [(story.name, kind) for kind, _, _ in struck]
    return came
