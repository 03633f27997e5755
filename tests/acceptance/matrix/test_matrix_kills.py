"""Killed at any request of an apply, before it is sent or after it was answered: run again, converged, nothing twice.

The process ends by an exception that nothing catches, and everything in memory is lost with it; what was durable stays.
Every n-th point is tried here; `make faults` tries them all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from acceptance.matrix.rig import Desk
from faults.extent import ALL, every
from groupform.config.diagnostics import Refused
from homeserver import Homeserver

pytestmark = [pytest.mark.anyio, pytest.mark.acceptance]

EVERY = every(27)
PACE = 5.0
"""What takes the tool seconds of waiting stays a second: longer than the server works on what a dead client sent."""


class Killed(BaseException):
    """The end of the process."""


class Deadly(httpx.AsyncBaseTransport):
    """Passes requests on, until the one at which the process dies: before it is sent, or once it was answered.

    Requests that were under way die with it; those that the server has, it answers.
    """

    def __init__(self) -> None:
        self.inner = httpx.AsyncHTTPTransport()
        self.writes_only = True
        self.at: int | None = None
        self.after = False
        self.count = 0
        self.dead = False

    def arm(self, at: int | None, *, after: bool = False) -> None:
        self.at, self.after, self.count, self.dead = at, after, 0, False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.dead:
            raise Killed
        self.count += 1
        fatal = self.at is not None and self.count == self.at
        if fatal and not self.after:
            self.dead = True
            raise Killed
        response = await self.inner.handle_async_request(request)
        await response.aread()
        if self.dead or fatal:
            self.dead = True
            raise Killed
        return response


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def small() -> dict[str, Any]:
    """A community with one of everything that is created."""
    return {
        "community": "kill",
        "title": "小群",
        "tiers": [{"key": "member", "title": "成员"}, {"key": "vip", "title": "VIP"}],
        "team": {"owner": "lead", "roles": {"host": {"people": ["host-sh"], "may": ["moderate"]}}},
        "entry": {"door": "link"},
        "groups": {
            "lobby": {"title": "大厅", "topic": "欢迎"},
            "lounge": {"title": "会客厅", "tier": "vip", "owner": "ops"},
        },
        "rules": {"kind": {"title": "友善", "text": "对事不对人。"}},
        "notice": {"parts": ["topic", "rules"]},
    }


def census(server: Homeserver, desk: Desk) -> Mapping[str, Counter[str]]:
    """What is there, told by the server's administration and not by the tool: rooms by name, notices, invitations."""
    keeper = server.operator
    rooms = [
        each
        for each in keeper.call("GET", "/_synapse/admin/v1/rooms", limit="500")["rooms"]
        if each["room_id"] in set(keeper.joined_rooms())
    ]
    found: dict[str, Counter[str]] = {"rooms": Counter(), "notices": Counter(), "invitations": Counter()}
    for each in rooms:
        room = each["room_id"]
        state = {(one["type"], one["state_key"]): one["content"] for one in keeper.state(room)}
        uid = str(state.get(("org.groupform.owner", ""), {}).get("uid", ""))
        if uid and not uid.startswith(f"{desk.key}/"):
            continue
        # A room without a mark is one that nobody would ever find again: it counts, under no name.
        found["rooms"][uid] += 1
        messages = keeper.call("GET", f"/rooms/{room}/messages", dir="b", limit="100")["chunk"]
        found["notices"][uid] += sum(
            one["type"] == "m.room.message" and "m.relates_to" not in one["content"] for one in messages
        )
        for one in messages:
            if one["type"] == "m.room.member" and one["content"]["membership"] == "invite":
                found["invitations"][f"{uid} {one['state_key']}"] += 1
    return {kind: +counted for kind, counted in found.items()}


async def run(desk: Desk) -> None:
    """One process: plan, apply, gone."""
    await desk.apply(await desk.plan())


async def again(desk: Desk) -> None:
    """One more process. What the server still had in hand may come true between its plan and its apply, which then
    says so and writes nothing: that is no failure of the first one's, and the next run goes on."""
    try:
        await run(desk)
    except Refused as refused:
        assert "apply-stale" in {each.code for each in refused.diagnostics}, refused


async def dies(desk: Desk) -> bool:
    """Runs until the end or the kill; True when killed."""
    try:
        await run(desk)
    except BaseException as error:
        if _killed(error):
            return True
        raise
    return False


def _killed(error: BaseException) -> bool:
    if isinstance(error, BaseExceptionGroup):
        return any(_killed(each) for each in error.exceptions)
    return isinstance(error, Killed)


async def test_an_apply_killed_at_its_requests_converges(tmp_path: Path, fresh_homeserver: Homeserver) -> None:
    server = fresh_homeserver
    for person in ("lead", "host", "ops"):
        server.register(person)
    whole = Deadly()
    reference = Desk(tmp_path / "whole", server, small(), transport=whole)
    await run(reference)
    total = whole.count
    wanted = {
        kind: Counter({key.replace(reference.key, "KEY"): count for key, count in counted.items()})
        for kind, counted in census(server, reference).items()
    }
    assert wanted["rooms"].total() == 5 and wanted["notices"].total() == 2 and wanted["invitations"].total() == 3
    tried = 0
    for after in (False, True):
        for at in range(1 + (EVERY // 2 if after else 0), total + 1, EVERY):
            deadly = Deadly()
            desk = Desk(tmp_path / f"{at}-{after}", server, small(), transport=deadly)
            desk.pace = PACE
            deadly.arm(at, after=after)
            if not await dies(desk):
                continue
            tried += 1
            deadly.arm(None)
            # Another process: nothing of the first one's memory is left.
            desk.provider = type(desk.provider)(Deadly())
            for _ in range(4):
                await again(desk)
                plan = await desk.plan()
                if plan.empty and not (await desk.document()).intents:
                    break
            assert plan.empty, (at, after, [(each.address, each.action) for each in plan.changes])
            found = {
                kind: Counter({key.replace(desk.key, "KEY"): count for key, count in counted.items()})
                for kind, counted in census(server, desk).items()
            }
            assert found == wanted, (at, after)
    print(f"kill points tried: {tried} of {2 * total}")
    assert tried >= total // EVERY


def edit(desk: Desk) -> None:
    """Everything at once: a rename, a door, the rules, an admin less, a group more, a group closed for good."""
    groups = desk.community["groups"]
    desk.community["groups"] = {
        "new": {"title": "新群"},
        "hall": {**groups["lobby"], "title": "大堂", "previously": ["lobby"]},
    }
    desk.community["entry"] = {"door": "request"}
    desk.community["rules"]["kind"]["text"] = "先求证，再转发。"
    desk.community["team"]["roles"] = {}


async def test_an_edit_killed_at_its_requests_converges(tmp_path: Path, fresh_homeserver: Homeserver) -> None:
    server = fresh_homeserver
    for person in ("lead", "host", "ops"):
        server.register(person)
    total, tried, at = 1, 0, 0
    while at < total:
        # Sampled, a point is tried before its request or after its answer, turn about.
        for after in (False, True) if ALL else (bool(at // EVERY % 2),):
            deadly = Deadly()
            desk = Desk(tmp_path / f"{at}-{after}", server, small(), transport=deadly)
            desk.pace = PACE
            desk.community["groups"]["lounge"]["on_remove"] = "delete"
            await run(desk)
            lobby = await desk.id("room.lobby")
            lounge = await desk.id("room.lounge")
            edit(desk)
            deadly.arm(at or None, after=after)
            killed = await dies(desk)
            total = max(total, deadly.count if at == 0 else 0)
            tried += killed
            desk.provider = type(desk.provider)(Deadly())
            for _ in range(4):
                plan = await desk.plan()
                if plan.empty and not (await desk.document()).intents:
                    break
                await again(desk)
            assert plan.empty, (at, after, [(each.address, each.action) for each in plan.changes])
            assert await desk.id("room.hall") == lobby, (at, after)
            assert lounge not in server.operator.joined_rooms(), (at, after)
            found = census(server, desk)
            ends = Counter(key.split("/", 1)[1] for key in found["rooms"].elements())
            assert ends == Counter(["room.hall", "room.new", "tier.vip", "team.team", f"space.{desk.key}"]), (at, after)
            assert found["notices"] == Counter({f"{desk.key}/room.hall": 1, f"{desk.key}/room.new": 1}), (at, after)
        at += EVERY
    print(f"kill points tried in an edit: {tried} of {2 * total}")
    assert tried >= total // EVERY


class AtRemoval(Deadly):
    """The process dies as it is about to free an address."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "DELETE" and "/directory/room/" in request.url.path and self.at is not None:
            self.at = self.count + 1
        return await super().handle_async_request(request)


async def test_an_address_that_was_being_freed_leads_nowhere_after_the_next_run(
    tmp_path: Path, homeserver: Homeserver
) -> None:
    for person in ("lead", "host", "ops"):
        homeserver.register(person)
    deadly = AtRemoval()
    desk = Desk(tmp_path / "here", homeserver, small(), transport=deadly)
    desk.pace = PACE
    lounge = desk.community["groups"]["lounge"]
    lounge["on_remove"] = "delete"
    await run(desk)
    del desk.community["groups"]["lounge"]
    deadly.arm(1_000_000)
    assert await dies(desk)
    deadly.arm(None)
    await run(desk)
    await desk.holds()
    with pytest.raises(httpx.HTTPStatusError):
        homeserver.operator.resolve(f"#{desk.key}-lounge:localhost")
    # Who declares it once more finds the address free.
    desk.community["groups"]["lounge"] = lounge
    await desk.settle()
