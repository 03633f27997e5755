"""The sandbox against the real Synapse: up, down, status, reset, and what may go wrong in between."""

from __future__ import annotations

import errno
import json
import os
import signal
import socket
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from groupform import sandbox
from groupform.config.diagnostics import Refused
from groupform.messages import Catalogue, load
from groupform.sandbox import process
from groupform.sandbox.folder import Folder


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "项目 one" / ".groupform" / "sandbox"
    yield place
    sandbox.down(place)


def whoami(base_url: str, token: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.get(f"{base_url}/_matrix/client/v3/account/whoami", headers=headers, trust_env=False)


def codes(refused: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [each.code for each in refused.value.diagnostics]


def taken_port() -> socket.socket:
    stranger = socket.socket()
    stranger.bind(("127.0.0.1", 0))
    stranger.listen()
    return stranger


def test_up_gives_accounts_that_work_and_a_second_up_keeps_them(folder: Path) -> None:
    first = sandbox.up(folder, port=process.next_free(19_000), people=["lead", "host"])
    assert first.started
    assert whoami(first.base_url, first.access_token).json()["user_id"] == "@groupform:localhost"
    assert whoami(first.base_url, first.people["lead"].token).json()["user_id"] == "@lead:localhost"
    again = sandbox.up(folder, people=["lead", "host", "ops"])
    assert not again.started
    assert again.pid == first.pid
    assert again.operator == first.operator
    assert again.people["lead"] == first.people["lead"]
    assert whoami(again.base_url, again.people["ops"].token).status_code == 200
    looked = sandbox.status(folder)
    assert looked.answers and looked.pid == first.pid and "@ops:localhost" in looked.accounts

    assert sandbox.down(folder)
    assert not sandbox.down(folder)
    assert sandbox.status(folder).pid is None
    restarted = sandbox.up(folder, people=["lead"])
    assert (restarted.port, restarted.operator) == (first.port, first.operator)
    assert restarted.people["lead"] == first.people["lead"]


def test_secrets_are_for_the_owner_only_and_never_in_repr(folder: Path) -> None:
    running = sandbox.up(folder, port=process.next_free(19_000), people=["lead"])
    for name in ("credentials.json", "sandbox.json", "homeserver.yaml", "signing.key", "server.log"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600, name
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert (folder / ".gitignore").read_text() == "*\n"
    assert running.access_token not in repr(running)
    assert running.people["lead"].token not in repr(running)
    assert json.loads((folder / "sandbox.json").read_text())["registration_secret"] not in repr(
        Folder(folder).settings()
    )


def test_a_killed_server_comes_back_with_its_rooms(folder: Path) -> None:
    running = sandbox.up(folder, port=process.next_free(19_000))
    headers = {"Authorization": f"Bearer {running.access_token}"}
    with httpx.Client(base_url=running.base_url, headers=headers, trust_env=False) as http:
        room = http.post("/_matrix/client/v3/createRoom", json={"name": "stays"}).json()["room_id"]
    os.kill(running.pid, signal.SIGKILL)
    back = sandbox.up(folder)
    assert back.started and back.pid != running.pid and back.operator == running.operator
    rooms = httpx.get(f"{back.base_url}/_matrix/client/v3/joined_rooms", headers=headers, trust_env=False)
    assert rooms.json()["joined_rooms"] == [room]


def test_a_frozen_server_is_replaced(folder: Path) -> None:
    running = sandbox.up(folder, port=process.next_free(19_000))
    os.kill(running.pid, signal.SIGSTOP)
    back = sandbox.up(folder)
    assert back.started and back.pid != running.pid
    assert whoami(back.base_url, back.access_token).status_code == 200


def test_a_stale_process_number_is_not_believed(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "server.lock").write_text(f"{os.getpid()}\n")
    assert process.running(Folder(folder)) is None
    assert not sandbox.down(folder), "a stranger's process would have been ended"


def test_a_taken_port_is_refused_when_asked_for_and_passed_by_otherwise(folder: Path) -> None:
    with taken_port() as stranger:
        port = stranger.getsockname()[1]
        with pytest.raises(Refused) as refused:
            sandbox.up(folder, port=port)
        assert codes(refused) == ["sandbox-port-taken"]
    first = sandbox.up(folder, port=port)
    sandbox.down(folder)
    with socket.socket() as stranger:
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        stranger.bind(("127.0.0.1", port))
        stranger.listen()
        moved = sandbox.up(folder)
    assert moved.port != first.port
    assert [each.code for each in moved.notes] == ["sandbox-port-moved"]
    assert sandbox.up(folder).port == moved.port
    assert sandbox.up(folder).notes == ()


@pytest.mark.parametrize("port", [70_000, -1])
def test_a_port_that_is_none_is_refused(folder: Path, port: int) -> None:
    with pytest.raises(Refused) as refused:
        sandbox.up(folder, port=port)
    assert codes(refused) == ["sandbox-port-taken"]


def test_another_sandbox_on_the_same_port_is_not_taken_for_ours(folder: Path) -> None:
    running = sandbox.up(folder)
    place = Folder(folder)
    ours = place.settings()
    assert ours is not None
    assert ours.port == running.port
    assert sandbox.status(folder).answers
    stranger = replace(ours, macaroon_secret="another's")
    place.remember(stranger)
    assert not sandbox.status(folder).answers
    place.remember(ours)


def test_two_at_once_start_one_server(folder: Path) -> None:
    port = process.next_free(19_000)
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda name: sandbox.up(folder, port=port, people=[name]), ["lead", "host"])
    assert first.pid == second.pid
    assert sorted((first.started, second.started)) == [False, True]
    assert {"@lead:localhost", "@host:localhost"} <= set(sandbox.status(folder).accounts)


def test_a_full_disk_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Refused) as refused:
        sandbox.up(folder, port=process.next_free(19_000))
    assert codes(refused) == ["sandbox-folder-unusable"]
    assert not list(folder.glob("*.new"))
    monkeypatch.undo()
    assert sandbox.up(folder).started


def test_lost_credentials_are_had_again_on_the_same_device(folder: Path) -> None:
    first = sandbox.up(folder, port=process.next_free(19_000), people=["lead"])
    (folder / "credentials.json").write_text('{"lead": {"user_id":')
    again = sandbox.up(folder, people=["lead"])
    assert again.people["lead"].device_id == first.people["lead"].device_id
    assert whoami(again.base_url, again.people["lead"].token).status_code == 200


def test_lost_settings_with_a_database_are_refused_and_reset_cures(folder: Path) -> None:
    sandbox.up(folder, port=process.next_free(19_000))
    sandbox.down(folder)
    (folder / "sandbox.json").write_text("{")
    with pytest.raises(Refused) as refused:
        sandbox.up(folder)
    assert codes(refused) == ["sandbox-folder-damaged"]
    assert sandbox.reset(folder)
    assert not folder.exists()


def test_half_written_settings_without_a_database_are_written_anew(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "sandbox.json").write_text("")
    assert sandbox.up(folder, port=process.next_free(19_000)).started


def test_a_broken_database_is_told_with_the_servers_words(folder: Path) -> None:
    sandbox.up(folder, port=process.next_free(19_000))
    sandbox.down(folder)
    (folder / "homeserver.db").write_bytes(b"not a database at all" * 400)
    for name in ("homeserver.db-wal", "homeserver.db-shm"):
        (folder / name).unlink(missing_ok=True)
    with pytest.raises(Refused) as refused:
        sandbox.up(folder)
    assert codes(refused) == ["sandbox-start-failed"]
    assert "database" in str(next(iter(refused.value.diagnostics)).params["tail"])


def test_reset_deletes_only_its_own_files(folder: Path) -> None:
    running = sandbox.up(folder, port=process.next_free(19_000))
    (folder / "notes.txt").write_text("mine")
    assert sandbox.reset(folder)
    assert [each.name for each in folder.iterdir()] == ["notes.txt"]
    assert process.port_free(running.port)
    with pytest.raises(Refused) as refused:
        sandbox.reset(folder)
    assert codes(refused) == ["sandbox-folder-foreign"]
    with pytest.raises(Refused) as refused:
        sandbox.up(folder)
    assert codes(refused) == ["sandbox-folder-foreign"]
    assert (folder / "notes.txt").read_text() == "mine"


def test_a_file_in_the_folders_place_is_told(folder: Path) -> None:
    folder.parent.mkdir(parents=True)
    folder.write_text("")
    with pytest.raises(Refused) as refused:
        sandbox.up(folder)
    assert codes(refused) == ["sandbox-folder-unusable"]
    folder.unlink()


def test_without_a_homeserver_the_cure_is_named(folder: Path) -> None:
    with pytest.raises(Refused) as refused:
        sandbox.up(folder, is_installed=lambda: False)
    assert codes(refused) == ["sandbox-not-installed"]
    assert "pip install 'groupform[sandbox]'" in (Catalogue("zh-CN").hint("sandbox-not-installed") or "")
    assert not folder.exists()


def test_a_name_the_server_refuses_is_told(folder: Path) -> None:
    with pytest.raises(Refused) as refused:
        sandbox.up(folder, port=process.next_free(19_000), people=["林一"])
    assert codes(refused) == ["sandbox-account-refused"]
    assert next(iter(refused.value.diagnostics)).params["account"] == "林一"


def test_profiles_can_be_changed_over_the_same_data(folder: Path) -> None:
    port = process.next_free(19_000)
    stock = sandbox.up(folder, profile=sandbox.Profile.stock, port=port)
    path = "/_synapse/admin/v1/users/%40groupform%3Alocalhost/override_ratelimit"
    headers = {"Authorization": f"Bearer {stock.access_token}"}
    assert httpx.get(stock.base_url + path, headers=headers, trust_env=False).status_code == 403
    lifted = sandbox.up(folder, profile=sandbox.Profile.sandbox)
    assert (lifted.started, lifted.port, lifted.operator) == (True, port, stock.operator)
    answer = httpx.get(lifted.base_url + path, headers=headers, trust_env=False)
    assert answer.json() == {"messages_per_second": 0, "burst_count": 0}


def test_both_languages_have_every_sentence() -> None:
    for lang in ("en", "zh-CN"):
        missing = {code for code in load("en") if code.startswith("sandbox-")} - set(load(lang))
        assert not missing
