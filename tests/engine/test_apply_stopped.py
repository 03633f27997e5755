"""Ctrl-C, however it arrives: what is in flight finishes and is recorded, and the next apply goes on."""

from __future__ import annotations

import asyncio
from pathlib import Path

import anyio
import pytest

from engine.applying_rig import Stage, resource
from groupform.engine.uninterrupted import uninterrupted
from groupform.engine.world import ApplyReport
from groupform.providers.memory.world import Request

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def many(tmp_path: Path) -> Stage:
    stage = Stage(tmp_path)
    stage.provider.concurrency = 3
    stage.declare(*(resource(f"room.r{n}", name=f"群{n}") for n in range(30)))
    return stage


async def goes_on(stage: Stage, report: ApplyReport) -> None:
    assert report.stopped is not None
    assert report.stopped.code == "apply-interrupted"
    assert not report.failed
    document = await stage.document()
    living = {each.id for each in stage.there.living("room")}
    assert {each.id for each in document.bindings.values()} == living, "what was made is recorded"
    assert 5 <= len(living) < 30
    assert document.intents == {}
    stage.there.around = lambda request, moment: None
    assert not (await stage.apply()).failed
    assert len(list(stage.there.living("room"))) == 30
    await stage.settled()


async def test_the_task_is_cancelled_as_on_ctrl_c(tmp_path: Path) -> None:
    stage = many(tmp_path)
    plan = await stage.plan()
    task = asyncio.ensure_future(stage.apply(plan))

    def around(request: Request, moment: str) -> None:
        if request.verb == "create" and request.about.endswith("room.r5") and moment == "before":
            task.cancel()

    stage.there.around = around
    report = await task
    assert not task.cancelled()
    await goes_on(stage, report)


async def test_a_scope_around_it_is_cancelled(tmp_path: Path) -> None:
    stage = many(tmp_path)
    plan = await stage.plan()
    reports: list[ApplyReport] = []
    with anyio.CancelScope() as scope:

        def around(request: Request, moment: str) -> None:
            if request.verb == "create" and request.about.endswith("room.r5") and moment == "before":
                scope.cancel()

        stage.there.around = around
        reports.append(await stage.apply(plan))
    await goes_on(stage, reports[0])


async def test_whoever_waits_for_the_platform_is_woken(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.there.slow.add("room")
    stage.declare(resource("room.a", name="甲"))
    plan = await stage.plan()
    task: asyncio.Task[ApplyReport]

    async def for_ever(seconds: float) -> None:
        if seconds > 0:
            task.cancel()
            await anyio.sleep_forever()
        await anyio.lowlevel.checkpoint()

    stage.platform.sleep = for_ever  # type: ignore[method-assign]
    task = asyncio.ensure_future(stage.apply(plan))
    with anyio.fail_after(10):
        report = await task
    assert report.stopped is not None
    assert not report.failed
    assert set((await stage.document()).intents), "its outcome is not known, so it stays announced"
    del stage.platform.__dict__["sleep"]
    report = await stage.apply()
    assert len(list(stage.there.living("room"))) == 1
    await stage.settled()


async def test_work_that_is_not_cut_short_says_what_it_raised() -> None:
    async def work() -> int:
        await anyio.lowlevel.checkpoint()
        raise LookupError("x")

    with pytest.raises(LookupError):
        await uninterrupted(work, lambda: None)


async def test_a_death_inside_comes_out_at_once() -> None:
    class DeathError(BaseException):
        pass

    async def work() -> int:
        await anyio.lowlevel.checkpoint()
        raise DeathError

    with anyio.fail_after(5), pytest.raises(BaseExceptionGroup) as caught:
        await uninterrupted(work, lambda: None)
    assert caught.value.subgroup(DeathError) is not None
