"""A loopback proxy before a homeserver that counts what it answered, and how much was under way at once."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx

_DROPPED = frozenset({"content-length", "transfer-encoding", "connection", "content-encoding", "date", "server"})


@dataclass
class Recorder:
    """`limited` are the routes that were answered 429; `most` is how many requests were under way at the most."""

    base_url: str = ""
    requests: int = 0
    most: int = 0
    limited: Counter[str] = field(default_factory=Counter)


@contextmanager
def record(upstream: str) -> Iterator[Recorder]:
    """A recorder before `upstream` for as long as the block runs."""
    found, lock, under_way = Recorder(), threading.Lock(), 0
    http = httpx.Client(base_url=upstream, timeout=60, trust_env=False)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def _pass_on(self) -> None:
            nonlocal under_way
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            with lock:
                under_way += 1
                found.requests += 1
                found.most = max(found.most, under_way)
            heads = {name: value for name, value in self.headers.items() if name.lower() != "host"}
            answer = http.request(self.command, self.path, headers=heads, content=body)
            with lock:
                under_way -= 1
                if answer.status_code == 429:
                    found.limited[f"{self.command} {self.path.partition('?')[0].split('/')[4]}"] += 1
            self.send_response(answer.status_code)
            for name, value in answer.headers.items():
                if name.lower() not in _DROPPED:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        do_GET = do_PUT = do_POST = do_DELETE = _pass_on  # noqa: N815 - the names that http.server calls

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    found.base_url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
        http.close()
