"""On a real homeserver, whatever other people do: a plan that remembers sees what one that reads everything sees."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from groupform.compile.address import Address
from groupform.config.project import Connection
from groupform.engine.provider import Bound, Context, Observation, Ownership
from groupform.providers.matrix.provider import MatrixProvider
from homeserver import Homeserver, Person

pytestmark = pytest.mark.acceptance

STANDING, TOUCHED = 5, 2
_numbers = itertools.count()

DEEDS = [
    *("name", "power", "custom", "redact state", "redact talk", "talk", "much talk", "many states", "join", "part"),
    *("kick us", "kick us and ask back", "kick us and let in", "ban us", "list", "unlist", "purge", "nothing"),
]


def context(homeserver: Homeserver, cache: Path | None) -> Context:
    settings_ = {"homeserver": homeserver.base_url, "access_token": SecretStr(homeserver.token)}
    return Context(
        connection=Connection("home", "matrix", settings_, "matrix"),
        ownership=Ownership("lineage", "shop", "production"),
        team=frozenset(),
        max_wait=5.0,
        now=lambda: datetime.now(UTC).timestamp(),
        sleep=anyio.sleep,
        waiting=lambda seconds, code: None,
        cache=cache,
    )


def look(homeserver: Homeserver, rooms: list[str], cache: Path | None) -> tuple[Mapping[Address, Observation], int]:
    bindings = [
        Bound(Address("shop", "room", "r", str(number)), room, {"listed": False}, {})
        for number, room in enumerate(rooms)
    ]

    async def observed() -> tuple[Mapping[Address, Observation], int]:
        async with MatrixProvider().connect(context(homeserver, cache)) as session:
            return await session.observe(bindings), session.requests

    return anyio.run(observed)


def make_rooms(eve: Person, us: Person, count: int) -> list[str]:
    """Rooms of a stranger's that we are in, with some power and not the most."""
    power = {"users": {us.user_id: 50}}
    rooms = [eve.create_room(preset="public_chat", name="群", power_level_content_override=power) for _ in range(count)]
    for room in rooms:
        us.join(room)
    return rooms


@pytest.fixture(scope="module")
def standing(homeserver: Homeserver) -> list[str]:
    """Rooms that nobody touches."""
    return make_rooms(homeserver.person("warm-eve"), homeserver.operator, STANDING)


def do(deed: str, room: str, eve: Person, us: Person, other: Person) -> None:
    number = next(_numbers)
    match deed:
        case "name":
            eve.set_state(room, "m.room.name", {"name": f"名{number}"})
        case "power":
            levels = eve.get_state(room, "m.room.power_levels")
            eve.set_state(room, "m.room.power_levels", {**levels, "invite": number % 50})
        case "custom":
            eve.set_state(room, "m.room.topic", {"topic": f"t{number}"})
        case "redact state":
            found = next(each for each in eve.state(room) if each["type"] == "m.room.name")
            redact(eve, room, found["event_id"])
        case "redact talk":
            redact(eve, room, eve.send(room, "oops"))
        case "talk":
            eve.send(room, "hello")
        case "much talk":
            eve.set_state(room, "m.room.topic", {"topic": f"before the talk {number}"})
            for each in range(30):
                eve.send(room, f"line {each}")
        case "many states":
            for each in range(25):
                eve.set_state(room, "m.room.topic", {"topic": f"{number}.{each}"})
            eve.set_state(room, "org.example.other", {"n": number})
        case "join":
            other.join(room)
        case "part":
            other.join(room)
            other.leave(room)
        case "kick us":
            eve.kick(room, us.user_id)
        case "kick us and ask back":
            eve.kick(room, us.user_id)
            eve.invite(room, us.user_id)
        case "kick us and let in":
            eve.kick(room, us.user_id)
            eve.set_state(room, "m.room.name", {"name": f"without us {number}"})
            us.join(room)
        case "ban us":
            eve.ban(room, us.user_id)
        case "list" | "unlist":
            body = {"visibility": "public" if deed == "list" else "private"}
            eve.call("PUT", f"/directory/list/room/{room.replace('!', '%21')}", body)
        case "purge":
            us.call("DELETE", f"/_synapse/admin/v1/rooms/{room.replace('!', '%21')}", {"purge": True})


def redact(person: Person, room: str, event: str) -> None:
    where = f"/rooms/{room.replace('!', '%21')}/redact/{event.replace('$', '%24')}/r{next(_numbers)}"
    person.call("PUT", where, {})


def attempt(deed: str, room: str, *people: Any) -> None:
    """What the server refuses (we are banned, the room is gone) is not done; the next look is the same for both."""
    try:
        do(deed, room, *people)
    except Exception as refused:
        if getattr(getattr(refused, "response", None), "status_code", 500) >= 500 and deed != "purge":
            raise


deeds = st.lists(st.tuples(st.sampled_from(DEEDS), st.integers(0, TOUCHED - 1)), max_size=4)


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(deeds, min_size=1, max_size=3))
def test_a_warm_look_sees_what_a_cold_one_sees(
    homeserver: Homeserver, standing: list[str], rounds: list[list[tuple[str, int]]]
) -> None:
    us, eve, other = homeserver.operator, homeserver.person("warm-eve"), homeserver.person("warm-other")
    rooms = [*make_rooms(eve, us, TOUCHED), *standing]
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder) / "cache"
        look(homeserver, rooms, cache)
        for done in rounds:
            for deed, number in done:
                attempt(deed, rooms[number], eve, us, other)
            warm, _ = look(homeserver, rooms, cache)
            cold, _ = look(homeserver, rooms, None)
            assert dict(warm) == dict(cold), done


@pytest.mark.parametrize("deed", DEEDS)
def test_each_deed_is_seen(homeserver: Homeserver, standing: list[str], tmp_path: Path, deed: str) -> None:
    us, eve, other = homeserver.operator, homeserver.person("warm-eve"), homeserver.person("warm-other")
    rooms = [*make_rooms(eve, us, 1), *standing]
    first, everything = look(homeserver, rooms, tmp_path)
    do(deed, rooms[0], eve, us, other)
    warm, few = look(homeserver, rooms, tmp_path)
    cold, _ = look(homeserver, rooms, None)
    assert dict(warm) == dict(cold)
    unseen = ("talk", "redact talk", "part", "nothing", "unlist")
    assert (dict(warm) == dict(first)) is (deed in unseen)
    # It would be of no use either if it read everything again.
    assert few < everything


def test_asked_twice_from_one_position_the_second_answer_is_no_old_one(
    homeserver: Homeserver, standing: list[str], tmp_path: Path
) -> None:
    us, eve, other = homeserver.operator, homeserver.person("warm-eve"), homeserver.person("warm-other")
    rooms = [*make_rooms(eve, us, 2), *standing]
    look(homeserver, rooms, tmp_path)
    (file,) = tmp_path.glob("matrix-*.json")
    kept = file.read_bytes()
    do("name", rooms[0], eve, us, other)
    look(homeserver, rooms, tmp_path)
    # As if that plan had been killed before it could keep what it saw.
    file.write_bytes(kept)
    do("name", rooms[1], eve, us, other)
    warm, _ = look(homeserver, rooms, tmp_path)
    cold, _ = look(homeserver, rooms, None)
    assert dict(warm) == dict(cold)
