"""Any number of processes send for one project: each post once, whoever of them dies, and what is refused."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import anyio
import psycopg
import pytest

from commands.line import CLUB, WECHAT, groupform, write_project
from commands.queue_rig import EIGHT, Fleet
from state.cluster import Cluster, make_cluster, why_not

pytestmark = pytest.mark.anyio
LONG = bool(os.environ.get("GROUPFORM_LONG"))


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    reason = why_not()
    if reason is not None:
        pytest.skip(reason)
    cluster = make_cluster()
    yield cluster
    cluster.remove()


@pytest.fixture
def url(cluster: Cluster) -> str:
    """A database of the test's own."""
    name = f"t{time.monotonic_ns()}"
    with psycopg.connect(cluster.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return f"{cluster.url.removesuffix('postgres')}{name}"


async def test_several_share_the_work_and_send_each_post_once(tmp_path: Path, url: str) -> None:
    fleet = await Fleet(tmp_path / "fleet", url, 12, slow=0.05).made()
    workers = [fleet.worker() for _ in range(3)]
    said = [each.communicate(timeout=120) for each in workers]
    assert [each.returncode for each in workers] == [0, 0, 0], said
    assert len(fleet.posted()) == 24 and set(fleet.posted().values()) == {1}
    told = [line for out, _ in said for line in out.splitlines() if line.startswith("club-")]
    assert sorted(told) == fleet.names, "each was told of by the one that sent it"
    assert fleet.left() == 0
    again = fleet.worker()
    assert again.communicate(timeout=60) == ("", "") and again.returncode == 0


async def test_a_worker_that_dies_is_taken_over_from(tmp_path: Path, url: str) -> None:
    """Killed for good in the middle of a send: another one waits until nothing is heard of it, and finishes."""
    fleet = await Fleet(tmp_path / "fleet", url, 3, slow=0.6).made()
    first = fleet.worker(HEARTBEAT="2")
    _until(lambda: len(fleet.posted()) > 0)
    first.kill()
    first.communicate()
    assert fleet.left() > 0, "its jobs are still its own"
    second = fleet.worker(HEARTBEAT="2")
    said = second.communicate(timeout=90)
    assert second.returncode == 0, said
    assert len(fleet.posted()) == 6 and set(fleet.posted().values()) == {1} and fleet.left() == 0


async def test_killed_at_random_over_and_over(tmp_path: Path, url: str) -> None:
    seed = random.randrange(10_000)
    dice, size = random.Random(seed), 40 if LONG else 8
    fleet = await Fleet(tmp_path / "fleet", url, size, slow=0.1).made()
    for _ in range(20 if LONG else 3):
        workers = [fleet.worker(HEARTBEAT="1") for _ in range(3)]
        await anyio.sleep(1.2 + 2.5 * dice.random())
        for each in workers[: dice.randint(1, 3)]:
            each.kill()
        for each in workers:
            each.terminate()
            each.communicate(timeout=90)
    last = fleet.worker(HEARTBEAT="1")
    said = last.communicate(timeout=120)
    assert last.returncode == 0, (seed, said)
    assert len(fleet.posted()) == 2 * size and set(fleet.posted().values()) == {1}, seed
    assert fleet.left() == 0


async def test_a_watch_goes_on_and_ends_with_what_it_has_begun(tmp_path: Path, url: str) -> None:
    fleet = await Fleet(tmp_path / "fleet", url, 2, slow=0.5).made()
    watching = fleet.worker("--watch", now=EIGHT - timedelta(seconds=9))
    await anyio.sleep(3)
    assert not fleet.posted() and watching.poll() is None
    _until(lambda: len(fleet.posted()) > 0)
    watching.send_signal(signal.SIGTERM)
    said = watching.communicate(timeout=30)
    assert watching.returncode == 0, said
    assert len(fleet.posted()) == 4 and fleet.left() == 0, "what was under way was finished"


async def test_the_database_goes_away(tmp_path: Path, url: str, cluster: Cluster) -> None:
    fleet = Fleet(tmp_path / "fleet", url, 2)
    away = fleet.worker(STATE_URL=url.replace(str(cluster.port), "1"), IMPATIENT="yes")
    locked_out = fleet.worker(GROUPFORM_QUEUE_URL=url.replace("not-a-secret", "wrong"))
    strange = fleet.worker(GROUPFORM_QUEUE_URL="postgresql://a:not-a-secret@[")
    out, err = away.communicate(timeout=90)
    assert away.returncode == 4 and "queue does not answer" in err and "not-a-secret" not in out + err
    out, err = locked_out.communicate(timeout=90)
    assert locked_out.returncode == 1 and "lets us in no further" in err and "wrong" not in out + err
    out, err = strange.communicate(timeout=90)
    assert strange.returncode == 1 and "cannot be understood" in err and "not-a-secret" not in out + err


async def test_two_projects_in_one_database_take_nothing_from_each_other(tmp_path: Path, url: str) -> None:
    one = await Fleet(tmp_path / "one", url, 2, schema="one").made()
    other = await Fleet(tmp_path / "other", url, 3, schema="other").made()
    workers = [one.worker(), other.worker()]
    assert [each.communicate(timeout=60) and each.returncode for each in workers] == [0, 0]
    assert len(one.posted()) == 4 and len(other.posted()) == 6


async def test_tables_of_an_earlier_version_are_brought_up_to_date(tmp_path: Path, url: str) -> None:
    fleet = await Fleet(tmp_path / "fleet", url, 1).made()
    assert fleet.worker(now=EIGHT - timedelta(hours=2)).wait(60) == 0
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP INDEX groupform_queue.pgqueuer_unique_dedupe_key")
        connection.execute("ALTER TABLE groupform_queue.pgqueuer DROP COLUMN dedupe_key")
    said = (worker := fleet.worker()).communicate(timeout=60)
    assert worker.returncode == 0 and len(fleet.posted()) == 2, said


def test_files_of_this_machine_are_no_state_to_share(tmp_path: Path) -> None:
    home = write_project(tmp_path, WECHAT, CLUB)
    said = groupform(home, "calendar", "run", "--queue", "postgres")
    assert said.code == 1 and "files of this machine" in said.err and "backend: postgres" in said.err
    said = groupform(home, "calendar", "run", "--queue", "postgres", environ={"GROUPFORM_LANG": "zh-CN"})
    assert "再发一遍" in said.err


def _until(there: Callable[[], bool], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not there():
        assert time.monotonic() < end
        time.sleep(0.02)
