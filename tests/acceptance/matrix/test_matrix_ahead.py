"""Posts left with a real homeserver that sends by itself: sent by it at their time, taken back when they change, and
exactly once, whatever dies when. The server's clock is the world's: what is left here waits for seconds."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest

from acceptance.matrix.calendar_rig import CalendarDesk
from acceptance.matrix.test_matrix_calendar import DEATHS, exactly_once, reborn, tormented
from groupform.calendar import ahead
from groupform.engine.planning import session_context
from groupform.providers.matrix.session import MatrixSession
from groupform.sandbox import configuration
from homeserver import Homeserver, serve

pytestmark = [pytest.mark.anyio, pytest.mark.acceptance]

EIGHT = datetime(2026, 12, 2, 12, 0, tzinfo=UTC)
COMMUNITY: dict[str, Any] = {
    "community": "club",
    "title": "宠友之家",
    "timezone": "Asia/Shanghai",
    "team": {"owner": "lead"},
    "entry": {"door": "open"},
    "groups": {"lobby": {"title": "大厅"}, "plaza": {"title": "广场"}},
    "sending": {"ahead": "1h"},
    "calendar": {
        "tips": {
            **{"title": "干货", "kind": "article", "to": ["lobby", "plaza"]},
            **{"when": {"daily": "yes", "at": "20:00"}, "post": {"text": "**{group}** 好"}},
        }
    },
}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def later_homeserver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Homeserver]:
    """Synapse with delayed events switched on, as its administrator would."""
    usual = configuration.homeserver
    with ExitStack() as stack:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(
                configuration, "homeserver", lambda *given: {**usual(*given), "max_event_delay_duration": "7d"}
            )
            server = stack.enter_context(serve(tmp_path_factory.mktemp("later") / "sandbox"))
        yield server


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "SOON", timedelta(seconds=1))
    monkeypatch.setattr(MatrixSession, "settles", 2.0)


async def begun(folder: Path, server: Homeserver) -> CalendarDesk:
    """A desk whose groups are there, and whose calendar has been run a day before."""
    for person in ("lead", "host", "ops"):
        server.register(person)
    desk = CalendarDesk(folder, server, COMMUNITY)
    desk.time = EIGHT - timedelta(hours=20)
    await desk.apply()
    await desk.run()
    return desk


def outcomes(report: Any) -> list[tuple[str, str]]:
    return sorted((each.outcome, each.target) for each in report.told)


async def waiting(desk: CalendarDesk) -> list[str]:
    """The words of what waits on the server for the desk's groups, as the server tells."""
    rooms = {each.id for each in (await desk.document()).bindings.values()}
    said = desk.server.operator.call("GET", "/_matrix/client/unstable/org.matrix.msc4140/delayed_events")
    return sorted(each["content"]["body"] for each in said["delayed_events"] if each["room_id"] in rooms)


async def until_sent(desk: CalendarDesk) -> None:
    with anyio.fail_after(30):
        for _ in itertools.count():
            if not await waiting(desk):
                break
            await anyio.sleep(0.3)
    await anyio.sleep(0.5)


async def test_the_server_sends_by_itself(tmp_path: Path, later_homeserver: Homeserver) -> None:
    desk = await begun(tmp_path / "desk", later_homeserver)
    async with desk.provider.connect(session_context(desk.load()[1], await desk.document(), desk.world())) as session:
        told = {each.code: dict(each.params) for each in await session.doctor()}
    assert told["matrix-doctor-sends-ahead"] == {"hours": 168.0, "most": 100}
    desk.time = EIGHT - timedelta(seconds=6)
    report = await desk.run()
    assert outcomes(report) == [("left", "lobby"), ("left", "plaza")] and report.exit_code == 0
    assert await waiting(desk) == ["大厅 好", "广场 好"] and not await desk.posted()
    assert not (await desk.run()).told, "left once"
    await until_sent(desk)
    desk.time = EIGHT + timedelta(seconds=2)
    assert outcomes(await desk.run()) == [("sent", "lobby"), ("sent", "plaza")]
    assert await exactly_once(desk, EIGHT - timedelta(hours=1), EIGHT + timedelta(hours=1)) == 2
    assert not (await desk.run()).told


async def test_what_changes_is_taken_back(tmp_path: Path, later_homeserver: Homeserver) -> None:
    desk = await begun(tmp_path / "desk", later_homeserver)
    desk.time = EIGHT - timedelta(minutes=50)
    await desk.run()
    desk.community = {**COMMUNITY, "community": desk.key}
    tips = COMMUNITY["calendar"]["tips"]
    desk.community["calendar"] = {"tips": {**tips, "post": {"text": "改了"}}}
    report = await desk.run()
    assert [each for each, _ in outcomes(report)] == ["left", "left", "recalled", "recalled"]
    assert await waiting(desk) == ["改了", "改了"]
    desk.community["calendar"] = {"tips": {**tips, "when": {"daily": "yes", "at": "20:05"}, "to": ["lobby"]}}
    await desk.run()
    assert await waiting(desk) == ["大厅 好"]
    desk.community["calendar"] = {"tips": {**tips, "approve": "lead", "by": {"person": "ops"}}}
    await desk.run()
    assert await waiting(desk) == [], "nobody has agreed to it"
    del desk.community["calendar"]
    await desk.run()
    assert await waiting(desk) == [] and not await desk.posted() and not (await desk.ledger()).sends


async def test_killed_at_every_request_and_write(tmp_path: Path, later_homeserver: Homeserver) -> None:
    desks = [await begun(tmp_path / death, later_homeserver) for death in DEATHS]
    died = 0
    for desk, death in zip(desks, DEATHS, strict=True):
        desk.time = EIGHT - timedelta(seconds=16)
        died += await tormented(desk, death)
        desk.time += timedelta(seconds=3)
        died += await tormented(desk, death)
        desk.time += timedelta(seconds=3)
        await desk.run()
        assert len(await waiting(desk)) == 2, death
    for desk, death in zip(desks, DEATHS, strict=True):
        await until_sent(desk)
        desk.time = EIGHT + timedelta(seconds=2)
        died += await tormented(desk, death)
        assert await exactly_once(desk, EIGHT - timedelta(hours=1), EIGHT + timedelta(hours=1)) == 2, death
    assert died > 20


async def test_a_server_that_was_too_late_and_a_ledger_that_was_lost(
    tmp_path: Path, later_homeserver: Homeserver
) -> None:
    desk = await begun(tmp_path / "desk", later_homeserver)
    desk.time = EIGHT - timedelta(minutes=50)
    await desk.run()
    for each in (tmp_path / "desk" / "state").rglob("*sends*"):
        if each.is_file():
            each.unlink()
    reborn(desk)
    await desk.run()
    assert len(await waiting(desk)) == 2, "not left twice"
    # The server still holds it back, minutes after its time: it is taken back, and sent by the run.
    desk.time = EIGHT + timedelta(minutes=5)
    report = await desk.run()
    assert ("sent", "lobby") in outcomes(report) and await waiting(desk) == []
    assert await exactly_once(desk, EIGHT - timedelta(hours=1), EIGHT + timedelta(hours=1)) == 2


async def test_a_server_that_takes_nothing(tmp_path: Path, homeserver: Homeserver) -> None:
    desk = await begun(tmp_path / "desk", homeserver)
    desk.time = EIGHT - timedelta(minutes=50)
    assert (await desk.run()).notes == ["send-ahead-off"]
    assert not (await desk.run()).notes, "said once"
    desk.time = EIGHT + timedelta(minutes=1)
    assert outcomes(await desk.run()) == [("sent", "lobby"), ("sent", "plaza")]
