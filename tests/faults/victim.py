"""A process that applies to a world kept in a file, and kills itself, for good, at the point it is told.

python victim.py FOLDER STORY POINT     (POINT 0: lives to the end and prints how many points there were)
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from dataclasses import asdict
from itertools import count
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from faults.rig import Rig, project
from faults.stories import first, second
from groupform.engine.provider import Ownership
from groupform.providers.memory.world import MemoryWorld, Thing


def load(world: MemoryWorld, file: Path) -> None:
    """The world as the platform had it when the last process died."""
    if not file.exists():
        return
    for each in json.loads(file.read_text(encoding="utf-8")):
        owner = Ownership(**each.pop("owner")) if each["owner"] else each.pop("owner")
        world.things[each["id"]] = Thing(**each, owner=owner)
    world.numbers = count(max((each.number for each in world.things.values()), default=0) + 1)


def save(world: MemoryWorld, file: Path) -> None:
    """The platform survives its client."""
    text = json.dumps([asdict(each) for each in world.things.values()])
    file.with_suffix(".new").write_text(text, encoding="utf-8")
    file.with_suffix(".new").replace(file)


async def main(folder: Path, story: int, at: int) -> None:
    rig = Rig(folder)
    load(rig.there, folder / "world.json")
    points = 0

    def point(name: str) -> None:
        nonlocal points
        points += 1
        if name.startswith("after "):
            save(rig.there, folder / "world.json")
        if points == at:
            os.kill(os.getpid(), signal.SIGKILL)

    rig.reaper.point = point  # type: ignore[method-assign]
    loaded = project(folder / "files", (first, second)[story]())
    await rig.somebody_looks()
    report = await rig.apply(loaded)
    print(json.dumps({"points": points, "failed": [each.address for each in report.failed]}))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
