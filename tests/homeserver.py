"""A real homeserver for tests, and the people on it who are not the tool: they join, write, change things and leave."""

from __future__ import annotations

import atexit
import itertools
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from groupform import sandbox
from groupform.config.diagnostics import Refused
from groupform.sandbox import process
from groupform.sandbox.folder import Folder

_transactions = itertools.count()


@dataclass(frozen=True)
class Person:
    """Somebody with an account. Every verb raises httpx.HTTPStatusError where the server refuses."""

    user_id: str
    token: str = field(repr=False)
    base_url: str = ""

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None, **params: str) -> dict[str, Any]:
        """One raw request under /_matrix/client/v3 (or from the root, for a path that starts with /_)."""
        whole = path if path.startswith("/_") else f"/_matrix/client/v3{path}"
        headers = {"Authorization": f"Bearer {self.token}"}
        # No certificates are read for a server on loopback: that alone would take longer than the request.
        with httpx.Client(base_url=self.base_url, timeout=30, trust_env=False, verify=False) as http:
            answer = http.request(method, whole, headers=headers, params=params, json=body)
        answer.raise_for_status()
        return answer.json()  # type: ignore[no-any-return]

    def create_room(self, **body: Any) -> str:
        return str(self.call("POST", "/createRoom", body)["room_id"])

    def join(self, room: str) -> str:
        """Joins by room id or alias and returns the room id."""
        return str(self.call("POST", f"/join/{_segment(room)}", {})["room_id"])

    def knock(self, room: str) -> str:
        return str(self.call("POST", f"/knock/{_segment(room)}", {})["room_id"])

    def leave(self, room: str) -> None:
        self.call("POST", f"/rooms/{_segment(room)}/leave", {})

    def invite(self, room: str, user_id: str) -> None:
        self.call("POST", f"/rooms/{_segment(room)}/invite", {"user_id": user_id})

    def kick(self, room: str, user_id: str) -> None:
        self.call("POST", f"/rooms/{_segment(room)}/kick", {"user_id": user_id})

    def ban(self, room: str, user_id: str) -> None:
        self.call("POST", f"/rooms/{_segment(room)}/ban", {"user_id": user_id})

    def send(self, room: str, text: str) -> str:
        """Sends a text message and returns its event id."""
        path = f"/rooms/{_segment(room)}/send/m.room.message/stranger-{next(_transactions)}"
        return str(self.call("PUT", path, {"msgtype": "m.text", "body": text})["event_id"])

    def set_state(self, room: str, kind: str, content: Mapping[str, Any], key: str = "") -> None:
        self.call("PUT", f"/rooms/{_segment(room)}/state/{_segment(kind)}/{_segment(key)}", content)

    def get_state(self, room: str, kind: str, key: str = "") -> dict[str, Any]:
        return self.call("GET", f"/rooms/{_segment(room)}/state/{_segment(kind)}/{_segment(key)}")

    def state(self, room: str) -> list[dict[str, Any]]:
        """All current state events of a room."""
        return list(self.call("GET", f"/rooms/{_segment(room)}/state"))  # type: ignore[arg-type]

    def resolve(self, alias: str) -> str:
        return str(self.call("GET", f"/directory/room/{_segment(alias)}")["room_id"])

    def joined_rooms(self) -> list[str]:
        return list(self.call("GET", "/joined_rooms")["joined_rooms"])

    def members(self, room: str) -> dict[str, str]:
        """user id -> membership, for everybody the room has ever heard of."""
        events = self.call("GET", f"/rooms/{_segment(room)}/members")["chunk"]
        return {each["state_key"]: each["content"]["membership"] for each in events}


@dataclass
class Homeserver:
    """A running homeserver, with the operator's account and any number of other people."""

    running: sandbox.Running

    @property
    def base_url(self) -> str:
        return self.running.base_url

    @property
    def server_name(self) -> str:
        return self.running.server_name

    @property
    def token(self) -> str:
        """The operator's access token."""
        return self.running.access_token

    @property
    def user_id(self) -> str:
        """The operator's Matrix id."""
        return self.running.operator.user_id

    @property
    def folder(self) -> Path:
        return self.running.folder

    @property
    def operator(self) -> Person:
        """The tool's own account, for looking at what it did or undoing it by hand."""
        return Person(self.user_id, self.token, self.base_url)

    def person(self, name: str) -> Person:
        """The account of that name, registered when it is asked for first."""
        account = self._up(name).people[name]
        return Person(account.user_id, account.token, self.base_url)

    def register(self, name: str) -> str:
        """The access token of the account of that name."""
        return self.person(name).token

    def restart(self) -> None:
        """Starts the server again on its port and data, after a test has killed it."""
        self._up()

    def kill(self) -> None:
        """Ends the server as a power cut would."""
        subprocess.run(["kill", "-9", str(self.running.pid)], check=True)
        while process.running(Folder(self.folder)) is not None:
            time.sleep(0.01)

    def _up(self, *people: str) -> sandbox.Running:
        operator = self.user_id[1:].partition(":")[0]
        port, profile = self.running.port, self.running.profile
        self.running = sandbox.up(self.folder, profile=profile, port=port, people=people, operator=operator)
        return self.running


@contextmanager
def serve(folder: Path, profile: sandbox.Profile = sandbox.Profile.sandbox) -> Iterator[Homeserver]:
    """A homeserver in `folder` on a free port for as long as the block runs, and never longer than this process."""
    port = process.next_free(18_000)
    # Two test runs may look for a port at the same moment: then the second one is refused, and looks again.
    for attempt in range(1, 6):
        try:
            running = sandbox.up(folder, profile=profile, port=port)
            break
        except Refused as refused:
            if attempt == 5 or all(each.code != "sandbox-port-taken" for each in refused.diagnostics):
                raise
            port = process.next_free(18_000)
    stop = _once(folder)
    atexit.register(stop)
    # When this process is killed its end of the pipe closes, `read` returns, and the server's process group goes too.
    watch = f"while read _; do :; done; kill -9 -{running.pid} 2>/dev/null"
    watcher = subprocess.Popen(["sh", "-c", watch], stdin=subprocess.PIPE, start_new_session=True)
    try:
        yield Homeserver(running)
    finally:
        stop()
        atexit.unregister(stop)
        watcher.kill()
        watcher.wait()
        if watcher.stdin:
            watcher.stdin.close()


@pytest.fixture(scope="session")
def homeserver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Homeserver]:
    """One homeserver for the whole run, limits lifted, publishing allowed, the operator an administrator."""
    with serve(tmp_path_factory.mktemp("homeserver") / "sandbox") as server:
        yield server


@pytest.fixture(scope="session")
def stock_homeserver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Homeserver]:
    """One homeserver for the whole run with Synapse's own limits and rules; the operator is a plain account."""
    with serve(tmp_path_factory.mktemp("homeserver") / "stock", sandbox.Profile.stock) as server:
        yield server


@pytest.fixture
def fresh_homeserver(tmp_path: Path) -> Iterator[Homeserver]:
    """A homeserver of one test's own: for tests that kill it, or that need an empty one. Costs about two seconds."""
    with serve(tmp_path / "fresh-homeserver") as server:
        yield server


def _segment(text: str) -> str:
    return quote(text, safe="")


def _once(folder: Path) -> Any:
    done: list[bool] = []

    def stop() -> None:
        if not done:
            done.append(True)
            sandbox.down(folder)

    return stop
