"""Telling people over WeCom: in the team's chat, in pieces that fit, with their page below, once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groupform.engine.provider import Failure
from groupform.engine.step_notify import Message
from groupform.http import OutcomeUnknown
from groupform.providers.wecom.api_media import form
from groupform.providers.wecom.notify import LONGEST, notify, parts
from providers.wecom.wecom_rig import Stage

ROOMS = {"club-wecom/group.lobby": "wr1", "club-wecom/team-chat.team": "gfteam", "no address": "x"}
PAGE = b"<!doctype html><p>steps</p>"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def told(text: str, page: bytes | None = None) -> Message:
    return Message("LINYI", "林一", text, "n", "lead.html", page)


@pytest.mark.anyio
async def test_a_person_is_told_in_the_chat_of_the_team_with_their_page_below() -> None:
    stage = Stage()
    async with stage.api() as api:
        await api.chats.create("gfteam", "团队", ["linyi", "ops01"])
        await notify(api, told("今天三步", PAGE), ROOMS)
        long = "\n".join(f"- 新建客户群 {number}" for number in range(200))
        await notify(api, told(f"**林一：200 步**\n\n{long}"), ROOMS)
    said = stage.rehearsal.corp["chats"]["gfteam"]["said"]
    first, file, *rest = said
    assert first["text"] == {"content": "林一: 今天三步", "mentioned_list": ["LINYI"]}
    assert file["msgtype"] == "file"
    assert len(rest) == 3 and [bool(each["text"].get("mentioned_list")) for each in rest] == [True, False, False]
    whole = "".join(each["text"]["content"] for each in rest)
    assert whole.startswith("林一：200 步") and "*" not in whole and whole.count("新建客户群") == 200
    assert stage.rehearsal.objections == []


@pytest.mark.anyio
async def test_who_would_not_see_it_is_not_told() -> None:
    stage = Stage()
    async with stage.api() as api:
        with pytest.raises(Failure) as none:
            await notify(api, told("a"), {"club-wecom/group.lobby": "wr1"})
        assert none.value.code == "wecom-notify-no-team"
        with pytest.raises(Failure) as gone:
            await notify(api, told("a"), ROOMS)
        assert gone.value.code == "wecom-notify-not-in-team"
        await api.chats.create("gfteam", "团队", ["zhouzhou", "ops01"])
        with pytest.raises(Failure) as other:
            await notify(api, told("a", PAGE), ROOMS)
        assert other.value.code == "wecom-notify-not-in-team"
    assert stage.rehearsal.corp["chats"]["gfteam"]["said"] == [] and not stage.rehearsal.corp["media"]


@pytest.mark.anyio
async def test_a_message_whose_answer_was_lost_is_not_sent_again() -> None:
    stage = Stage()
    async with stage.api() as api:
        await api.chats.create("gfteam", "团队", ["linyi", "ops01"])
        stage.rehearsal.drop_next("appchat/send")
        with pytest.raises(OutcomeUnknown):
            await notify(api, told("a"), ROOMS)
    assert len(stage.rehearsal.corp["chats"]["gfteam"]["said"]) == 1


@given(st.text(alphabet="a字😀 \n", max_size=400), st.integers(min_value=8, max_value=60))
def test_pieces_fit_and_nothing_is_lost(text: str, longest: int) -> None:
    pieces = parts(text, longest)
    assert all(0 < len(each.encode()) <= longest for each in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


def test_pieces_are_cut_between_lines() -> None:
    assert parts("一二三\n四五六\n", 10) == ["一二三", "四五六"]
    assert parts("a" * (LONGEST + 1)) == ["a" * LONGEST, "a"]


@pytest.mark.parametrize(("name", "kept"), [("lead.html", True), ("林一.html", False), ('a"b', False), (None, False)])
def test_a_file_keeps_a_plain_name_only(name: str | None, kept: bool) -> None:
    body, _ = form(PAGE, "text/html", name)
    assert (f'filename="{name}"'.encode() in body) == kept
    assert b".html" in body
