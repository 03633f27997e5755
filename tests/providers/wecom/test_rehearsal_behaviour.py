"""How the rehearsal behaves beyond its tables: who sees what, who made what, windows, moments, what people do."""

from __future__ import annotations

import anyio
import pytest

from groupform.http import (
    Forbidden,
    HttpError,
    NotFound,
    OutcomeUnknown,
    Patience,
    Unauthorized,
    Unreachable,
    WaitTooLong,
)
from groupform.providers.wecom.api_words import Range
from groupform.providers.wecom.rehearsal import Limit, Refused, Unconfirmed
from groupform.providers.wecom.rehearsal.unconfirmed import OTHERS
from providers.wecom.wecom_rig import PNG, SECRET, Stage

pytestmark = pytest.mark.anyio

GET = "externalcontact/groupchat/get"
DAY = 86_400


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


# Tokens


async def test_a_token_lasts_two_hours_and_is_fetched_once() -> None:
    stage = Stage()
    async with stage.api() as api:
        for _ in range(5):
            await api.people.api_addresses()
            stage.pass_time(1400)
        assert stage.rehearsal.counts["gettoken"] == 1
        stage.pass_time(1400)
        await api.people.api_addresses()
    assert stage.rehearsal.counts["gettoken"] == 2
    assert all(each.errcode == 0 for each in stage.rehearsal.seen)


@pytest.mark.parametrize("same", [False, True])
async def test_a_token_that_is_asked_for_again_may_be_the_same(same: bool) -> None:
    stage = Stage(unconfirmed=Unconfirmed(same_token=same))
    async with stage.api() as one, stage.api() as other:
        await one.people.api_addresses()
        await other.people.api_addresses()
    assert len(stage.rehearsal.corp["tokens"]) == (1 if same else 2)
    stage.rehearsal.expire_now()
    async with stage.api() as again:
        await again.people.api_addresses()


async def test_a_wrong_secret_is_asked_for_once_and_shut_out_after_very_many() -> None:
    stage = Stage()
    async with stage.api(secret="wrong") as api:
        for _ in range(5):
            with pytest.raises(Unauthorized) as caught:
                await api.people.api_addresses()
            assert caught.value.code == "wecom-error-secret" and "wrong" not in repr(caught.value.context)
    assert stage.rehearsal.counts == {"gettoken": 1}
    stage.rehearsal.corp["corp"]["wrong_secrets"] = [stage.time.now] * 2000
    async with stage.api() as api:
        with pytest.raises(WaitTooLong) as waits:
            await api.people.api_addresses()
    assert waits.value.wait == 3600.0
    stage.pass_time(3600)
    async with stage.api() as api:
        await api.people.api_addresses()


async def test_a_secret_with_a_line_end_from_a_file_is_taken_and_one_that_is_none_is_not() -> None:
    stage = Stage()
    async with stage.api(secret=f" {SECRET}\n") as api:
        await api.people.api_addresses()
    for secret in ("", "two words", "密钥"):
        with pytest.raises(Unauthorized) as caught:
            async with stage.api(secret=secret):
                pass
        assert caught.value.code == "http-bad-token"


# Windows


async def test_a_minute_is_waited_for_and_a_day_is_not() -> None:
    stage = Stage(limit=(Limit(GET, 60, 3), Limit("media/uploadimg", DAY, 1), Limit("appchat/update", 3600, 1)))
    chat = stage.person.create_group("linyi", "大厅")
    async with stage.api() as api:
        for _ in range(8):
            assert (await api.groups.get(chat)).name == "大厅"
        assert [round(seconds) for seconds, _ in stage.waited] == [60, 60]
        await api.media.picture(PNG, "image/png")
        with pytest.raises(WaitTooLong) as caught:
            await api.media.picture(PNG, "image/png")
        left = DAY - (stage.time.now + 8 * 3600) % DAY
        assert caught.value.wait == left, "until midnight in China"
        stage.pass_time(left)
        await api.media.picture(PNG, "image/png")
        await api.chats.create("a", "团队", ["linyi", "ops01"])
        await api.chats.update("a", name="b")
        with pytest.raises(WaitTooLong) as hour:
            await api.chats.update("a", name="c")
        assert hour.value.wait == 3600


async def test_a_minute_that_was_waited_for_in_vain_was_an_hour() -> None:
    stage = Stage(limit=(Limit("*", 3600, 2),))
    async with stage.api(patience=Patience(max_wait=8000.0)) as api:
        for _ in range(3):
            await api.people.api_addresses()
    assert [round(seconds) for seconds, _ in stage.waited] == [60, 3600]


async def test_calls_of_one_api_do_not_wait_for_another() -> None:
    stage = Stage(limit=(Limit(GET, 60, 1),))
    chat = stage.person.create_group("linyi", "大厅")
    async with stage.api() as api:
        await api.groups.get(chat)
        await api.groups.listed(["linyi"])
        await api.groups.listed(["linyi"])
    assert stage.waited == []


async def test_too_many_at_once_go_slower_and_all_arrive() -> None:
    stage = Stage(concurrent=2)
    chats = [stage.person.create_group("linyi", str(number)) for number in range(30)]
    names: list[str] = []
    async with stage.api(concurrency=8) as api:

        async def one(chat: str) -> None:
            names.append((await api.groups.get(chat)).name)

        async with anyio.create_task_group() as tasks:
            for chat in chats:
                tasks.start_soon(one, chat)
    assert sorted(names, key=int) == [str(number) for number in range(30)]
    refused = sum(each.errcode == 45033 for each in stage.rehearsal.seen)
    assert 0 < refused <= 14


# Who sees what, who made what


async def test_groups_of_owners_out_of_range_are_not_there_to_see() -> None:
    stage = Stage()
    chat = stage.person.create_group("linyi", "大厅")
    other = stage.person.create_group("ops01", "别的")
    stage.person.hide("linyi")
    async with stage.api() as api:
        assert [each.chat_id for each in await api.groups.listed(["ops01"])] == [other]
        for ask in (api.groups.get(chat), api.groups.listed(["linyi"]), api.join_ways.add([chat])):
            with pytest.raises(Forbidden):
                await ask  # type: ignore[misc]
        stage.person.show("linyi")
        assert (await api.groups.get(chat)).name == "大厅"
        with pytest.raises(HttpError) as nobody:
            await api.groups.listed(["nobody"])
    assert nobody.value.code == "wecom-error-person"
    assert stage.rehearsal.corp["apps"]["1000002"]["visible"] is None


async def test_what_an_application_made_is_its_own() -> None:
    stage = Stage()
    stage.rehearsal.app("1000003", "other-secret", visible=["LinYi"])
    chat = stage.person.create_group("linyi", "大厅")
    async with stage.api() as api, stage.api(secret="other-secret") as other:
        way = await api.join_ways.add([chat])
        contact = await api.contact_ways.add(["linyi"], remark="a", state="b")
        tags = await api.tags.add([("a", None)], group_name="b")
        rule = await api.intercept.add("a", ["b"], Range(["linyi"]))
        calendar, _ = await api.calendars.add({"summary": "a", "color": "#000000"})
        with pytest.raises(NotFound):
            await other.join_ways.get(way)
        with pytest.raises(NotFound):
            await other.contact_ways.get(contact["config_id"])
        assert await other.contact_ways.listed() == []
        assert await other.calendars.get([calendar]) == {}
        assert [each.id for each in await other.tags.listed()] == [tags.id], "tags are seen by all"
        for forbidden in (
            other.tags.edit(tags.id, name="c"),
            other.tags.delete([tags.tags[0].id]),
            other.intercept.delete(rule),
            other.chats.create("a", "b", ["linyi", "ops01"]),
        ):
            with pytest.raises(Forbidden):
                await forbidden
        assert await other.people.with_customer_contact() == {"linyi"}


# A moment in between


async def test_right_after_a_change_a_group_may_still_be_the_old_one() -> None:
    stage = Stage(lag=5.0)
    chat = stage.person.create_group("linyi", "大厅")
    async with stage.api() as api:
        assert (await api.groups.get(chat)).name == "大厅"
        stage.person.rename(chat, "客厅")
        stage.person.set_notice(chat, "新的")
        old = await api.groups.get(chat)
        assert (old.name, old.notice) == ("大厅", "")
        stage.pass_time(5)
        new = await api.groups.get(chat)
        assert (new.name, new.notice) == ("客厅", "新的")


async def test_an_answer_that_is_lost_leaves_a_create_unknown_and_a_read_repeated() -> None:
    stage = Stage()
    chat = stage.person.create_group("linyi", "大厅")
    async with stage.api() as api:
        stage.rehearsal.drop_next(GET)
        assert (await api.groups.get(chat)).name == "大厅"
        stage.rehearsal.drop_next("externalcontact/groupchat/add_join_way")
        with pytest.raises(OutcomeUnknown):
            await api.join_ways.add([chat])
        assert len(stage.rehearsal.corp["join_ways"]) == 1
        stage.rehearsal.drop_next("externalcontact/groupchat/add_join_way", times=4, after_effect=False)
        with pytest.raises(Unreachable) as caught:
            await api.join_ways.add([chat])
        assert not caught.value.effect_unknown
        assert len(stage.rehearsal.corp["join_ways"]) == 1
        stage.rehearsal.drop_next("externalcontact/groupchat/update_join_way")
        [way] = stage.rehearsal.corp["join_ways"]
        await api.join_ways.update(way, [chat], remark="again")
        stage.rehearsal.drop_next("externalcontact/groupchat/del_join_way")
        assert not await api.join_ways.delete(way), "the first time it was lost, the second time it was gone"


async def test_a_gateway_in_between_is_no_word_of_the_platform() -> None:
    stage = Stage()
    chat = stage.person.create_group("linyi", "大厅")
    async with stage.api() as api:
        stage.rehearsal.status_next(GET, 404)
        with pytest.raises(HttpError) as caught:
            await api.groups.get(chat)
        assert not isinstance(caught.value, NotFound), "a page that says 404 proves nothing of a group"
        stage.rehearsal.status_next(GET, 502, times=2)
        assert (await api.groups.get(chat)).name == "大厅"


async def test_a_busy_platform_is_asked_three_times_more() -> None:
    stage = Stage()
    chat = stage.person.create_group("linyi", "大厅")
    async with stage.api() as api:
        stage.rehearsal.fail_next(GET, -1, times=3)
        assert (await api.groups.get(chat)).name == "大厅"
        stage.rehearsal.fail_next(GET, -1, times=4)
        with pytest.raises(HttpError) as caught:
            await api.groups.get(chat)
        assert caught.value.code == "wecom-error-busy"


async def test_who_looks_on_may_stop_everything_before_and_after() -> None:
    stage = Stage()
    chat = stage.person.create_group("linyi", "大厅")
    seen: list[tuple[str, str]] = []
    stage.rehearsal.before = lambda path, body: seen.append(("before", path))

    def kill(path: str, body: object) -> None:
        if path.endswith("add_join_way"):
            raise KeyboardInterrupt

    stage.rehearsal.after = kill
    async with stage.api() as api:
        with pytest.raises(KeyboardInterrupt):
            await api.join_ways.add([chat])
    assert [path for _, path in seen] == ["gettoken", "externalcontact/groupchat/add_join_way"]
    assert len(stage.rehearsal.corp["join_ways"]) == 1


# What people do


async def test_an_owner_who_leaves_is_followed_by_an_heir_once() -> None:
    stage = Stage()
    chat = stage.person.create_group("linyi", "大厅")
    async with stage.api() as api:
        [failed] = await api.groups.transfer([chat], "ops01")
        assert failed.error is not None and failed.error.code == "wecom-error-owner-still-here"
        stage.person.resign("linyi")
        [line] = await api.groups.listed(["linyi"])
        assert line.heir == 1
        [failed] = await api.groups.transfer_on_job([chat], "ops01")
        assert failed.error is not None and failed.error.code == "wecom-error-owner-has-left"
        assert await api.groups.transfer([chat], "ops01") == []
        assert (await api.groups.get(chat)).owner == "ops01"
        assert [each.heir for each in await api.groups.listed(["ops01"])] == [3]


async def test_a_group_is_handed_over_twice_in_ninety_days() -> None:
    stage = Stage()
    chat = stage.person.create_group("linyi", "大厅")
    async with stage.api() as api:
        assert await api.groups.transfer_on_job([chat], "ops01") == []
        assert await api.groups.transfer_on_job([chat], "zhouzhou") == []
        [failed] = await api.groups.transfer_on_job([chat], "linyi")
        assert failed.id == chat and failed.error is not None
        stage.pass_time(91 * DAY)
        assert await api.groups.transfer_on_job([chat], "linyi") == []


async def test_a_transfer_that_works_for_some_says_for_which_it_does_not() -> None:
    stage = Stage()
    chats = [stage.person.create_group("linyi", str(number)) for number in range(130)]
    async with stage.api() as api:
        failed = await api.groups.transfer_on_job([*chats, "gone"], "ops01")
        assert [each.id for each in failed] == ["gone"]
    assert stage.rehearsal.counts["externalcontact/groupchat/onjob_transfer"] == 2


@pytest.mark.parametrize("stops", [200, None])
async def test_a_code_leads_into_a_group_until_it_is_full(stops: int | None) -> None:
    stage = Stage(unconfirmed=Unconfirmed(qr_stops_at=stops))
    chat = stage.person.create_group("linyi", "大厅", guests=198)
    async with stage.api() as api:
        way = await api.join_ways.add([chat], auto_create_room=False)
        most = stops or 500
        stage.person.scan(way, most - 199)
        with pytest.raises(Refused) as full:
            stage.person.scan(way)
        assert full.value.errcode == -3009
        assert (await api.groups.get(chat)).people == most
        stage.person.dismiss(chat)
        with pytest.raises(Refused) as gone:
            stage.person.scan(way)
        assert gone.value.errcode == -3010
        with pytest.raises(NotFound):
            await api.groups.get(chat)


@pytest.mark.parametrize("by_month", [True, False])
async def test_a_group_gets_about_one_mass_message_a_day(by_month: bool) -> None:
    stage = Stage(unconfirmed=Unconfirmed(mass_by_month=by_month))
    chat = stage.person.create_group("linyi", "大厅")

    async def send() -> bool:
        try:
            made = await api.mass.add("linyi", [chat], "a")
        except HttpError as error:
            assert error.code == "wecom-error-nobody-to-send-to"
            return False
        stage.person.confirm(made.msgid)
        return True

    async with stage.api() as api:
        assert await send()
        assert await send() is by_month
        stage.pass_time(DAY)
        assert await send()


@pytest.mark.parametrize("fate", ["gone", "refused"])
async def test_what_becomes_of_questions_when_their_group_goes(fate: str) -> None:
    stage = Stage(unconfirmed=Unconfirmed(intents_after_group=fate))
    async with stage.api() as api:
        group = await api.knowledge.add_group("门店")
        await api.knowledge.add_intent(group, "几点开门", "九点")
        try:
            assert await api.knowledge.delete_group(group)
        except HttpError:
            assert fate == "refused"
        assert (await api.knowledge.intents() == []) == (fate == "gone")


@pytest.mark.parametrize("same", [True, False])
async def test_a_link_asked_for_again_may_be_another(same: bool) -> None:
    stage = Stage(unconfirmed=Unconfirmed(same_scene_same_link=same))
    async with stage.api() as api:
        account = await api.service.add("客服", await api.media.file("image", PNG, "image/png"))
        first, second = await api.service.link(account, "a"), await api.service.link(account, "a")
    assert (first == second) is same


@pytest.mark.parametrize("unique", [False, True])
async def test_two_service_accounts_may_have_one_name(unique: bool) -> None:
    stage = Stage(unconfirmed=Unconfirmed(service_names_unique=unique))
    async with stage.api() as api:
        media = await api.media.file("image", PNG, "image/png")
        await api.service.add("客服", media)
        try:
            await api.service.add("客服", media)
        except HttpError as error:
            assert error.code == "wecom-error-service-name"
        assert len(await api.service.accounts()) == (1 if unique else 2)


@pytest.mark.parametrize("most", [20, 100])
async def test_departments_are_named_twenty_at_a_time_whatever_the_page(most: int) -> None:
    stage = Stage(unconfirmed=Unconfirmed(service_departments=most))
    for number in range(1, 20):
        stage.rehearsal.corp["departments"][str(number)] = {"parentid": 0, "order": 1}
    async with stage.api() as api:
        account = await api.service.add("客服", await api.media.file("image", PNG, "image/png"))
        results = await api.service.add_servicers(account, departments=[*range(1, 20), *range(50, 60)])
    assert len(results) == 29 and sum(each.error is not None for each in results) == 10
    assert stage.rehearsal.objections == []


@pytest.mark.parametrize("left_out", [False, True])
async def test_a_group_without_a_name_has_an_empty_one(left_out: bool) -> None:
    stage = Stage(unconfirmed=Unconfirmed(unnamed_left_out=left_out))
    chat = stage.person.create_group("linyi", "")
    async with stage.api() as api:
        assert (await api.groups.get(chat)).name == ""


@pytest.mark.parametrize(
    ("switch", "value"),
    [
        *(("unknown_way", each) for each in (40058, 41044)),
        *(("unknown_template", each) for each in (40058, 40037)),
        *(("unknown_chat", each) for each in (86003, 40050)),
    ],
)
async def test_what_is_not_there_is_not_there_by_whatever_code(switch: str, value: int) -> None:
    stage = Stage(unconfirmed=Unconfirmed(**{switch: value}))
    async with stage.api() as api:
        for read in (api.join_ways.get("none"), api.welcome.get("none"), api.chats.get("none")):
            with pytest.raises(NotFound):
                await read
        assert not await api.join_ways.delete("none") and not await api.welcome.delete("none")


@pytest.mark.parametrize("several", [True, False])
async def test_a_group_may_be_in_several_join_ways(several: bool) -> None:
    stage = Stage(unconfirmed=Unconfirmed(several_ways=several))
    chat = stage.person.create_group("linyi", "大厅")
    async with stage.api() as api:
        await api.join_ways.add([chat])
        try:
            await api.join_ways.add([chat])
        except HttpError as error:
            assert not several and error.code == "wecom-error-field"
        assert len(stage.rehearsal.corp["join_ways"]) == (2 if several else 1)


@pytest.mark.parametrize("first", [True, False])
async def test_somebody_owns_a_group_that_the_platform_makes(first: bool) -> None:
    stage = Stage(unconfirmed=Unconfirmed(overflow_owner_first=first))
    chats = [stage.person.create_group(owner, owner, guests=199) for owner in ("linyi", "ops01")]
    async with stage.api() as api:
        way = await api.join_ways.add(chats)
        [made] = stage.person.scan(way)
        assert (await api.groups.get(made)).owner == ("LinYi" if first else "ops01")
        assert (await api.groups.get(made)).name == "", "without a base there is no name"


def test_every_switch_can_be_set_both_ways() -> None:
    names = {name.partition("=")[0] for name, _ in Unconfirmed().variants()}
    assert names == set(OTHERS) == set(Unconfirmed.__dataclass_fields__)
    for name, each in Unconfirmed().variants():
        assert each != Unconfirmed(), name


async def test_only_what_the_tables_name_was_ever_sent() -> None:
    stage = Stage()
    chat = stage.person.create_group("linyi", "大厅")
    async with stage.api() as api:
        await api.join_ways.add([chat], remark="a", state="b", room_base_name="c", room_base_id=1)
        await api.people.with_customer_contact()
        assert (await api.people.get("LINYI"))["userid"] == "LinYi"
        with pytest.raises(NotFound):
            await api.people.get("nobody")
        assert await api.people.departments() == [1]
        assert await api.groups.by_open_id(f"og{chat}") == chat
    assert stage.rehearsal.objections == []
