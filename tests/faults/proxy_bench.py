"""Where lives behind the proxy are lived: servers that are exchanged when their seats are taken, and processes."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from faults.nursery import Nursery, nursery
from faults.proxy import Proxy, before
from faults.proxy_chains import Chain
from faults.proxy_points import Table, Trial
from faults.proxy_rig import Life, Reference, lived, troubled
from faults.seats import Prepared, Seated, prepare, quick_folder

_PATIENCE = 0.5
"""In seconds: how long a client waits that meets a server which lets it wait."""


@dataclass
class Bench:
    """A prepared server to start from, processes to be had, and a number for each life."""

    folder: Path
    prepared: Prepared
    nursery: Nursery
    numbers: Iterator[int] = field(default_factory=itertools.count)
    free: list[Desk] = field(default_factory=list)

    @asynccontextmanager
    async def desk(self) -> AsyncIterator[Desk]:
        """A desk, which may have been somebody's before: its server lasts until its seats are taken."""
        desk = self.free.pop() if self.free else Desk(self)
        try:
            yield desk
        finally:
            self.free.append(desk)


@asynccontextmanager
async def bench(*, plain: int, lived_in: int) -> AsyncIterator[Bench]:
    """Everything that lives need, for so many of them before a server is exchanged."""
    with quick_folder() as folder:
        prepared = await asyncio.to_thread(lambda: prepare(folder / "prepared", plain=plain, lived_in=lived_in))
        async with nursery(folder / "nursery") as processes:
            place = Bench(folder, prepared, processes)
            try:
                yield place
            finally:
                for desk in place.free:
                    await desk.leave()


class Desk:
    """A server with a proxy before it, at which one life is lived after the other."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._server = AsyncExitStack()
        self._at: tuple[Seated, Proxy] | None = None

    async def leave(self) -> None:
        """Ends the server."""
        await self._server.aclose()
        self._server, self._at = AsyncExitStack(), None

    async def life(self, chain: Chain) -> Life:
        """A life at a free seat, of a fresh server where there is none."""
        seat = self._at[0].take(lived_in=chain.adopts) if self._at is not None else None
        if self._at is None or seat is None:
            await self.leave()
            started = self._bench.prepared.start(self._bench.folder / f"server-{next(self._bench.numbers)}")
            seated = await asyncio.to_thread(started.__enter__)
            self._server.push(started.__exit__)
            proxy = await self._server.enter_async_context(before(seated.base_url, patience=_PATIENCE))
            self._at, seat = (seated, proxy), seated.take(lived_in=chain.adopts)
        assert seat is not None, "a server without a seat for this"
        seated, proxy = self._at
        folder = self._bench.folder / f"life-{next(self._bench.numbers)}"
        return Life.begin(chain, folder, seat, proxy, self._bench.nursery, seated.database)


async def references(bench: Bench, chains: Sequence[Chain]) -> dict[str, Reference]:
    """What a life of each chain comes to without trouble."""
    async with bench.desk() as desk:
        return {chain.name: await lived(await desk.life(chain)) for chain in chains}


async def live_all(
    bench: Bench,
    trials: Sequence[Trial],
    references: dict[str, Reference],
    table: Table,
    *,
    jobs: int = 1,
    until: float | None = None,
    say: Callable[[str], None] = print,
) -> list[tuple[Trial, BaseException]]:
    """Lives them in this order, so many side by side, until the clock (`time.monotonic`) says `until`.

    Returns those that went wrong; the others go on."""
    queue = iter(trials)
    wrong: list[tuple[Trial, BaseException]] = []
    done = itertools.count(1)

    async def one(desk: Desk, trial: Trial) -> None:
        began, chain = time.monotonic(), trial.chain.name
        life = await desk.life(trial.chain)
        try:
            came = await troubled(life, trial.points, references[chain])
            ended = "well"
        except Exception as error:
            wrong.append((trial, error))
            # How far it came is in the error's note; all that was to happen in that story counts as failed.
            notes = " ".join(getattr(error, "__notes__", []))
            names = [name for name in trial.points if f"{chain}/{name}:" in notes]
            came = [(name, kind) for name in names for kind, _ in trial.points[name]]
            table.failed.update((chain, name, kind) for name, kind in came)
            ended = f"WRONG: {type(error).__name__}: {error} {notes}"
        table.tried.update((chain, name, kind) for name, kind in came)
        say(f"{next(done)}/{len(trials)} {trial} {ended}, {time.monotonic() - began:.1f} s")
        if trial.chain.crowded:
            await desk.leave()  # so many rooms that the next life there would be slow

    async def work() -> None:
        async with bench.desk() as desk:
            for trial in queue:
                if until is not None and time.monotonic() > until:
                    return
                await one(desk, trial)

    await asyncio.gather(*(work() for _ in range(jobs)))
    return wrong
