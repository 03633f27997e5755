"""Three runs of flash-sale on a real homeserver, opened, warmed up and closed by `calendar run` alone."""

from __future__ import annotations

import json
import socket
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import anyio
import httpx
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
            # The first runs die at other points than the next: together they see them all, or every fourth of them.
            step = 1 if ALL else 12
            died += await tormented(desk, deaths[(number + week) % len(deaths)], 1 if ALL else 4 * week + 1, step)
            number += 1
            after = await desk.run()
            assert after.turned is None and not after.told, (after.turned, after.told)
    print(f"deaths: {died}")
    assert died >= (60 if ALL else 10)
    desk.whole(3)
    assert (await desk.plan()).empty


async def test_several_runners_at_once(tmp_path: Path, homeserver: Homeserver) -> None:
    desk = await begun(tmp_path, homeserver)
    busy = 0
    for week in range(2):
        for moment in MOMENTS:
            desk.time = SATURDAY + week * WEEK + moment
            reports: list[CalendarReport] = []

            async def one(found: list[CalendarReport] = reports) -> None:
                found.append(await desk.run())

            async with anyio.create_task_group() as group:
                for _ in range(3):
                    group.start_soon(one)
            assert all(each.exit_code == 0 for each in reports), reports
            turned = [each.turned for each in reports if each.turned is not None]
            busy += sum(each.busy is not None for each in turned)
            assert sum(bool(each.turns) for each in turned) == (moment > HOURS)
    assert busy
    desk.whole(2)


@contextmanager
def held(port: int) -> Iterator[None]:
    """Keeps a port that nobody listens on from another test's server, which may look for a free one at this moment."""
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", port))
        yield


async def test_a_server_that_is_away_over_an_end_and_an_opening(tmp_path: Path, fresh_homeserver: Homeserver) -> None:
    server = fresh_homeserver
    desk = RunsDesk.of(tmp_path / "project", server, max_wait=1.0)
    await desk.apply()
    for moment in MOMENTS[:3]:
        desk.time = SATURDAY + moment
        assert (await desk.run()).exit_code == 0
    server.kill()
    with held(server.running.port):
        for hours in (4, 5, 30, 24 * 7 - 1):
            desk.time = SATURDAY + timedelta(hours=hours, minutes=1)
            reborn(desk)
            assert (await desk.run()).exit_code == 4
    server.restart()
    reborn(desk)
    # The second run began three quarters of an hour ago: it is opened late, and its first post is still in time.
    desk.time = SATURDAY + WEEK + timedelta(minutes=45)
    report = await desk.run()
    assert report.exit_code == 0, report
    assert ways(report) == [("closes", "2026-12-05"), ("opens", "2026-12-12")]
    assert [(each.item, each.outcome) for each in report.told] == [("warm-up", "sent")]
    for moment in MOMENTS[2:]:
        desk.time = SATURDAY + WEEK + moment
        assert (await desk.run()).exit_code == 0
    desk.whole(2)


async def test_people_inside_stay_and_may_not_write_any_more(tmp_path: Path, homeserver: Homeserver) -> None:
    desk = await begun(tmp_path, homeserver)
    [room] = desk.lives()["2026-12-05"].rooms
    guest = homeserver.person("guest")
    guest.join(await desk.id(f"space.{desk.key}"))
    guest.join(room)
    guest.send(room, "到了")
    desk.time = SATURDAY + MOMENTS[-1]
    assert (await desk.run()).turned is not None
    assert guest.members(room)[guest.user_id] == "join"
    with pytest.raises(httpx.HTTPStatusError):
        guest.send(room, "还在吗")
    assert guest.call("GET", f"/rooms/{room}/messages", dir="b", limit="20")["chunk"], "what was said stays"
