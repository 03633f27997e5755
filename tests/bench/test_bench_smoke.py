"""Every benchmark, at the smallest size that means something: they must not rot. No figure is asserted."""

from __future__ import annotations

import shutil
from pathlib import Path

import anyio
import pytest

from bench.bare import dependencies
from bench.loading import bench_loading
from bench.measure import Row, Turns, against
from bench.recording import Exchange
from bench.rooms import bench_rooms
from bench.scaling import measure
from bench.start import bench_start
from bench.table import markdown, plain


def test_start() -> None:
    assert [each.target for each in bench_start(rounds=1)] == ["≤ 1.5", ""]


def test_loading(tmp_path: Path) -> None:
    rows = bench_loading(tmp_path / "files", files=8, rounds=1)
    assert all("MB/s" in each.ours for each in rows)


def test_scaling() -> None:
    found = measure(5)
    assert {"load", "compile", "first plan", "next plan", "memory"} == set(found)


@pytest.mark.acceptance
def test_rooms(tmp_path: Path) -> None:
    seen = anyio.run(bench_rooms, tmp_path, 3, 1)
    assert [each.what.split()[0] for each in seen.rows] == ["plan"] * (6 if shutil.which("terraform") else 4) + [
        "apply",
        "first",
    ]
    # Three stores, their space and the team's room: each read once, and asked at most once whether it is listed.
    assert seen.routes["GET /_matrix/client/v3/rooms/·/state"] == 5
    assert sum(seen.routes.values()) <= 12


def test_a_replay_waits_for_the_ids_and_aliases_that_it_mentions() -> None:
    def exchange(method: str, path: str, body: object = None, answer: object = None) -> Exchange:
        return Exchange(method, path, body, 200, answer or {}, 0.0, 0.0)

    room = "!abcdefghijklmnopqrst"
    sent = [
        exchange("GET", "/directory/room/%23shop:localhost"),
        exchange("POST", "/createRoom", {"room_alias_name": "gf-shop"}, {"room_id": room}),
        exchange("PUT", "/directory/room/%23shop:localhost", {"room_id": room}),
        exchange("GET", f"/rooms/{room}/state/m.room.name/?format=event"),
        exchange("PUT", f"/rooms/{room}/state/m.room.canonical_alias/", {"alias": "#shop:localhost"}),
        exchange("PUT", f"/rooms/{room}/state/m.room.name/", {"name": "#gf-shop: "}),
        exchange("POST", "/createRoom", {"room_alias_name": "gf-other"}, {"room_id": "!other"}),
    ]
    assert dependencies(sent) == [set(), set(), {0, 1}, {1}, {1, 2}, {1, 3}, set()]


def test_a_missed_target_is_shown_as_missed() -> None:
    turns = Turns({"ours": [1.0, 4.0, 1.1], "floor": [1.0, 2.0, 1.0]})
    row = against("an apply", turns, "ours", "floor", 1.05)
    assert (row.ratio, row.met) == ("1.10 (1.00–2.00)", False)
    whole = against("an apply in parts", turns, "ours", "floor", 2.0, parts=True)
    assert (whole.ours, whole.floor, whole.ratio) == ("6.10 s", "4.00 s", "1.52 (1.00–2.00)")
    for shown in (plain([row, Row("群组", "1 s")]), markdown([row])):
        assert "MISSED" in shown and "≤ 1.05" in shown
