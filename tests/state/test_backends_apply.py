"""Applies over every shared backend: whole, and with the store gone half-way; nothing is made that is not announced."""

from __future__ import annotations

import threading
from itertools import count
from pathlib import Path

import anyio
import pytest

from faults.rig import KEY, Loaded, Rig, name, project
from faults.stories import FORGOTTEN, first, second
from groupform.config.diagnostics import Refused
from groupform.engine.undoing import latest
from groupform.engine.world import ApplyReport
from groupform.state.document import Document
from state.backends import Backend
from state.cutting import Cutter

BACKENDS = ("s3", "postgres", "http")

pytestmark = pytest.mark.anyio


class SharedRig(Rig):
    """A rig whose state is in a shared store. `seen` may be another way to the same store than the applies take."""

    def __init__(self, folder: Path, backend: Backend, seen: Backend | None = None) -> None:
        super().__init__(folder)
        self.backend, self.seen = backend, seen or backend
        self.walk.store = backend.store((0.02, 0.05))  # type: ignore[assignment]

    async def document(self) -> Document:
        found = await self.seen.store().read(KEY)
        assert found is not None
        return found

    async def somebody_looks(self) -> None:
        """As in a rig on disk, for what the platform cannot list."""
        document = await self.seen.store().read(KEY)
        known = {each.id for each in document.bindings.values()} if document is not None else set()
        intents = document.intents if document is not None else {}
        self.looked_at = frozenset(address for address, each in intents.items() if each.type == "badge")
        for each in list(self.there.living("badge")):
            if each.id not in known:
                del self.there.things[each.id]


async def test_apply_and_edit_over_a_shared_store(backend: Backend, tmp_path: Path) -> None:
    rig = SharedRig(tmp_path, backend)
    for story, forgotten in ((first(), frozenset[str]()), (second(), FORGOTTEN)):
        loaded = project(tmp_path / "files", story)
        report = await rig.apply(loaded)
        assert not report.failed
        await rig.converged(loaded, forgotten=forgotten)


async def test_an_undo_over_a_shared_store(backend: Backend, tmp_path: Path) -> None:
    """One that keeps no copies says so, and writes nothing; to before the first apply there is a way without one."""
    rig = SharedRig(tmp_path, backend.fresh(tmp_path))
    before = project(tmp_path / "first", first())
    await rig.apply(before)
    after = project(tmp_path / "second", second())
    await rig.apply(after)
    if backend.name == "http":
        with pytest.raises(Refused) as refused:
            await rig.plan(after, undo=latest(await rig.document()))
        assert [each.code for each in refused.value.diagnostics] == ["state-no-history"]
        report = await rig.carry_out(await rig.plan(after, undo=0), after)
        assert not report.failed
        assert not (await rig.document()).bindings
        return
    report = await rig.carry_out(await rig.plan(after, undo=latest(await rig.document())), after)
    assert not report.failed
    assert not (await rig.plan(before)).changes
    report = await rig.carry_out(await rig.plan(before, undo=latest(await rig.document())), before)
    assert not report.failed
    assert not (await rig.plan(after)).changes


@pytest.mark.parametrize("share", [0.0, 0.1, 0.3, 0.5, 0.7, 0.9])
async def test_a_store_lost_half_way_loses_nothing(backend: Backend, tmp_path: Path, share: float) -> None:
    loaded = project(tmp_path / "files", first())
    whole = SharedRig(tmp_path / "whole", backend.fresh(tmp_path))
    await whole.apply(loaded)
    at = 1 + round(share * len(whole.reaper.names))
    place = backend.fresh(tmp_path)
    with Cutter(backend.port) as cutter:
        rig = SharedRig(tmp_path / "lost", place.through(cutter.own), place)
        requests = 0

        def point(request: str) -> None:
            nonlocal requests
            requests += 1
            cutter.dead = cutter.dead or requests == at

        rig.reaper.point = point  # type: ignore[method-assign]
        report = await stopped(rig, loaded)
        cutter.dead = False
        document = await place.store().read(KEY)
        told = (set(document.bindings) | set(document.intents)) if document is not None else set()
        living = list(rig.there.living())
        # All that was begun is written down, even what came to its end after the store had gone.
        assert {each.uid for each in living if each.uid is not None} <= told
        assert len(living) <= len(told), sorted(name(each) for each in living)
        if report is not None and requests > at:
            assert report.stopped is not None
            assert report.stopped.code == "state-store-lost"
        rig.reaper.point = lambda request: None  # type: ignore[method-assign]
        await unlocked(place)
        await rig.somebody_looks()
        again = await rig.apply(loaded)
        assert not again.failed
        await rig.converged(loaded)


@pytest.mark.parametrize("at", [9, 15, 25])
async def test_who_loses_the_lock_sends_nothing_more(
    backend: Backend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    """Also what was announced already: whoever took the lock looks for it, and may make it meanwhile."""
    loaded = project(tmp_path / "files", first())
    rig = SharedRig(tmp_path / "rig", backend)
    monkeypatch.setattr(rig.platform.provider, "concurrency", 1, raising=False)
    moments = count(step=60)
    rig.walk.store.clock = lambda: float(next(moments))  # type: ignore[attr-defined]
    requests: list[str] = []

    def point(request: str) -> None:
        requests.append(request)
        if len(requests) == at:
            other = threading.Thread(target=lambda: anyio.run(backend.store().unlock, KEY))
            other.start()
            other.join()

    rig.reaper.point = point  # type: ignore[method-assign]
    report = await rig.apply(loaded)
    assert report.stopped is not None and report.stopped.code == "state-lock-lost"
    later = [each for each in requests[at:] if each.startswith("before ")]
    assert later == []
    rig.reaper.point = lambda request: None  # type: ignore[method-assign]
    await rig.somebody_looks()
    assert not (await rig.apply(loaded)).failed
    await rig.converged(loaded)


async def stopped(rig: SharedRig, loaded: Loaded) -> ApplyReport | None:
    """The apply's report, or None where the store was gone before the first write to the platform."""
    try:
        return await rig.apply(loaded)
    except Refused as refused:
        assert [each.code for each in refused.diagnostics] == ["state-store-lost"]
        return None


async def unlocked(place: Backend) -> None:
    """The lock could not be given back, and its process lives on: what a person does."""
    await place.store().unlock(KEY)
