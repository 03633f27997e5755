"""A month of pet-club and three runs of flash-sale on a real homeserver: each post exactly once, or reported.

The clock is simulated. The process is killed before or after every request and at every durable write, one kill after
the other in one life; under GROUPFORM_FAULTS=all each kind of death has a month of its own, and each of its points a
life of its own.
"""

from __future__ import annotations

import shutil
import uuid
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import anyio
import pytest

from acceptance.matrix.calendar_rig import MARK, CalendarDesk, marks
from acceptance.matrix.test_matrix_kills import Deadly, Killed, _killed
from faults.extent import ALL
from groupform.calendar.report import CalendarReport
from groupform.providers.matrix.provider import MatrixProvider
from groupform.sandbox.accounts import password
from groupform.sandbox.folder import Folder
from groupform.state.local import LocalStore
from homeserver import Homeserver

pytestmark = [pytest.mark.anyio, pytest.mark.acceptance]

BEGIN = datetime(2026, 12, 1, 2, 0, tzinfo=UTC)
MONTH = timedelta(days=31)
SATURDAY = datetime(2026, 12, 5, 10, 0, tzinfo=UTC)
"""18:00 in Shanghai, when the first run of flash-sale begins."""
DEATHS = ("before", "after", "write")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Steps:
    """Counts the durable writes of a process, which dies at one of them."""

    def __init__(self) -> None:
        self.at: int | None = None
        self.count = 0
        self.dead = False

    def __call__(self, name: str) -> None:
        self.count += 1
        if self.dead or self.count == self.at:
            self.dead = True
            raise Killed


def reborn(desk: CalendarDesk, death: str = "", point: int | None = None) -> None:
    """The next process: nothing of the last one's memory is left, and it may die in its turn, at a point."""
    deadly, steps = Deadly(), Steps()
    deadly.arm(point if death in ("before", "after") else None, after=death == "after")
    steps.at = point if death == "write" else None
    desk.provider = MatrixProvider(deadly)
    desk.store = LocalStore(desk.folder / "state", step=steps)


async def dies(desk: CalendarDesk) -> bool:
    try:
        await desk.run()
    except BaseException as error:
        if _killed(error):
            return True
        raise
    return False


async def tormented(desk: CalendarDesk, death: str) -> int:
    """Runs, dying at the first point, then at the second, until a run lives to its end. Returns how often it died."""
    point = 1
    while True:
        reborn(desk, death, point)
        if not await dies(desk):
            reborn(desk)
            return point - 1
        point += 1


async def begun(tmp_path: Path, server: Homeserver, name: str, time: datetime) -> CalendarDesk:
    desk = CalendarDesk.example(tmp_path / name, server, name)
    desk.time = time
    await desk.apply()
    await desk.run()
    return desk


async def exactly_once(desk: CalendarDesk, since: datetime, until: datetime) -> int:
    """Every post of the calendar is in its room, once; nothing else is, and the ledger says the same."""
    wanted, posted = await desk.wanted(since, until), await desk.posted()
    assert posted == wanted, (posted - wanted, wanted - posted)
    assert {each.outcome for each in (await desk.ledger()).sends.values()} == {"sent"}
    return posted.total()


async def lived(desk: CalendarDesk, until: datetime, deaths: Sequence[str]) -> int:
    """The time up to `until`, a moment after another, dying at each of them. Returns how often it died."""
    died = 0
    for number, moment in enumerate(await desk.moments(desk.time, until)):
        desk.time = moment + timedelta(minutes=1)
        died += await tormented(desk, deaths[number % len(deaths)])
        assert not (await desk.run()).told, "it was all done, and yet there is something to say"
    return died


@pytest.mark.parametrize("deaths", [DEATHS, *(((each,) for each in DEATHS) if ALL else ())], ids="-".join)
async def test_a_month_of_pet_club_killed_everywhere(
    tmp_path: Path, homeserver: Homeserver, deaths: Sequence[str]
) -> None:
    desk = await begun(tmp_path, homeserver, "pet-club", BEGIN)
    died = await lived(desk, BEGIN + MONTH, deaths)
    count = await exactly_once(desk, BEGIN, BEGIN + MONTH)
    print(f"posts: {count}, deaths: {died}")
    assert count == 23 and died >= 20


@pytest.mark.parametrize("deaths", [DEATHS, *(((each,) for each in DEATHS) if ALL else ())], ids="-".join)
async def test_three_runs_of_flash_sale_killed_everywhere(
    tmp_path: Path, homeserver: Homeserver, deaths: Sequence[str]
) -> None:
    total = 0
    desk = await begun(tmp_path, homeserver, "flash-sale", SATURDAY - timedelta(hours=1))
    for week in range(3):
        start = SATURDAY + timedelta(weeks=week)
        desk.time = start
        reborn(desk)
        await desk.apply()
        assert await lived(desk, start + timedelta(hours=4), deaths)
        total += await exactly_once(desk, start, start + timedelta(hours=4))
        # The run is over: the next one's groups take the place of these, which are let go.
    assert total == 6


# A life for each point takes hours: it is part of the whole suite, and no part of the sample.
if ALL:

    @pytest.mark.parametrize("death", DEATHS)
    async def test_one_death_a_life(tmp_path: Path, homeserver: Homeserver, death: str) -> None:
        point, died = 1, True
        while died:
            desk = await begun(tmp_path / str(point), homeserver, "flash-sale", SATURDAY)
            desk.time = SATURDAY + timedelta(minutes=31)
            reborn(desk, death, point)
            died = await dies(desk)
            reborn(desk)
            desk.time += timedelta(minutes=5)
            await desk.run()
            assert await exactly_once(desk, SATURDAY, desk.time) == 1, (death, point)
            point += 1
        assert point > 3


async def test_two_runners_at_once(tmp_path: Path, homeserver: Homeserver) -> None:
    desk = await begun(tmp_path, homeserver, "pet-club", BEGIN)
    desk.community.pop("compliance")  # whom its lists are asked of is told as well; here only the posts count
    busy = 0
    for moment in (await desk.moments(BEGIN, BEGIN + MONTH))[:3]:
        desk.time = moment
        reports: list[CalendarReport] = []

        async def one(found: list[CalendarReport] = reports) -> None:
            found.append(await desk.run())

        async with anyio.create_task_group() as group:
            for _ in range(3):
                group.start_soon(one)
        assert all(each.exit_code == 0 for each in reports), reports
        busy += sum(each.busy is not None for each in reports)
    assert busy >= 3
    await exactly_once(desk, BEGIN, desk.time + timedelta(minutes=1))


async def test_a_server_that_is_away_for_a_day(tmp_path: Path, fresh_homeserver: Homeserver) -> None:
    server = fresh_homeserver
    desk = CalendarDesk.example(tmp_path / "project", server, "pet-club")
    desk.time = BEGIN
    desk.max_wait = 1.0
    desk.community["calendar"] = {
        key: {
            "title": key,
            "kind": "reminder",
            "when": {"daily": "true", "at": at},
            "to": ["lobby", "notices"],
            "post": {"text": f"{key}，{{group}}"},
        }
        for key, at in (("morning", "09:00"), ("noon", "12:30"), ("evening", "20:00"))
    }
    desk.community["sending"] = {"missed": {"within": "2h"}}
    desk.community.pop("compliance")
    await desk.apply()
    assert (await desk.run()).exit_code == 0, "this morning's was an hour ago, which is not too late"
    evening = datetime(2026, 12, 2, 12, 0, tzinfo=UTC)
    desk.time = evening + timedelta(minutes=1)
    assert (await desk.run()).exit_code == 3, "nobody ran it for a day"
    server.kill()
    codes = set()
    for hours in (1, 5, 9, 13, 14, 17, 21):
        desk.time = evening + timedelta(hours=hours, minutes=5)
        reborn(desk)
        codes.add((await desk.run()).exit_code)
    assert codes == {0, 3, 4}, "nothing due, missed, out of reach"
    server.restart()
    reborn(desk)
    desk.time = evening + timedelta(days=1, minutes=31)
    report = await desk.run()
    assert [each.item for each in report.told if each.outcome == "sent"] == ["evening", "evening"]
    ledger = await desk.ledger()
    by_outcome = Counter(each.outcome for each in ledger.sends.values())
    assert by_outcome == {"sent": 6, "missed": 12}
    # What was missed is not there, what was sent is there once, and every post was one of the two.
    posted = await desk.posted()
    assert posted == {each.mark: 1 for each in ledger.sends.values() if each.outcome == "sent"}
    assert {each.mark for each in ledger.sends.values()} == set(
        await desk.wanted(BEGIN - timedelta(hours=2), desk.time)
    )
    assert not (await desk.run()).told, "reported once"


async def half_sent(desk: CalendarDesk) -> datetime:
    """One run of flash-sale whose first post is announced and sent, and whose process dies before it hears of it."""
    desk.time = SATURDAY + timedelta(minutes=31)
    reborn(desk, "after", 2)  # the first request asks who we are
    assert await dies(desk)
    assert [each.outcome for each in (await desk.ledger()).sends.values()] == ["announced"]
    reborn(desk)
    return desk.time


def another_device(server: Homeserver) -> str:
    """A token of the tool's account for another device: to the server, none of its transactions is a known one."""
    settings = Folder(server.folder).settings()
    assert settings is not None
    name = server.user_id[1:].partition(":")[0]
    body = {
        "type": "m.login.password",
        "identifier": {"type": "m.id.user", "user": name},
        "password": password(settings, name),
        "device_id": f"other-{uuid.uuid4().hex[:6]}",
    }
    return str(server.operator.call("POST", "/login", body)["access_token"])


async def test_a_day_later_the_transaction_is_forgotten_and_the_post_is_found(
    tmp_path: Path, homeserver: Homeserver
) -> None:
    desk = await begun(tmp_path, homeserver, "flash-sale", SATURDAY)
    desk.community["sending"] = {"missed": "send"}
    await half_sent(desk)
    desk.token = another_device(homeserver)
    desk.time += timedelta(hours=2)
    report = await desk.run()
    assert {each.outcome for each in report.told} == {"sent"}
    await exactly_once(desk, SATURDAY, desk.time)


async def test_what_never_arrived_is_sent_by_another_device(tmp_path: Path, homeserver: Homeserver) -> None:
    desk = await begun(tmp_path, homeserver, "flash-sale", SATURDAY)
    desk.time = SATURDAY + timedelta(minutes=31)
    reborn(desk, "before", 2)
    assert await dies(desk)
    reborn(desk)
    desk.token = another_device(homeserver)
    before = desk.time
    report = await desk.run()
    assert [each.outcome for each in report.told] == ["sent"]
    assert desk.time - before >= timedelta(seconds=29), "it might still have appeared"
    await exactly_once(desk, SATURDAY, desk.time)


async def test_a_post_that_was_removed_meanwhile_is_reported_and_never_sent_again(
    tmp_path: Path, homeserver: Homeserver
) -> None:
    desk = await begun(tmp_path, homeserver, "flash-sale", SATURDAY)
    await half_sent(desk)
    room = next(each.id for each in (await desk.document()).bindings.values() if each.type == "room")
    page = homeserver.operator.call("GET", f"/rooms/{room}/messages", dir="b", limit="50")["chunk"]
    event = next(each["event_id"] for each in page if MARK in each["content"])
    homeserver.operator.call("PUT", f"/rooms/{room}/redact/{event}/x", {})
    desk.token = another_device(homeserver)
    report = await desk.run()
    assert [(each.outcome, each.code) for each in report.told] == [("unknown", "matrix-post-redacted")]
    assert report.exit_code == 3
    assert not (await desk.run()).told and not await desk.posted()


async def test_a_ledger_that_was_lost_costs_no_second_post(tmp_path: Path, homeserver: Homeserver) -> None:
    desk = await begun(tmp_path, homeserver, "flash-sale", SATURDAY)
    desk.time = SATURDAY + timedelta(minutes=31)
    assert [each.outcome for each in (await desk.run()).told] == ["sent"]
    shutil.rmtree(next((desk.folder / "state").glob("*/*.sends")))
    desk.time += timedelta(minutes=5)
    assert not (await desk.run()).told
    assert await exactly_once(desk, SATURDAY, desk.time) == 1


async def test_a_room_that_does_not_let_us_is_tried_again_until_it_is_too_late(
    tmp_path: Path, homeserver: Homeserver
) -> None:
    desk = await begun(tmp_path, homeserver, "flash-sale", SATURDAY)
    desk.community["sending"] = {"missed": {"within": "20m"}}
    room = next(each.id for each in (await desk.document()).bindings.values() if each.type == "room")
    homeserver.operator.leave(room)
    for minutes, outcomes in ((31, ["open"]), (40, ["open"]), (55, ["missed"]), (56, [])):
        desk.time = SATURDAY + timedelta(minutes=minutes)
        report = await desk.run()
        assert [each.outcome for each in report.told] == outcomes
    assert not await desk.posted()


async def test_a_deployment_under_a_new_name_sends_nothing_twice(tmp_path: Path, homeserver: Homeserver) -> None:
    desk = await begun(tmp_path, homeserver, "flash-sale", SATURDAY)
    desk.time = SATURDAY + timedelta(minutes=31)
    assert [each.outcome for each in (await desk.run()).told] == ["sent"]
    room = next(each.id for each in (await desk.document()).bindings.values() if each.type == "room")
    desk.deployment["previously"] = [desk.name]
    desk.name = f"{desk.name}-neu"
    assert not (await desk.run()).told
    desk.time = SATURDAY + timedelta(hours=2, minutes=1)
    assert [each.item for each in (await desk.run()).told] == ["go"]
    assert len((await desk.ledger()).sends) == 2
    assert set(Counter(marks(homeserver.operator, room)).values()) == {1}
