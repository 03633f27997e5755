"""Who owns a group: handed over with consent, by the call that fits, and in time before somebody leaves."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from groupform.config.diagnostics import Refused
from groupform.engine.plan import Action
from providers.wecom.wecom_stage import Stage, stage

EXAMPLES = Path(__file__).parents[3] / "examples"
LOBBY = "pet-club-wecom/group.lobby"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def play(tmp_path: Path) -> Stage:
    shutil.copytree(EXAMPLES / "pet-club", tmp_path / "pet-club")
    there = stage(tmp_path / "pet-club", "pet-club-wecom")
    await there.settle()
    return there


def edit(play: Stage, old: str, new: str, file: str = "groupform.yaml") -> None:
    path = play.folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def leaves(play: Stage, day: str) -> None:
    edit(play, "  lead:\n    name: 林一\n", f"  lead:\n    name: 林一\n    backup: host-sh\n    leaves_on: {day}\n")


def owners(play: Stage) -> set[str]:
    return {each["owner"] for each in play.rehearsal.corp["groups"].values()}


@pytest.mark.anyio
async def test_another_owner_takes_consent_and_is_then_there(play: Stage) -> None:
    edit(play, "owner: lead", "owner: host-sh", "communities/pet-club.yaml")
    plan = await play.plan()
    handed = [each for each in plan.changes if each.type == "group"]
    assert len(handed) == 5
    guards = [each for each in plan.guards if each.blocks]
    assert {each.guard for each in guards} == {"owner-transfer"}
    assert {each.reason.code for each in guards} == {"wecom-guard-owner"}
    before = len(play.rehearsal.seen)
    with pytest.raises(Refused):
        await play.apply(plan)
    asked = play.asked(before)
    assert "externalcontact/groupchat/onjob_transfer" not in asked
    report = await play.apply(plan, approve=frozenset({plan.digest}))
    assert not report.failed
    assert owners(play) == {"zhouzhou"}
    assert play.asked(before)["externalcontact/groupchat/onjob_transfer"] == 5
    await play.settle(approve=frozenset({plan.digest}))
    assert (await play.plan()).empty


@pytest.mark.anyio
async def test_long_before_the_last_day_nothing_is_planned(play: Stage) -> None:
    leaves(play, "2026-12-24")
    assert (await play.plan()).empty


@pytest.mark.anyio
@pytest.mark.parametrize(("day", "resigned"), [("2026-12-05", False), ("2026-11-20", True)])
async def test_whoever_leaves_is_followed_by_their_backup(play: Stage, day: str, resigned: bool) -> None:
    if resigned:
        play.rehearsal.person.resign("linyi")
    leaves(play, day)
    plan = await play.plan()
    handed = [each for each in plan.changes if each.type == "group"]
    assert {each.action for each in handed} == {Action.update} and len(handed) == 5
    assert {a.after for each in handed for a in each.attributes if a.name == "owner"} == {"zhouzhou"}
    assert any(each.guard == "owner-transfer" and each.blocks for each in plan.guards)
    before = len(play.rehearsal.seen)
    report = await play.apply(plan, approve=frozenset({plan.digest}))
    call = "transfer" if resigned else "onjob_transfer"
    assert play.asked(before)[f"externalcontact/groupchat/{call}"] == 5
    assert {each.address for each in report.failed if "/group." in each.address} == set()
    assert owners(play) == {"zhouzhou"}
    assert play.rehearsal.objections == []


@pytest.mark.anyio
async def test_a_hand_over_that_the_platform_refuses_says_why_and_is_planned_again(play: Stage) -> None:
    edit(play, "owner: lead", "owner: host-sh", "communities/pet-club.yaml")
    play.rehearsal.person.allow_customers("zhouzhou", False)
    plan = await play.plan()
    report = await play.apply(plan, approve=frozenset({plan.digest}))
    failed = [each for each in report.failed if "/group." in each.address]
    assert len(failed) == 5 and {each.reason.code for each in failed} == {"wecom-error-no-customer-contact"}
    assert owners(play) == {"linyi"}
    again = await play.plan()
    assert len([each for each in again.changes if each.type == "group"]) == 5


@pytest.mark.anyio
async def test_a_group_changes_hands_twice_in_ninety_days_and_the_third_time_is_refused(play: Stage) -> None:
    names = ["host-sh", "lead", "host-sh"]
    for number, (before, after) in enumerate(zip(["lead", *names], names, strict=False)):
        edit(play, f"owner: {before}", f"owner: {after}", "communities/pet-club.yaml")
        await play.clock.sleep(timedelta(days=2).total_seconds())
        plan = await play.plan()
        report = await play.apply(plan, approve=frozenset({plan.digest}))
        failed = [each for each in report.failed if "/group." in each.address]
        assert bool(failed) is (number == 2), failed
