"""Owns what Ctrl-C means to work that must not be cut short: it is asked to end, and ends by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio

T = TypeVar("T")


async def uninterrupted(work: Callable[[], Awaitable[T]], ask_to_stop: Callable[[], None]) -> T:
    """Runs `work` to its own end, whatever is cancelled around it, and returns what it returns.

    A cancellation, by a scope or of the task itself (as asyncio's runner does on Ctrl-C), calls `ask_to_stop` and is
    then spent. What `work` raises is raised as it is; only what ends a process comes out at once.
    """
    finished = anyio.Event()
    result: list[T] = []
    problem: list[Exception] = []

    async def shielded() -> None:
        with anyio.CancelScope(shield=True):
            try:
                result.append(await work())
            except Exception as error:
                problem.append(error)
            finally:
                finished.set()

    with anyio.CancelScope() as around:
        async with anyio.create_task_group() as group:
            group.start_soon(shielded)
            try:
                await finished.wait()
            except anyio.get_cancelled_exc_class():
                # From here on nothing reaches us: the group must end without being told of the cancellation again.
                around.shield = True
                ask_to_stop()
                _spend()
                await finished.wait()
    if problem:
        raise problem[0]
    return result[0]


def _spend() -> None:
    """Takes back a cancellation of the task itself, so that what follows is not cancelled for it once more."""
    try:
        task = asyncio.current_task()
    except RuntimeError:
        return  # another event loop than asyncio's, which knows only scopes
    if task is not None:
        while task.cancelling():
            task.uncancel()
