"""pet-club, applied in a thread of its own to a server with stock rules: what its rate limits cost is waiting only."""

from __future__ import annotations

import threading
from pathlib import Path

import anyio

from acceptance.matrix.rig import Desk
from groupform.engine.world import ApplyReport
from homeserver import Homeserver

_LONGEST = 900.0


class StockRun:
    """One apply under way. `result` waits for its end and raises what it raised."""

    def __init__(self, folder: Path, server: Homeserver) -> None:
        self.desk = Desk.example(folder, server, "pet-club")
        self._report: ApplyReport | None = None
        self._error: BaseException | None = None
        # A daemon: a run that is broken off does not wait for the server's limits.
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def result(self) -> ApplyReport:
        self._thread.join(_LONGEST)
        if self._error is not None:
            raise self._error
        assert self._report is not None, "the apply did not come to an end"
        return self._report

    def _work(self) -> None:
        async def apply() -> ApplyReport:
            return await self.desk.apply(await self.desk.plan())

        try:
            self._report = anyio.run(apply)
        except BaseException as error:
            self._error = error
