"""A small server of Terraform's HTTP state protocol, written from its published description; registries have none.

`strict` is how the better servers do it: a write must name the lock that is held. A lax one takes every write. What
the real Terraform makes of it is tried in test_backends_http.py, where that program is installed.
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass
class StateServer:
    """Documents and locks by path. `port` stays the same when the server is stopped and started again."""

    strict: bool = True
    port: int = 0
    documents: dict[str, bytes] = field(default_factory=dict)
    locks: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    alone: threading.Lock = field(default_factory=threading.Lock)
    _server: ThreadingHTTPServer | None = None

    def start(self) -> None:
        state = self

        class Handler(_Handler):
            server_state = state

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


class _Handler(BaseHTTPRequestHandler):
    server_state: StateServer

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
        pass

    def do_GET(self) -> None:
        found = self.server_state.documents.get(self._path())
        self._answer(200, found) if found is not None else self._answer(404)

    def do_POST(self) -> None:
        body, path = self._body(), self._path()
        named = parse_qs(urlsplit(self.path).query).get("ID", [""])[0]
        with self.server_state.alone:
            held = self.server_state.locks.get(path)
            if self.server_state.strict and (held or {}).get("ID", "") != named:
                return self._answer(409, json.dumps(held or {}).encode())
            self.server_state.documents[path] = body
        return self._answer(200)

    def do_DELETE(self) -> None:
        self.server_state.documents.pop(self._path(), None)
        self._answer(200)

    def do_LOCK(self) -> None:
        info, path = json.loads(self._body()), self._path()
        with self.server_state.alone:
            held = self.server_state.locks.setdefault(path, info)
            taken = held["ID"] != info["ID"]
        self._answer(423 if taken else 200, json.dumps(held).encode() if taken else None)

    def do_UNLOCK(self) -> None:
        body, path = self._body(), self._path()
        info = json.loads(body) if body else {}
        with self.server_state.alone:
            held = self.server_state.locks.get(path)
            if held is not None and info.get("ID", held["ID"]) != held["ID"]:
                return self._answer(409, json.dumps(held).encode())
            self.server_state.locks.pop(path, None)
        return self._answer(200)

    def _path(self) -> str:
        path = urlsplit(self.path).path
        self.server_state.asked.append(f"{self.command} {path}")
        return path

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _answer(self, status: int, body: bytes | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")
