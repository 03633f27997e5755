"""The local store: what is durable, who may write, what is refused."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from groupform.config.diagnostics import Refused
from groupform.messages import load
from groupform.state import local
from groupform.state.document import (
    Attestation,
    Binding,
    ClosedIntent,
    Document,
    DropBinding,
    Entry,
    IssuedStep,
    OpenedIntents,
    OpenIntent,
    SetAttestation,
    SetBinding,
    SetSteps,
)
from groupform.state.local import LocalStore
from groupform.state.store import Holder, StateKey

KEY = StateKey("shop", "production")
HOLDER = Holder("me@here", os.getpid(), "2026-01-01T00:00:00Z", "apply")

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def bind(number: int, **applied: object) -> SetBinding:
    binding = Binding(type="room", id=f"!{number}", applied={"name": f"群{number}", **applied})
    return SetBinding(address=f"shop/room.r{number}", binding=binding)


def refused(caught: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [each.code for each in caught.value.diagnostics]


async def written(root: Path, *commits: list[Entry], **options: int) -> LocalStore:
    store = LocalStore(root, **options)  # type: ignore[arg-type]
    async with store.open(KEY, HOLDER) as writer:
        for each in commits:
            await writer.commit(each)
    return store


async def test_what_was_committed_is_read_back(tmp_path: Path) -> None:
    intent = OpenIntent(nonce="n", type="room", sent_at="t", plan="p", attributes={"name": "群"})
    store = await written(
        tmp_path,
        [OpenedIntents(intents={"shop/room.r1": intent, "shop/room.r2": intent})],
        [bind(1), ClosedIntent(address="shop/room.r2")],
        [bind(3), DropBinding(address="shop/room.r3")],
    )
    found = await store.read(KEY)
    assert found is not None
    assert found.serial == 3
    assert set(found.bindings) == {"shop/room.r1"}
    assert found.intents == {}
    assert await store.list() == [KEY]


async def test_looking_leaves_no_document(tmp_path: Path) -> None:
    store = await written(tmp_path)
    assert await store.read(KEY) is None
    assert await store.list() == []


async def test_a_commit_is_durable_before_the_writer_closes_and_readable_beside_it(tmp_path: Path) -> None:
    store = LocalStore(tmp_path, checkpoint=3)
    async with store.open(KEY, HOLDER) as writer:
        for number in range(10):
            await writer.commit([bind(number)])
            beside = await LocalStore(tmp_path).read(KEY)
            assert beside == writer.document


async def test_files_are_the_owners_alone(tmp_path: Path) -> None:
    store = await written(tmp_path / "state", [bind(1)], [bind(2)])
    await written(tmp_path / "state", [bind(3)])
    for path in (tmp_path / "state").rglob("*"):
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600), path
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o700
    assert store.folder(KEY).journals() == []


@pytest.mark.parametrize("cut", range(0, 400, 7))
async def test_a_torn_last_line_is_dropped(tmp_path: Path, cut: int) -> None:
    store = await written(tmp_path, [bind(1)])
    async with store.open(KEY, HOLDER) as writer:
        await writer.commit([bind(2)])
        await writer.commit([bind(3)])
        journal = store.folder(KEY).journal(1)
        data = journal.read_bytes()
        state = store.folder(KEY).state.read_bytes()
    first = data.index(b"\n") + 1
    keep = first + min(cut, len(data) - first - 1)
    store.folder(KEY).state.write_bytes(state)
    journal.write_bytes(data[:keep])
    found = await store.read(KEY)
    assert found is not None
    assert (found.serial, set(found.bindings)) == (2, {"shop/room.r1", "shop/room.r2"})
    async with store.open(KEY, HOLDER) as writer:
        await writer.commit([bind(4)])
    found = await store.read(KEY)
    assert found is not None
    assert set(found.bindings) == {"shop/room.r1", "shop/room.r2", "shop/room.r4"}


async def test_a_last_line_of_zeros_after_a_power_cut_is_dropped(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    async with store.open(KEY, HOLDER) as writer:
        await writer.commit([bind(1)])
        await writer.commit([bind(2)])
        journal = store.folder(KEY).journal(0)
        data = journal.read_bytes()
        first = data.index(b"\n") + 1
        journal.write_bytes(data[:first] + b"\0" * (len(data) - first - 1) + b"\n")
        found = await store.read(KEY)
        journal.write_bytes(data)
    assert found is not None
    assert found.serial == 1


@pytest.mark.parametrize("line", [0, 1, 2])
async def test_a_damaged_line_is_refused_with_the_way_back(tmp_path: Path, line: int) -> None:
    store = await written(tmp_path, [bind(0)])
    async with store.open(KEY, HOLDER) as writer:
        for number in (1, 2, 3):
            await writer.commit([bind(number)])
        journal = store.folder(KEY).journal(1)
        lines = journal.read_bytes().splitlines(keepends=True)
        lines[line] = lines[line].replace("群".encode(), "裙".encode())
        with pytest.raises(Refused) as caught:
            journal.write_bytes(b"".join(lines))
            await store.read(KEY)
    assert refused(caught) == ["state-journal-corrupt"]
    [found] = caught.value.diagnostics
    assert found.params["line"] == line + 1
    assert str(found.params["backup"]) == str(store.folder(KEY).kept()[-1])


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "state-corrupt"),
        (b"{", "state-corrupt"),
        (b"[]", "state-corrupt"),
        (b"\xff\xfe", "state-corrupt"),
        (b"[" * 100_000, "state-corrupt"),
        (b'{"format_version": 1, "lineage": "x"}', "state-corrupt"),
        (b'{"format_version": 2, "anything": 1}', "state-newer"),
        (b'{"lineage": "x", "deployment": "other", "environment": "production"}', "state-foreign"),
        (b'{"lineage": "x", "deployment": "shop", "environment": "staging"}', "state-foreign"),
    ],
)
async def test_what_cannot_be_trusted_is_refused(tmp_path: Path, content: bytes, code: str) -> None:
    store = await written(tmp_path, [bind(1)])
    store.folder(KEY).state.write_bytes(content)
    with pytest.raises(Refused) as caught:
        await store.read(KEY)
    assert refused(caught) == [code]
    with pytest.raises(Refused) as caught:
        async with store.open(KEY, HOLDER):
            pass
    assert refused(caught) == [code]
    assert store.folder(KEY).state.read_bytes() == content


async def test_a_lost_state_file_is_not_taken_for_a_new_deployment(tmp_path: Path) -> None:
    store = await written(tmp_path, [bind(1)])
    await written(tmp_path, [bind(2)])
    store.folder(KEY).state.unlink()
    with pytest.raises(Refused) as caught:
        await store.read(KEY)
    assert refused(caught) == ["state-missing"]


async def test_a_journal_of_another_history_is_refused(tmp_path: Path) -> None:
    store = await written(tmp_path / "a", [bind(1)])
    other = LocalStore(tmp_path / "b")
    async with other.open(KEY, HOLDER) as writer:
        await writer.commit([bind(1)])
        await writer.commit([bind(2)])
        lines = other.folder(KEY).journal(0).read_bytes().splitlines(keepends=True)
    store.folder(KEY).journal(1).write_bytes(lines[1])
    with pytest.raises(Refused) as caught:
        await store.read(KEY)
    assert refused(caught) == ["state-journal-corrupt"]


async def test_a_second_writer_is_told_who_holds_the_lock(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    async with store.open(KEY, HOLDER):
        with pytest.raises(Refused) as caught:
            async with LocalStore(tmp_path).open(KEY, Holder("you", 1, "now", "destroy")):
                pass
    [found] = caught.value.diagnostics
    assert found.code == "state-locked"
    assert (found.params["who"], found.params["pid"]) == ("me@here", os.getpid())
    assert (found.params["since"], found.params["command"]) == ("2026-01-01T00:00:00Z", "apply")


async def test_a_paused_holder_whose_lock_was_taken_cannot_write(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    async with store.open(KEY, HOLDER) as writer:
        await writer.commit([bind(1)])
        store.folder(KEY).lock.unlink()  # what a person does who believes that the holder is dead
        async with store.open(KEY, Holder("you", 1, "now", "apply")) as second:
            with pytest.raises(Refused) as caught:
                await writer.commit([bind(2)])
            await second.commit([bind(3)])
    assert refused(caught) == ["state-lock-lost"]
    found = await store.read(KEY)
    assert found is not None
    assert set(found.bindings) == {"shop/room.r1", "shop/room.r3"}


async def test_a_state_that_was_replaced_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    store = await written(tmp_path, [bind(1)])
    with pytest.raises(Refused) as caught:
        async with store.open(KEY, HOLDER) as writer:
            value = json.loads(store.folder(KEY).state.read_text(encoding="utf-8"))
            store.folder(KEY).state.write_text(json.dumps(value | {"serial": 9}), encoding="utf-8")
            await writer.commit([bind(2)])
    assert refused(caught) == ["state-moved"]
    found = await store.read(KEY)
    assert found is not None
    assert found.serial == 9


async def test_ten_backups_are_kept(tmp_path: Path) -> None:
    for number in range(14):
        await written(tmp_path, [bind(number)])
    kept = LocalStore(tmp_path).folder(KEY).kept()
    assert [json.loads(each.read_text(encoding="utf-8"))["serial"] for each in kept] == list(range(4, 14))


async def test_a_failed_write_stops_the_writer_and_loses_nothing(tmp_path: Path) -> None:
    full = False

    def step(name: str) -> None:
        if full and name.startswith("append the rest"):
            raise OSError(28, "No space left on device")

    store = LocalStore(tmp_path, step=step)
    async with store.open(KEY, HOLDER) as writer:
        await writer.commit([bind(1)])
        full = True
        for _ in range(2):
            with pytest.raises(Refused) as caught:
                await writer.commit([bind(2)])
            assert refused(caught) == ["state-not-writable"]
        full = False
        with pytest.raises(Refused):
            await writer.commit([bind(3)])
    found = await store.read(KEY)
    assert found is not None
    assert set(found.bindings) == {"shop/room.r1"}


async def test_a_folder_in_place_of_the_file_is_refused_without_a_traceback(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    store.folder(KEY).state.mkdir(parents=True)
    with pytest.raises(Refused) as caught:
        await store.read(KEY)
    assert refused(caught) == ["state-not-readable"]


async def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("x")
    with pytest.raises(Refused) as caught:
        async with LocalStore(tmp_path / "state").open(KEY, HOLDER):
            pass
    assert refused(caught) == ["state-not-writable"]


async def test_text_that_is_no_unicode_survives(tmp_path: Path) -> None:
    store = await written(tmp_path, [bind(1, topic="\ud800 \u2028 \n é")])
    found = await store.read(KEY)
    assert found is not None
    assert found.bindings["shop/room.r1"].applied["topic"] == "\ud800 \u2028 \n é"


async def test_a_renamed_deployment_takes_its_state_along(tmp_path: Path) -> None:
    store = await written(
        tmp_path,
        [
            SetBinding(address="shop/hall.all", binding=Binding(type="hall", id="!h", applied={"name": "shop/hall.x"})),
            bind(1, hall="shop/hall.all", allow=["shop/hall.all", "x"], by={"shop/hall.all": 1}),
            OpenedIntents(
                intents={
                    "shop/room.r9": OpenIntent(
                        nonce="n", type="room", sent_at="t", plan="p", attributes={"hall": "shop/hall.all"}
                    )
                }
            ),
            SetAttestation(step="shop/room.r1!qr", attestation=Attestation(who="w", when="t", digest="d")),
            SetSteps(steps={"shop/room.r1!qr": IssuedStep(since="t", digest="d")}),
        ],
    )
    new = StateKey("store", "production")
    assert await store.rename(KEY, new, HOLDER) is True
    assert await store.list() == [new]
    found = await store.read(new)
    assert found is not None
    assert found.deployment == "store"
    assert set(found.bindings) == {"store/hall.all", "store/room.r1"}
    assert found.bindings["store/room.r1"].applied == {
        "name": "群1",
        "hall": "store/hall.all",
        "allow": ["store/hall.all", "x"],
        "by": {"store/hall.all": 1},
    }
    assert found.intents["store/room.r9"].attributes == {"hall": "store/hall.all"}
    assert set(found.attestations) == set(found.steps) == {"store/room.r1!qr"}
    assert await store.rename(KEY, new, HOLDER) is False


async def test_a_rename_onto_another_history_is_refused(tmp_path: Path) -> None:
    store = await written(tmp_path, [bind(1)])
    new = StateKey("store", "production")
    async with store.open(new, HOLDER) as writer:
        await writer.commit([SetSteps(steps={})])
    with pytest.raises(Refused) as caught:
        await store.rename(KEY, new, HOLDER)
    assert refused(caught) == ["state-rename-taken"]
    assert set(await store.list()) == {KEY, new}


async def test_a_dead_holder_is_no_holder(tmp_path: Path) -> None:
    program = (
        "import asyncio, os, sys; from pathlib import Path\n"
        "from groupform.state.local import LocalStore; from groupform.state.store import *\n"
        "async def main():\n"
        "    store = LocalStore(Path(sys.argv[1]))\n"
        "    async with store.open(StateKey('shop', 'production'), Holder('dead', os.getpid(), 'then', 'apply')):\n"
        "        os.kill(os.getpid(), 9)\n"
        "asyncio.run(main())\n"
    )
    ended = subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False, capture_output=True)  # noqa: ASYNC221
    assert ended.returncode == -9
    store = LocalStore(tmp_path)
    assert store.folder(KEY).holder.exists()
    async with store.open(KEY, HOLDER) as writer:
        await writer.commit([bind(1)])
    assert isinstance(await store.read(KEY), Document)


def test_every_refusal_has_its_sentence_in_both_languages() -> None:
    folder = Path(local.__file__).parent
    codes = {code for file in folder.glob("*.py") for code in re.findall(r'refuse\(\s*"([a-z-]+)"', file.read_text())}
    assert len(codes) > 8
    for language in ("en", "zh-CN"):
        assert not codes - load(language).keys()
