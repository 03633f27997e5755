"""Two witnesses of what reaches a homeserver: what passed by on the way there, and what the server itself has kept."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx

_NOT_OURS = frozenset({"content-length", "transfer-encoding", "connection", "content-encoding", "date", "server"})
_KEPT = (
    "SELECT count(*), coalesce(max(stream_ordering), 0) FROM events",
    "SELECT count(*), '' FROM room_aliases",
    "SELECT count(*), coalesce(sum(is_public), 0) FROM rooms",
    "SELECT count(*), coalesce(max(stream_id), 0) FROM account_data",
    "SELECT count(*), coalesce(max(stream_id), 0) FROM room_account_data",
    "SELECT count(*), coalesce(sum(media_length), 0) FROM local_media_repository",
    "SELECT count(*), group_concat(coalesce(displayname, '') || coalesce(avatar_url, '')) FROM profiles",
)
"""All that a client can leave behind on a Synapse: events, aliases, the directory, account data, media, profiles."""


@dataclass
class Recorder:
    """A loopback proxy that writes down every request and changes none.

    `seen` are "METHOD path" since it was cleared. After the `kill_at`-th write has taken effect, `kill` is called, and
    its answer never arrives.
    """

    upstream: str
    base_url: str = ""
    seen: list[str] = field(default_factory=list)
    kill_at: int | None = None
    kill: Callable[[], None] = lambda: None
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def writes(self) -> list[str]:
        """Whatever is no plain read: nothing is taken on trust from a path."""
        with self.lock:
            return [each for each in self.seen if each.partition(" ")[0] not in ("GET", "HEAD", "OPTIONS")]

    def clear(self) -> None:
        with self.lock:
            self.seen.clear()

    def note(self, method: str, path: str) -> int | None:
        """Writes a request down; the number of a write among the writes."""
        with self.lock:
            self.seen.append(f"{method} {path}")
        return None if method in ("GET", "HEAD", "OPTIONS") else len(self.writes)


@contextmanager
def recording(upstream: str) -> Iterator[Recorder]:
    """A recorder before `upstream`, on a free port of loopback, in threads of its own."""
    recorder = Recorder(upstream)
    with httpx.Client(timeout=60, trust_env=False, limits=httpx.Limits(max_connections=32)) as http:

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _any(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                number = recorder.note(self.command, self.path)
                headers = {name: value for name, value in self.headers.items() if name.lower() not in _DROPPED}
                found = http.request(self.command, recorder.upstream + self.path, headers=headers, content=body)
                if number is not None and number == recorder.kill_at:
                    recorder.kill()
                    self.close_connection = True
                    return
                self.send_response(found.status_code)
                for name, value in found.headers.items():
                    if name.lower() not in _NOT_OURS:
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(found.content)))
                self.end_headers()
                self.wfile.write(found.content)

            do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = do_PATCH = do_OPTIONS = _any  # noqa: N815 - the library's

            def log_message(self, *args: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.handle_error = lambda *_: None  # type: ignore[method-assign]  # a killed client ends its connections
        server.daemon_threads = True
        recorder.base_url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield recorder
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


_DROPPED = frozenset({"host", "connection", "accept-encoding", "content-length"})


def kept(server_folder: Path) -> Mapping[str, tuple[object, ...]]:
    """What the server's own database counts, read beside the running server."""
    with sqlite3.connect(f"file:{server_folder / 'homeserver.db'}?mode=ro", uri=True, timeout=10) as database:
        return {each: tuple(database.execute(each).fetchone()) for each in _KEPT}
