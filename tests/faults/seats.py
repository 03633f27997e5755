"""Homeservers that cost little: one is prepared, and each that a test uses starts from a copy of its folder.

Each has seats: accounts of the tool's own, of which every life takes one, so that no life sees another's rooms. At
some of them there is a space already that people made by hand.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import quote

from groupform import sandbox
from groupform.sandbox import configuration
from groupform.sandbox.folder import Folder, Settings
from homeserver import Homeserver, Person, serve

PEOPLE = ("lead", "host", "ops", "stranger")
_written = configuration.homeserver


@dataclass(frozen=True)
class Seat:
    """An account for one life. `space` is a community made by hand, of `rooms`; None where there is none."""

    user_id: str
    token: str = field(repr=False)
    space: str | None = None
    rooms: tuple[str, ...] = ()


@dataclass
class Seated:
    """A running server, and the seats that are still free."""

    base_url: str
    database: Path
    plain: list[Seat]
    lived_in: list[Seat]

    def take(self, *, lived_in: bool) -> Seat | None:
        """A seat, with a space or without; None where there is none left."""
        free = self.lived_in if lived_in else self.plain
        return free.pop() if free else None


@dataclass(frozen=True)
class Prepared:
    """A stopped server's folder, and who is at which seat."""

    folder: Path
    plain: tuple[Seat, ...]
    lived_in: tuple[Seat, ...]

    @contextmanager
    def start(self, folder: Path) -> Iterator[Seated]:
        """A copy of it, running until the block ends and gone after."""
        shutil.copytree(self.folder, folder)
        try:
            with patch.object(configuration, "homeserver", _quick), serve(folder) as server:
                yield Seated(server.base_url, Folder(folder).database, list(self.plain), list(self.lived_in))
        finally:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def quick_folder() -> Iterator[Path]:
    """A folder of our own, in memory where there is such a place: what a power cut does to a server is not asked."""
    memory = Path("/dev/shm")
    where = memory if memory.is_dir() and shutil.disk_usage(memory).free > 2**31 else None
    with tempfile.TemporaryDirectory(prefix="groupform-", dir=where, ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def prepare(folder: Path, *, plain: int, lived_in: int) -> Prepared:
    """Makes a server with so many seats, and stops it."""
    names = [f"seat-{number}" for number in range(plain + lived_in)]
    with patch.object(configuration, "homeserver", _quick), serve(folder) as server:
        running = sandbox.up(folder, port=server.running.port, people=(*PEOPLE, *names))
        seats = []
        for number, name in enumerate(names):
            account = running.people[name]
            path = f"/_synapse/admin/v2/users/{quote(account.user_id, safe='')}"
            server.operator.call("PUT", path, {"admin": True})
            made = by_hand(server, Person(account.user_id, account.token, server.base_url)) if number >= plain else []
            seats.append(Seat(account.user_id, account.token, made[0] if made else None, tuple(made[1:])))
    return Prepared(folder, tuple(seats[:plain]), tuple(seats[plain:]))


def by_hand(server: Homeserver, me: Person) -> list[str]:
    """A space and its rooms as people make them, no two alike; somebody nobody declares sits in some of them."""
    stranger = server.person("stranger")
    space = me.create_room(
        name="猫友 ✨ 之家", topic="一起养猫", preset="public_chat", creation_content={"type": "m.space"}
    )
    allow = [{"type": "m.room_membership", "room_id": space}]
    rules: list[tuple[str, dict[str, Any]]] = [
        ("🎉 大厅 {新人} 🎉", {"join_rule": "restricted", "allow": allow}),
        ("  Wild — room #1 ", {"join_rule": "public"}),
        ("公告板📢", {"join_rule": "restricted", "allow": allow}),
        ("问答（先搜再问）", {"join_rule": "knock"}),
        ("VIP//会客厅", {"join_rule": "invite"}),
        ("", {"join_rule": "knock_restricted", "allow": allow}),
        ("晒猫", {"join_rule": "public"}),
        ("领养", {"join_rule": "public"}),
    ]
    made = [space]
    for number, (name, rule) in enumerate(rules):
        body: dict[str, Any] = {"room_version": "11" if number % 2 else "12", "preset": "private_chat"}
        body["initial_state"] = [{"type": "m.room.join_rules", "content": rule}]
        room = me.create_room(**body, **({"name": name} if name else {}))
        me.set_state(space, "m.space.child", {"via": ["localhost"], "order": f"{number:02}"}, room)
        made.append(room)
    for room in (space, *made[2:4]):
        me.invite(room, stranger.user_id)
        stranger.join(room)
    power = me.get_state(made[3], "m.room.power_levels")
    me.set_state(made[3], "m.room.power_levels", {**power, "events_default": 45})
    stranger.send(made[2], "请看这里")
    return made


def _quick(folder: Folder, settings: Settings) -> Mapping[str, Any]:
    """The server's configuration without what nobody looks at here, which costs it a third of its time."""
    told = _written(folder, settings)
    return {
        **told,
        "presence": {"enabled": False},
        "push": {"enabled": False},
        "user_directory": {"enabled": False},
        "enable_room_list_search": False,
        "user_ips_max_age": None,
    }
