"""Every state backend on a real server of its kind, so that one list of tests can be walked by all of them."""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from groupform.state.backends import open_backend
from groupform.state.store import StateKey, Store
from state.cluster import Cluster, make_cluster
from state.state_server import StateServer

KEY = StateKey("shop", "production")
KNOWN = (KEY, StateKey("shop", "staging"), StateKey("store", "production"), StateKey("bar", "production"))
QUICK = (0.05, 0.1, 0.2)


@dataclass
class Backend:
    """One backend on one server. `store` makes a store as a process of its own would; `down` and `up` stop and start
    the server, which keeps what it holds."""

    name: str
    settings: dict[str, str]
    root: Path
    server: Any = None
    port: int = 0
    own: str = field(default_factory=lambda: f"t{uuid.uuid4().hex[:12]}")

    def fresh(self, root: Path) -> Backend:
        """The same server with nothing in it yet."""
        own = f"t{uuid.uuid4().hex[:12]}"
        mine = {
            "local": {"path": "state"},
            "s3": {"prefix": own},
            "postgres": {"schema": own},
            "http": {"address": f"http://127.0.0.1:{self.port}/{own}"},
        }[self.name]
        return replace(self, settings=self.settings | mine, root=root, own=own)

    def through(self, port: int) -> Backend:
        """The same place, reached by another port of this machine."""
        return replace(
            self, settings={name: value.replace(f":{self.port}", f":{port}") for name, value in self.settings.items()}
        )

    def store(self, patience: Sequence[float] | None = QUICK) -> Store:
        store = open_backend(self.name, self.settings, root=self.root, environ={}, known=KNOWN)
        if patience is not None and hasattr(store, "patience"):
            store.patience = patience
        return store

    def down(self) -> None:
        self.server.down()

    def up(self) -> None:
        self.server.up()


@dataclass
class _Moto:
    """moto's S3 server: one request at a time, so that looking at a condition and writing are one step."""

    port: int = 0
    _server: Any = None

    def up(self) -> None:
        from moto.server import DomainDispatcherApplication, create_backend_app
        from werkzeug.serving import make_server

        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self._server = make_server("127.0.0.1", self.port, DomainDispatcherApplication(create_backend_app))
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def down(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@dataclass
class _Http:
    server: StateServer

    def up(self) -> None:
        self.server.start()

    def down(self) -> None:
        self.server.stop()


@contextmanager
def serving(name: str, root: Path) -> Iterator[Backend]:
    """A backend on a server that runs for as long as the block."""
    if name == "local":
        yield Backend(name, {"path": "state"}, root)
    elif name == "s3":
        moto = _Moto()
        moto.up()
        make_bucket(moto.port, "groupform")
        keys = {"access_key_id": "somebody", "secret_access_key": "not-a-secret", "region": "us-east-1"}
        settings = {"bucket": "groupform", "endpoint": f"http://127.0.0.1:{moto.port}", **keys}
        try:
            yield Backend(name, settings, root, moto, moto.port)
        finally:
            moto.down()
    elif name == "postgres":
        cluster: Cluster = make_cluster()
        try:
            yield Backend(name, {"url": cluster.url}, root, cluster, cluster.port)
        finally:
            cluster.remove()
    else:
        server = StateServer()
        server.start()
        try:
            yield Backend(name, {"address": f"http://127.0.0.1:{server.port}"}, root, _Http(server), server.port)
        finally:
            server.stop()


def make_bucket(port: int, name: str) -> None:
    """A bucket, as an operator makes one beforehand."""
    import httpx

    httpx.put(f"http://127.0.0.1:{port}/{name}", trust_env=False).raise_for_status()
