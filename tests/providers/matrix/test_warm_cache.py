"""What a plan remembers for the next one: believed only where nothing about it has changed."""

from __future__ import annotations

import json
import stat
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groupform.engine.provider import Hidden
from groupform.http import Rejected
from groupform.http.errors import Context
from groupform.providers.matrix.reading import Reading
from groupform.providers.matrix.warm import Cache, Memory, Owner, doubted

pytestmark = pytest.mark.anyio

ME = "@bot:localhost"
OWNER = Owner("http://127.0.0.1:8008", ME, "DEVICE", "shop", "production")
NOW = 1_000_000.0


def reading(room: str, name: str = "群", membership: str = "join") -> Reading:
    events = [
        {"type": "m.room.name", "state_key": "", "content": {"name": name}, "sender": ME},
        {"type": "m.room.member", "state_key": ME, "content": {"membership": membership}, "sender": ME},
    ]
    return Reading(room, {(str(each["type"]), str(each["state_key"])): each for each in events})


class Server:
    """Answers syncs; `refuses` names the calls that it will not answer."""

    def __init__(self, joined: list[str], news: Mapping[str, Any] | None = None, refuses: str = "") -> None:
        self.joined, self.news, self.refuses = joined, dict(news or {}), refuses
        self.since: list[str | None] = []
        self.filters: list[str] = []

    async def sync(self, filter_: Mapping[str, Any], *, since: str | None = None, **more: Any) -> dict[str, Any]:
        self.since.append(since)
        self.filters.append(json.dumps(filter_))
        if ("since" if since else "position") in self.refuses:
            raise Rejected(Context())
        return {"next_batch": f"s{len(self.since)}", "rooms": self.news if since else {}}

    async def joined_rooms(self) -> list[str]:
        if "joined" in self.refuses:
            raise Rejected(Context())
        return self.joined


async def kept(folder: Path, *rooms: str) -> None:
    Cache(folder, OWNER, NOW).keep(Memory("s0", NOW), ME, {room: reading(room) for room in rooms})


async def recalled(folder: Path, server: Server, owner: Owner = OWNER, now: float = NOW + 60) -> Memory | None:
    return await Cache(folder, owner, now).recall(server)  # type: ignore[arg-type]


async def test_rooms_in_which_nothing_happened_are_as_they_were(tmp_path: Path) -> None:
    await kept(tmp_path, "!a", "!b", "!c", "!gone")
    news = {"join": {"!b": {"timeline": {"events": [{"type": "m.room.name", "state_key": ""}]}}}, "leave": {"!c": {}}}
    found = await recalled(tmp_path, server := Server(["!a", "!b", "!c"], news))
    assert found is not None and server.since == ["s0"]
    assert dict(found.rooms) == {"!a": reading("!a")}
    assert found.position == "s1"


async def test_no_two_syncs_are_alike_or_the_server_would_give_an_old_answer(tmp_path: Path) -> None:
    await kept(tmp_path, "!a")
    server = Server(["!a"], refuses="joined")
    for _ in range(2):
        await recalled(tmp_path, server)
    assert server.since == ["s0", None, "s0", None]
    assert len(set(server.filters)) == 4


async def test_the_first_time_there_is_only_a_position(tmp_path: Path) -> None:
    assert await recalled(tmp_path, Server([])) == Memory("s1", NOW + 60)


async def test_only_rooms_that_we_are_inside_of_are_kept(tmp_path: Path) -> None:
    seen = {"!a": reading("!a"), "!left": reading("!left", membership="leave"), "!hidden": Hidden("matrix-not-in-room")}
    Cache(tmp_path, OWNER, NOW).keep(Memory("s0", NOW), ME, seen)
    found = await recalled(tmp_path, Server(["!a", "!left", "!hidden"]))
    assert found is not None and set(found.rooms) == {"!a"}


@pytest.mark.parametrize("field", ["server", "account", "device", "deployment", "environment"])
async def test_another_owner_has_no_part_in_it(tmp_path: Path, field: str) -> None:
    await kept(tmp_path, "!a")
    found = await recalled(tmp_path, Server(["!a"]), replace(OWNER, **{field: "other"}))
    assert found is not None and not found.rooms


@pytest.mark.parametrize("later", [-1.0, 86_401.0, float("nan")])
async def test_an_old_one_and_one_from_the_future_are_not_believed(tmp_path: Path, later: float) -> None:
    await kept(tmp_path, "!a")
    found = await recalled(tmp_path, Server(["!a"]), now=NOW + later)
    assert found is not None and not found.rooms


async def test_a_chain_of_plans_does_not_make_a_belief_younger(tmp_path: Path) -> None:
    await kept(tmp_path, "!a")
    later = NOW + 50_000
    cache = Cache(tmp_path, OWNER, later)
    memory = await cache.recall(Server(["!a"]))  # type: ignore[arg-type]
    assert memory is not None and set(memory.rooms) == {"!a"}
    cache.keep(memory, ME, memory.rooms)
    found = await recalled(tmp_path, Server(["!a"]), now=later + 50_000)
    assert found is not None and not found.rooms


@pytest.mark.parametrize("refuses", ["since", "joined"])
async def test_a_position_the_server_does_not_know_means_to_begin_anew(tmp_path: Path, refuses: str) -> None:
    await kept(tmp_path, "!a")
    found = await recalled(tmp_path, Server(["!a"], refuses=refuses))
    assert found is not None and not found.rooms and found.position == "s2"


async def test_a_server_without_sync_has_nothing_remembered(tmp_path: Path) -> None:
    await kept(tmp_path, "!a")
    assert await recalled(tmp_path, Server(["!a"], refuses="since position")) is None


@given(st.data())
async def test_a_cache_that_is_not_as_it_was_written_is_ignored(tmp_path_factory: Any, data: st.DataObject) -> None:
    folder = tmp_path_factory.mktemp("cache")
    await kept(folder, "!a", "!b")
    (file,) = folder.glob("matrix-*.json")
    whole = file.read_bytes()
    place = data.draw(st.integers(0, len(whole) - 1))
    other = data.draw(st.binary(max_size=3).filter(lambda each: each != whole[place : place + 1]))
    file.write_bytes(whole[:place] + other + whole[place + 1 :])
    found = await recalled(folder, Server(["!a", "!b"]))
    assert found is not None and not found.rooms


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"began": "x"}', b"[" * 100_000, b'{"began":0,"rooms":[1]}'])
async def test_nonsense_with_a_right_sum_is_ignored_too(tmp_path: Path, body: bytes) -> None:
    Cache(tmp_path, OWNER, NOW)._write(body)
    found = await recalled(tmp_path, Server(["!a"]))
    assert found is not None and not found.rooms


async def test_files_are_the_owners_alone_and_a_folder_that_takes_none_does_no_harm(tmp_path: Path) -> None:
    await kept(tmp_path / "cache", "!a")
    modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in (tmp_path / "cache").glob("matrix-*")}
    assert list(modes.values()) == [0o600]
    assert stat.S_IMODE((tmp_path / "cache").stat().st_mode) == 0o700
    (tmp_path / "file").write_text("")
    await kept(tmp_path / "file" / "cache", "!a")
    assert await recalled(tmp_path / "file" / "cache", Server([])) is not None


async def test_what_people_say_is_no_reason_to_read_again_and_all_else_is() -> None:
    def news(**parts: Any) -> list[str]:
        return list(doubted({"rooms": {"join": {"!a": parts}}}))

    said = {"type": "m.room.message", "content": {"body": "hi"}}
    assert news(timeline={"events": [said], "limited": False}, state={"events": []}, ephemeral={"events": [{}]}) == []
    assert news(timeline={"events": [said], "limited": True}) == ["!a"]
    assert news(timeline={"events": [{"type": "m.room.redaction"}]}) == ["!a"]
    assert news(timeline={"events": [{"type": "x", "state_key": "k"}]}) == ["!a"]
    assert news(state={"events": [{"type": "x", "state_key": ""}]}) == ["!a"]
    assert news(state_after={"events": [{"type": "x", "state_key": ""}]}) == ["!a"]
    assert news(**{"org.matrix.msc4222.state_after": {"events": [{"type": "x"}]}}) == ["!a"]
    for standing in ("leave", "invite", "knock", "unheard-of"):
        assert list(doubted({"rooms": {standing: {"!a": {}}}})) == ["!a"]
    assert list(doubted({"rooms": {"join": {"!a": None}}})) == ["!a"]
    assert json.dumps(list(doubted({}))) == "[]"
