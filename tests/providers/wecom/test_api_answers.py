"""What the WeCom client makes of answers that are none, of lists that never end, and of words that give things away."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from groupform.http import BadAnswer, Client, HttpError, NotFound, OutcomeUnknown, Patience, RateLimited, ServerError
from groupform.http.answers import parse
from groupform.providers.wecom.api import BASE_URL, Api
from groupform.providers.wecom.api_media import form
from groupform.providers.wecom.rehearsal import Rehearsal
from groupform.providers.wecom.rehearsal.media import part
from groupform.providers.wecom.token import shared_token, token
from groupform.providers.wecom.wire import as_failure, classify, plain
from http_rig import Time
from providers.wecom.wecom_rig import START

pytestmark = pytest.mark.anyio

OK = {"errcode": 0, "errmsg": "ok"}
TOKEN = {**OK, "access_token": "t0k3n", "expires_in": 7200}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@asynccontextmanager
async def api(answer: Callable[[httpx.Request], httpx.Response], time: Time | None = None) -> AsyncIterator[Api]:
    """The API over a platform that answers anything at all, once there is a token."""
    time = time or Time()

    def server(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/gettoken"):
            return httpx.Response(200, json=TOKEN)
        return answer(request)

    client = Client(
        BASE_URL,
        token("ww1", SecretStr("s3cret"), time.clock),
        classify=classify,
        patience=Patience(max_wait=50.0),
        sleep=time.sleep,
        clock=time.clock,
        chance=lambda: 0.0,
        transport=httpx.MockTransport(server),
    )
    async with client:
        yield Api(client, time.clock)


READS: dict[str, Callable[[Api], Awaitable[Any]]] = {
    "groups": lambda api: api.groups.listed(["a"]),
    "group": lambda api: api.groups.get("a"),
    "join way": lambda api: api.join_ways.get("a"),
    "contact way": lambda api: api.contact_ways.get("a"),
    "contact ways": lambda api: api.contact_ways.listed(),
    "tags": lambda api: api.tags.listed(),
    "rules": lambda api: api.intercept.listed(),
    "rule": lambda api: api.intercept.get("a"),
    "chat": lambda api: api.chats.get("a"),
    "accounts": lambda api: api.service.accounts(),
    "servicers": lambda api: api.service.servicers("a"),
    "knowledge": lambda api: api.knowledge.groups(),
    "intents": lambda api: api.knowledge.intents(),
    "tasks": lambda api: api.mass.tasks("a"),
    "calendars": lambda api: api.calendars.get(["a"]),
    "follow users": lambda api: api.people.with_customer_contact(),
}
MAKES: dict[str, Callable[[Api], Awaitable[Any]]] = {
    "join way": lambda api: api.join_ways.add(["a"]),
    "contact way": lambda api: api.contact_ways.add(["a"], remark="a", state="b"),
    "tags": lambda api: api.tags.add([("a", 1)], group_name="b"),
    "welcome": lambda api: api.welcome.add({"text": {"content": "a"}}),
    "chat": lambda api: api.chats.create("a", "b", ["c", "d"]),
    "message": lambda api: api.mass.add("a", ["b"], "c"),
    "account": lambda api: api.service.add("a", "b"),
    "intent": lambda api: api.knowledge.add_intent("a", "b", "c"),
    "calendar": lambda api: api.calendars.add({"summary": "a"}),
    "transfer": lambda api: api.groups.transfer_on_job(["a"], "b"),
}
STRANGE = [
    httpx.Response(200, text="<html>log in here</html>"),
    httpx.Response(200, content=b""),
    httpx.Response(200, json=[]),
    httpx.Response(200, json="ok"),
    httpx.Response(200, json={}),
    httpx.Response(200, json={"errcode": "0"}),
    httpx.Response(200, json={"errcode": True}),
    httpx.Response(200, json={"errcode": None}),
    httpx.Response(200, content=json.dumps(OK).encode()[:-3]),
    httpx.Response(204),
    httpx.Response(302, headers={"location": "https://login.example/?token=t0k3n"}),
    httpx.Response(404, json={"errcode": 40050}),
    httpx.Response(404, text="no such route"),
    httpx.Response(403, text="blocked by the firewall"),
]


@pytest.mark.parametrize("strange", STRANGE, ids=lambda each: f"{each.status_code} {each.text[:20]}")
@pytest.mark.parametrize("read", READS)
async def test_what_is_no_answer_is_no_absence(read: str, strange: httpx.Response) -> None:
    async with api(
        lambda request: httpx.Response(strange.status_code, headers=strange.headers, content=strange.content)
    ) as x:
        with pytest.raises(HttpError) as caught:
            await READS[read](x)
    assert isinstance(caught.value, BadAnswer) and not isinstance(caught.value, NotFound)
    assert "t0k3n" not in repr((caught.value.context, as_failure(caught.value).params))


@pytest.mark.parametrize("read", [each for each in READS if each != "calendars"])
async def test_a_success_without_what_was_asked_for_is_none(read: str) -> None:
    async with api(lambda request: httpx.Response(200, json=OK)) as x:
        with pytest.raises(BadAnswer):
            await READS[read](x)


@pytest.mark.parametrize("make", [each for each in MAKES if each != "transfer"])
async def test_a_create_that_answers_no_id_may_have_been_done(make: str) -> None:
    for answer in (httpx.Response(200, json=OK), *STRANGE[:9]):
        async with api(lambda request, answer=answer: httpx.Response(200, content=answer.content)) as x:  # type: ignore[misc]
            with pytest.raises(OutcomeUnknown) as caught:
                await MAKES[make](x)
        assert caught.value.effect_unknown


@pytest.mark.parametrize("make", MAKES)
@pytest.mark.parametrize("status", [500, 502, 503])
async def test_no_create_is_ever_sent_twice(make: str, status: int) -> None:
    sent: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request.url.path)
        return httpx.Response(status, text="down")

    async with api(answer) as x:
        with pytest.raises(OutcomeUnknown) as caught:
            await MAKES[make](x)
    assert len(sent) == 1
    assert as_failure(caught.value).effect_unknown


async def test_pages_that_go_round_are_no_list() -> None:
    line = {"chat_id": "a", "status": 0}

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={**OK, "group_chat_list": [line], "next_cursor": "again"})

    async with api(answer) as x:
        with pytest.raises(BadAnswer):
            await x.groups.listed(["a"])


async def test_lists_by_offset_end_with_a_short_page_and_never_turn_for_ever() -> None:
    full = [{"open_kfid": f"k{number}", "name": "a", "avatar": "", "manage_privilege": True} for number in range(100)]
    asked: list[int] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(json.loads(request.content)["offset"])
        return httpx.Response(200, json={**OK, "account_list": full})

    async with api(answer) as x:
        assert len(await x.service.accounts()) == 100
    assert asked == [0, 100], "a page that brings nothing new is the last"


async def test_without_owners_nothing_is_asked() -> None:
    async with api(lambda request: pytest.fail("asked")) as x:
        assert await x.groups.listed([]) == []
        assert x.client.requests == 0


async def test_nobody_is_named_in_what_is_kept_of_a_group() -> None:
    people = [{"userid": "wm1", "type": 2, "name": "王小明", "group_nickname": "小明", "unionid": "u", "state": "s"}]
    group = {"chat_id": "c", "owner": "o", "name": "n", "member_list": people, "admin_list": [], "create_time": 1}
    async with api(lambda request: httpx.Response(200, json={**OK, "group_chat": group})) as x:
        found = await x.groups.get("c")
    assert found.guests == 1 and dict(found.states) == {"s": 1}
    assert not any(word in repr(found) for word in ("王小明", "小明", "wm1", "unionid"))


@given(st.ip_addresses(v=4), st.integers(min_value=1, max_value=99999))
def test_an_address_in_an_errmsg_goes_no_further(address: Any, code: int) -> None:
    said = f"not allow, hint: [1600_abc_x], from ip: {address}, more info at https://open.work.weixin.qq.com/?e={code}"
    assert plain(said) == "not allow"
    assert str(address) not in plain(f"{address} is not trusted ({address})")


@pytest.mark.parametrize("address", ["2001:db8:0:1:1:1:1:1", "2001:db8::1", "::ffff:c000:201", "fe80::1:2:3"])
def test_an_address_of_the_newer_kind_goes_no_further_either(address: str) -> None:
    assert address not in plain(f"caller {address} refused")


@pytest.mark.parametrize("words", ["tag 18:30:00 exists", "3.14 is no name", "v1.2.3", "a:b", "name 12:30"])
def test_what_is_no_address_stays(words: str) -> None:
    assert plain(words) == words


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.dictionaries(st.sampled_from(["errcode", "errmsg", "a"]), inner) | st.lists(inner),
    )
)
def test_any_answer_means_success_or_an_error(body: Any) -> None:
    found = classify(parse(200, {}, json.dumps(body).encode()), START)
    zero = isinstance(body, dict) and type(body.get("errcode")) is int and body["errcode"] == 0
    assert (found is None) == zero
    if found is not None:
        assert as_failure(found).code


@pytest.mark.parametrize(
    ("status", "kind"), [(429, RateLimited), (500, ServerError), (503, ServerError), (404, BadAnswer)]
)
def test_a_status_that_is_none_of_the_api_decides_by_itself(status: int, kind: type[HttpError]) -> None:
    assert type(classify(parse(status, {}, b'{"errcode": 0}'), START)) is kind


@given(st.binary(min_size=6, max_size=300))
def test_a_form_carries_the_bytes_as_they_are_and_is_always_the_same(data: bytes) -> None:
    body, kind = form(data, "image/png")
    assert part(kind, body) == data
    assert form(data, "image/png") == (body, kind)


async def test_sessions_of_one_command_share_a_token() -> None:
    class Together:
        folder = None

        def __init__(self) -> None:
            self.made: dict[Any, Any] = {}

        def once(self, key: Any, make: Any) -> Any:
            return self.made.setdefault(key, make()) if key not in self.made else self.made[key]

    together = Together()
    rehearsal = Rehearsal("ww1", now=lambda: START)
    rehearsal.app(secret="s3cret")
    for secret in ("s3cret", "s3cret\n", "s3cret"):
        shared = shared_token(together, "ww1", SecretStr(secret))
        async with Client(BASE_URL, shared, classify=classify, transport=rehearsal.transport()) as client:
            await Api(client, lambda: START).people.api_addresses()
    assert rehearsal.counts["gettoken"] == 1
    assert "s3cret" not in repr(together.made)
