"""The WeCom API and its rehearsal together: what is written reads back, as the published tables say."""

from __future__ import annotations

import json

import pytest
from pydantic import SecretStr

from groupform.http import Client, Conflict, Forbidden, NotFound, Rejected, Unauthorized
from groupform.providers.wecom.api import BASE_URL
from groupform.providers.wecom.api_robot import Robot, key
from groupform.providers.wecom.api_words import Range
from groupform.providers.wecom.rehearsal import Rehearsal, Unconfirmed
from groupform.providers.wecom.wire import classify
from providers.wecom.wecom_rig import PNG, Stage

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True, params=["calm", "each token lasts for one request", "tokens are forgotten"])
def weather(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The whole story again, with tokens that end before their time."""
    begin = Stage.__init__

    def stormy(self: Stage, **options: object) -> None:
        begin(self, **options)
        self.rehearsal.expire_every(1)
        if "forgotten" in request.param:
            self.rehearsal.before = lambda path, body: (
                self.rehearsal.expire_now(forgotten=True) if lucky(path) else None
            )

    asked = 0

    def lucky(path: str) -> bool:
        nonlocal asked
        asked += path != "gettoken"
        return asked % 3 == 0 and path != "gettoken"

    if request.param != "calm":
        monkeypatch.setattr(Stage, "__init__", stormy)
    return str(request.param)


async def test_a_group_that_somebody_made_reads_as_it_is(weather: str) -> None:
    stage = Stage()
    chat = stage.person.create_group("linyi", "大厅", notice="先看群规", admins=["ops01"], guests=3)
    async with stage.api() as api:
        [line] = await api.groups.listed(["LINYI"])
        assert (line.chat_id, line.heir) == (chat, 0)
        group = await api.groups.get(chat)
    assert (group.name, group.notice, group.owner, group.admins) == ("大厅", "先看群规", "LinYi", ("ops01",))
    assert group.staff == {"linyi", "ops01"} and group.guests == 3 and group.people == 5
    once = dict.fromkeys(("externalcontact/groupchat/get", "externalcontact/groupchat/list", "gettoken"), 1)
    assert stage.rehearsal.counts == once or weather != "calm"
    assert stage.rehearsal.objections == []


async def test_owners_are_asked_for_a_hundred_at_a_time_and_all_pages_are_read() -> None:
    stage = Stage()
    for number in range(150):
        stage.rehearsal.member(f"owner{number}")
    for number in range(1100):
        stage.person.create_group(f"owner{number % 90}", f"群{number}")
    async with stage.api() as api:
        lines = await api.groups.listed([f"owner{number}" for number in range(150)])
    assert len({each.chat_id for each in lines}) == 1100
    answered = [each for each in stage.rehearsal.seen if each.path.endswith("/list") and each.errcode == 0]
    assert len(answered) == 3


async def test_a_join_way_is_overwritten_whole() -> None:
    stage = Stage()
    chat = stage.person.create_group("linyi", "大厅")
    async with stage.api() as api:
        way = await api.join_ways.add([chat], remark="海报", state="abc", auto_create_room=False)
        made = await api.join_ways.get(way)
        assert made["qr_code"].startswith("https://") and (made["remark"], made["state"]) == ("海报", "abc")
        await api.join_ways.update(way, [chat], room_base_name="大厅", room_base_id=2)
        changed = await api.join_ways.get(way)
        assert (changed["remark"], changed["state"], changed["auto_create_room"]) == ("", "", 1)
        assert changed["room_base_name"] == "大厅"
        assert await api.join_ways.delete(way) and not await api.join_ways.delete(way)
        with pytest.raises(NotFound):
            await api.join_ways.get(way)


@pytest.mark.parametrize("appended", [False, True])
async def test_a_full_group_is_followed_by_another(appended: bool) -> None:
    stage = Stage(unconfirmed=Unconfirmed(overflow_appended=appended))
    chat = stage.person.create_group("linyi", "大厅", guests=198)
    async with stage.api() as api:
        way = await api.join_ways.add([chat], room_base_name="大厅", room_base_id=2, state="s")
        first, second = stage.person.scan(way, 2)
        assert first == chat and second != chat
        assert (await api.groups.get(second)).name == "大厅2"
        assert (await api.groups.get(second)).states == {"s": 1}
        listed = (await api.join_ways.get(way))["chat_id_list"]
    assert listed == ([chat, second] if appended else [chat])


async def test_tags_are_made_together_edited_and_end_with_their_group() -> None:
    stage = Stage()
    async with stage.api() as api:
        made = await api.tags.add([("普通", 2), ("会员", 1)], group_name="层级", order=5)
        [group] = await api.tags.listed()
        assert group == made and [each.name for each in group.tags] == ["普通", "会员"]
        await api.tags.edit(group.tags[0].id, name="访客")
        with pytest.raises(Conflict):
            await api.tags.edit(group.tags[1].id, name="访客")
        again = await api.tags.add([("贵宾", None)], group_name="层级")
        assert again.id == group.id and [each.name for each in again.tags] == ["贵宾"]
        foreign = stage.person.add_tags("销售", ["老客"])
        assert len(await api.tags.listed()) == 2
        with pytest.raises(Forbidden):
            await api.tags.delete(group_ids=[foreign])
        ids = [tag.id for each in await api.tags.listed() if each.id == group.id for tag in each.tags]
        assert await api.tags.delete(ids)
        assert [each.id for each in await api.tags.listed()] == [foreign]
        assert not await api.tags.delete(ids)


async def test_what_is_added_to_a_group_may_be_told_with_the_rest() -> None:
    stage = Stage(unconfirmed=Unconfirmed(add_returns_all=True))
    async with stage.api() as api:
        await api.tags.add([("a", None)], group_name="g")
        assert [each.name for each in (await api.tags.add([("b", None)], group_name="g")).tags] == ["a", "b"]


async def test_a_robot_says_what_it_is_told() -> None:
    stage = Stage()
    stage.person.add_robot("robot-key-1")
    transport = stage.rehearsal.transport()
    async with Client(BASE_URL, key(SecretStr("robot-key-1\n")), classify=classify, transport=transport) as http:
        robot = Robot(http, stage.time.clock)
        await robot.say("开播")
        await robot.write("**开播**")
        assert [each["msgtype"] for each in stage.rehearsal.corp["robots"]["robot-key-1"]["said"]] == [
            "text",
            "markdown",
        ]
        stage.person.remove("robots", "robot-key-1")
        with pytest.raises(Unauthorized) as caught:
            await robot.say("还在吗")
    assert caught.value.code == "wecom-error-robot-key" and "robot-key-1" not in repr(caught.value.context)
    assert "gettoken" not in stage.rehearsal.counts


async def test_a_contact_way_is_found_by_an_early_start() -> None:
    stage = Stage()
    async with stage.api() as api:
        way = await api.contact_ways.add(["zhouzhou"], remark="上海", state="sh")
        stage.pass_time(100 * 86_400)
        assert await api.contact_ways.listed() == [way["config_id"]]
        assert await api.contact_ways.listed(start=int(stage.time.now) - 90 * 86_400) == []
        await api.contact_ways.update(way["config_id"], {"user": ["ops01"]})
        found = await api.contact_ways.get(way["config_id"])
        assert (found["type"], found["user"], found["remark"]) == (1, ["ops01"], "上海")
        await api.contact_ways.delete(way["config_id"])
        with pytest.raises(NotFound):
            await api.contact_ways.get(way["config_id"])


async def test_a_welcome_keeps_its_picture_by_address() -> None:
    stage = Stage()
    async with stage.api() as api:
        url = await api.media.picture(PNG, "image/png")
        key = await api.welcome.add({"text": {"content": "你好 %NICKNAME%"}, "image": {"pic_url": url}})
        assert await api.welcome.get(key) == {"text": {"content": "你好 %NICKNAME%"}, "image": {"pic_url": url}}
        await api.welcome.edit(key, {"text": {"content": "改了"}})
        assert await api.welcome.get(key) == {"text": {"content": "改了"}}
        media = await api.media.file("image", PNG, "image/png")
        await api.welcome.edit(key, {"image": {"media_id": media}})
        assert list((await api.welcome.get(key))["image"]) == ["pic_url"]
        assert await api.welcome.delete(key)
        with pytest.raises(NotFound):
            await api.welcome.get(key)


async def test_a_rule_reads_as_it_was_written_and_its_range_by_what_changes() -> None:
    stage = Stage()
    async with stage.api() as api:
        key = await api.intercept.add("广告", ["代购"], Range(["linyi"]), kinds=[1], blocks=True)
        with pytest.raises(Conflict):
            await api.intercept.add("广告", ["x"], Range(["linyi"]))
        await api.intercept.update(key, words=["返利"], kinds=[], more=Range(["ops01"]), fewer=Range(["LINYI"]))
        rule = await api.intercept.get(key)
        assert (rule.words, rule.kinds, rule.blocks, rule.users) == (("返利",), (), True, ("ops01",))
        await api.intercept.update(key, words=[])
        assert (await api.intercept.get(key)).words == ("返利",), "an empty list of words is ignored"
        assert [each.name for each in await api.intercept.listed()] == ["广告"]
        assert await api.intercept.delete(key) and not await api.intercept.delete(key)


async def test_a_mass_message_waits_for_a_person() -> None:
    stage = Stage()
    chat = stage.person.create_group("linyi", "大厅")
    foreign = stage.person.create_group("ops01", "别人的")
    async with stage.api() as api:
        made = await api.mass.add("linyi", [chat, foreign], "开播啦")
        assert made.failed == (foreign,)
        assert [each.sent for each in await api.mass.tasks(made.msgid)] == [False]
        assert [code for _, code in stage.waited] == ["http-waiting-limit"], "it was still being dispatched"
        stage.person.confirm(made.msgid)
        assert [each.sent for each in await api.mass.tasks(made.msgid)] == [True]
        assert [each.chat_id for each in await api.mass.deliveries(made.msgid, "LinYi")] == [chat]
        now = int(stage.time.now)
        assert [each.text for each in await api.mass.listed(now - 86_400, now)] == ["开播啦"]
        for _ in range(3):
            await api.mass.remind(made.msgid)
        with pytest.raises(Rejected):
            await api.mass.remind(made.msgid)
        assert await api.mass.cancel(made.msgid) and not await api.mass.cancel(made.msgid)


async def test_a_team_chat_is_made_once_under_the_id_that_we_choose() -> None:
    stage = Stage()
    async with stage.api() as api:
        with pytest.raises(NotFound):
            await api.chats.get("gf1")
        await api.chats.create("gf1", "团队", ["linyi", "ops01"], owner="linyi")
        with pytest.raises(Rejected):
            await api.chats.create("gf1", "团队", ["linyi", "ops01"])
        with pytest.raises(Forbidden):
            await api.chats.update("gf1", fewer=["linyi"])
        await api.chats.update("gf1", owner="ops01", more=["zhouzhou"], fewer=["LinYi"])
        chat = await api.chats.get("gf1")
        assert (chat.owner, set(chat.users)) == ("ops01", {"ops01", "zhouzhou"})
        await api.chats.say("gf1", "第一条")


async def test_customer_service_with_part_of_it_refused() -> None:
    stage = Stage()
    async with stage.api() as api:
        avatar = await api.media.file("image", PNG, "image/png")
        account = await api.service.add("客服", avatar)
        results = await api.service.add_servicers(account, ["linyi", "nobody"])
        assert [(each.id, each.error is None) for each in results] == [("linyi", True), ("nobody", False)]
        assert [each.user for each in await api.service.servicers(account)] == ["LinYi"]
        assert all(each.error is None for each in await api.service.add_servicers(account, ["linyi"]))
        [gone] = await api.service.remove_servicers(account, ["ops01"])
        assert gone.error is not None and gone.error.code == "wecom-error-not-a-servicer"
        link = await api.service.link(account, "home")
        assert link == await api.service.link(account, "home")
        await api.service.update(account, name="前台")
        assert [each.name for each in await api.service.accounts()] == ["前台"]
        assert await api.service.delete(account) and not await api.service.delete(account)


@pytest.mark.parametrize(("key", "nested"), [("picurl", False), ("pic_url", True)])
async def test_the_bot_knows_one_answer_for_a_question(key: str, nested: bool) -> None:
    stage = Stage(unconfirmed=Unconfirmed(picture_key=key, intents_nested=nested))
    async with stage.api() as api:
        [default] = await api.knowledge.groups()
        assert default.default
        group = await api.knowledge.add_group("门店")
        link = {"msgtype": "link", "link": {"title": "地图", "url": "https://a.example", key: "https://b.example"}}
        intent = await api.knowledge.add_intent(group, "几点开门", "九点", similar=["营业时间"], attachments=[link])
        with pytest.raises(Rejected):
            await api.knowledge.add_intent(default.id, "几点开门", "十点")
        await api.knowledge.change_intent(intent, "几点开门", "八点")
        [found] = await api.knowledge.intents(group)
        assert (found.question, found.answer, found.similar) == ("几点开门", "八点", ())
        await api.knowledge.delete_intent(intent)
        await api.knowledge.delete_group(group)
        assert [each.name for each in await api.knowledge.groups()] == [default.name]


async def test_calendars_and_what_is_in_them() -> None:
    stage = Stage()
    async with stage.api() as api:
        shares = [{"userid": "linyi"}, {"userid": "nobody"}]
        calendar, failed = await api.calendars.add({"summary": "内容", "color": "#112233", "shares": shares})
        assert [each.id for each in failed] == ["nobody"]
        key = await api.calendars.add_schedule(
            {"summary": "周三", "start_time": 10, "end_time": 20, "cal_id": calendar}
        )
        assert await api.calendars.update_schedule(key, {"summary": "周四", "start_time": 10, "end_time": 20}) == key
        [found] = await api.calendars.schedules(calendar)
        assert found["summary"] == "周四"
        await api.calendars.delete_schedule(key)
        assert await api.calendars.schedules(calendar) == []
        await api.calendars.update(calendar, {"summary": "新", "color": "#000000"})
        assert (await api.calendars.get([calendar]))[calendar]["summary"] == "新"
        assert await api.calendars.delete(calendar)
        assert await api.calendars.get([calendar]) == {}


async def test_the_world_can_be_put_away_and_taken_up_again() -> None:
    stage = Stage()
    chat = stage.person.create_group("linyi", "大厅")
    async with stage.api() as api:
        way = await api.join_ways.add([chat])
    kept = json.loads(json.dumps(stage.rehearsal.dump()))
    other = Stage()
    other.rehearsal = Rehearsal(now=other.time.clock, state=kept)
    async with other.api() as api:
        assert (await api.groups.get(chat)).name == "大厅"
        assert (await api.join_ways.get(way))["chat_id_list"] == [chat]
        assert await api.join_ways.add([chat]) != way
