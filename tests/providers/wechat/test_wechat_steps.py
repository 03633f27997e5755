"""Steps on WeChat, through the engine as it is: planned, done, reopened, overdue; in the words of both languages."""

from __future__ import annotations

import string
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from compile.worlds import NOW, community, loaded, story
from groupform.compile.resource import Compiled
from groupform.config.load import load_project
from groupform.engine.applying import apply_plan
from groupform.engine.attest import steps_done, steps_reopen
from groupform.engine.desired import compile_deployment
from groupform.engine.plan import Action, DeploymentPlan, Step, StepStatus
from groupform.engine.planning import plan_deployment
from groupform.engine.resource_type import Actor, Verb
from groupform.engine.world import World
from groupform.messages import LANGUAGES, Catalogue, load
from groupform.providers.wechat import provider
from groupform.state.document import Document
from groupform.state.local import LocalStore
from groupform.state.store import Holder, StateKey

pytestmark = pytest.mark.anyio

CLUB = """\
community: club
title: 书友会
locale: zh-CN
team:
  owner: lead
  roles: {host: {people: [host-sh], may: [moderate, announce]}}
entry: {door: request}
groups:
  hall: {title: 大厅, topic: 先看群规, previously: [porch]}
  desk: {title: 书桌, entry: {door: link}}
rules:
  kind: {title: 友善, text: 对事不对人。}
notice: {parts: [topic, rules]}
welcome: {text: "{member}，欢迎。"}
invitations: {card: {group: desk, source: 门口立牌}}
"""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Desk:
    """An operator at work: plans, says what is done, waits."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = LocalStore(folder / "state")
        self.time = NOW

    def now(self) -> datetime:
        return self.time

    async def _sleep(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)

    def world(self) -> World:
        return World(
            store=self.store,
            providers={"wechat": provider},
            now=self.now,
            sleep=self._sleep,
            who="tester@here",
            command="steps",
            version="0",
        )

    async def plan(self) -> DeploymentPlan:
        project = loaded(self.folder, now=self.time)
        return await plan_deployment(project.deployments[0], project, self.world())

    async def apply(self) -> None:
        project = loaded(self.folder, now=self.time)
        plan = await self.plan()
        await apply_plan(plan, project.deployments[0], project, self.world(), approve=frozenset({plan.digest}))

    async def done(self, keys: Sequence[str] | None = None) -> None:
        plan = await self.plan()
        deployment = loaded(self.folder, now=self.time).deployments[0]
        key = StateKey(deployment.name, deployment.environment)
        async with self.store.open(key, Holder("tester@here", 1, "now", "steps")) as writer:
            compiled: Compiled = compile_deployment(deployment, writer.document, provider)
            await steps_done(
                writer,
                plan,
                [each.key for each in plan.steps] if keys is None else keys,
                resources=compiled.resources,
                types=provider.types,
                who="tester",
                note="",
                now=self.time,
            )

    async def reopen(self, key: str) -> None:
        deployment = loaded(self.folder, now=self.time).deployments[0]
        state = StateKey(deployment.name, deployment.environment)
        async with self.store.open(state, Holder("tester@here", 1, "now", "steps")) as writer:
            await steps_reopen(writer, [key])

    async def document(self) -> Document:
        found = await self.store.read(StateKey("here", loaded(self.folder, now=self.time).environment))
        assert found is not None
        return found

    def edit(self, old: str, new: str) -> None:
        file = self.folder / "community.yaml"
        text = file.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times"
        file.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    community(tmp_path, CLUB, "wechat")
    return Desk(tmp_path)


def keys(plan: DeploymentPlan) -> list[str]:
    return sorted(each.key for each in plan.steps)


def step(plan: DeploymentPlan, key: str) -> Step:
    [found] = [each for each in plan.steps if each.key == key]
    return found


async def test_everything_is_a_step_and_nothing_a_change(desk: Desk) -> None:
    plan = await desk.plan()
    assert plan.empty and not plan.blocked and plan.requests == 0
    assert keys(plan) == [
        "here/group.desk",
        "here/group.hall",
        "here/join-confirmation.hall",
        "here/notice.desk",
        "here/notice.hall",
        "here/qr.desk",
        "here/welcome.desk",
        "here/welcome.hall",
    ]
    made = step(plan, "here/group.hall")
    assert (made.who, made.name, made.text) == ("lead", "林一", "书友会·大厅")
    assert (made.status, made.proof) == (StepStatus.new, "attested")
    assert step(plan, "here/notice.hall").text == "先看群规\n\n1. 友善：对事不对人。"
    assert step(plan, "here/notice.hall").blocked_by == ["here/group.hall"]
    assert step(plan, "here/qr.desk").text == "门口立牌"


async def test_what_is_done_is_closed_and_stays_so(desk: Desk) -> None:
    await desk.done()
    plan = await desk.plan()
    assert plan.steps == [] and plan.empty
    assert plan.steps_done == 8
    await desk.apply()
    assert (await desk.plan()).steps == []


async def test_a_changed_text_opens_its_steps_and_no_others(desk: Desk) -> None:
    await desk.done()
    desk.edit("对事不对人。", "先求证，再转发。")
    plan = await desk.plan()
    assert keys(plan) == ["here/notice.desk!text", "here/notice.hall!text"]
    changed = step(plan, "here/notice.hall!text")
    assert changed.text == "先看群规\n\n1. 友善：先求证，再转发。"
    assert changed.was == "先看群规\n\n1. 友善：对事不对人。"
    desk.edit("先求证，再转发。", "对事不对人。")
    assert (await desk.plan()).steps == []


async def test_there_and_back_again_is_two_steps(desk: Desk) -> None:
    await desk.done()
    desk.edit("对事不对人。", "先求证，再转发。")
    await desk.done()
    desk.edit("先求证，再转发。", "对事不对人。")
    assert keys(await desk.plan()) == ["here/notice.desk!text", "here/notice.hall!text"]


async def test_one_title_is_one_step(desk: Desk) -> None:
    await desk.done()
    desk.edit("title: 大厅", "title: 前厅")
    plan = await desk.plan()
    assert keys(plan) == ["here/group.hall!title"]
    assert plan.steps[0].what.params["before"] == "书友会·大厅"
    assert plan.steps[0].text == "书友会·前厅"


async def test_a_renamed_key_keeps_the_group_and_what_was_said_of_it(desk: Desk) -> None:
    await desk.done()
    desk.edit(
        "hall: {title: 大厅, topic: 先看群规, previously: [porch]}",
        "foyer: {title: 大厅, topic: 先看群规, previously: [hall]}",
    )
    plan = await desk.plan()
    assert plan.steps == []
    assert {(each.action, each.address) for each in plan.changes} == {
        (Action.move, f"here/{kind}.foyer") for kind in ("group", "join-confirmation", "notice", "welcome")
    }
    await desk.apply()
    assert (await desk.plan()).empty
    assert (await desk.plan()).steps == []


async def test_the_last_admin_taken_away_is_a_step(desk: Desk) -> None:
    await desk.done()
    desk.edit("people: [host-sh]", "people: []")
    plan = await desk.plan()
    assert keys(plan) == ["here/group.desk!admins", "here/group.hall!admins"]
    assert (plan.steps[0].was, plan.steps[0].text) == ("周舟 (zhouzhou)", "—")


async def test_another_owner_is_a_step_for_the_present_one(desk: Desk) -> None:
    await desk.done()
    desk.edit("owner: lead", "owner: ops")
    found = step(await desk.plan(), "here/group.hall!owner")
    assert (found.was, found.text) == ("林一 (linyi)", "运营 (ops01)")


async def test_a_door_that_opens_trades_confirmation_for_a_code(desk: Desk) -> None:
    await desk.done()
    desk.edit("entry: {door: request}", "entry: {door: link}")
    plan = await desk.plan()
    assert keys(plan) == ["here/qr.hall"]
    assert [(each.action, each.address) for each in plan.changes] == [(Action.forget, "here/join-confirmation.hall")]


async def test_a_code_is_overdue_after_seven_days_and_fresh_for_seven_more(desk: Desk) -> None:
    await desk.done()
    desk.time = NOW + timedelta(days=6)
    assert (await desk.plan()).steps == []
    desk.time = NOW + timedelta(days=6, minutes=1)
    (soon,) = (await desk.plan()).steps
    assert (soon.key, soon.status, soon.due) == ("here/qr.desk", StepStatus.new, (NOW + timedelta(days=7)).isoformat())
    desk.time = NOW + timedelta(days=7)
    plan = await desk.plan()
    assert [(each.key, each.status) for each in plan.steps] == [("here/qr.desk", StepStatus.overdue)]
    assert plan.steps[0].due is not None
    await desk.done()
    assert (await desk.plan()).steps == []
    desk.time += timedelta(days=7)
    assert keys(await desk.plan()) == ["here/qr.desk"]


async def test_a_word_taken_back_opens_the_step(desk: Desk) -> None:
    await desk.done()
    await desk.reopen("here/welcome.hall")
    assert keys(await desk.plan()) == ["here/welcome.hall"]


async def test_a_group_that_is_not_declared_is_let_go_whole(desk: Desk) -> None:
    await desk.done()
    desk.edit("  hall: {title: 大厅, topic: 先看群规, previously: [porch]}\n", "")
    plan = await desk.plan()
    assert plan.steps == []
    assert {each.action for each in plan.changes} == {Action.forget}
    await desk.apply()
    assert not [each for each in (await desk.document()).bindings if "hall" in each]
    assert (await desk.plan()).empty


async def test_a_group_is_dismissed_only_where_the_file_says_so(desk: Desk) -> None:
    desk.edit("previously: [porch]", "on_remove: delete")
    await desk.done()
    desk.edit("  hall: {title: 大厅, topic: 先看群规, on_remove: delete}\n", "")
    plan = await desk.plan()
    assert keys(plan) == ["here/group.hall"]
    assert plan.steps[0].what.code == "wechat-step-group-delete"
    assert {each.action for each in plan.changes} == {Action.forget}
    await desk.apply()
    await desk.done()
    assert (await desk.plan()).empty
    assert (await desk.plan()).steps == []


async def test_every_sentence_of_a_step_is_whole_in_both_languages(desk: Desk) -> None:
    steps = list((await desk.plan()).steps)
    await desk.done()
    desk.edit("title: 大厅", "title: 前厅")
    desk.edit("owner: lead", "owner: ops")
    desk.edit("people: [host-sh]", "people: [lead]")
    desk.edit("对事不对人。", "先求证。")
    desk.edit("，欢迎。", "，你好。")
    desk.edit("门口立牌", "收银台")
    steps += (await desk.plan()).steps
    assert {each.what.code for each in steps} >= {
        *(f"wechat-step-{each}-create" for each in ("group", "notice", "welcome", "join-confirmation", "qr")),
        *(f"wechat-step-group-{each}" for each in ("title", "owner", "admins")),
        "wechat-step-notice-text",
        "wechat-step-welcome-text",
        "wechat-step-qr-places",
    }
    for lang in LANGUAGES:
        catalogue = Catalogue(lang)
        for each in steps:
            sentence = catalogue.text(each.what.code, **each.what.params)
            assert sentence != each.what.code
            # Nothing is left unfilled; the text to paste stands apart from the sentence.
            assert not [name for _, name, _, _ in string.Formatter().parse(sentence) if name], sentence


def test_every_verb_and_attribute_that_a_person_may_be_asked_for_has_its_sentence() -> None:
    for lang in LANGUAGES:
        entries = load(lang)
        for kind in provider.types.values():
            removed = ("delete",) if kind.actor(Verb.delete) is Actor.person else ()
            for verb in ("create", *removed, *kind.attributes):
                assert f"wechat-step-{kind.name}-{verb}" in entries, (lang, kind.name, verb)


async def test_destroying_asks_to_dismiss_each_group_and_nothing_else(desk: Desk) -> None:
    await desk.done()
    project = loaded(desk.folder)
    plan = await plan_deployment(project.deployments[0], project, desk.world(), destroy=True)
    assert keys(plan) == ["here/group.desk", "here/group.hall"]
    assert {each.what.code for each in plan.steps} == {"wechat-step-group-delete"}
    assert {each.action for each in plan.changes} == {Action.forget}


async def test_another_environment_has_groups_steps_and_words_of_its_own(desk: Desk) -> None:
    project_file = desk.folder / "groupform.yaml"
    project_file.write_text(
        project_file.read_text(encoding="utf-8")
        + "environments: {production: {default: yes}, trial: {title_suffix: （试）}}\n",
        encoding="utf-8",
    )
    await desk.done()
    project = load_project(desk.folder, environ={}, environment="trial", now=NOW).project
    assert project is not None
    plan = await plan_deployment(project.deployments[0], project, desk.world())
    assert len(plan.steps) == 8
    assert step(plan, "here/group.hall@trial").text == "书友会·大厅（试）"
    assert step(plan, "here/notice.hall@trial").blocked_by == ["here/group.hall@trial"]
    assert (await desk.plan()).steps == []


async def test_a_protected_group_is_kept_whatever_the_file_says(desk: Desk) -> None:
    desk.edit("previously: [porch]", "on_remove: delete, protect: yes")
    await desk.done()
    await desk.apply()
    desk.edit("  hall: {title: 大厅, topic: 先看群规, on_remove: delete, protect: yes}\n", "")
    plan = await desk.plan()
    assert [each.what.code for each in plan.steps] == []
    assert [(each.action, each.protected) for each in plan.changes if each.type == "group"] == [(Action.delete, True)]


async def test_two_deployments_of_one_connection_do_not_meet(tmp_path: Path) -> None:
    story(tmp_path, "store-coupons", "wechat")
    project_file = tmp_path / "groupform.yaml"
    project_file.write_text(
        project_file.read_text(encoding="utf-8")
        + "  there: {community: store-coupons, connection: here, title_suffix: 二}\n",
        encoding="utf-8",
    )
    desk = Desk(tmp_path)
    await desk.done()
    project = loaded(tmp_path)
    other = await plan_deployment(project.deployments[1], project, desk.world())
    assert not other.blocked
    assert len(other.steps) == 3 * 5
    assert all(each.key.startswith("there/") for each in other.steps)
