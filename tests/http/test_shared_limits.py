"""Clients of one account keep to the same slots and pauses, in one process and, best effort, between processes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from pydantic import SecretStr

from groupform.http import Bearer, Client, Patience, SharedLimits, WaitTooLong
from groupform.http.pauses import BELIEVED, Pauses
from http_rig import Server, Time, get, post

pytestmark = pytest.mark.anyio


class Scarce:
    """A server with `burst` calls at once and one more every `every` seconds; it counts what it refused, and the most
    that were under way at a time. `accounts` are counted apart, by their token."""

    def __init__(self, time: Time, burst: float = 5.0, every: float = 10.0) -> None:
        self.time, self.burst, self.every = time, burst, every
        self.tokens: dict[str, tuple[float, float]] = {}
        self.refused = self.taken = self.under_way = self.most = 0

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await anyio.lowlevel.checkpoint()
        self.under_way -= 1
        who = request.headers["Authorization"]
        tokens, since = self.tokens.get(who, (self.burst, self.time.now))
        tokens = min(self.burst, tokens + (self.time.now - since) / self.every)
        granted = tokens >= 1 - 1e-9
        self.tokens[who] = (tokens - granted, self.time.now)
        if granted:
            self.taken += 1
            return httpx.Response(200, json={})
        self.refused += 1
        return httpx.Response(429, json={"retry_after_ms": (1 - tokens) * self.every * 1000})


def made(server: Server, time: Time, limits: SharedLimits | None = None, token: str = "token", **more: Any) -> Client:
    return Client(
        "https://chat.example",
        Bearer(SecretStr(token)),
        transport=httpx.MockTransport(server),
        limits=limits,
        sleep=time.sleep,
        clock=time.clock,
        now=lambda: time.now,
        chance=lambda: 0.0,
        patience=Patience(max_wait=10_000),
        concurrency=4,
        **more,
    )


async def burst(clients: list[Client], calls: int) -> None:
    async with anyio.create_task_group() as tasks:
        for client in clients:
            for _ in range(calls // len(clients)):
                tasks.start_soon(client.send, post())


async def refusals(clients: int, calls: int, *, shared: bool) -> Scarce:
    time = Time()
    server = Scarce(time)
    limits = SharedLimits() if shared else None
    async with anyio.create_task_group():
        group = [made(server, time, limits) for _ in range(clients)]
        for each in group:
            await each.__aenter__()
        await burst(group, calls)
        for each in group:
            await each.__aexit__(None, None, None)
    assert server.taken == calls
    return server


async def test_many_clients_of_one_account_ask_no_more_than_one_would() -> None:
    one = await refusals(1, 24, shared=True)
    many = await refusals(6, 24, shared=True)
    assert many.most <= 4
    assert many.refused <= one.refused
    alone = await refusals(6, 24, shared=False)
    assert alone.most > 4 and alone.refused > one.refused, "the test shows nothing"


async def test_one_account_by_two_tokens_is_one_account() -> None:
    time, limits = Time(), SharedLimits()
    server = Scarce(time)
    async with made(server, time, limits, "one") as first, made(server, time, limits, "two") as second:
        for each in (first, second):
            await each.send(get())
            each.known_as("@me:chat.example")
        await burst([first, second], 20)
        assert server.most <= 4
        assert first.waits == second.waits


async def test_another_account_is_not_held_up() -> None:
    time, limits = Time(), SharedLimits()
    server = Scarce(time, burst=1.0, every=1_000.0)
    async with made(server, time, limits, "one") as first, made(server, time, limits, "two") as second:
        await first.send(post())
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(first.send, post())
            began = time.now
            await second.send(post())
            assert time.now == began


async def test_a_pause_is_told_once_to_all_that_keep_it() -> None:
    time, limits, told = Time(), SharedLimits(), list[float]()
    server = Scarce(time, burst=1.0, every=10.0)

    def tell(seconds: float, code: str) -> None:
        told.append(seconds)

    async with made(server, time, limits, waiting=tell) as first, made(server, time, limits, waiting=tell) as second:
        await burst([first, second], 2)
    assert len(told) == server.refused == 1


async def test_a_limit_without_a_time_is_backed_off_from_by_all_together() -> None:
    """Whoever comes next does not begin again with the shortest pause."""
    time, limits = Time(), SharedLimits()
    answers = [*[httpx.Response(429, json={})] * 3, httpx.Response(200, json={})]

    def server(request: httpx.Request) -> httpx.Response:
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        return httpx.Response(found.status_code, content=found.content)

    async with made(server, time, limits) as first, made(server, time, limits) as second:
        await burst([first, second], 2)
    assert sorted(time.slept)[-1] >= 1.0


# Between processes: a command of its own has limits of its own, and only a folder in common ---------------------------


def processes(server: Server, time: Time, folder: Path, number: int) -> list[Client]:
    found = [made(server, time, SharedLimits(folder)) for _ in range(number)]
    for each in found:
        each.known_as("@me:chat.example")
    return found


async def test_what_is_written_down_names_nobody_and_is_for_its_owner_only(tmp_path: Path) -> None:
    time = Time()
    [client] = processes(Scarce(time, burst=1.0, every=30.0), time, tmp_path / "cache", 1)
    async with client:
        await client.send(post())
        assert not (tmp_path / "cache").exists()
        await client.send(post())
    [told] = (tmp_path / "cache").glob("limits-*.json")
    assert told.stat().st_mode & 0o777 == 0o600
    assert "token" not in told.read_text() and "@me" not in told.read_text() + told.name
    assert (tmp_path / "cache" / ".gitignore").read_text() == "*\n"


async def test_a_process_that_comes_later_waits_at_once(tmp_path: Path) -> None:
    time = Time()
    server = Scarce(time, burst=1.0, every=30.0)
    first, second = processes(server, time, tmp_path, 2)
    told: list[float] = []
    second._waiting = lambda seconds, code: told.append(seconds)
    async with first, second:
        await first.send(post())
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(first.send, post())
            while not server.refused:
                await anyio.lowlevel.checkpoint()
            await anyio.lowlevel.checkpoint()
            tasks.start_soon(second.send, post())
    assert told and told[0] > 20
    # One for the call that met it, one for whichever of the two woke up second.
    assert server.refused <= 2 and server.taken == 3


async def test_two_processes_are_refused_hardly_more_often_than_one(tmp_path: Path) -> None:
    one, two = Time(), Time()
    alone, both = Scarce(one), Scarce(two)
    [single] = processes(alone, one, tmp_path / "one", 1)
    pair = processes(both, two, tmp_path / "two", 2)
    async with single:
        await burst([single], 20)
    async with pair[0], pair[1]:
        await burst(pair, 20)
    assert both.taken == alone.taken == 20
    assert both.refused <= alone.refused + 4


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"version": 1}',
        '{"version": 2, "until": {"/things": 1010}}',
        '{"version": 1, "until": {"/things": "soon"}}',
        '{"version": 1, "until": {"/things": NaN}}',
        '{"version": 1, "until": {"/things": 1e300}}',
        '{"version": 1, "until": [1010]}',
        "[" * 100_000,
        "\x00\xff",
    ],
)
async def test_a_file_that_makes_no_sense_is_ignored_and_mended(tmp_path: Path, text: str) -> None:
    time = Time()
    server = Scarce(time, burst=1.0, every=10.0)
    [client] = processes(server, time, tmp_path, 1)
    first = client._limits.pauses
    assert first is not None
    first._file.parent.mkdir(exist_ok=True)
    first._file.write_text(text, encoding="latin-1")
    async with client:
        await client.send(post())
        assert time.slept == []
        await client.send(post())
    written = json.loads(first._file.read_text())
    assert written["until"] == {"/things": pytest.approx(time.now)}


async def test_a_folder_that_cannot_be_written_harms_nobody(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    time = Time()
    server = Scarce(time, burst=1.0, every=10.0)
    [client] = processes(server, time, tmp_path / "file" / "cache", 1)
    async with client:
        await client.send(post())
        await client.send(post())
    assert server.taken == 2


async def test_an_hour_on_somebody_elses_word_is_not_waited_for(tmp_path: Path) -> None:
    """An administrator may have lifted the limit since: to ask costs one refusal."""
    Pauses(tmp_path / "limits.json").tell("/things", 3_600.0, 1_000.0)
    assert Pauses(tmp_path / "limits.json").news(1_000.0) == {}
    Pauses(tmp_path / "limits.json").tell("/things", BELIEVED, 1_000.0)
    assert Pauses(tmp_path / "limits.json").news(1_000.0) == {"/things": BELIEVED}


async def test_a_pause_that_has_just_ended_still_counsels_care(tmp_path: Path) -> None:
    time = Time()
    server = Scarce(time, burst=1.0, every=30.0)
    Pauses(tmp_path / "limits.json").tell("/things", 30.0, time.now)
    limits = SharedLimits(tmp_path)
    client = made(server, time, limits)
    client.known_as("@me:chat.example")
    client._limits.pauses = Pauses(tmp_path / "limits.json")
    time.now += 31.0
    async with client:
        await burst([client], 4)
    assert time.slept and server.refused <= 3


async def test_more_patience_than_there_is_comes_back_at_once(tmp_path: Path) -> None:
    time = Time()
    server = Scarce(time)
    Pauses(tmp_path / "limits.json").tell("/things", 200.0, time.now)
    client = Client(
        "https://chat.example",
        Bearer(SecretStr("token")),
        transport=httpx.MockTransport(server),
        limits=SharedLimits(tmp_path),
        sleep=time.sleep,
        clock=time.clock,
        now=lambda: time.now,
        patience=Patience(max_wait=100.0),
    )
    client.known_as("@me:chat.example")
    client._limits.pauses = Pauses(tmp_path / "limits.json")
    async with client:
        with pytest.raises(WaitTooLong):
            await client.send(post())
    assert server.taken == server.refused == 0
