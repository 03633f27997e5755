"""Where state is kept, as the project file says it: settings, secrets, what is missing; and `state unlock`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import anyio
import pytest

from commands.line import CLUB, WECHAT, groupform
from groupform.config.diagnostics import Refused
from groupform.config.load import load_project
from groupform.state.backends import open_backend
from groupform.state.document import Binding, SetBinding
from groupform.state.objects import Objects
from groupform.state.s3 import S3Store
from groupform.state.store import Holder, StateKey
from state.state_server import StateServer

KEY = StateKey("club-chat", "default")


def project(folder: Path, state: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "groupform.yaml").write_text(f"{WECHAT}state: {state}\n", encoding="utf-8")
    (folder / "club.yaml").write_text(CLUB, encoding="utf-8")
    return folder


def code_of(name: str, **settings: str) -> tuple[str, dict[str, object]]:
    with pytest.raises(Refused) as caught:
        open_backend(name, settings, root=Path(), environ={})
    [found] = caught.value.diagnostics
    return found.code, dict(found.params)


WITHOUT = """
import sys
from pathlib import Path
sys.modules[sys.argv[2]] = None
from groupform.config.diagnostics import Refused
from groupform.state.backends import open_backend
try:
    open_backend(sys.argv[1], {sys.argv[3]: "x"}, root=Path(), environ={})
except Refused as refused:
    print([(each.code, each.params["extra"]) for each in refused.diagnostics])
"""


@pytest.mark.parametrize(("name", "module", "needed"), [("s3", "obstore", "bucket"), ("postgres", "psycopg", "url")])
def test_a_missing_extra_is_named(name: str, module: str, needed: str) -> None:
    command = [sys.executable, "-c", WITHOUT, name, module, needed]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert said.strip() == f"[('state-backend-not-installed', 'groupform[{name}]')]"


def test_settings_that_are_missing_unknown_or_wrong() -> None:
    assert code_of("s3")[0] == "state-setting-missing"
    assert code_of("postgres", schema="x") == ("state-setting-missing", {"name": "url", "backend": "postgres"})
    assert code_of("http", adress="x")[1]["name"] == "adress"
    assert code_of("http", address="ftp://x")[0] == "state-setting-wrong"
    assert code_of("http", address="http://x", token="a b")[0] == "state-setting-wrong"
    assert code_of("s3", bucket="b", endpoint="minio:9000")[0] == "state-setting-wrong"
    code, words = code_of("postgres", url="postgres://u:canary-password@[bad")
    assert code == "state-setting-wrong"
    assert "canary" not in str(words)


def test_keys_come_from_the_file_or_from_the_environment_but_never_half_and_half(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[dict[str, str]] = []

    def open_objects(settings: dict[str, str], place: str) -> Objects:
        seen.append(dict(settings))
        return Objects(None, place)  # type: ignore[arg-type]

    monkeypatch.setattr("groupform.state.objects.open_objects", open_objects)
    environ = {"AWS_ACCESS_KEY_ID": "E", "AWS_SECRET_ACCESS_KEY": "e", "AWS_SESSION_TOKEN": "t", "AWS_REGION": "r"}
    for own in ({}, {"access_key_id": "F", "secret_access_key": "f"}):
        store = open_backend("s3", {"bucket": "b", **own}, root=Path(), environ=environ)
        assert isinstance(store, S3Store)
    assert (seen[0]["access_key_id"], seen[0]["session_token"]) == ("E", "t")
    assert (seen[1]["access_key_id"], seen[1]["region"]) == ("F", "r")
    assert "session_token" not in seen[1]


def test_variables_are_filled_and_wrapped_and_a_missing_one_fails_only_who_opens(tmp_path: Path) -> None:
    folder = project(tmp_path, '{backend: postgres, url: "${env:STATE_URL}"}')
    loaded = load_project(folder, environ={"STATE_URL": "postgresql://u:canary@h/d"}, platforms=("wechat",))
    assert loaded.project is not None
    assert "canary" not in repr(loaded.project.state)
    assert "canary" not in str(loaded.project.variables)
    assert groupform(folder, "validate").code == 0
    said = groupform(folder, "plan")
    assert said.code == 1
    assert "`url`" in said.err and "${env:NAME}" in said.err


@pytest.mark.parametrize(
    "state",
    [
        "{backend: s3, bucket: b, secret_access_key: canary-secret}",
        '{backend: postgres, url: "postgresql://u:canary-secret@h/d"}',
        '{backend: postgres, url: "host=h user=u password=canary-secret"}',
        "{backend: http, address: http://x, password: canary-secret}",
    ],
)
def test_a_secret_in_the_file_is_refused_and_not_shown(tmp_path: Path, state: str) -> None:
    said = groupform(project(tmp_path, state), "validate")
    assert said.code == 1
    assert "plain text" in said.err
    assert "canary" not in said.err + said.out


def test_a_lock_is_shown_broken_and_gone(tmp_path: Path) -> None:
    server = StateServer()
    server.start()
    try:
        address = f"http://127.0.0.1:{server.port}/club"
        folder = project(tmp_path, f"{{backend: http, address: {address}}}")
        store = open_backend("http", {"address": address}, root=folder, environ={}, known=[KEY])
        holder = Holder("they@there", os.getpid(), "2026-01-01T00:00:00Z", "groupform apply")

        async def hold() -> None:
            binding = Binding(type="group", id="attested", applied={})
            async with store.open(KEY, holder) as writer:
                await writer.commit([SetBinding(address="club-chat/group.lobby", binding=binding)])
                locked = await anyio.to_thread.run_sync(lambda: groupform(folder, "apply", "--yes"))
                assert locked.code == 1
                assert "they@there" in locked.err
                assert "compare-and-set" in locked.err
                asked = await anyio.to_thread.run_sync(lambda: groupform(folder, "state", "unlock", "club-chat"))
                assert asked.code == 1
                free = await anyio.to_thread.run_sync(
                    lambda: groupform(folder, "state", "unlock", "club-chat", "--yes")
                )
                assert (free.code, free.err) == (0, "")
                assert "they@there" in free.out
                with pytest.raises(Refused):
                    await writer.commit([SetBinding(address="club-chat/group.other", binding=binding)])

        anyio.run(hold)
        assert "Nobody" in groupform(folder, "state", "unlock", "club-chat", "--yes").out
        assert "lobby" in groupform(folder, "state", "list").out
        unknown = groupform(folder, "state", "unlock", "club-chit", "--yes")
        assert unknown.code == 1
        assert "club-chit" in unknown.err
        accepted = project(tmp_path / "accepted", f"{{backend: http, address: {address}, accept_weaker: yes}}")
        assert "compare-and-set" not in groupform(accepted, "plan").err
    finally:
        server.stop()
