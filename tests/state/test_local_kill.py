"""Killed at every durable step of the local store: what was acknowledged is there, what was not is whole or absent."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from faults.killing import KilledError, Reaper
from groupform.state.document import Binding, SetBinding
from groupform.state.local import LocalStore
from groupform.state.store import Holder, StateKey

KEY = StateKey("shop", "production")
NEW = StateKey("store", "production")
HOLDER = Holder("me@here", 1, "2026-01-01T00:00:00Z", "apply")

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def bind(number: int) -> SetBinding:
    return SetBinding(address=f"shop/room.r{number}", binding=Binding(type="room", id=f"!{number}", applied={}))


@pytest.fixture(autouse=True)
def no_power_cuts(monkeypatch: pytest.MonkeyPatch) -> None:
    """These deaths leave the machine running: what was written is there, synced or not, and syncing is slow."""
    monkeypatch.setattr(os, "fsync", lambda handle: None)


async def session(root: Path, reaper: Reaper, acknowledged: list[int], first: int) -> None:
    """One apply's worth of commits, with checkpoints in between."""
    store = LocalStore(root, step=reaper.point, checkpoint=3, keep=2)
    async with store.open(KEY, HOLDER) as writer:
        for number in range(first, first + 8):
            await writer.commit([bind(number)])
            acknowledged.append(number)


async def test_killed_at_every_durable_step(tmp_path: Path) -> None:
    whole = Reaper()
    await session(tmp_path / "all", whole, [], 0)
    await session(tmp_path / "all", whole, [], 8)
    for at in range(1, len(whole.names) + 1):
        reaper, root = Reaper(at), tmp_path / f"{at}"
        acknowledged: list[int] = []
        with pytest.raises(KilledError):
            await session(root, reaper, acknowledged, 0)
            await session(root, reaper, acknowledged, 8)
        found = await LocalStore(root).read(KEY)
        numbers = [int(each.rpartition("r")[2]) for each in found.bindings] if found else []
        assert numbers in (acknowledged, [*acknowledged, len(acknowledged)]), f"{at}: {whole.names[at - 1]}"
        # And whoever comes next can write, and loses nothing.
        await session(root, Reaper(), [], 20)
        after = await LocalStore(root).read(KEY)
        assert after is not None
        assert [int(each.rpartition("r")[2]) for each in after.bindings] == [*numbers, *range(20, 28)]
        if found is not None:
            assert after.lineage == found.lineage
    print(f"killed at {len(whole.names)} durable steps")


async def test_a_rename_killed_at_every_step_is_finished_by_running_it_again(tmp_path: Path) -> None:
    async def prepared(root: Path) -> None:
        async with LocalStore(root).open(KEY, HOLDER) as writer:
            await writer.commit([bind(1)])

    whole = Reaper()
    await prepared(tmp_path / "all")
    await LocalStore(tmp_path / "all", step=whole.point).rename(KEY, NEW, HOLDER)
    assert len(whole.names) > 5
    for at in range(1, len(whole.names) + 1):
        root = tmp_path / f"{at}"
        await prepared(root)
        with pytest.raises(KilledError):
            await LocalStore(root, step=Reaper(at).point).rename(KEY, NEW, HOLDER)
        store = LocalStore(root)
        await store.rename(KEY, NEW, HOLDER)
        assert await store.list() == [NEW]
        found = await store.read(NEW)
        assert found is not None
        assert set(found.bindings) == {"store/room.r1"}


PROGRAM = """
import asyncio, os, sys
from pathlib import Path
from groupform.state.document import Binding, SetBinding
from groupform.state.local import LocalStore
from groupform.state.store import Holder, StateKey

async def main():
    store = LocalStore(Path(sys.argv[1]), checkpoint=5)
    async with store.open(StateKey("shop", "production"), Holder("dead", os.getpid(), "then", "apply")) as writer:
        number = len(writer.document.bindings)
        while True:
            binding = Binding(type="room", id=f"!{number}", applied={"name": "群" * 2000})
            await writer.commit([SetBinding(address=f"shop/room.r{number}", binding=binding)])
            os.write(1, f"{number}\\n".encode())
            number += 1

asyncio.run(main())
"""


async def test_a_process_killed_while_it_writes_loses_no_acknowledged_write(tmp_path: Path) -> None:
    chance = random.Random(7)
    for _ in range(4):
        with subprocess.Popen([sys.executable, "-c", PROGRAM, str(tmp_path)], stdout=subprocess.PIPE) as process:  # noqa: ASYNC220
            assert process.stdout is not None
            for _ in range(chance.randrange(3, 40)):
                last = process.stdout.readline()
            process.send_signal(signal.SIGKILL)
            rest = process.stdout.read().splitlines()
        acknowledged = int((rest or [last])[-1])
        found = await LocalStore(tmp_path).read(KEY)
        assert found is not None
        assert len(found.bindings) in (acknowledged + 1, acknowledged + 2)
