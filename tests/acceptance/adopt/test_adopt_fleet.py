"""Many rooms at once: adopted as they are, or matched to a fleet that is declared already, in few requests."""

from __future__ import annotations

import os
import re
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from acceptance.adopt.operator import Operator
from homeserver import Homeserver

ROOMS = int(os.environ.get("ADOPT_ROOMS", "12"))
FLEET = """\
community: {key}
title: 门店福利群
team: {{owner: ops}}
entry: {{door: link}}
groups:
  hall: {{title: 大厅}}
  store:
    each: {{from: {{csv: stores.csv}}, key: id}}
    title: "{{store}}福利群"
"""


def made(server: Homeserver, titles: list[tuple[str, str]]) -> tuple[str, list[str]]:
    """A space with one room a pair of (title, alias)."""
    me = server.operator
    space = me.create_room(name="门店", creation_content={"type": "m.space"}, preset="public_chat")

    def one(pair: tuple[str, str]) -> str:
        title, alias = pair
        body = {"room_alias_name": alias} if alias else {}
        return me.create_room(name=title, preset="private_chat", room_version="11", **body)

    with ThreadPoolExecutor(4) as pool:
        rooms = list(pool.map(one, titles))
    for number, room in enumerate(rooms):
        me.set_state(space, "m.space.child", {"via": ["localhost"], "order": f"{number:05}"}, room)
    return space, rooms


@pytest.fixture
def operator(tmp_path: Path, homeserver: Homeserver) -> Iterator[Operator]:
    yield Operator(tmp_path, homeserver)


def test_a_large_space_is_adopted_in_few_requests(operator: Operator, homeserver: Homeserver) -> None:
    key = f"many-{uuid.uuid4().hex[:5]}"
    space, rooms = made(homeserver, [(f"🐾 群 {number}", "") for number in range(ROOMS)])
    times: dict[str, float] = {}

    def timed(what: str, *argv: str) -> str:
        began = time.monotonic()
        said = operator(*argv)
        times[what] = time.monotonic() - began
        return said.out

    out = timed("adopt", "adopt", "home", space, "--as", key, "--yes")
    found = re.search(r"read with (\d+) requests", out)
    assert found is not None
    requests = int(found[1])
    # A state each, the space's, who we are, and the directory at a thousand rooms a page.
    assert requests <= len(rooms) + 8, requests
    plan = operator.plan(f"{key}-home")
    assert {each["action"] for each in plan["changes"]} == {"adopt"}
    timed("apply", "apply", "-d", f"{key}-home", "--yes")
    timed("plan", "plan", "-d", f"{key}-home", "--detailed-exitcode")
    print(f"{len(rooms)} rooms: {requests} requests to read, {plan['requests']} to plan;", times)


def fleet(operator: Operator, key: str, stores: list[tuple[str, str]]) -> None:
    operator.write(f"communities/{key}.yaml", FLEET.format(key=key))
    rows = "".join(f"{name},{store}\n" for name, store in stores)
    operator.write("communities/stores.csv", "id,store\n" + rows)
    operator.change(
        "groupform.yaml", "deployments: {}", f"deployments:\n  {key}-home: {{community: {key}, connection: home}}"
    )


def test_a_declared_fleet_finds_its_rooms_by_address_and_by_title(operator: Operator, homeserver: Homeserver) -> None:
    key = f"shops-{uuid.uuid4().hex[:5]}"
    fleet(operator, key, [("rmgc", "人民广场"), ("xjh", "徐家汇"), ("wjc", "五角场")])
    space, rooms = made(homeserver, [("随便起的名字", f"{key}-store-rmgc"), ("【徐家汇】福利群！", ""), ("大 厅", "")])
    said = operator("adopt", "home", space, "--into", key, "--yes")
    assert "store/wjc" in said.out
    text = operator.read("groupform.yaml")
    for room, name in zip(rooms, ("store/rmgc", "store/xjh", "hall"), strict=True):
        assert f"{name}: '{room}'" in text or f'{name}: "{room}"' in text, text
    changes = operator.changes(f"{key}-home")
    # Declared to be open to whoever is in the space, and called otherwise: the files win, and the plan says so.
    assert ("adopt", "room.hall", ("allow", "join_rule", "mark", "name")) in changes
    assert ("create", "room.store/wjc") in {(action, address) for action, address, _ in changes}
    operator("apply", "-d", f"{key}-home", "--yes", "--approve", f"{key}-home")
    assert operator.changes(f"{key}-home") == set()


def test_where_two_rooms_might_be_meant_nothing_is_guessed(operator: Operator, homeserver: Homeserver) -> None:
    key = f"twins-{uuid.uuid4().hex[:5]}"
    fleet(operator, key, [("rmgc", "人民广场"), ("xjh", "徐家汇")])
    space, rooms = made(homeserver, [("人民广场福利群", ""), ("人民广场 福利群 🎁", ""), ("徐家汇福利", "")])
    before = operator.read("groupform.yaml")
    said = operator("adopt", "home", space, "--into", f"{key}-home", "--yes", code=1)
    assert rooms[0] in said.err
    assert rooms[1] in said.err
    assert "store/xjh" in said.err
    assert operator.read("groupform.yaml") == before
    operator.write("map.csv", f"group,room\nstore/rmgc,{rooms[1]}\nstore/xjh,{rooms[2]}\n")
    operator("adopt", "home", space, "--into", f"{key}-home", "--map", "map.csv", "--yes")
    bound = {address for action, address, _ in operator.changes(f"{key}-home") if action == "adopt"}
    assert {"room.store/rmgc", "room.store/xjh"} <= bound
    assert rooms[0] not in operator.read("groupform.yaml")


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ("group,raum\nhall,x\n", "room"),
        ("group,room\nnobody,{room}\n", "map.csv:2:1"),
        ("group,room\n,{room}\n", "map.csv:2:1"),
        ("group,room\nhall,\nhall,!nothing:localhost\n", "map.csv:3:6"),
        ("group,room\nhall,!nothing:localhost\n", "!nothing:localhost"),
        ("group,room\nhall,{room}\nstore/rmgc,{room}\n", "map.csv:3:12"),
        ("group,room\nhall,{room},x\n", "map.csv:2"),
        ("group,room\n", "no live group"),
        ("", "map.csv"),
    ],
)
def test_a_table_with_mistakes_decides_nothing(
    operator: Operator, homeserver: Homeserver, rows: str, code: str
) -> None:
    key = f"table-{uuid.uuid4().hex[:5]}"
    fleet(operator, key, [("rmgc", "人民广场")])
    space, rooms = made(homeserver, [("一", "")])
    before = operator.read("groupform.yaml")
    operator.write("map.csv", rows.replace("{room}", rooms[0]))
    said = operator("adopt", "home", space, "--into", key, "--map", "map.csv", "--yes", code=1)
    assert code in said.err
    assert operator.read("groupform.yaml") == before
