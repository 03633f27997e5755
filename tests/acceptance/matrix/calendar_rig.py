"""A deployment whose calendar is run under a clock that a test moves, on a real homeserver; what was posted there."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import yaml

from acceptance.matrix.rig import EXAMPLES, PEOPLE, Desk
from groupform.calendar.agenda import agenda
from groupform.calendar.due import events_of, mark_of, places_of, spelled
from groupform.calendar.report import CalendarReport
from groupform.calendar.running import run_calendar
from groupform.config.load import load_project
from groupform.config.project import Project, ResolvedDeployment
from groupform.engine.world import World
from groupform.state.document import Document
from groupform.state.ledger import send_key
from groupform.state.store import StateKey
from homeserver import Homeserver

MARK = "org.groupform.post"


class CalendarDesk(Desk):
    """`time` is what the tool believes it is. What it sleeps passes at once."""

    time: datetime = datetime(2026, 12, 1, tzinfo=UTC)

    @staticmethod
    def example(folder: Path, server: Homeserver, name: str, **more: Any) -> CalendarDesk:
        """A copy of an example's community, with everybody it names registered."""
        shutil.copytree(EXAMPLES / name / "communities", folder, dirs_exist_ok=True)
        text = (folder / f"{name}.yaml").read_text(encoding="utf-8")
        for person in PEOPLE.values():
            server.register(person)
        return CalendarDesk(folder, server, yaml.load(text, Loader=yaml.BaseLoader), **more)

    def world(self) -> World:
        async def sleep(seconds: float) -> None:
            self.time += timedelta(seconds=seconds)
            await anyio.sleep(0.01)

        return World(
            store=self.store,
            providers={"matrix": self.provider},
            now=lambda: self.time,
            sleep=sleep,
            who="tester@here",
            command="calendar run",
            version="0",
            max_wait=self.max_wait,
        )

    def load(self) -> tuple[Project, ResolvedDeployment]:
        super().load()
        loaded = load_project(self.folder, environ={"TOKEN": self.token}, now=self.time, platforms=("matrix",))
        assert loaded.project is not None, [(each.code, dict(each.params)) for each in loaded.diagnostics]
        deployment = loaded.project.deployment(self.name)
        assert deployment is not None
        return loaded.project, deployment

    async def run(self) -> CalendarReport:
        """`groupform calendar run`, now."""
        return await run_calendar(self.load()[1], self.world())

    async def ledger(self) -> Document:
        _, deployment = self.load()
        found = await self.store.read(StateKey(deployment.name, deployment.environment).ledger)
        assert found is not None
        return found

    async def wanted(self, since: datetime, until: datetime) -> Counter[str]:
        """The mark of every post that the calendar has in this time, in groups that are there."""
        _, deployment = self.load()
        state = await self.document()
        places = places_of(state, "room")
        found: Counter[str] = Counter()
        for each in agenda(deployment, since, until, events_of(state, "room")):
            for target in places.get(each.target, {}) if each.model.post is not None else ():
                found[mark_of(deployment.environment, send_key(each.calendar, spelled(each.scheduled), target))] += 1
        return found

    async def moments(self, since: datetime, until: datetime) -> list[datetime]:
        """When posts are due, each moment once."""
        _, deployment = self.load()
        found = agenda(deployment, since, until, events_of(await self.document(), "room"))
        return sorted({each.due for each in found if each.model.post is not None})

    async def posted(self) -> Counter[str]:
        """Every post that is in the rooms, by its mark; told by the server's account, not by the tool."""
        found: Counter[str] = Counter()
        for binding in (await self.document()).bindings.values():
            if binding.type == "room":
                found.update(marks(self.server.operator, binding.id))
        return found


def marks(keeper: Any, room: str) -> Iterator[str]:
    """The marks of the posts in a room, the newest first, each as often as it is there."""
    after: dict[str, str] = {}
    while True:
        page = keeper.call("GET", f"/rooms/{room}/messages", dir="b", limit="100", **after)
        for each in page["chunk"]:
            if each["type"] == "m.room.message" and MARK in each["content"]:
                yield str(each["content"][MARK]["mark"])
        if "end" not in page or not page["chunk"]:
            return
        after = {"from": page["end"]}
