"""A platform that outlives its callers: a folder in which every post is a file. And a worker on it, as a process.

python queue_board.py FOLDER NOW ARGUMENTS...     (runs `groupform ARGUMENTS` in FOLDER, which believes that it is NOW)
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio

from groupform.engine.posting import Absent, Found, Posted, PostRequest, Trail
from groupform.engine.provider import Context, Session
from groupform.providers.memory import MemoryProvider, MemoryWorld
from groupform.providers.memory.session import MemorySession


class BoardSession(MemorySession):
    """Takes posts: one file each. What bears a nonce that is known is there already."""

    remembers = 3600.0
    settles = 0.0
    board: Path
    slow: float

    async def post(self, request: PostRequest) -> Posted:
        await anyio.sleep(self.slow)
        with (self.board / f"{request.place} {request.mark} {request.nonce}").open("a") as file:
            file.write(f"{os.getpid()}\n")
        await anyio.sleep(self.slow)
        return Posted(request.nonce)

    async def find_post(self, trail: Trail) -> Found:
        found = sorted(self.board.glob(f"{trail.place} {trail.mark} *"))
        return Posted(found[0].name.split()[2]) if found else Absent()


class BoardProvider(MemoryProvider):
    """The platform `memory`, of which one deployment's groups are on a board."""

    posts_in = "room"

    def __init__(self, board: Path, slow: float = 0.0) -> None:
        super().__init__(MemoryWorld(time.monotonic))
        self._board, self._slow = board, slow

    @asynccontextmanager
    async def _connect(self, context: Context) -> AsyncIterator[Session]:
        session = BoardSession(self.world, context, self.types, self.variant)
        session.board, session.slow = self._board, self._slow
        yield session


def environment(folder: Path, **more: str) -> dict[str, str]:
    """What a worker's process is given."""
    path = os.pathsep.join(each for each in sys.path if each)
    return {**os.environ, "PYTHONPATH": path, "GROUPFORM_LANG": "en", "BOARD": str(folder / "board"), **more}


def main(folder: Path, now: datetime, argv: list[str], environ: Mapping[str, str] = os.environ) -> int:
    from groupform.commands.app import command_line
    from groupform.commands.ending import end_with
    from groupform.commands.run import Run

    began = time.monotonic()
    frame = Run(
        environ=environ,
        folder=lambda: folder,
        stdin=None,
        stdout=sys.stdout,
        stderr=sys.stderr,
        now=lambda: now + timedelta(seconds=time.monotonic() - began),
    )
    platforms: dict[str, Any] = {"memory": BoardProvider(Path(environ["BOARD"]), float(environ.get("SLOW", "0")))}
    frame.__dict__["installed"] = platforms
    from groupform.commands.queueing_jobs import JobQueue

    defaults = JobQueue.__init__.__kwdefaults__
    assert defaults is not None
    defaults["heartbeat"] = float(environ.get("HEARTBEAT", defaults["heartbeat"]))
    if "IMPATIENT" in environ:
        defaults["patience"] = (0.1, 0.2)
    try:
        return command_line(argv, frame)
    except Exception as error:
        return end_with(error, frame, argv)


if __name__ == "__main__":
    home, moment, *arguments = sys.argv[1:]
    raise SystemExit(main(Path(home), datetime.fromisoformat(moment).replace(tzinfo=UTC), arguments))
