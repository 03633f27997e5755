"""Every request of an apply, an edit, an adoption and a destroy goes wrong, in every way, before a real homeserver."""

from __future__ import annotations

import os
import random
import time

import pytest

from faults.extent import ALL, MINUTES
from faults.proxy import Kind
from faults.proxy_bench import bench, live_all, references
from faults.proxy_chains import ADOPTED, CHAINS, SMALL
from faults.proxy_points import Table, asked, every, mixed, sample

pytestmark = [pytest.mark.anyio, pytest.mark.acceptance]


def told(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}\n" + "\n".join(getattr(error, "__notes__", []))


# Which of the two exists is decided here and not by a skip: nothing on the real server counts as skipped.
if ALL:
    SEED = int(os.environ.get("FAULTS_SEED", "1"))
    ONLY = os.environ.get("FAULTS_ONLY", "*")
    JOBS = int(os.environ.get("FAULTS_JOBS", "1"))

    async def test_every_request_goes_wrong() -> None:
        until = time.monotonic() + 60 * MINUTES if MINUTES else None
        chance = random.Random(SEED)
        async with bench(plain=20, lived_in=10) as place:
            chains = [each for each in CHAINS if asked(each, ONLY)]
            without = await references(place, chains)
            trials = {each.name: every(each, without[each.name], chance, ONLY) for each in chains}
            order = mixed({name: some for name, some in trials.items() if some}, chance)
            table = Table()
            table.plan(order)
            print(f"seed {SEED}; requests: { ({name: each.requests for name, each in without.items()}) }", flush=True)
            wrong = await live_all(
                place, order, without, table, jobs=JOBS, until=until, say=lambda line: print(line, flush=True)
            )
        print("survived/tried of all, by kind, community and story", *table.lines(), sep="\n")
        print(f"{table.tried.total()} of {table.planned.total()} points tried, {len(wrong)} lives went wrong")
        assert not wrong, "\n\n".join(f"{trial}\n{told(error)}" for trial, error in wrong)

else:

    async def test_a_sample_of_requests_goes_wrong() -> None:
        async with bench(plain=2, lived_in=2) as place:
            without = await references(place, (SMALL, ADOPTED))
            order = [*sample(SMALL, without["small"], 1), *sample(ADOPTED, without["adopted"], 1)]
            table = Table()
            table.plan(order)
            wrong = await live_all(place, order, without, table)
        print(*table.lines(), sep="\n")
        assert not wrong, "\n\n".join(f"{trial}\n{told(error)}" for trial, error in wrong)
        assert {kind for _, _, kind in table.tried} == set(Kind)
