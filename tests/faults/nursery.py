"""Where processes of the command line come from: forked from one that has imported everything, so that each is cheap.

Each is a process of its own and may be killed for good. It is given a clock that runs faster than the world's, a
network with little patience where that is what a test is about, and the durable write at which it kills itself.

python nursery.py     (an order is a line of JSON in; into the pipe it names come the process id, then how it ended)
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import json
import os
import pkgutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import IO, Any

_STARTED = "started"


@dataclass(frozen=True)
class Order:
    """One run of the command line. It believes that it is `believed` at `since`, both in seconds since 1970, and that
    `pace` seconds pass in one of ours. `patience`, in our seconds, is how long it waits for an answer; `dies` is the
    durable write it does not live to see.
    """

    argv: tuple[str, ...]
    folder: str
    environ: Mapping[str, str]
    since: float
    believed: float
    pace: float = 1.0
    patience: float | None = None
    dies: int | None = None


@dataclass(frozen=True)
class Ended:
    """How a process ended, what it said to whom, and how many durable writes it came to (0 where it was killed)."""

    code: int
    out: str
    err: str
    writes: int

    @property
    def said(self) -> str:
        return self.out + self.err


class Nursery:
    """Asks for processes. `folder` is for the pipes and for what they say."""

    def __init__(self, folder: Path, orders: IO[bytes]) -> None:
        self.folder = folder
        self._orders = orders
        self._numbers = itertools.count()

    async def run(self, order: Order, started: Callable[[Callable[[], None]], None] = lambda kill: None) -> Ended:
        """One process from its beginning to its end. `started` is given what kills it."""
        place = self.folder / f"{next(self._numbers)}"
        reader = asyncio.StreamReader()
        pipe, opened = _pipe(place)
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), opened
        )
        try:
            self._orders.write(json.dumps({**asdict(order), "place": str(place)}).encode() + b"\n")
            self._orders.flush()
            pid = int(await reader.readline())
            started(lambda: _kill(pid))
            code = int(await reader.readline())
        finally:
            transport.close()
            pipe.unlink()
        return Ended(code, _taken(place, ".out"), _taken(place, ".err"), int(_taken(place, ".writes") or 0))


def _pipe(place: Path) -> tuple[Path, IO[bytes]]:
    """A pipe that another process may write to, and its end for us: the loop that reads it closes it."""
    os.mkfifo(pipe := place.with_suffix(".pipe"))
    return pipe, os.fdopen(os.open(pipe, os.O_RDONLY | os.O_NONBLOCK), "rb", buffering=0)


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _taken(place: Path, suffix: str) -> str:
    file = place.with_suffix(suffix)
    text = file.read_text(encoding="utf-8", errors="replace") if file.exists() else ""
    file.unlink(missing_ok=True)
    return text


@asynccontextmanager
async def nursery(folder: Path) -> AsyncIterator[Nursery]:
    """The process that others are forked from; it ends with this block, or with us."""
    process = _begun(folder)
    assert process.stdout is not None and process.stdin is not None
    try:
        assert (await asyncio.to_thread(process.stdout.readline)).strip() == _STARTED.encode(), "the nursery is closed"
        yield Nursery(folder, process.stdin)
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


def _begun(folder: Path) -> subprocess.Popen[bytes]:
    folder.mkdir(parents=True, exist_ok=True)
    return subprocess.Popen([sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE)


# What follows runs in the process that is forked from, and in those that were.


def main() -> None:
    sys.path.insert(0, str(Path(__file__).parents[1]))
    import groupform

    for each in pkgutil.walk_packages(groupform.__path__, "groupform."):
        with suppress(ImportError):  # an extra that is not installed
            import_module(each.name)
    import_module("faults.patience")
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    gc.collect()
    gc.freeze()
    print(_STARTED, flush=True)
    for line in sys.stdin.buffer:
        if os.fork() == 0:
            _attend(json.loads(line))
            os._exit(0)


def _attend(order: Mapping[str, Any]) -> None:
    """Begins one process, tells its id, waits for its end, tells how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    pid = os.fork()
    if pid == 0:
        _live(order)
    with Path(order["place"]).with_suffix(".pipe").open("w", encoding="ascii") as answer:
        answer.write(f"{pid}\n")
        answer.flush()
        _, status = os.waitpid(pid, 0)
        answer.write(f"{os.waitstatus_to_exitcode(status)}\n")


def _live(order: Mapping[str, Any]) -> None:
    code = 70
    try:
        place = Path(order["place"])
        for descriptor, suffix in ((1, ".out"), (2, ".err")):
            file = os.open(place.with_suffix(suffix), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            os.dup2(file, descriptor)
            os.close(file)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.environ.update(order["environ"])
        os.chdir(order["folder"])
        writes = _watch_writes(order["dies"])
        code = _command_line(order)
        place.with_suffix(".writes").write_text(str(len(writes)))
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def _command_line(order: Mapping[str, Any]) -> int:
    """`groupform.entry.run` with a clock of our own."""
    import anyio

    from faults.patience import Impatient
    from groupform.commands.app import command_line
    from groupform.commands.ending import end_with
    from groupform.commands.run import Run
    from groupform.http.client import Client
    from groupform.providers.matrix import provider

    since, believed, pace = (float(order[each]) for each in ("since", "believed", "pace"))
    really = anyio.sleep

    async def sleep(delay: float) -> None:
        await really(delay / pace)

    anyio.sleep = sleep
    defaults = Client.__init__.__kwdefaults__
    assert defaults is not None
    defaults["clock"] = lambda: time.monotonic() * pace
    if order["patience"] is not None:
        provider._transport = Impatient(float(order["patience"]))
    frame = Run(
        environ=os.environ,
        folder=Path.cwd,
        stdin=sys.stdin,
        stdout=sys.stdout,
        stderr=sys.stderr,
        now=lambda: datetime.fromtimestamp(believed + (time.time() - since) * pace, UTC),
    )
    try:
        return command_line(tuple(order["argv"]), frame)
    except Exception as error:
        return end_with(error, frame, tuple(order["argv"]))


def _watch_writes(dies: int | None) -> list[str]:
    """Counts what becomes durable, in the state and in the files, and dies at the one that it is told."""
    from groupform.commands.editing import Edits
    from groupform.state.local import LocalStore

    writes: list[str] = []

    def step(name: str) -> None:
        writes.append(name)
        if len(writes) == dies:
            os.kill(os.getpid(), signal.SIGKILL)

    defaults = LocalStore.__init__.__kwdefaults__
    assert defaults is not None
    defaults["step"] = step
    put = Edits._put

    def watched(self: Edits, file: str, text: str) -> None:
        step(f"write {file}")
        put(self, file, text)
        step(f"wrote {file}")

    Edits._put = watched  # type: ignore[method-assign]
    return writes


if __name__ == "__main__":
    main()
