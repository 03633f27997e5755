"""Processes of their own over every backend: two at once, one killed, one stopped while its lock is taken away."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from groupform.config.diagnostics import Refused
from groupform.state.store import Holder
from state.backends import KEY, Backend
from state.test_backends import bind, there, written

PROGRAM = Path(__file__).with_name("holder.py")

pytestmark = pytest.mark.anyio


class Other:
    """Another process."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def told(self, words: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(words + "\n")
        self.process.stdin.flush()

    def answer(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def asked(self, words: str) -> str:
        self.told(words)
        return self.answer()


@contextmanager
def other(backend: Backend, who: str, *more: str) -> Iterator[Other]:
    backend.root.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, str(PROGRAM), backend.name, str(backend.root), json.dumps(backend.settings), who, *more]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Other(process)
        finally:
            process.kill()


async def test_two_processes_at_once_lose_nothing(backend: Backend) -> None:
    with other(backend, "one", "rush", "12") as one, other(backend, "two", "rush", "12") as two:
        assert (one.answer(), two.answer()) == ("ok", "ok")
    found = await there(backend)
    assert len(found.bindings) == 24
    assert found.serial == 24


async def test_one_of_two_is_told_that_the_other_is_there(backend: Backend) -> None:
    with other(backend, "one") as one:
        assert one.answer() == "ok"
        assert one.asked("write 1") == "ok"
        with pytest.raises(Refused) as caught:
            async with backend.store().open(KEY, Holder("me", os.getpid(), "now", "apply")):
                pass
        [found] = caught.value.diagnostics
        assert (found.code, found.params["who"], found.params["pid"]) == ("state-locked", "one", one.process.pid)
        one.told("end")
        one.process.wait(20)
    await written(backend, [bind(2)])
    assert set((await there(backend)).bindings) == {"shop/room.one-1", "shop/room.r2"}


async def test_the_lock_of_a_killed_process_is_free(backend: Backend) -> None:
    with other(backend, "one") as one:
        assert one.answer() == "ok"
        assert one.asked("write 1") == "ok"
        one.process.send_signal(signal.SIGKILL)
        one.process.wait(20)
    await written(backend, [bind(2)])
    assert set((await there(backend)).bindings) == {"shop/room.one-1", "shop/room.r2"}


@pytest.mark.parametrize("before", [0, 1])
@pytest.mark.parametrize("taken", [True, False])
async def test_a_stopped_process_that_wakes_after_an_unlock_cannot_write(
    backend: Backend, taken: bool, before: int
) -> None:
    """`before`: it had written already, or not; `taken`: somebody else has come meanwhile, or nobody."""
    await written(backend, [bind(0)])
    with other(backend, "one") as one:
        assert one.answer() == "ok"
        for number in range(before):
            assert one.asked(f"write {number}") == "ok"
        one.process.send_signal(signal.SIGSTOP)
        one.told("write 99")
        broken = await backend.store().unlock(KEY)
        assert broken is not None
        assert (broken.who, broken.pid) == ("one", one.process.pid)
        if taken:
            await written(backend, [bind(7)])
        one.process.send_signal(signal.SIGCONT)
        assert one.answer() == "state-lock-lost"
    mine = {"shop/room.r0", *(["shop/room.r7"] if taken else []), *(f"shop/room.one-{each}" for each in range(before))}
    assert set((await there(backend)).bindings) == mine
    await written(backend, [bind(8)])
    assert set((await there(backend)).bindings) == mine | {"shop/room.r8"}
