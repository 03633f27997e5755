"""Runs every benchmark and prints one table: `python -m tests.bench`, with ROOMS=200 by default."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import anyio

from groupform.sandbox.server import installed

from .loading import bench_loading
from .measure import Row
from .rooms import bench_rooms
from .scaling import bench_scaling
from .start import bench_start
from .table import markdown, plain

NOTES = """\
Every ratio is taken in this run, ours and its floor turn about; the lowest and the highest of neighbouring runs stand
behind it. What else the machine has to do weighs on both: where they lie far apart, run it on a quieter one.
start      medians of processes of their own
files      processor time; the floor is libyaml's bare event stream over the same bytes
groups     processor time and memory at two sizes, divided by how much larger the second one is; 1.00 is linear
plan       whole: state, compile, observe, compare. The floor is httpx in a loop, the same paths, as many at a time,
           each answer parsed. Reads: the state of each room (names, rules, power, aliases and the record of the notice
           are in it), whether rooms are listed, who we are. Cold: by GET /state, with an empty cache; a second floor
           asks for each room by itself, state and listing. Warm: one /sync since the plan before; of its few requests
           next to nothing is left to wait for, so that the ratio to them shows our own work alone
apply      in two parts, their sums; with the plan that is made again inside the lock. The floor sends the recorded
           requests again for rooms of its own, as many at a time; each waits only for the ids it mentions
terraform  where it is installed: its plan of as many built-in null resources, which asks no server anything; ours asks
           the homeserver for each room, so that the bare reads alone may take longer
"""


def main() -> int:
    rooms = int(os.environ.get("ROOMS", "200"))
    rows: list[Row] = []
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="groupform-bench-") as folder:
        rows += _told("the command line", bench_start)
        rows += _told("1,000 community files", lambda: bench_loading(Path(folder) / "files", 1_000))
        rows += _told("10,000 groups", lambda: bench_scaling(2_500, 10_000))
        if installed():
            rows += _told(f"{rooms} rooms", lambda: anyio.run(bench_rooms, Path(folder) / "rooms", rooms).rows)
        else:
            print("no homeserver: pip install 'groupform[sandbox]'", file=sys.stderr)
    print(plain(rows))
    print(f"\n{NOTES}")
    print(markdown(rows))
    load = " ".join(f"{each:.1f}" for each in os.getloadavg())
    print(f"\n{datetime.now(UTC):%Y-%m-%d}, {time.monotonic() - began:.0f} s, {os.cpu_count()} cores, load {load}")
    return 0


def _told(what: str, work: Callable[[], Sequence[Row]]) -> Sequence[Row]:
    print(f"measuring: {what} …", file=sys.stderr, flush=True)
    return work()


if __name__ == "__main__":
    raise SystemExit(main())
