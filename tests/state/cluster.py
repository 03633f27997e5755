"""A throw-away PostgreSQL from the machine's packages, on a loopback port, run by somebody who is not root."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_PACKAGED = Path("/usr/lib/postgresql")
_NOBODIES = ("postgres", "nobody")


@dataclass(frozen=True)
class Cluster:
    """One cluster. `folder` holds its data, `user` is who runs it (None: whoever we are)."""

    binaries: Path
    folder: Path
    user: str | None
    port: int

    @property
    def url(self) -> str:
        return f"postgresql://groupform:not-a-secret@127.0.0.1:{self.port}/postgres"

    def up(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off"
        self._run(
            "pg_ctl", "-D", str(self.folder / "data"), "-l", str(self.folder / "log"), "-w", "-o", options, "start"
        )

    def down(self) -> None:
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-w", "-m", "immediate", "stop")

    def remove(self) -> None:
        self.down()
        shutil.rmtree(self.folder, ignore_errors=True)

    def make(self) -> None:
        password = self.folder / "password"
        password.write_text("not-a-secret", encoding="ascii")
        if self.user is not None:
            owner = pwd.getpwnam(self.user)
            for each in (self.folder, password):
                os.chown(each, owner.pw_uid, owner.pw_gid)
        self._run(
            *("initdb", "-D", str(self.folder / "data"), "-U", "groupform", "-A", "scram-sha-256"),
            *(f"--pwfile={password}", "-E", "UTF8", "--no-locale", "--no-sync"),
        )

    def _run(self, program: str, *arguments: str) -> None:
        # A file, since the server inherits it: a pipe would never end.
        with tempfile.TemporaryFile() as said:
            done = self._ran(program, arguments, said)
            said.seek(0)
            assert done == 0, f"{program}: {done}: {said.read().decode(errors='replace')[-600:]}"

    def _ran(self, program: str, arguments: tuple[str, ...], said: IO[bytes]) -> int:
        environ = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"}
        done = subprocess.run(
            [str(self.binaries / program), *arguments],
            user=self.user,
            group=pwd.getpwnam(self.user).pw_gid if self.user is not None else None,
            extra_groups=[] if self.user is not None else None,
            cwd="/",
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            check=False,
            timeout=60,
        )
        return done.returncode


def why_not() -> str | None:
    """Why there can be no cluster here; None where there can."""
    if _binaries() is None:
        return "no PostgreSQL server on this machine: apt-get install postgresql"
    if os.getuid() == 0 and _nobody() is None:
        return "PostgreSQL does not run as root, and there is nobody else here"
    return None


def make_cluster() -> Cluster:
    """A running cluster."""
    binaries = _binaries()
    assert binaries is not None
    # Not below pytest's folder: that one is closed to everybody else.
    folder = Path(tempfile.mkdtemp(prefix="groupform-postgres-"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    cluster = Cluster(binaries, folder, _nobody() if os.getuid() == 0 else None, port)
    try:
        cluster.make()
        cluster.up()
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return cluster


def _binaries() -> Path | None:
    packaged = sorted(_PACKAGED.glob("*/bin/initdb"), key=lambda each: float(each.parts[-3]))
    if packaged:
        return packaged[-1].parent
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


def _nobody() -> str | None:
    names = {each.pw_name for each in pwd.getpwall()}
    return next((each for each in _NOBODIES if each in names), None)
