"""The rehearsal takes what the published tables name and nothing else, and says which field was wrong."""

from __future__ import annotations

import json

import httpx
import pytest

from groupform.providers.wecom.api import BASE_URL
from groupform.providers.wecom.rehearsal.routes import ROUTES, UPLOADS, Route
from providers.wecom.wecom_rig import PNG, Stage

pytestmark = pytest.mark.anyio

STRANGE = [[]]
"""Neither a text nor a number nor an object, and as a list one of the wrong elements."""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def ask(stage: Stage, path: str, route: Route, body: dict[str, object]) -> dict[str, object]:
    if route.method == "POST":
        return dict(await stage.ask(path, body))
    query = {name: str(value) for name, value in body.items()}
    return dict(await stage.ask(path, method="GET", query=query))


@pytest.mark.parametrize("path", list(ROUTES))
async def test_a_field_that_no_page_names_is_refused_by_name(path: str) -> None:
    stage = Stage()
    answer = await ask(stage, path, ROUTES[path], {"colour_of_hair": 1})
    assert answer["errcode"] == 40058 and "colour_of_hair" in str(answer["errmsg"])
    [said] = stage.rehearsal.objections
    assert path in said and "colour_of_hair" in said


@pytest.mark.parametrize(
    ("path", "name"),
    [(path, name) for path, route in ROUTES.items() for name, each in route.fields.items() if each.required],
)
async def test_a_field_that_is_required_is_missed_by_name(path: str, name: str) -> None:
    stage, route = Stage(), ROUTES[path]
    others = {other: "x" for other, each in route.fields.items() if each.required and other != name}
    answer = await ask(stage, path, route, dict(others))
    assert answer["errcode"] == route.fields[name].missing != 0
    assert f"{name}: missing" in str(answer["errmsg"])
    assert stage.rehearsal.objections


@pytest.mark.parametrize(
    ("path", "name"),
    [(path, name) for path, route in ROUTES.items() if route.method == "POST" for name in route.fields],
)
async def test_a_value_of_the_wrong_type_is_refused_by_name(path: str, name: str) -> None:
    stage, route = Stage(), ROUTES[path]
    others = {other: STRANGE for other, each in route.fields.items() if each.required and other != name}
    answer = await ask(stage, path, route, {name: STRANGE, **others})
    assert answer["errcode"] != 0 and name in str(answer["errmsg"])
    assert stage.rehearsal.objections


async def test_a_path_that_no_page_names_is_no_api() -> None:
    stage = Stage()
    assert await stage.ask("externalcontact/groupchat/send", {"chat_id": "x"}) == 404
    assert await stage.ask("externalcontact/groupchat/list_join_way", {}) == 404, "join ways have no list"
    assert await stage.ask("appchat/delete", {"chatid": "x"}) == 404, "nothing dissolves a chat"
    assert len(stage.rehearsal.objections) == 3


async def test_the_wrong_method_is_refused() -> None:
    stage = Stage()
    assert (await stage.ask("externalcontact/groupchat/list", method="GET"))["errcode"] == 40058
    assert (await stage.ask("externalcontact/get_intercept_rule_list", {}))["errcode"] == 40058
    assert await stage.ask("gettoken", {}) == 404
    assert len(stage.rehearsal.objections) == 3


async def test_the_token_belongs_into_the_query() -> None:
    stage = Stage()
    text = "x"
    async with httpx.AsyncClient(transport=stage.rehearsal.transport(), base_url=BASE_URL) as http:
        path = "/cgi-bin/externalcontact/get_follow_user_list"
        for more in ({"headers": {"Authorization": f"Bearer {text}"}}, {"headers": {"access_token": text}}, {}):
            assert (await http.get(path, **more)).json()["errcode"] == 41001  # type: ignore[arg-type]
        body = {"access_token": text, "limit": 1}
        answer = await http.post("/cgi-bin/externalcontact/groupchat/list", json=body)
        assert answer.json()["errcode"] == 41001
        assert (await http.get(path, params={"access_token": text})).json()["errcode"] == 40014


@pytest.mark.parametrize(
    ("content", "errcode"),
    [
        (json.dumps({"tag": [{"name": "层级"}], "group_name": "x"}).encode(), 40033),
        (json.dumps({"tag": [{"name": "层级"}], "group_name": "x"}, ensure_ascii=False).encode(), 0),
        (json.dumps({"tag": [{"name": r"\u4e2d"}], "group_name": "x"}, ensure_ascii=False).encode(), 0),
        (json.dumps({"tag": [{"name": "\\" + "\x07"}], "group_name": "x"}, ensure_ascii=False).encode(), 40033),
        (json.dumps({"tag": [{"name": "层级"}], "group_name": "x"}, ensure_ascii=False).encode("gb18030"), 40058),
        (b"[1]", 40058),
        (b"{", 40058),
        (b"tag=1", 40058),
        (b"", 40063),
    ],
)
async def test_a_body_is_raw_json_in_utf_8(content: bytes, errcode: int) -> None:
    stage = Stage()
    answer = await stage.ask("externalcontact/add_corp_tag", content=content)
    assert answer["errcode"] == errcode
    assert bool(stage.rehearsal.objections) == bool(errcode)


@pytest.mark.parametrize("path", list(UPLOADS))
async def test_a_file_comes_in_a_form_with_a_name(path: str) -> None:
    stage = Stage()
    query = {
        "media/upload": {"type": "image"},
        "media/upload_attachment": {"media_type": "image", "attachment_type": "2"},
    }
    asked = query.get(path, {})
    assert (await stage.ask(path, files={"media": ("a.png", PNG)}, query=asked))["errcode"] == 0
    assert (await stage.ask(path, files={"file": ("a.png", PNG)}, query=asked))["errcode"] == 40004
    assert (await stage.ask(path, content=PNG, query=asked))["errcode"] == 40004
    assert (await stage.ask(path, files={"media": ("a.png", b"GIF89a-no")}, query=asked))["errcode"] == 40004
    assert (await stage.ask(path, files={"media": ("a.png", PNG[:4])}, query=asked))["errcode"] == 40004


def text(length: int, char: str = "a") -> str:
    return char * length


LENGTHS = [
    # (path, body around the text, text that fits, text that does not): characters or bytes, as the page says
    (
        "externalcontact/add_corp_tag",
        lambda each: {"group_name": "g", "tag": [{"name": each}]},
        text(30, "字"),
        text(31),
    ),
    (
        "externalcontact/group_welcome_template/add",
        lambda each: {"text": {"content": each}},
        text(1000, "字"),
        text(1001, "字"),
    ),
    (
        "externalcontact/group_welcome_template/add",
        lambda each: {"link": {"title": each, "url": "https://a.example"}},
        text(42, "字"),
        text(43, "字"),
    ),
    (
        "externalcontact/add_intercept_rule",
        lambda each: {
            "rule_name": each,
            "word_list": ["a"],
            "intercept_type": 2,
            "applicable_range": {"user_list": ["linyi"]},
        },
        text(20, "字"),
        text(21),
    ),
    (
        "externalcontact/add_contact_way",
        lambda each: {"type": 1, "scene": 2, "user": ["linyi"], "state": each},
        text(30, "字"),
        text(31),
    ),
    ("kf/knowledge/add_group", lambda each: {"name": each}, text(12, "字"), text(13)),
    ("appchat/create", lambda each: {"userlist": ["linyi", "ops01"], "chatid": each}, text(32), text(33)),
    ("oa/calendar/add", lambda each: {"calendar": {"summary": each, "color": "#123456"}}, text(128, "字"), text(129)),
    (
        "oa/schedule/add",
        lambda each: {"schedule": {"start_time": 1, "end_time": 2, "description": each}},
        text(1000, "字"),
        text(1001),
    ),
]


@pytest.mark.parametrize(("path", "around", "fits", "too_long"), LENGTHS)
async def test_lengths_count_characters_or_bytes_as_the_page_says(
    path: str, around: object, fits: str, too_long: str
) -> None:
    assert callable(around)
    assert (await Stage().ask(path, around(fits)))["errcode"] == 0
    assert (await Stage().ask(path, around(too_long)))["errcode"] != 0


async def test_what_is_cut_rather_than_refused_is_cut() -> None:
    stage = Stage()
    chat = stage.person.create_group("linyi", "大厅")
    body = {"scene": 2, "chat_id_list": [chat], "remark": text(40, "字")}
    way = (await stage.ask("externalcontact/groupchat/add_join_way", body))["config_id"]
    found = await stage.ask("externalcontact/groupchat/get_join_way", {"config_id": way})
    assert found["join_way"]["remark"] == text(30, "字")
    await stage.ask("appchat/create", {"userlist": ["linyi", "ops01"], "chatid": "a", "name": text(60, "字")})
    chat_info = await stage.ask("appchat/get", method="GET", query={"chatid": "a"})
    assert chat_info["chat_info"]["name"] == text(50, "字")
    assert stage.rehearsal.objections == []
