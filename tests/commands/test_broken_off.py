"""An apply that was broken off is over once nothing is left to do, also where the next one has nothing to send."""

from __future__ import annotations

import asyncio
from pathlib import Path

from commands.line import groupform, write_project
from groupform.state.document import Document, Progress, SetProgress
from groupform.state.local import LocalStore
from groupform.state.store import Holder, StateKey

KEY = StateKey("club-chat", "default")


async def break_off(store: LocalStore) -> None:
    async with store.open(KEY, Holder("somebody", 1, "2026-12-01T07:00:00+00:00", "groupform apply")) as writer:
        progress = Progress(plan="x", serial=1, started_at="2026-12-01T07:00:00+00:00", stopped="apply-failures")
        await writer.commit([SetProgress(progress=progress)])


def read(store: LocalStore) -> Document:
    found = asyncio.run(store.read(KEY))
    assert found is not None
    return found


def test_what_was_broken_off_is_over_once_nothing_is_left(tmp_path: Path) -> None:
    folder = write_project(tmp_path / "here")
    groupform(folder, "apply", "--yes")
    store = LocalStore(folder / ".groupform" / "state")
    asyncio.run(break_off(store))
    assert "did not finish" in groupform(folder, "recover").out
    groupform(folder, "apply", "--yes")
    assert read(store).progress is None
    serial = read(store).serial
    groupform(folder, "apply", "--yes")
    assert read(store).serial == serial, "an apply that has nothing to do writes nothing"
