"""A wire that breaks: a TCP proxy on loopback that cuts the n-th request or the n-th answer, once."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
from dataclasses import dataclass
from typing import Literal

What = Literal["request", "answer"]


@dataclass
class Cutter:
    """Stands before a port. Counts bursts: what one side says before the other one speaks.

    With `at`, the burst of that number on the `what` side never arrives, and both sides see the connection end. While
    it is `dead`, nothing passes, as if the server's machine were switched off.
    """

    port: int
    what: What = "answer"
    at: int = 0
    seen: int = 0
    cut: bool = False
    closed: bool = False
    dead: bool = False

    def __enter__(self) -> Cutter:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.own = self._listener.getsockname()[1]
        self._count = threading.Lock()
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closed = True
        # A thread that waits in accept would keep the port open.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self) -> None:
        while not self.closed:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client: socket.socket) -> None:
        try:
            if self.dead:
                raise ConnectionAbortedError
            server = socket.create_connection(("127.0.0.1", self.port))
        except OSError:
            client.close()
            return
        last: What | None = None
        with client, server, selectors.DefaultSelector() as ready:
            ready.register(client, selectors.EVENT_READ)
            ready.register(server, selectors.EVENT_READ)
            while not (self.closed or self.dead):
                for key, _ in ready.select(0.02):
                    source = key.fileobj
                    side: What = "request" if source is client else "answer"
                    if self.dead:
                        return
                    try:
                        data = source.recv(1 << 20)  # type: ignore[union-attr]
                        if not data or (side != last and self._counted(side)):
                            return
                        (server if source is client else client).sendall(data)
                    except OSError:
                        return
                    last = side

    def _counted(self, side: What) -> bool:
        """Counts a burst; True where it is the one to cut."""
        if side != self.what:
            return False
        with self._count:
            self.seen += 1
            if self.at and self.seen == self.at:
                self.cut = True
                return True
        return False
