"""Owns the homeserver's process: started so that it outlives the command, recognised by a lock that dies with it."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from groupform.config.diagnostics import Diagnostic, Refused
from groupform.sandbox.folder import Folder

Clock = Callable[[], float]
Sleep = Callable[[float], None]


def command(folder: Folder) -> list[str]:
    """The homeserver under the interpreter that runs us; -P keeps the folder's own files out of the import path."""
    return [sys.executable, "-P", "-m", "synapse.app.homeserver", "--config-path", str(folder.configuration)]


def running(folder: Folder) -> int | None:
    """The process id of the folder's server, or None.

    The server inherits a locked file descriptor. The system drops that lock when the process ends, however it ends: a
    stale number in the file, or one that another program has been given since, is never taken for ours.
    """
    try:
        descriptor = os.open(folder.lock, os.O_RDWR)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        text = os.read(descriptor, 32).decode("ascii", "replace").strip()
        return int(text) if text.isdigit() else None
    else:
        return None
    finally:
        os.close(descriptor)


def start(folder: Folder, argv: Sequence[str]) -> subprocess.Popen[bytes]:
    """Starts `argv` in a session of its own, its output in the folder's log.

    Raises OSError where it cannot, Refused `sandbox-lost-server` where a server lives whose number was never written.
    """
    folder.turn_log()
    lock = os.open(folder.lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refused([Diagnostic("sandbox-lost-server", params={"file": str(folder.configuration)})]) from None
        with os.fdopen(os.open(folder.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "wb") as log:
            process = subprocess.Popen(
                argv,
                cwd=folder.path,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=(lock,),
                umask=0o077,  # its database and its media are for the same eyes only
            )
        os.ftruncate(lock, 0)
        os.pwrite(lock, f"{process.pid}\n".encode(), 0)
        return process
    finally:
        os.close(lock)


def stop(folder: Folder, *, grace: float = 10.0, clock: Clock = time.monotonic, sleep: Sleep = time.sleep) -> bool:
    """Asks the server to end, then insists after `grace` seconds. Returns False where none was running."""
    pid = running(folder)
    if pid is None:
        return False
    for number, seconds in ((signal.SIGTERM, grace), (signal.SIGKILL, grace)):
        try:
            os.killpg(pid, number)
            # A suspended process hears of the first signal only once it goes on.
            os.killpg(pid, signal.SIGCONT)
        except ProcessLookupError:
            return True
        until = clock() + seconds
        while clock() < until:
            if running(folder) is None:
                return True
            sleep(0.02)
    raise TimeoutError(f"process {pid} did not end")


def port_free(port: int) -> bool:
    """Whether a server may listen on this port of 127.0.0.1 now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # Without this a port that was closed a moment ago counts as taken for a minute.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError):
            return False
    return True


def next_free(start_at: int) -> int | None:
    """The first free port from `start_at` on, within a hundred."""
    return next((port for port in range(start_at, min(start_at + 100, 65536)) if port_free(port)), None)


def default_folder(project: Path) -> Path:
    """Where a project's sandbox lives."""
    return project / ".groupform" / "sandbox"
