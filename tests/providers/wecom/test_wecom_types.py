"""Each kind of object on its own: edits, what strangers did beside us, what is only partly taken, what is let go."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from groupform.engine.plan import Action
from groupform.messages import load
from groupform.providers.wecom.types import TYPES
from providers.wecom.wecom_stage import Stage, stage

PROJECT = """\
groupform: 1
communities: [club.yaml]
people:
  lead: {name: 林一, accounts: {wecom: LinYi}}
  host: {name: 周舟, accounts: {wecom: zhouzhou}}
  ops: {name: 运营, accounts: {wecom: ops01}}
connections:
  here: {platform: wecom, corp_id: ww0123456789abcdef, agent_id: "1000002", secret: "${env:WECOM_SECRET}"}
deployments:
  club: {community: club, connection: here}
guards: {delete: {groups: 5, others: 50}}
"""
CLUB: dict[str, Any] = {
    "community": "club",
    "title": "书友会",
    "locale": "zh-CN",
    "segments": {"city": {"sh": "上海", "bj": "北京"}},
    "tiers": [{"key": "member", "title": "成员"}],
    "team": {"owner": "lead", "roles": {"host": {"people": ["host"], "may": ["moderate"]}}},
    "entry": {"door": "link"},
    "groups": {"hall": {"title": "大厅", "topic": "说说书"}, "desk": {"title": "书桌"}},
    "rules": {"ads": {"title": "禁广告", "text": "不发广告", "detect": {"words": ["加微信"]}}},
    "welcome": {"text": "你好 {member}"},
    "replies": {
        "hours": {"questions": ["几点开门？"], "answer": "八点", "where": ["service"], "hand_to": {"role": "host"}}
    },
    "journeys": {"poster": {"source": "海报", "contact": {"role": "host"}, "join": {"group": "hall"}}},
    "invitations": {"card": {"group": "hall", "source": "名片"}},
}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Club:
    """The club on its corp; `declare` changes its file, `converge` brings all to rest."""

    def __init__(self, folder: Path) -> None:
        self.model: dict[str, Any] = yaml.safe_load(yaml.safe_dump(CLUB, sort_keys=False))
        (folder / "groupform.yaml").write_text(PROJECT, encoding="utf-8")
        self.folder = folder
        self.play: Stage = stage(folder, "club")
        self.play.rehearsal.member("LinYi", "林一")
        self.declare()

    def declare(self) -> None:
        (self.folder / "club.yaml").write_text(
            yaml.safe_dump(self.model, allow_unicode=True, sort_keys=False), encoding="utf-8"
        )

    async def converge(self) -> None:
        await self.play.settle()
        assert self.play.rehearsal.objections == []

    async def id(self, name: str) -> str:
        return (await self.play.document()).bindings[f"club/{name}"].id

    async def live(self, table: str, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.play.rehearsal.corp[table][await self.id(name)]
        return found

    def tags(self) -> dict[str, str]:
        """Live tags of the city group: name -> id."""
        corp = self.play.rehearsal.corp
        groups = {key for key, each in corp["tag_groups"].items() if each["name"] == "书友会·city"}
        return {
            each["name"]: key for key, each in corp["tags"].items() if each["group"] in groups and not each["deleted"]
        }


@pytest.fixture
async def club(tmp_path: Path) -> Club:
    there = Club(tmp_path)
    await there.converge()
    return there


# Tags


@pytest.mark.anyio
async def test_a_renamed_key_keeps_its_tag_even_with_another_title(club: Club) -> None:
    before = club.tags()
    club.model["segments"]["city"] = {
        "shanghai": {"title": "魔都", "previously": ["sh"]},
        "beijing": {"title": "北京", "previously": ["bj"]},
    }
    club.declare()
    await club.converge()
    assert club.tags() == {"魔都": before["上海"], "北京": before["北京"]}


@pytest.mark.anyio
async def test_two_tags_swap_their_names(club: Club) -> None:
    before = club.tags()
    club.model["segments"]["city"] = {"sh": "北京", "bj": "上海"}
    club.declare()
    await club.converge()
    assert club.tags() == {"北京": before["上海"], "上海": before["北京"]}


@pytest.mark.anyio
async def test_a_value_at_the_end_moves_no_other_tag(club: Club) -> None:
    club.model["segments"]["city"]["gz"] = "广州"
    club.declare()
    asked = len(club.play.rehearsal.seen)
    await club.converge()
    counts = club.play.asked(asked)
    assert counts["externalcontact/add_corp_tag"] == 1
    assert "externalcontact/edit_corp_tag" not in counts


@pytest.mark.anyio
async def test_tags_of_others_in_our_group_stay(club: Club) -> None:
    club.play.rehearsal.person.add_tags("书友会·city", ["外地"])
    assert (await club.play.plan()).empty
    club.model["segments"] = {"other": {"x": "某"}}
    club.declare()
    await club.converge()
    assert set(club.tags()) == {"外地"}


@pytest.mark.anyio
async def test_a_tag_that_somebody_deletes_or_renames_comes_back(club: Club) -> None:
    tags = club.tags()
    club.play.rehearsal.person.rename_tag(tags["上海"], "沪")
    club.play.rehearsal.person.delete_tag(tags["北京"])
    plan = await club.play.plan()
    assert [each.address for each in plan.changes] == ["club/tag-group.segment-city"]
    assert plan.drift == ["club/tag-group.segment-city!tags"]
    await club.converge()
    assert set(club.tags()) == {"上海", "北京"} and club.tags()["上海"] == tags["上海"]


@pytest.mark.anyio
async def test_a_group_of_tags_with_our_name_that_is_not_ours_is_a_conflict(tmp_path: Path) -> None:
    there = Club(tmp_path)
    there.play.rehearsal.person.add_tags("书友会·city", ["外地"])
    plan = await there.play.plan()
    [conflict] = plan.conflicts
    assert conflict.reason.code == "wecom-tag-group-taken" and plan.blocked


# Codes


@pytest.mark.anyio
async def test_more_people_need_no_new_code_and_one_person_instead_of_a_role_does(club: Club) -> None:
    before = await club.id("contact-way.poster")
    club.model["team"]["roles"]["host"]["people"] = ["host", "ops"]
    club.declare()
    await club.converge()
    assert await club.id("contact-way.poster") == before
    assert {each.lower() for each in (await club.live("contact_ways", "contact-way.poster"))["user"]} == {
        "zhouzhou",
        "ops01",
    }
    club.model["journeys"]["poster"]["contact"] = {"person": "host"}
    club.declare()
    plan = await club.play.plan()
    [change] = [each for each in plan.changes if each.type == "contact-way"]
    assert change.action is Action.replace
    [guard] = [each for each in plan.guards if each.guard == "code-dies"]
    assert guard.blocks and guard.reason.code == "wecom-guard-code-dies"
    report = await club.play.apply(plan, approve=frozenset({plan.digest}))
    assert not report.failed
    assert await club.id("contact-way.poster") != before
    assert before not in club.play.rehearsal.corp["contact_ways"]


@pytest.mark.anyio
async def test_an_invitation_may_lead_elsewhere_with_the_same_code(club: Club) -> None:
    before = await club.id("join-way.invite-card")
    club.model["invitations"]["card"]["group"] = "desk"
    club.declare()
    await club.converge()
    assert await club.id("join-way.invite-card") == before
    way = await club.live("join_ways", "join-way.invite-card")
    assert way["chat_id_list"] == [await club.id("group.desk")]


@pytest.mark.anyio
async def test_an_overwrite_keeps_groups_that_were_added_and_the_mark(club: Club) -> None:
    way = await club.live("join_ways", "join-way.invite-card")
    mark, stranger = way["state"], club.play.rehearsal.person.create_group("LinYi", "客满之后")
    way["chat_id_list"].append(stranger)
    assert (await club.play.plan()).empty, "what the platform added is no drift"
    club.model["invitations"]["card"]["source"] = "新名片"
    club.declare()
    await club.converge()
    way = await club.live("join_ways", "join-way.invite-card")
    assert way["chat_id_list"] == [await club.id("group.hall"), stranger]
    assert (way["remark"], way["state"]) == ("新名片", mark)


@pytest.mark.anyio
async def test_a_full_group_with_a_series_is_followed_by_the_next(club: Club) -> None:
    club.model["groups"]["hall"]["series"] = {"next_at": 180, "title": "{title}{n}"}
    club.declare()
    await club.converge()
    hall, way = await club.id("group.hall"), await club.id("join-way.invite-card")
    person = club.play.rehearsal.person
    person.join(hall, guests=450)
    [made] = set(person.scan(way))
    assert made != hall
    assert club.play.rehearsal.corp["groups"][made]["name"] == "书友会·大厅2"

    # It is no stranger's: it gets the notice, the admins and the greeting of the one that it follows.
    plan = await club.play.plan()
    assert [(each.action, each.address) for each in plan.changes] == [(Action.bind, "club/group.hall#2")]
    await club.converge()
    live = club.play.rehearsal.corp["groups"]
    assert (live[made]["notice"], live[made]["admins"]) == (live[hall]["notice"], live[hall]["admins"])
    assert "club/apply-welcome.hall#2" in (await club.play.document()).attestations
    assert not [each for each in (await club.play.plan(discover=True)).unmanaged if each.id == made]
    club.model["groups"] = {"lounge": club.model["groups"].pop("hall") | {"previously": ["hall"]}}
    club.model["invitations"]["card"]["group"] = club.model["journeys"]["poster"]["join"]["group"] = "lounge"
    club.declare()
    await club.converge()
    assert await club.id("group.lounge#2") == made


@pytest.mark.anyio
async def test_the_step_that_puts_up_a_code_says_where_its_picture_is(tmp_path: Path) -> None:
    there = Club(tmp_path)
    await there.play.apply()
    await there.play.act(await there.play.plan())  # people make their groups
    before = {each.address: each for each in (await there.play.plan()).steps}
    assert before["club/post-code.invite-card"].what.params["way_code"] == ""
    await there.play.apply()
    steps = {each.address: each for each in (await there.play.plan()).steps}
    step, way = steps["club/post-code.invite-card"], await there.id("join-way.invite-card")
    assert step.what.params["way_code"].startswith("https://") and way in step.what.params["way_code"]
    assert step.text == "名片"
    assert steps.keys() & before.keys() >= {"club/post-code.invite-card"}


# Greetings, words, customer service, the team


@pytest.mark.anyio
async def test_a_greeting_is_edited_in_place_and_no_owner_is_bothered(club: Club) -> None:
    before = await club.id("welcome-template.common")
    club.model["welcome"]["text"] = "{member}，欢迎"
    club.declare()
    plan = await club.play.plan()
    assert [each.action for each in plan.changes] == [Action.update] and plan.steps == []
    await club.converge()
    assert await club.id("welcome-template.common") == before
    live = await club.live("templates", "welcome-template.common")
    assert "%NICKNAME%，欢迎" in str(live)


@pytest.mark.anyio
async def test_words_are_overwritten_and_the_range_is_changed_by_what_differs(club: Club) -> None:
    rule = await club.live("rules", "intercept-rule.ads")
    club.model["rules"]["ads"]["detect"]["words"] = ["兼职", "加微信"]
    club.model["team"]["roles"]["host"]["people"] = ["ops"]
    club.declare()
    await club.converge()
    rule = await club.live("rules", "intercept-rule.ads")
    assert sorted(rule["word_list"]) == ["兼职", "加微信"]
    assert "ops01" in str(rule).lower() and "zhouzhou" not in str(rule).lower()


@pytest.mark.anyio
async def test_two_rules_swap_their_titles(club: Club) -> None:
    club.model["rules"]["spam"] = {"title": "禁刷屏", "text": "不刷屏", "detect": {"words": ["刷"]}}
    club.declare()
    await club.converge()
    ids = {await club.id("intercept-rule.ads"), await club.id("intercept-rule.spam")}
    club.model["rules"]["spam"]["title"], club.model["rules"]["ads"]["title"] = "禁广告", "禁刷屏"
    club.declare()
    await club.converge()
    assert (await club.live("rules", "intercept-rule.ads"))["rule_name"] == "书友会·禁刷屏"
    assert {await club.id("intercept-rule.ads"), await club.id("intercept-rule.spam")} == ids


@pytest.mark.anyio
async def test_whoever_answers_is_added_and_taken_out_and_others_stay(club: Club) -> None:
    service = await club.live("services", "kf-account.service")
    club.model["replies"]["hours"]["hand_to"] = {"person": "ops"}
    club.declare()
    await club.converge()
    service = await club.live("services", "kf-account.service")
    assert "ops01" in str(service).lower() and "zhouzhou" not in str(service).lower()


@pytest.mark.anyio
async def test_a_servicer_that_the_platform_refuses_inside_a_success_is_told(club: Club) -> None:
    club.play.rehearsal.person.hide("ops01")
    club.model["replies"]["hours"]["hand_to"] = {"person": "ops"}
    club.declare()
    plan = await club.play.plan()
    report = await club.play.apply(plan)
    [failed] = [each for each in report.failed if "kf-account" in each.address]
    assert failed.reason.params["errcode"] not in ("0", "-")


@pytest.mark.anyio
async def test_an_answer_is_changed_and_a_question_may_be_another(club: Club) -> None:
    club.model["replies"]["hours"] |= {"answer": "九点", "questions": ["何时开门？", "几点开门？"]}
    club.declare()
    await club.converge()
    assert "九点" in str(await club.live("intents", "intent.hours"))


@pytest.mark.anyio
async def test_the_team_chat_follows_the_team_and_keeps_its_guests(club: Club) -> None:
    chat = await club.live("chats", "team-chat.team")
    club.model["team"]["roles"]["host"]["people"] = ["host", "ops"]
    club.declare()
    await club.converge()
    chat = await club.live("chats", "team-chat.team")
    assert "ops01" in str(chat).lower()


@pytest.mark.anyio
async def test_what_is_no_longer_declared_goes_and_groups_are_let_be(club: Club) -> None:
    for key in ("segments", "rules", "welcome", "replies", "journeys", "invitations"):
        club.model.pop(key)
    club.model["groups"].pop("desk")
    club.declare()
    plan = await club.play.plan()
    assert {each.address for each in plan.changes if each.action is Action.forget} >= {"club/group.desk"}
    await club.converge()
    corp = club.play.rehearsal.corp
    assert len(corp["groups"]) == 2, "people sit in them"
    for table in ("contact_ways", "templates", "rules", "services", "intents"):
        assert not [each for each in corp[table].values() if not each.get("deleted")], table
    # The hall's door is a link: it has a code of its own now that no invitation leads there.
    assert len(corp["join_ways"]) == 1


@pytest.mark.anyio
async def test_a_group_to_be_deleted_is_dismissed_by_its_owner(club: Club) -> None:
    club.model["groups"]["desk"]["on_remove"] = "delete"
    club.declare()
    await club.converge()
    await club.play.apply()
    club.model["groups"].pop("desk")
    club.declare()
    plan = await club.play.plan()
    assert [each.what.code for each in plan.steps] == ["wecom-step-group-delete"]
    await club.converge()
    assert len(club.play.rehearsal.corp["groups"]) == 1


@pytest.mark.anyio
async def test_a_renamed_group_and_invitation_keep_what_they_have(club: Club) -> None:
    before = {await club.id("group.hall"), await club.id("join-way.invite-card")}
    groups = club.model["groups"]
    club.model["groups"] = {"lounge": groups["hall"] | {"previously": ["hall"]}, "desk": groups["desk"]}
    club.model["invitations"] = {"badge": {"group": "lounge", "source": "名片", "previously": ["card"]}}
    club.model["journeys"]["poster"]["join"]["group"] = "lounge"
    club.declare()
    plan = await club.play.plan()
    assert not [each for each in plan.changes if each.action in (Action.create, Action.delete)], plan.changes
    await club.converge()
    assert {await club.id("group.lounge"), await club.id("join-way.invite-badge")} == before


@pytest.mark.parametrize("lang", ["en", "zh-CN"])
def test_every_attribute_has_a_word(lang: str) -> None:
    """A plan tells each by it; a code that names no attribute is out of date."""
    names = {name for kind in TYPES.values() for name in kind.attributes}
    told = {code.split("-", 2)[2] for code in load(lang) if code.startswith(("wecom-attr-", "wecom-inner-"))}
    assert told == names
