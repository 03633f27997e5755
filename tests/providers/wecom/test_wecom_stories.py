"""The examples on a corp of WeCom: planned, applied, done by people, planned again and nothing is left."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from groupform.config.diagnostics import Refused
from groupform.engine.plan import Action, StepStatus
from groupform.providers.wecom.rehearsal import Unconfirmed
from providers.wecom.wecom_stage import Stage, stage

EXAMPLES = Path(__file__).parents[3] / "examples"
DEPLOYED = {"pet-club": "pet-club-wecom", "store-coupons": "stores-wecom"}
# What a second plan of each asks for, path by path: nothing twice, and nothing that is not needed (facts §15.7).
MINIMUM = {
    "pet-club": {
        "gettoken": 1,
        "externalcontact/get_corp_tag_list": 1,
        "externalcontact/groupchat/list": 1,
        "externalcontact/groupchat/get": 5,
        "externalcontact/groupchat/get_join_way": 4,
        "externalcontact/get_contact_way": 1,
        "externalcontact/group_welcome_template/get": 2,
        "externalcontact/get_intercept_rule_list": 1,
        "externalcontact/get_intercept_rule": 1,
        "kf/account/list": 1,
        "kf/servicer/list": 1,
        "kf/knowledge/list_group": 1,
        "kf/knowledge/list_intent": 1,
        "appchat/get": 1,
        "oa/calendar/get": 1,
        "oa/schedule/get_by_calendar": 1,
    },
    "store-coupons": {
        "gettoken": 1,
        "externalcontact/get_corp_tag_list": 1,
        "externalcontact/groupchat/list": 1,
        "externalcontact/groupchat/get": 3,
        "externalcontact/groupchat/get_join_way": 3,
        "externalcontact/group_welcome_template/get": 1,
        "kf/account/list": 1,
        "kf/servicer/list": 1,
        "kf/knowledge/list_group": 1,
        "kf/knowledge/list_intent": 1,
        "oa/calendar/get": 1,
        "oa/schedule/get_by_calendar": 1,
    },
}
COLD = {
    "gettoken": 1,
    "externalcontact/get_corp_tag_list": 1,
    "externalcontact/groupchat/list": 1,
    "kf/account/list": 1,
    "kf/knowledge/list_group": 1,
    "kf/knowledge/list_intent": 1,
}
"""A first plan where nothing is there: each list once, whatever is declared."""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def of(folder: Path, name: str, unconfirmed: Unconfirmed | None = None) -> Stage:
    shutil.copytree(EXAMPLES / name, folder / name)
    return stage(folder / name, DEPLOYED[name], unconfirmed=unconfirmed)


@pytest.mark.anyio
@pytest.mark.parametrize("name", DEPLOYED)
async def test_an_example_is_planned_applied_and_done_and_then_nothing_is_left(tmp_path: Path, name: str) -> None:
    play = of(tmp_path, name)
    first = await play.plan()
    rules = {"externalcontact/get_intercept_rule_list": 1} if name == "pet-club" else {}
    assert dict(play.asked()) == COLD | rules
    assert {each.action for each in first.changes} == {Action.create}
    assert not first.conflicts and not first.unreadable
    said = (
        ["wecom-confirmation-refuses-codes"] if name == "pet-club" else []
    )  # its lobby asks, and a poster leads there
    assert [each.reason.code for each in first.guards] == [*said, "plan-guard-only-copy"], "templates are in no list"
    assert not first.blocked
    assert await play.settle() == 3, "people make the groups, then set them up, and that is all"
    asked = len(play.rehearsal.seen)
    last = await play.plan()
    assert last.empty and last.steps == [] and last.waiting == []
    assert dict(play.asked(asked)) == MINIMUM[name]
    assert last.requests == sum(MINIMUM[name].values())
    assert play.rehearsal.objections == []


@pytest.mark.anyio
@pytest.mark.parametrize(("switch", "world"), list(Unconfirmed().variants()), ids=lambda each: str(each)[:40])
async def test_whatever_is_not_confirmed_the_end_is_the_same(tmp_path: Path, switch: str, world: Unconfirmed) -> None:
    play = of(tmp_path, "pet-club", world)
    await play.settle()
    assert (await play.plan()).empty
    assert play.rehearsal.objections == []


@pytest.mark.anyio
async def test_what_people_change_by_hand_reopens_its_step_with_both_texts(tmp_path: Path) -> None:
    play = of(tmp_path, "pet-club")
    await play.settle()
    await play.apply()  # what people did becomes the state's own knowledge
    ids = {address.split("/", 1)[1]: each.id for address, each in (await play.document()).bindings.items()}
    person = play.rehearsal.person
    person.rename(ids["group.lobby"], "改了名")
    person.set_notice(ids["group.city/sh"], "别的公告")
    person.set_admins(ids["group.city/bj"], [])
    plan = await play.plan()
    assert plan.empty, "only people can put it right"
    steps = {each.key.split("/", 1)[1]: each for each in plan.steps}
    assert set(steps) == {"group.lobby!title", "group.city/sh!notice", "group.city/bj!admins"}
    assert {each.status for each in steps.values()} == {StepStatus.drifted}
    assert (steps["group.lobby!title"].was, steps["group.lobby!title"].text) == ("改了名", "宠友之家·大厅")
    assert steps["group.city/sh!notice"].was == "别的公告"
    assert "不发广告" in (steps["group.city/sh!notice"].text or "")
    assert steps["group.city/bj!admins"].what.params["value"] == "zhouzhou"
    assert sorted(plan.drift) == sorted(f"pet-club-wecom/{each}" for each in steps)
    await play.settle()
    assert (await play.plan()).steps == []


@pytest.mark.anyio
async def test_admins_of_others_are_left_alone(tmp_path: Path) -> None:
    play = of(tmp_path, "pet-club")
    await play.settle()
    ids = {address.split("/", 1)[1]: each.id for address, each in (await play.document()).bindings.items()}
    play.rehearsal.person.set_admins(ids["group.lobby"], ["ops01", "ZhouZhou"])
    plan = await play.plan()
    assert plan.empty and plan.steps == []


@pytest.mark.anyio
async def test_a_dismissed_group_is_made_again_and_its_code_leads_to_the_new_one(tmp_path: Path) -> None:
    play = of(tmp_path, "pet-club")
    await play.settle()
    before = (await play.document()).bindings["pet-club-wecom/group.lobby"].id
    play.rehearsal.person.dismiss(before)
    plan = await play.plan()
    assert plan.empty, [each.address for each in plan.changes]
    [step] = [each for each in plan.steps if each.what.code == "wecom-step-group-create"]
    assert step.status is StepStatus.drifted and step.address == "pet-club-wecom/group.lobby"
    await play.settle()
    document = await play.document()
    after = document.bindings["pet-club-wecom/group.lobby"].id
    assert after != before
    way = play.rehearsal.corp["join_ways"][document.bindings["pet-club-wecom/join-way.invite-poster-2026w49"].id]
    assert after in way["chat_id_list"]


@pytest.mark.anyio
async def test_a_group_that_is_out_of_sight_is_neither_gone_nor_made_again(tmp_path: Path) -> None:
    play = of(tmp_path, "pet-club")
    await play.settle()
    play.rehearsal.person.hide("linyi")
    plan = await play.plan()
    hidden = {each.address for each in plan.unreadable if each.hidden}
    assert "pet-club-wecom/group.lobby" in hidden
    assert not [each for each in plan.steps if each.what.code == "wecom-step-group-create"]
    assert plan.empty
    play.rehearsal.person.show("linyi")
    assert (await play.plan()).steps == []


@pytest.mark.anyio
async def test_two_groups_of_one_name_are_for_a_person_to_tell_apart(tmp_path: Path) -> None:
    play = of(tmp_path, "store-coupons")
    for _ in range(2):
        play.rehearsal.person.create_group("ops01", "门店福利群·望京店福利群")
    play.rehearsal.person.create_group("ops01", "门店福利群 · 人民广场店福利群")
    plan = await play.plan()
    [conflict] = plan.conflicts
    assert conflict.reason.code == "wecom-group-twice"
    assert conflict.reason.params["title"] == "门店福利群·望京店福利群"
    assert conflict.reason.params["owner_names"] == "运营 (ops01)", "a userid alone says nothing to people"
    # A name is known by its letters, whatever the spaces.
    assert [each.address for each in plan.changes if each.action is Action.bind] == ["stores-wecom/group.store/rmgc"]


@pytest.mark.anyio
async def test_a_state_that_goes_with_its_machine_is_given_no_id_that_nobody_lists(tmp_path: Path) -> None:
    play = of(tmp_path, "store-coupons")
    play.more = {"fleeting": True}
    plan = await play.plan()
    [found] = [each for each in plan.guards if each.guard == "only-copy"]
    assert found.blocks and found.reason.code == "plan-guard-only-copy-fleeting"
    with pytest.raises(Refused):
        await play.apply(plan)
    assert not play.rehearsal.corp["templates"], "nothing was made"
    report = await play.apply(plan, approve=frozenset(found.addresses))
    assert not report.failed and play.rehearsal.corp["templates"]
