"""The command itself, as cron calls it, in processes of its own: two at once, and killed for good at every request."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import anyio
import pytest

from acceptance.matrix.calendar_rig import marks
from commands.matrix_desk import Desk
from faults.nursery import Ended, Nursery, Order, nursery
from faults.proxy import Kind, Proxy, before
from homeserver import Homeserver

pytestmark = [pytest.mark.anyio, pytest.mark.acceptance]

T = TypeVar("T")
EIGHT = datetime(2026, 12, 2, 12, 0, tzinfo=UTC)
CALENDAR = """\
calendar:
  tips:
    {title: 干货, kind: article, when: {daily: yes, at: "20:00"}, to: [lobby, plaza], post: {text: "**{group}** 好"}}
"""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def apart(work: Callable[..., T], *given: Any) -> T:
    """Runs what begins a loop of its own in a thread that knows of none (a copied context would)."""
    return await asyncio.get_running_loop().run_in_executor(None, partial(work, *given))


class Cron:
    """Calls the command at times of its choosing."""

    def __init__(self, desk: Desk, home: Nursery) -> None:
        self.desk, self.home = desk, home

    async def __call__(
        self,
        now: datetime,
        *more: str,
        server: str | None = None,
        started: Callable[[Callable[[], None]], None] = lambda kill: None,
    ) -> Ended:
        environ = {**self.desk.environ, "GROUPFORM_LANG": "en", "COLUMNS": "120", "TERM": "dumb"}
        environ |= {"MATRIX_HOMESERVER": server} if server else {}
        argv = ("calendar", "run", *more)
        order = Order(argv, str(self.desk.home), environ, since=time.time(), believed=now.timestamp())
        return await self.home.run(order, started)


def begun(tmp_path: Path, server: Homeserver) -> Desk:
    desk = Desk(tmp_path, server)
    file = desk.home / "club.yaml"
    file.write_text(file.read_text(encoding="utf-8") + CALENDAR, encoding="utf-8")
    return desk.applied()


def posted(desk: Desk, server: Homeserver) -> Counter[str]:
    rooms = [each["id"] for each in desk.state()["bindings"].values() if each["type"] == "room"]
    assert len(rooms) == 2
    return Counter(mark for room in rooms for mark in marks(server.operator, room))


async def test_two_processes_at_once_send_it_once(tmp_path: Path, homeserver: Homeserver) -> None:
    desk = await apart(begun, tmp_path / "project", homeserver)
    async with nursery(tmp_path / "nursery") as home:
        cron = Cron(desk, home)
        quiet = await cron(EIGHT - timedelta(hours=8))
        assert (quiet.code, quiet.said) == (0, ""), "nothing is due: not a word"
        for day in range(3):
            ended: list[Ended] = []

            async def one(at: datetime = EIGHT + timedelta(days=day), into: list[Ended] = ended) -> None:
                into.append(await cron(at))

            async with anyio.create_task_group() as group:
                for _ in range(2):
                    group.start_soon(one)
            assert all(each.code == 0 for each in ended), [each.said for each in ended]
            said = [each for each in ended if "✓ 干货" in each.out or "ok 干货" in each.out]
            assert len(said) == 1, [each.said for each in ended]
            found = await apart(posted, desk, homeserver)
            assert found.total() == len(found) == 2 * (day + 1)


async def test_killed_for_good_at_each_request(tmp_path: Path, homeserver: Homeserver) -> None:
    desk = await apart(begun, tmp_path / "project", homeserver)
    async with nursery(tmp_path / "nursery") as home, before(homeserver.base_url, patience=1.0) as proxy:
        cron = Cron(desk, home)
        await cron(EIGHT - timedelta(hours=8))
        day, killed = 0, 0
        for kind in (Kind.kill_before, Kind.kill_after):
            for request in (1, 2, 3):
                now = EIGHT + timedelta(days=day)
                proxy.arm({request: kind})
                ended = await cron(now, server=proxy.base_url, started=_into(proxy))
                killed += ended.code < 0
                await proxy.calm()
                again = await cron(now + timedelta(minutes=5))
                assert again.code == 0, again.said
                day += 1
                found = await apart(posted, desk, homeserver)
                assert found.total() == len(found) == 2 * day, (kind, request)
        assert killed == 6


def _into(proxy: Proxy) -> Callable[[Callable[[], None]], None]:
    def started(kill: Callable[[], None]) -> None:
        proxy.kill = kill

    return started


async def test_out_of_reach_and_a_preview(tmp_path: Path, homeserver: Homeserver) -> None:
    desk = await apart(begun, tmp_path / "project", homeserver)
    async with nursery(tmp_path / "nursery") as home:
        cron = Cron(desk, home)
        away = await cron(EIGHT, "--max-wait", "1s", server="http://127.0.0.1:9")
        assert away.code == 4 and "Traceback" not in away.said
        planned = await cron(EIGHT, "--dry-run")
        assert planned.code == 0 and "would be sent: 干货 (2026-12-02 20:00) " in planned.out
        assert not await apart(posted, desk, homeserver)
    shown = await apart(desk.run, "post", "preview", "tips", "--to", "plaza")
    assert shown.code == 0, shown.err
    plaza = (await apart(desk.state))["bindings"][f"{desk.name}/room.plaza"]["id"]
    page = homeserver.operator.call("GET", f"/rooms/{plaza}/messages", dir="b", limit="5")["chunk"]
    (message,) = (each["content"] for each in page if "formatted_body" in each["content"] and "广场" in str(each))
    assert message["formatted_body"] == "<p><strong>广场</strong> 好</p>"
    assert message["m.mentions"] == {}


RUNS = 'runs: {every: {weekly: [sat], at: "18:00"}, from: 2026-12-05, lasts: 4h, then: dissolve}\n'
SALE = "  sale: {title: '闪购 {run}'}\n"
START = """\
calendar:
  start: {title: 开场, kind: article, when: {after: run_started}, to: [sale], post: {text: 开始了}}
"""
SATURDAY = datetime(2026, 12, 5, 10, 0, tzinfo=UTC)


def flashed(tmp_path: Path, server: Homeserver) -> Desk:
    """A club one of whose groups comes and goes."""
    desk = Desk(tmp_path, server)
    file = desk.home / "club.yaml"
    text = file.read_text(encoding="utf-8")
    text = "".join(each for each in text.splitlines(keepends=True) if not each.startswith(("runs:", "timezone:")))
    text = text.replace("groups:\n", f"{RUNS}timezone: Asia/Shanghai\ngroups:\n").replace("  lobby:", f"{SALE}  lobby:")
    file.write_text(text + START, encoding="utf-8")
    return desk


def bound(desk: Desk) -> dict[str, str]:
    found = desk.state()["bindings"].items()
    return {address.partition("sale/")[2]: each["id"] for address, each in found if "/room.sale/" in address}


async def test_runs_are_opened_and_closed_by_the_command_itself(tmp_path: Path, homeserver: Homeserver) -> None:
    desk = await apart(flashed, tmp_path / "project", homeserver)
    async with nursery(tmp_path / "nursery") as home, before(homeserver.base_url, patience=1.0) as proxy:
        cron = Cron(desk, home)
        waits = await cron(SATURDAY - timedelta(days=1))
        assert waits.code == 3 and "there is more to change than that" in waits.out, "nothing was ever applied"
        environ = {**desk.environ, "GROUPFORM_LANG": "en", "COLUMNS": "120", "TERM": "dumb"}
        argv, at = ("apply", "--yes"), (SATURDAY - timedelta(days=1)).timestamp()
        applied = await home.run(Order(argv, str(desk.home), environ, since=time.time(), believed=at))
        assert applied.code == 0, applied.said
        first = await apart(bound, desk)
        assert [*first] == ["2026-12-05"]
        started = await cron(SATURDAY + timedelta(minutes=5))
        assert started.code == 0 and "开场" in started.out, started.said
        for kind, request in ((Kind.kill_before, 12), (Kind.kill_after, 30)):
            proxy.arm({request: kind})
            killed = await cron(SATURDAY + timedelta(hours=5), server=proxy.base_url, started=_into(proxy))
            await proxy.calm()
            assert killed.code < 0, killed.said
        ended: list[Ended] = []

        async def one() -> None:
            ended.append(await cron(SATURDAY + timedelta(hours=5, minutes=1)))

        async with anyio.create_task_group() as group:
            for _ in range(2):
                group.start_soon(one)
        assert all(each.code == 0 for each in ended), [each.said for each in ended]
        second = await apart(bound, desk)
        assert [*second] == ["2026-12-12"]
        started = await cron(SATURDAY + timedelta(days=7, minutes=5))
        assert started.code == 0 and "开场" in started.out, started.said
        assert len(list(marks(homeserver.operator, second["2026-12-12"]))) == 1
        sales = [room for room in await apart(homeserver.operator.joined_rooms) if _is_sale(desk, homeserver, room)]
        assert sales == [second["2026-12-12"]], "one group for one run, and the last one is left"


def _is_sale(desk: Desk, server: Homeserver, room: str) -> bool:
    marked = (str(each["content"]) for each in server.operator.state(room) if each["type"] == "org.groupform.owner")
    return any(desk.name in each and "room.sale/" in each for each in marked)
