"""What a thousand creates cost each backend in writes and bytes: `python tests/state/measure.py [CREATES]`.

The same entries as an apply commits: announcements in waves of 64, results in groups of 32, progress at both ends. What
is counted are the writes and bytes that leave for the store (for `local`: durable steps and bytes of the files).
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import anyio

from groupform.state.document import Binding, Entry, OpenedIntents, OpenIntent, Progress, SetBinding, SetProgress
from groupform.state.local import LocalStore
from groupform.state.store import Holder
from state.backends import KEY, Backend, serving

WAVE, GROUP = 64, 32


@dataclass(frozen=True)
class Cost:
    """What one backend was asked to do."""

    backend: str
    commits: int
    writes: int
    written: int
    seconds: float

    def __str__(self) -> str:
        return f"{self.backend:10} {self.commits:8} {self.writes:8} {self.written / 1e6:10.2f} MB {self.seconds:8.2f} s"


def commits(creates: int) -> Iterator[Sequence[Entry]]:
    """An apply's durable writes for so many creates of the size of a real room."""
    yield [SetProgress(progress=Progress(plan="p" * 64, serial=0, started_at="2026-01-01T00:00:00+00:00"))]
    text = {"name": "宠友之家 · 上海", "topic": "先打个招呼，再慢慢聊。" * 3, "join_rule": "restricted"}
    power = {"powers": {f"@host-{number}:example.org": 50 for number in range(4)}}
    for first in range(0, creates, WAVE):
        wave = range(first, min(first + WAVE, creates))
        yield [
            OpenedIntents(
                intents={
                    f"shop/room.r{number}": OpenIntent(
                        nonce=f"{number:032}", type="room", sent_at="t", plan="p" * 64, attributes=text | power
                    )
                    for number in wave
                }
            )
        ]
        for start in range(wave.start, wave.stop, GROUP):
            yield [
                SetBinding(
                    address=f"shop/room.r{number}",
                    binding=Binding(type="room", id=f"!{number:020}:example.org", applied=text | power, label="上海"),
                )
                for number in range(start, min(start + GROUP, wave.stop))
            ]
    yield [SetProgress(progress=None)]


async def cost(backend: Backend, creates: int) -> Cost:
    """Makes the commits and counts."""
    store = backend.store(None)
    steps: list[str] = []
    sizes: list[int] = []
    if isinstance(store, LocalStore):
        store.step = steps.append
        measured, write = store, os.write
        os.write = lambda handle, data: sizes.append(len(data)) or write(handle, data)  # type: ignore[func-returns-value]
    else:
        measured = getattr(store, {"s3": "objects", "postgres": "sessions", "http": "wire"}[backend.name])
    count = 0
    began = time.monotonic()
    try:
        async with store.open(KEY, Holder("me@here", os.getpid(), "now", "apply")) as writer:
            for each in commits(creates):
                await writer.commit(each)
                count += 1
    finally:
        if isinstance(store, LocalStore):
            os.write = write
    seconds = time.monotonic() - began
    if isinstance(store, LocalStore):
        return Cost(backend.name, count, sum(each.startswith("sync ") for each in steps), sum(sizes), seconds)
    return Cost(backend.name, count, measured.writes, measured.written, seconds)


def main(creates: int) -> None:
    print(f"{'backend':10} {'commits':>8} {'writes':>8} {'bytes':>13} {'time':>10}   ({creates} creates)")
    for name in ("local", "s3", "postgres", "http"):
        with tempfile.TemporaryDirectory() as folder, serving(name, Path(folder)) as backend:
            print(anyio.run(cost, backend.fresh(Path(folder)), creates), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
