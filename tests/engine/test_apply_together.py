"""Several deployments applied at once over one connection: as many changes under way as one of them would have."""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest

from engine.applying_rig import Stage, Watching, resource
from groupform.engine.together import Together
from groupform.engine.turns import Turns
from groupform.engine.world import ApplyReport

pytestmark = pytest.mark.anyio

ROOMS = 40


def stages(folder: Path, number: int) -> list[Stage]:
    """Deployments by the same account, each with a state and rooms of its own; one observer sees them all."""
    made = [Stage(folder / str(each)) for each in range(number)]
    watching = Watching()
    for each in made:
        each.watching = watching
        each.declare(resource("hall.all", name="全部"), *(resource(f"room.r{n}", name=f"群{n}") for n in range(ROOMS)))
    return made


async def applied(made: list[Stage], together: Together | None) -> list[ApplyReport]:
    reports: list[ApplyReport] = []

    async def one(stage: Stage) -> None:
        more = {"together": together} if together is not None else {}
        reports.append(await stage.apply(**more))

    async with anyio.create_task_group() as group:
        for each in made:
            group.start_soon(one, each)
    return reports


async def test_together_they_have_no_more_under_way_than_one(tmp_path: Path) -> None:
    made = stages(tmp_path, 3)
    reports = await applied(made, Together())
    assert [len(each.done) for each in reports] == [ROOMS + 1] * 3
    assert 1 < made[0].watching.most <= made[0].provider.concurrency
    for each in made:
        await each.settled()


async def test_apart_they_would_have_more(tmp_path: Path) -> None:
    made = stages(tmp_path, 3)
    await applied(made, None)
    assert made[0].watching.most > made[0].provider.concurrency


async def test_nobody_has_to_wait_until_the_others_are_done(tmp_path: Path) -> None:
    """Turns go round: every deployment gets on while the others do."""
    made = stages(tmp_path, 3)
    seen: list[int] = []
    for number, each in enumerate(made):
        each.there.around = lambda request, moment, number=number: (  # type: ignore[misc]
            seen.append(number) if request.verb == "create" and moment == "after" else None
        )
    await applied(made, Together())
    first = seen[: 3 * ROOMS // 2]
    assert all(first.count(number) > ROOMS // 4 for number in range(3)), first


async def test_whoever_waits_for_a_turn_can_be_interrupted(tmp_path: Path) -> None:
    [stage] = stages(tmp_path, 1)
    together = Together()
    turns = together.once(("turns", "memory", "memory", "bot"), lambda: Turns(1))
    assert turns.take("somebody else", lambda: None)
    reports: list[ApplyReport] = []

    async def work() -> None:
        reports.append(await stage.apply(together=together))

    async with anyio.create_task_group() as group:
        group.start_soon(work)
        for _ in range(1_000):
            if len(turns._wanting) > 1:
                break
            await anyio.sleep(0.001)
        group.cancel_scope.cancel()
    assert reports[0].stopped is not None and reports[0].stopped.code == "apply-interrupted"
    assert stage.writes() == []
    assert not (await stage.document()).intents
    turns.give_back("somebody else")
    turns.leave("somebody else")
    await stage.apply(together=together)
    await stage.settled()
