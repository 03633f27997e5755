"""What a person's word changes: for exactly the values that were shown, and only until they change."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from engine.applying_rig import KEY, Stage, address, resource
from groupform.config.diagnostics import Refused
from groupform.engine.attest import ATTESTED, steps_done, steps_reopen
from groupform.engine.plan import DeploymentPlan
from groupform.providers.memory import Variant
from groupform.state.store import Holder

pytestmark = pytest.mark.anyio

HOLDER = Holder("me@here", 1, "2026-01-01T00:00:00Z", "steps")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def said(stage: Stage, plan: DeploymentPlan, *keys: str) -> None:
    async with stage.store.open(KEY, HOLDER) as writer:
        await steps_done(
            writer,
            plan,
            [address(each) for each in keys],
            resources=stage.provider.declared,
            types=stage.provider.types,
            who="周舟",
            note="群里截图",
            now=stage.platform.now(),
        )


async def reopened(stage: Stage, *keys: str) -> None:
    async with stage.store.open(KEY, HOLDER) as writer:
        await steps_reopen(writer, [address(each) for each in keys])


def open_(plan: DeploymentPlan) -> Sequence[str]:
    return [each.key.removeprefix(f"{KEY.deployment}/") for each in plan.steps]


def stage_with(tmp_path: Path, text: str, variant: Variant = Variant.attest) -> Stage:
    stage = Stage(tmp_path, variant)
    declare(stage, text)
    return stage


def declare(stage: Stage, text: str) -> None:
    stage.declare(resource("hall.all", name="全部"), resource("note.a", room="external:1", text=text))


async def test_there_and_back_again_is_asked_for_each_time(tmp_path: Path) -> None:
    stage = stage_with(tmp_path, "甲")
    plan = await stage.plan()
    assert open_(plan) == ["hall.all", "note.a"]
    await said(stage, plan, "hall.all", "note.a")
    for text in ("乙", "甲", "乙"):
        declare(stage, text)
        plan = await stage.plan()
        assert open_(plan) == ["note.a!text"]
        assert plan.steps[0].text == text
        await said(stage, plan, "note.a!text")
        assert open_(await stage.plan()) == []
    document = await stage.document()
    assert document.bindings[address("note.a")].id == ATTESTED
    assert document.bindings[address("note.a")].applied == {"room": "external:1", "text": "乙"}
    word = document.attestations[address("note.a!text")]
    assert (word.who, word.note) == ("周舟", "群里截图")


async def test_a_word_that_is_taken_back_opens_the_step_again(tmp_path: Path) -> None:
    stage = stage_with(tmp_path, "甲")
    await said(stage, await stage.plan(), "hall.all", "note.a")
    await reopened(stage, "hall.all")
    assert open_(await stage.plan()) == ["hall.all"]
    with pytest.raises(Refused):
        await reopened(stage, "hall.all")


async def test_what_was_removed_and_declared_again_is_asked_for_again(tmp_path: Path) -> None:
    stage = stage_with(tmp_path, "甲")
    await said(stage, await stage.plan(), "hall.all", "note.a")
    stage.declare(resource("hall.all", name="全部"))
    plan = await stage.plan()
    assert open_(plan) == ["note.a"]
    await said(stage, plan, "note.a")
    assert set((await stage.document()).bindings) == {address("hall.all")}
    assert set((await stage.document()).attestations) == {address("hall.all")}
    declare(stage, "甲")
    assert open_(await stage.plan()) == ["note.a"]


async def test_a_step_that_is_read_back_closes_itself_only(tmp_path: Path) -> None:
    stage = stage_with(tmp_path, "甲", Variant.hand_over)
    plan = await stage.plan()
    with pytest.raises(Refused) as caught:
        await said(stage, plan, "hall.all")
    assert [each.code for each in caught.value.diagnostics] == ["step-is-observed"]
    with pytest.raises(Refused) as caught:
        await said(stage, plan, "hall.none")
    assert [each.code for each in caught.value.diagnostics] == ["step-unknown"]
    assert await stage.store.read(KEY) is None


async def test_steps_are_new_until_an_apply_has_given_them_out(tmp_path: Path) -> None:
    stage = stage_with(tmp_path, "甲")
    report = await stage.apply()
    assert [each.status.value for each in report.steps] == ["new", "new"]
    assert [each.status.value for each in (await stage.plan()).steps] == ["open", "open"]
    issued = (await stage.document()).steps
    await stage.platform.clock.sleep(86_400)
    await stage.apply()
    assert (await stage.document()).steps == issued, "since when it is open does not move"
