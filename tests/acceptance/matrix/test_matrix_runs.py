"""Three runs of flash-sale on a real homeserver, opened, warmed up and closed by `calendar run` alone."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest

from acceptance.matrix.calendar_rig import MARK, CalendarDesk
from acceptance.matrix.test_matrix_calendar import DEATHS, SATURDAY, reborn
from acceptance.matrix.test_matrix_kills import _killed
from faults.extent import ALL
from groupform.calendar.report import CalendarReport
from groupform.commands.planning import Trouble
from groupform.commands.sending import send_one
from groupform.engine.world import World
from homeserver import Homeserver

pytestmark = [pytest.mark.anyio, pytest.mark.acceptance]

WEEK, HOURS = timedelta(weeks=1), timedelta(hours=4)
MOMENTS = (timedelta(minutes=1), timedelta(minutes=31), timedelta(hours=2, minutes=1), HOURS + timedelta(minutes=1))
"""After a run has begun: nothing, the two posts, and the end."""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class RunsDesk(CalendarDesk):
    """A desk on which only `calendar run` works, after the first apply."""

    @staticmethod
    def of(folder: Path, server: Homeserver, **more: Any) -> RunsDesk:
        made = CalendarDesk.example(folder, server, "flash-sale", **more)
        made.__class__ = RunsDesk
        assert isinstance(made, RunsDesk)
        made.time = SATURDAY - timedelta(hours=1)
        return made

    def world(self) -> World:
        async def sleep(seconds: float) -> None:
            # A create that was cut off goes on at the server: what the tool waits for has to pass for the server too.
            self.time += timedelta(seconds=seconds)
            await anyio.sleep(min(seconds, 0.5))

        return replace(super().world(), run="one", sleep=sleep)

    async def run(self) -> CalendarReport:
        project, deployment = self.load()
        found = await send_one(deployment, self.world(), project=project)
        assert not isinstance(found, Trouble), found
        return found

    def lives(self) -> dict[str, Life]:
        """Every room that was ever made for a run, by its day, as the server's own database has it."""
        found: dict[str, Life] = {}
        marked: dict[str, Life] = {}
        with closing(sqlite3.connect(f"file:{self.server.folder / 'homeserver.db'}?mode=ro", uri=True)) as database:
            rows = database.execute(_EVENTS).fetchall()
            inside = {room for (room,) in database.execute(_INSIDE, (self.server.user_id,))}
        for room, kind, text in rows:
            content = json.loads(text)["content"]
            uid = str(content.get("uid", ""))
            if kind == "org.groupform.owner" and content.get("deployment") == self.name and "/room.sale/" in uid:
                life = found.setdefault(uid.rpartition("/")[2], Life())
                life.rooms.add(room)
                life.ended = bool(content.get("ended"))
                life.inside = room in inside
                marked[room] = life
        for room, kind, text in rows:
            content = json.loads(text)["content"]
            if room not in marked:
                continue
            life = marked[room]
            if kind == "m.room.message" and MARK in content:
                life.posts[content[MARK]["mark"]] += 1
            elif kind == "m.room.message" and "m.relates_to" not in content:
                life.notices += 1
            elif kind == "m.room.power_levels":
                life.silent = content.get("events_default", 0) >= 50
        return found

    def whole(self, runs: int, *, open_: int = 1) -> None:
        """So many runs had one room each, with its notice and both posts, and are closed; the next one is open."""
        lives = self.lives()
        days = sorted(lives)
        assert len(days) == runs + open_, lives
        for day in days:
            assert len(lives[day].rooms) == 1, (day, lives[day])
            assert lives[day].notices == 1, (day, lives[day])
        for day in days[:runs]:
            life = lives[day]
            assert sorted(life.posts.values()) == [1, 1], (day, life)
            assert (life.ended, life.inside, life.silent) == (True, False, True), (day, life)
        for day in days[runs:]:
            assert not lives[day].posts and lives[day].inside and not lives[day].ended


@dataclass
class Life:
    """What the server's database knows of one run's group."""

    rooms: set[str] = field(default_factory=set)
    posts: Counter[str] = field(default_factory=Counter)
    notices: int = 0
    ended: bool = False
    inside: bool = False
    silent: bool = False


_EVENTS = """
    SELECT e.room_id, e.type, j.json FROM events e JOIN event_json j ON j.event_id = e.event_id
    WHERE e.rejection_reason IS NULL AND e.type IN ('org.groupform.owner', 'm.room.message', 'm.room.power_levels')
    ORDER BY e.stream_ordering
"""
_INSIDE = "SELECT room_id FROM local_current_membership WHERE user_id = ? AND membership = 'join'"


async def begun(folder: Path, server: Homeserver) -> RunsDesk:
    desk = RunsDesk.of(folder, server)
    await desk.apply()
    assert (await desk.run()).turned is None, "all is there already"
    return desk


def ways(report: CalendarReport) -> list[tuple[str, str]]:
    assert report.turned is not None
    return [(each.way.value, each.run) for each in report.turned.turns]


async def test_three_runs(tmp_path: Path, homeserver: Homeserver) -> None:
    desk = await begun(tmp_path, homeserver)
    for week in range(3):
        start = SATURDAY + week * WEEK
        for moment in MOMENTS:
            desk.time = start + moment
            report = await desk.run()
            assert report.exit_code == 0, (report.turned, report.told)
            if moment < HOURS:
                assert report.turned is None
                assert {each.outcome for each in report.told} <= {"sent"}
            else:
                day, after = (start + each for each in (timedelta(), WEEK))
                assert ways(report) == [("closes", f"{day:%Y-%m-%d}"), ("opens", f"{after:%Y-%m-%d}")]
            again = await desk.run()
            assert again.turned is None and not again.told and again.exit_code == 0
    desk.whole(3)
    assert (await desk.plan()).empty, "what it did is what an apply would have done"


async def dies(desk: RunsDesk) -> bool:
    try:
        found = await desk.run()
        assert found.exit_code == 0, found
    except BaseException as error:
        if _killed(error):
            return True
        raise
    return False


async def tormented(desk: RunsDesk, death: str, first: int = 1, step: int = 1) -> int:
    """Runs, dying at a first point, then at a later one, until a run lives to its end. Returns how often it died."""
    point, died = first, 0
    while True:
        reborn(desk, death, point)
        if not await dies(desk):
            reborn(desk)
            return died
        point, died = point + step, died + 1


@pytest.mark.parametrize("deaths", [DEATHS, *(((each,) for each in DEATHS) if ALL else ())], ids="-".join)
async def test_three_runs_killed_everywhere(tmp_path: Path, homeserver: Homeserver, deaths: Sequence[str]) -> None:
    desk = await begun(tmp_path, homeserver)
    died, number = 0, 0
    for week in range(3):
        for moment in MOMENTS:
            desk.time = SATURDAY + week * WEEK + moment
            # The first runs die at other points than the next: together they see them all, or a sample of them.
            step = 1 if ALL else 6
            died += await tormented(desk, deaths[(number + week) % len(deaths)], 1 if ALL else week + 1, step)
            number += 1
            after = await desk.run()
            assert after.turned is None and not after.told, (after.turned, after.told)
    print(f"deaths: {died}")
    assert died >= (60 if ALL else 10)
    desk.whole(3)
    assert (await desk.plan()).empty
