"""What only Terraform's HTTP protocol brings: servers that check less, pages that are no state, other methods."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from groupform.config.diagnostics import Refused
from groupform.state.http_wire import Addresses, claim_of
from groupform.state.store import StateKey
from state.backends import KEY, Backend, serving
from state.state_server import StateServer
from state.test_backends import ME, YOU, bind, refused, there, written

BACKENDS = ("http",)

pytestmark = pytest.mark.anyio


@pytest.fixture
def server() -> Iterator[StateServer]:
    """A server of this test's own."""
    server = StateServer()
    server.start()
    yield server
    server.stop()


def at(server: StateServer, root: Path, **settings: str) -> Backend:
    address = f"http://127.0.0.1:{server.port}/states/{{environment}}-{{deployment}}"
    return Backend("http", {"address": address, **settings}, root, port=server.port)


@pytest.mark.skipif(shutil.which("terraform") is None, reason="no terraform on this machine")
def test_our_server_is_one_that_terraform_itself_works_with(server: StateServer, tmp_path: Path) -> None:
    """The server was written from the protocol's description; whether it got it right, its owner's program knows."""
    where = f"http://127.0.0.1:{server.port}/states/example"
    backend = {"address": where, "lock_address": where, "unlock_address": where}
    config = {
        "terraform": {"backend": {"http": backend}},
        "resource": {"terraform_data": {"one": {"input": "1"}}},
        "output": {"one": {"value": "${terraform_data.one.output}"}},
    }
    (tmp_path / "main.tf.json").write_text(json.dumps(config), encoding="utf-8")

    def terraform(*words: str) -> subprocess.CompletedProcess[str]:
        environ = {"PATH": "/usr/bin:/bin:/usr/local/bin", "HOME": str(tmp_path), "CHECKPOINT_DISABLE": "1"}
        command = ["terraform", *words, "-no-color"]
        return subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, check=False)

    for words in (("init", "-input=false"), ("apply", "-auto-approve", "-input=false")):
        done = terraform(*words)
        assert done.returncode == 0, done.stderr
    assert json.loads(server.documents["/states/example"])["serial"] >= 1
    assert server.locks == {}
    assert {each.split()[0] for each in server.asked} == {"GET", "POST", "LOCK", "UNLOCK"}
    server.locks["/states/example"] = {"ID": "somebody", "Who": "they@there"}
    refused = terraform("apply", "-auto-approve", "-input=false")
    assert refused.returncode != 0
    assert "already locked: ID=somebody" in refused.stderr


async def test_a_server_that_checks_no_lock_ids_is_made_up_for(server: StateServer, tmp_path: Path) -> None:
    server.strict = False
    backend = at(server, tmp_path)
    await written(backend, [bind(1)])
    async with backend.store().open(KEY, ME) as writer:
        await backend.store().unlock(KEY)
        with pytest.raises(Refused) as caught:
            await writer.commit([bind(2)])
        assert refused(caught) == ["state-lock-lost"]
    async with backend.store().open(KEY, ME) as writer:
        await writer.commit([bind(3)])
        await backend.store().unlock(KEY)
        async with backend.store().open(KEY, YOU) as second:
            with pytest.raises(Refused) as caught:
                await writer.commit([bind(4)])
            await second.commit([bind(5)])
    assert set((await there(backend)).bindings) == {f"shop/room.r{each}" for each in (1, 3, 5)}


@pytest.mark.parametrize(
    "page", [b"<html>Sign in</html>", b"[]", b"{}", b'{"version": 4, "serial": 1}', b'"x"', b"\xff"]
)
async def test_what_is_no_state_of_ours_is_not_taken_for_an_empty_one(
    server: StateServer, tmp_path: Path, page: bytes
) -> None:
    backend = at(server, tmp_path)
    server.documents["/states/production-shop"] = page
    for attempt in ("read", "open"):
        with pytest.raises(Refused) as caught:
            if attempt == "read":
                await backend.store().read(KEY)
            else:
                async with backend.store().open(KEY, ME):
                    pass
        assert refused(caught)[0] in ("state-corrupt", "http-bad-answer")
    assert server.documents == {"/states/production-shop": page}
    assert server.locks == {}


async def test_an_empty_answer_is_a_state_that_is_not_there_yet(server: StateServer, tmp_path: Path) -> None:
    server.documents["/states/production-shop"] = b""
    backend = at(server, tmp_path)
    assert await backend.store().read(KEY) is None
    await written(backend, [bind(1)])
    assert len((await there(backend)).bindings) == 1


async def test_a_lock_of_another_program_is_shown_and_broken(server: StateServer, tmp_path: Path) -> None:
    backend = at(server, tmp_path)
    server.locks["/states/production-shop"] = {
        "ID": "abc",
        "Who": "they@there",
        "Created": "then",
        "Operation": "apply",
    }
    with pytest.raises(Refused) as caught:
        async with backend.store().open(KEY, ME):
            pass
    [found] = caught.value.diagnostics
    assert (found.code, found.params["who"], found.params["since"]) == ("state-locked", "they@there", "then")
    broken = await backend.store().unlock(KEY)
    assert broken is not None and broken.who == "they@there"
    await written(backend, [bind(1)])
    assert server.locks == {}


async def test_a_password_goes_into_the_header_and_nowhere_else(tmp_path: Path) -> None:
    with serving("http", tmp_path) as backend:
        login = {"username": "ops", "password": "canary-password"}
        gone = replace(backend, settings=backend.settings | login)
        backend.down()
        with pytest.raises(Refused) as caught:
            await gone.store((0.01,)).read(KEY)
        assert "canary" not in str([each.params for each in caught.value.diagnostics])
        backend.up()
        await written(gone, [bind(1)])
        assert "canary" not in str(backend.server.server.documents) + str(backend.server.server.asked)


def test_addresses_are_filled_or_taken_for_folders() -> None:
    key = StateKey("shop", "production")
    filled = Addresses("https://x/{environment}-{deployment}", lock_address="https://x/{deployment}/lock")
    assert filled.of(key) == ("https://x/production-shop", "https://x/shop/lock", "https://x/shop/lock")
    assert Addresses("https://x/states/").of(key)[0] == "https://x/states/production/shop"


def test_a_lock_in_words_that_are_not_ours_is_made_out_as_far_as_it_goes() -> None:
    for info in ({}, {"ID": 7}, {"ID": "x", "Info": "{"}, {"ID": "x", "Info": "[1]"}, {"Who": None}):
        assert claim_of(info).who == "-"
