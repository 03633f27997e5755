"""What people made by hand in WeCom is read into files: nothing of it changes, and the plan after it is empty."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from acceptance.wecom.corp import Corp
from groupform.providers.wecom.rehearsal import Unconfirmed
from groupform.providers.wecom.rehearsal.unconfirmed import OTHERS

pytestmark = pytest.mark.acceptance
NAME = "cats-wecom"
FILE = "communities/cats.yaml"


@pytest.fixture(params=[False, True], ids=["as the facts say", "in every other doubt"])
def corp(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Corp:
    return Corp(
        tmp_path,
        monkeypatch,
        unconfirmed=Unconfirmed(**({name: values[0] for name, values in OTHERS.items()} if request.param else {})),
    )


def by_hand(corp: Corp) -> None:
    """Groups with odd names and notices, tags, words that may not be said, a service that knows something."""
    person, tables = corp.person, corp.rehearsal.corp
    person.create_group("linyi", "宠友大厅 {新人}", notice="第一行\n第二行", admins=["zhouzhou"], guests=30)
    person.create_group("linyi", "周末遛狗")
    person.create_group("linyi", "周末遛狗", notice="  周六九点  ")
    person.create_group("zhouzhou", "", guests=3)
    person.create_group("zhouzhou", "VIP / 会客厅: #1", notice="只谈会员\t")
    person.create_group("ops01", "yes")
    person.add_tags("来源", ["抖音", "线下", "线下 活动", "{x}"])
    person.add_tags("会员等级", ["普通", "金卡"])
    tables["rules"]["rule-by-hand"] = {
        "rule_name": "不许说的",
        "word_list": ["返现", "no", "a: b"],
        "semantics_list": [1],
        "intercept_type": 1,
        "user_list": ["ops01"],
        "department_list": [1],
        "app": "1000002",
        "created": 1,
        "deleted": False,
    }


def adopted(corp: Corp, *target: str) -> None:
    corp("adopt", "wecom", *(target or ("all",)), "--as", "cats", "--yes")
    corp("apply", "-d", NAME, "--yes")


def test_all_that_people_made_is_adopted_and_nothing_changes(corp: Corp) -> None:
    by_hand(corp)
    before = corp.tables()
    corp("adopt", "wecom", "all", "--as", "cats", "--yes")
    assert corp("validate").code == 0
    text, project = corp.read(FILE), corp.read("groupform.yaml")
    assert "# known already, in another case" in project
    assert project.count("accounts: {wecom: linyi}") == 0, "that is the boss"
    assert "name: 周舟" in project
    assert "owner: boss" in text
    planned = corp.changes(NAME)
    assert {action for action, _, _ in planned} == {"adopt"}, planned
    assert {attributes for _, _, attributes in planned} == {()}, planned
    assert corp.steps(NAME) == []
    corp("apply", "-d", NAME, "--yes")
    assert corp.changes(NAME) == set()
    assert corp.steps(NAME) == []
    assert corp.tables() == before
    # Once that is applied, the table may go.
    corp.write("groupform.yaml", project[: project.index("    adopt:")])
    assert corp.changes(NAME) == set()
    assert corp.steps(NAME) == []


def test_a_lost_state_leaves_what_the_files_take_over_to_the_next_plan(corp: Corp) -> None:
    by_hand(corp)
    adopted(corp)
    new = "groups:\n  fresh: {title: 新建的, topic: 新}\n"
    corp.change(FILE, "groups:\n", new)
    corp.person.create_group("linyi", "新建的", notice="新", admins=["linyi"])
    corp("apply", "-d", NAME, "--yes", code=None)
    before = corp.tables()
    shutil.rmtree(corp.folder / ".groupform" / "state")
    said = corp("state", "rebuild", NAME, "--yes")
    assert "taken over" in said.out or "takes them over as the first one did" in said.out.replace("\n  ", " ")
    changes = corp.changes(NAME)
    assert {action for action, _, _ in changes} == {"adopt"} and {names for _, _, names in changes} == {()}, changes
    assert not any(each.startswith("group.group-") for each in corp.steps(NAME))
    corp("apply", "-d", NAME, "--yes", code=None)
    assert corp.changes(NAME) == set() and corp.tables() == before


def test_two_owners_whose_groups_have_one_name(corp: Corp) -> None:
    for owner in ("linyi", "zhouzhou", "ops01"):
        corp.person.create_group(owner, "福利群")
    adopted(corp, "ops01")
    corp("adopt", "wecom", "all", "--as", "dogs", "--yes")
    corp("apply", "-d", "dogs-wecom", "--yes")
    assert corp("validate").err.count("note  titles-alike") == 2, "people may take one for another; groupform does not"
    for name in (NAME, "dogs-wecom"):
        assert corp.changes(name) == set() and corp.steps(name) == []
    corp.change("communities/dogs.yaml", "owner: zhouzhou", "owner: ops01")
    assert "error  titles-alike" in corp("validate", code=1).err, "of one owner they are one"


def test_the_first_change_of_a_declaration_is_made_and_only_that(corp: Corp) -> None:
    by_hand(corp)
    for each in corp.rehearsal.corp["tags"].values():
        each["app"] = "1000002"  # or it could not be changed from here
    adopted(corp)
    corp.change(FILE, "title: 周末遛狗\n", "title: 周末遛猫\n")
    assert corp.changes(NAME) == set()
    assert corp.steps(NAME) == ["group.group-2!title"]
    corp.change(FILE, "value-1: 抖音", "value-1: 快手")
    assert corp.changes(NAME) == {("update", "tag-group.segment-tags-1", ("tags",))}
    corp("apply", "-d", NAME, "--yes", code=None)
    assert corp.changes(NAME) == set()
    names = {each["name"] for each in corp.rehearsal.corp["tags"].values()}
    assert {"快手", "线下", "{x}"} <= names
    assert "抖音" not in names


def test_drift_of_what_was_adopted_is_seen(corp: Corp) -> None:
    by_hand(corp)
    adopted(corp)
    chats = {each["name"]: chat for chat, each in corp.rehearsal.corp["groups"].items()}
    corp.person.rename(chats["VIP / 会客厅: #1"], "散了吧")
    corp.person.set_notice(chats["周末遛狗"], "改到周日")
    corp.seconds += 3600
    assert set(corp.steps(NAME)) == {"group.group-5!title", "group.group-3!notice"}
    corp.person.rename(chats["宠友大厅 {新人}"], "宠友大厅 {老人}")
    corp.seconds += 3600
    assert "group.group-1!title" in corp.steps(NAME), "kept as found is kept: a change of it is drift"


def test_a_group_whose_owner_has_left_keeps_its_name_and_waits_for_a_declaration(corp: Corp) -> None:
    by_hand(corp)
    corp.person.resign("ops01")
    said = corp("adopt", "wecom", "all", "--as", "cats", "--yes")
    assert "has left the company" in said.err
    assert {action for action, _, _ in corp.changes(NAME)} == {"adopt"}
    corp("apply", "-d", NAME, "--yes")
    assert corp.changes(NAME) == set()
    corp.change(FILE, "owner: ops01", "owner: boss")
    assert corp.changes(NAME) == {("update", "group.group-6", ("owner",))}
    assert corp("apply", "-d", NAME, "--yes", code=1), "twice in 90 days: only with consent"
    corp("apply", "-d", NAME, "--yes", f"--approve={NAME}/group.group-6")
    assert corp.changes(NAME) == set()


def test_somebodys_groups_alone(corp: Corp) -> None:
    by_hand(corp)
    said = corp("adopt", "wecom", "ZhouZhou", "--as", "cats", "--yes")
    assert "`all`" in said.err
    assert corp.read(FILE).count("title: ") == 3, "the community's, and two groups"
    assert "segments" not in corp.read(FILE)
    assert {address for _, address, _ in corp.changes(NAME)} == {"group.group-1", "group.group-2"}
    corp("apply", "-d", NAME, "--yes")
    # What is looked after already is left out the next time.
    rest = corp("adopt", "wecom", "all", "--as", "rest", "--yes")
    assert f"{NAME} of this project looks after it already" in rest.err
    assert {address for _, address, _ in corp.changes("rest-wecom")} >= {"group.group-1", "tag-group.tiers"}
    assert len([a for _, a, _ in corp.changes("rest-wecom") if a.startswith("group.")]) == 4


def test_one_group_by_its_id_and_a_name_that_is_nobodys(corp: Corp) -> None:
    chat = corp.person.create_group("zhouzhou", "只要这个")
    corp.person.create_group("zhouzhou", "不要这个")
    corp("adopt", "wecom", chat, "--as", "cats", "--yes")
    assert "不要这个" not in corp.read(FILE)
    said = corp("adopt", "wecom", "nobody", "--as", "other", "--yes", code=1)
    assert "“nobody” is nobody" in said.err
    assert not (corp.folder / "communities" / "other.yaml").exists()


def test_what_another_application_made_is_read_and_a_change_of_it_says_why_not(corp: Corp) -> None:
    by_hand(corp)
    for each in corp.rehearsal.corp["tags"].values():
        each["app"] = "9"
    for each in corp.rehearsal.corp["tag_groups"].values():
        each["app"] = "9"
    adopted(corp)
    corp.change(FILE, "value-1: 抖音", "value-1: 快手")
    said = corp("apply", "-d", NAME, "--yes", code=1)
    assert "another application" in said.out.replace("\n", " ").lower() or "81011" in said.out


def test_a_part_that_may_not_be_read_hinders_no_other(corp: Corp) -> None:
    by_hand(corp)
    corp.rehearsal.person.set_app(service=False)
    said = corp("adopt", "wecom", "all", "--as", "cats", "--yes")
    assert "The customer service could not be read" in said.err
    assert "segments:" in corp.read(FILE)


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_every_word_of_the_report_is_a_sentence(corp: Corp, language: str) -> None:
    by_hand(corp)
    corp.person.resign("ops01")
    said = corp("adopt", "wecom", "all", "--as", "cats", "--yes", GROUPFORM_LANG=language)
    assert not re.search(r"wecom-(adopt|error)", said.out + said.err)
    assert not re.search(r"\{(title|owner|count|names|why)\}", said.err)


def test_into_a_community_that_is_declared_by_the_names_that_groups_have_here(corp: Corp) -> None:
    corp.write(
        "communities/club.yaml",
        "community: club\ntitle: 宠友之家\nteam: {owner: boss}\nentry: {door: invite}\n"
        "groups:\n  lobby: {title: 大厅}\n  vip: {title: 会客厅}\n  new: {title: 新群聊}\n",
    )
    corp.change("groupform.yaml", "deployments: {}", "deployments:\n  club-wecom: {community: club, connection: wecom}")
    lobby = corp.person.create_group("linyi", "宠友之家 · 大厅")
    corp.person.create_group("linyi", "宠友之家·会客厅 ")
    corp.person.create_group("zhouzhou", "别的")
    said = corp("adopt", "wecom", "--into", "club", "--yes")
    assert "1 group has nothing like it and would be made: new" in said.out.replace("\n", " ")
    assert f"lobby: {lobby}" in corp.read("groupform.yaml")
    assert {(action, address) for action, address, _ in corp.changes("club-wecom")} == {
        ("adopt", "group.lobby"),
        ("adopt", "group.vip"),
    }
    # What nobody has made yet is asked for as ever, with its door.
    # A space in a name is no other name.
    assert set(corp.steps("club-wecom")) == {"group.new", "invite-confirmation.new"}


def test_hundreds_of_groups_cost_one_request_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corp = Corp(tmp_path, monkeypatch)
    for number in range(120):
        corp.rehearsal.member(f"Shop{number}", f"店长{number}")
        corp.person.create_group(f"Shop{number}", f"门店{number}", notice="每周二上新")
        corp.person.create_group(f"Shop{number}", f"门店{number}二群")
    corp("adopt", "wecom", "all", "--as", "cats", "--yes")
    # Who may own one, the groups of 123 such people, whose owner has left, and once what belongs to the corp.
    lists = 1 + 2 + 1 + 6
    assert corp.asked() == 240 + lists
    asked = len(corp.rehearsal.seen)
    assert len(corp.changes(NAME)) == 240
    assert corp.asked(asked) <= 240 + 3
    corp("apply", "-d", NAME, "--yes")
    assert corp.changes(NAME) == set()
    assert corp.steps(NAME) == []


def test_what_the_service_knows_becomes_replies(corp: Corp) -> None:
    corp.person.create_group("linyi", "大厅")
    corp.write(
        "communities/old.yaml",
        "community: old\ntitle: 老店\nlocale: zh-CN\nteam: {owner: boss}\nentry: {door: invite}\n"
        "groups:\n  lobby: {title: 别的群}\n"
        "replies:\n  open: {questions: [几点开门？, 营业时间], answer: 八点。, where: [service]}\n"
        "  park: {questions: [有停车场吗], answer: 有。, where: [service]}\n",
    )
    corp.change("groupform.yaml", "deployments: {}", "deployments:\n  old-wecom: {community: old, connection: wecom}")
    corp("apply", "-d", "old-wecom", "--yes", code=None)
    # All of it is forgotten, as if people had made it in the console.
    (corp.folder / "communities" / "old.yaml").unlink()
    text = corp.read("groupform.yaml")
    corp.write("groupform.yaml", text[: text.index("deployments:")] + "deployments: {}\n")
    for state in (corp.folder / ".groupform" / "state").rglob("*.json*"):
        state.unlink()
    before = corp.tables() | {"services": dict(corp.rehearsal.corp["services"])}
    corp("adopt", "wecom", "all", "--as", "cats", "--yes")
    text = corp.read(FILE)
    assert "几点开门？" in text and "有停车场吗" in text and "营业时间" in text
    planned = corp.changes(NAME)
    assert {action for action, _, _ in planned} == {"adopt"}, planned
    assert {attributes for _, _, attributes in planned} == {()}, planned
    assert corp.steps(NAME) == []
    corp("apply", "-d", NAME, "--yes")
    assert corp.changes(NAME) == set()
    assert corp.tables() | {"services": dict(corp.rehearsal.corp["services"])} == before
