"""What only an object store can do wrong: conditions it ignores, objects that rot, holders on machines out of sight."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path

import pytest

from groupform.config.diagnostics import Refused
from groupform.state.claim import LEASE, Claim
from groupform.state.head import parse_head, spell_head
from groupform.state.s3 import S3Store
from groupform.state.store import Holder
from state.backends import KEY, Backend
from state.test_backends import ME, YOU, bind, refused, there, written

BACKENDS = ("s3",)

pytestmark = pytest.mark.anyio


def store_of(backend: Backend) -> S3Store:
    store = backend.store()
    assert isinstance(store, S3Store)
    return store


@pytest.fixture
def half(tmp_path: Path) -> Iterator[Backend]:
    """A real server that looks at If-None-Match, and takes a write with any If-Match."""
    if find_spec("localbucket") is None or find_spec("obstore") is None:
        pytest.skip("not installed: localbucket, obstore")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (tmp_path / "groupform").mkdir()
    command = [sys.executable, "-m", "localbucket", "--port", str(port), str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            for _ in range(100):
                with socket.socket() as knock:
                    if knock.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.05)
            keys = {"access_key_id": "somebody", "secret_access_key": "not-a-secret", "region": "us-east-1"}
            endpoint = f"http://127.0.0.1:{port}"
            yield Backend("s3", {"bucket": "groupform", "endpoint": endpoint, **keys}, tmp_path, port=port)
        finally:
            process.kill()


async def test_a_store_that_ignores_conditions_is_refused_before_anything_is_written(half: Backend) -> None:
    for _ in range(2):
        with pytest.raises(Refused) as caught:
            async with half.store().open(KEY, ME) as writer:
                await writer.commit([bind(1)])
        assert refused(caught) == ["state-store-unconditional"]
    assert await half.store().read(KEY) is None


async def test_a_missing_bucket_is_said(backend: Backend) -> None:
    backend.settings["bucket"] = "nobodys-bucket"
    for attempt in ("read", "list", "open"):
        with pytest.raises(Refused) as caught:
            store = backend.store()
            if attempt == "read":
                await store.read(KEY)
            elif attempt == "list":
                await store.list()
            else:
                async with store.open(KEY, ME):
                    pass
        assert refused(caught) == ["state-bucket-missing"]


@pytest.mark.parametrize("damage", ["cut", "flip", "gone", "tail", "other"])
async def test_what_rots_is_refused(backend: Backend, damage: str) -> None:
    async with backend.store().open(KEY, ME) as writer:
        for first in range(0, 2000, 20):
            await writer.commit([bind(number, "群" * 50) for number in range(first, first + 20)])
    store = store_of(backend)
    folder = store.folder(KEY)
    names = await store.objects.names(folder)
    parts = [each for each in names if "/journal/" in each]
    assert parts, names
    victim = f"{folder}/head" if damage in ("tail", "other") else parts[len(parts) // 2]
    seen = await store.objects.get(victim)
    assert seen is not None
    if damage == "gone":
        await store.objects.remove(victim)
    elif damage == "other":
        head = parse_head(seen.data, KEY, "-")
        await store.objects.write_once(victim, spell_head(replace(head, key=replace(KEY, deployment="bar"))))
    else:
        changed = seen.data[:-9] if damage in ("cut", "tail") else seen.data.replace("群".encode(), "裙".encode(), 1)
        await store.objects.write_once(victim, changed)
    with pytest.raises(Refused) as caught:
        await backend.store().read(KEY)
    assert refused(caught) == ["state-foreign" if damage == "other" else "state-corrupt"]
    with pytest.raises(Refused):
        async with backend.store().open(KEY, YOU):
            pass


async def test_writes_stay_small_and_what_is_replaced_is_cleared_away(backend: Backend) -> None:
    store = store_of(backend)
    async with store.open(KEY, ME) as writer:
        for first in range(0, 4000, 20):
            await writer.commit([bind(number, "群" * 50) for number in range(first, first + 20)])
    whole = len((await there(backend)).model_dump_json().encode())
    assert store.objects.written < 12 * whole, "as much as the document a few times over, not its square"
    for number in range(14):
        await written(backend, [bind(number)])
    names = await store.objects.names(store.folder(KEY))
    assert len([each for each in names if "/documents/" in each]) <= 11
    assert len([each for each in names if "/journal/" in each]) == 0
    assert len((await there(backend)).bindings) == 4000


async def test_a_holder_out_of_sight_is_dead_when_it_is_silent_and_only_then(backend: Backend) -> None:
    """Another machine's process, as its lock tells it: alive while it gives signs of life, whatever the clocks say."""
    await written(backend, [bind(1)])
    store = store_of(backend)
    name = f"{store.folder(KEY)}/head"
    far = Holder("they@elsewhere", 4242, "2026-01-01T00:00:00Z", "apply")
    now = datetime.now(UTC)

    async def locked_at(seen: datetime) -> None:
        found = await store.objects.get(name)
        assert found is not None
        claim = replace(Claim.of("f" * 32, far, seen), machine="elsewhere")
        await store.objects.replace(name, spell_head(parse_head(found.data, KEY, "-").under(claim)), found.tag)

    slept: list[float] = []

    async def nobody_moves(seconds: float) -> None:
        slept.append(seconds)

    async def it_moves(seconds: float) -> None:
        await locked_at(now - timedelta(hours=1))

    await locked_at(now - timedelta(seconds=LEASE / 2))
    with pytest.raises(Refused) as caught:
        async with store.open(KEY, ME):
            pass
    assert refused(caught) == ["state-locked"]
    # An hour late by our clock, but it moves while we watch: its clock is wrong, and it lives.
    await locked_at(now - timedelta(hours=1, seconds=1))
    store.sleep = it_moves
    with pytest.raises(Refused) as caught:
        await store._hold(KEY, ME)
    assert refused(caught) == ["state-locked"]
    store.sleep = nobody_moves
    held = await store._hold(KEY, ME)
    assert slept and slept[0] >= 30
    await held.release()
    await written(backend, [bind(2)])
    assert len((await there(backend)).bindings) == 2


async def test_a_long_wait_gives_signs_of_life(backend: Backend) -> None:
    moments = iter(range(0, 100_000, 20))
    store = store_of(backend)
    store.clock = lambda: float(next(moments))
    held = await store._hold(KEY, ME)
    later = datetime.now(UTC) + timedelta(hours=1)
    store.now = lambda: later
    await held.renew()
    found = await store.objects.get(f"{store.folder(KEY)}/head")
    assert found is not None
    lock = parse_head(found.data, KEY, "-").lock
    assert lock is not None and datetime.fromisoformat(lock.seen) >= later.replace(microsecond=0)
    await store_of(backend).unlock(KEY)
    await held.renew()
    with pytest.raises(Refused) as caught:
        await held.check()
    assert refused(caught) == ["state-lock-lost"]
