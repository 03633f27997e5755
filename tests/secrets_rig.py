"""A secret that sings: planted wherever one may stand, and looked for in everything that a command leaves behind."""

from __future__ import annotations

import base64
import json
import os
import stat
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote

CANARY = "syt_Y2FuYXJ5_kEEpMeOuTofSiGhT+/=_0Zz9Qq"
"""Shaped like a token, with what percent-encoding, JSON and HTML write in another way."""


def forms(secret: str) -> set[str]:
    """The ways in which a secret may be written down."""
    return {
        secret,
        quote(secret, safe=""),
        quote(secret),
        json.dumps(secret)[1:-1],
        base64.b64encode(secret.encode()).decode(),
        # Half a secret is a leak too.
        secret[:20],
        secret[-16:],
    }


def leaks_in(text: str, secret: str = CANARY) -> list[str]:
    """The forms of the secret that a text holds."""
    return sorted(each for each in forms(secret) if each in text)


def files_with(folder: Path, secret: str = CANARY, *, apart_from: tuple[str, ...] = ()) -> list[str]:
    """The files below `folder` that hold the secret in their content or their name."""
    found = []
    for each in sorted(folder.rglob("*")):
        name = each.relative_to(folder).as_posix()
        if leaks_in(name, secret) or (
            each.is_file()
            and each.name not in apart_from
            and any(form.encode() in each.read_bytes() for form in forms(secret))
        ):
            found.append(name)
    return found


def too_open(folder: Path) -> list[str]:
    """What below `folder`, itself included, anybody but its owner may look into."""
    return [
        f"{each} {stat.S_IMODE(each.stat().st_mode):o}"
        for each in (folder, *sorted(folder.rglob("*")))
        if stat.S_IMODE(each.stat().st_mode) & 0o077
    ]


@dataclass(frozen=True)
class Answer:
    """What a server says: `%` in headers and body is replaced by what the client sent as its token."""

    status: int = 400
    body: str = '{"errcode": "M_UNKNOWN", "error": "no: %"}'
    kind: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()


class Parrot:
    """A server on loopback that gives back what it was sent. `answer` decides, by method and path, what it says."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.answer: Callable[[str, str], Answer] = lambda method, path: Answer()
        self.heard: list[str] = []


@contextmanager
def parrot() -> Iterator[Parrot]:
    """A parrot for as long as the block runs."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    made = Parrot(server.server_address[1])
    server.parrot = made  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _any(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        known: Parrot = self.server.parrot  # type: ignore[attr-defined]
        sent = self.headers.get("Authorization", "").removeprefix("Bearer ")
        known.heard.append(sent)
        told = known.answer(self.command, self.path)
        body = told.body.replace("%", sent).encode()
        self.send_response(told.status)
        self.send_header("Content-Type", told.kind)
        for name, value in told.headers:
            self.send_header(name, value.replace("%", sent))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_PUT = do_POST = do_DELETE = _any  # noqa: N815 - the library's names

    def log_message(self, *args: object) -> None:
        pass


MATRIX = """\
groupform: 1
communities: [club.yaml]
people:
  lead: {name: 林一, accounts: {matrix: "@lead:localhost"}}
connections:
  home:
    platform: matrix
    homeserver: ${env:MATRIX_HOMESERVER}
    access_token: TOKEN
deployments:
  club-home: {community: club, connection: home}
"""


def matrix_project(token: str = "${env:MATRIX_ACCESS_TOKEN}") -> str:
    """A project whose one connection has its token from `token`."""
    return MATRIX.replace("TOKEN\n", f"{token}\n", 1)


def closed_file(path: Path, text: str, mode: int = 0o600) -> Path:
    """A file with a mode of its own."""
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def process_environment(more: Mapping[str, str]) -> dict[str, str]:
    """An environment for a child process: what it needs to start, and nothing that this one happens to hold."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    return {**kept, "GROUPFORM_LANG": "en", "COLUMNS": "100", "TERM": "dumb", **more}
