"""The homeservers that other tests stand on: strangers can act, limits are each profile's own, nothing outlives us."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from groupform import sandbox
from groupform.sandbox import configuration
from groupform.sandbox.folder import Folder, Profile, Settings
from homeserver import Homeserver


def test_strangers_can_join_write_change_and_leave(homeserver: Homeserver) -> None:
    guest = homeserver.person("fixture-guest")
    room = homeserver.operator.create_room(preset="public_chat", name="before")
    guest.join(room)
    assert guest.send(room, "hello").startswith("$")
    homeserver.operator.set_state(room, "m.room.name", {"name": "after"})
    assert guest.get_state(room, "m.room.name") == {"name": "after"}
    guest.leave(room)
    assert homeserver.operator.members(room)[guest.user_id] == "leave"
    with pytest.raises(httpx.HTTPStatusError):
        guest.send(room, "gone")


def test_the_sandbox_lifts_limits_and_lets_rooms_be_listed(homeserver: Homeserver) -> None:
    plain = homeserver.person("fixture-plain")
    rooms = [plain.create_room(visibility="public") for _ in range(14)]
    listed = {plain.call("GET", f"/directory/list/room/{room}")["visibility"] for room in rooms}
    assert listed == {"public"}


def test_the_stock_server_limits_and_does_not_list(stock_homeserver: Homeserver) -> None:
    maker = stock_homeserver.person("fixture-maker")
    with pytest.raises(httpx.HTTPStatusError) as refused:
        for _ in range(14):
            room = maker.create_room(visibility="public")
    assert refused.value.response.status_code == 429
    assert maker.call("GET", f"/directory/list/room/{room}")["visibility"] == "private"
    with pytest.raises(httpx.HTTPStatusError) as refused:
        stock_homeserver.operator.call("GET", "/_synapse/admin/v1/server_version_x")
    assert refused.value.response.status_code in (403, 404)


def test_the_stock_configuration_overrides_nothing_that_limits(tmp_path: Path) -> None:
    written = configuration.homeserver(Folder(tmp_path), Settings.fresh(8008, Profile.stock))
    assert not [key for key in written if key.startswith("rc_") or "publication" in key]
    for profile in Profile:
        written = configuration.homeserver(Folder(tmp_path), Settings.fresh(8008, profile))
        assert written["report_stats"] is False
        assert written["enable_registration"] is False
        assert [each["bind_addresses"] for each in written["listeners"]] == [["127.0.0.1"]]
        assert written["federation_domain_whitelist"] == [] and written["trusted_key_servers"] == []


def test_the_server_dies_with_a_killed_test_run(tmp_path: Path) -> None:
    script = (
        "import sys, time\nfrom pathlib import Path\nfrom homeserver import serve\n"
        "with serve(Path(sys.argv[1])) as server:\n print(server.running.pid, flush=True)\n time.sleep(60)\n"
    )
    folder = tmp_path / "sandbox"
    where = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    argv = [sys.executable, "-c", script, str(folder)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, env=where) as run:
        assert run.stdout is not None
        run.stdout.readline()
        assert sandbox.status(folder).answers
        run.send_signal(signal.SIGKILL)
    until = time.monotonic() + 10
    while sandbox.status(folder).pid is not None and time.monotonic() < until:
        time.sleep(0.05)
    assert sandbox.status(folder).pid is None
