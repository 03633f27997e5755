"""When the client waits, repeats, gives up, and what it then says: pure rules, on a clock of our own."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from typing import Any

import anyio
import httpx
import pytest
from pydantic import SecretStr

from groupform.http import (
    BadAnswer,
    Bearer,
    Call,
    Client,
    Conflict,
    HttpError,
    OutcomeUnknown,
    Patience,
    Rejected,
    ServerError,
    Unauthorized,
    Unreachable,
    WaitTooLong,
)
from groupform.http.errors import Context
from groupform.messages import LANGUAGES, Catalogue, load
from http_rig import TOKEN, Time, client, get, post

pytestmark = pytest.mark.anyio


class Script:
    """Answers in turn: a response, or an error to raise; the last one again and again."""

    def __init__(self, *steps: httpx.Response | type[httpx.TransportError]) -> None:
        self.steps = list(steps)
        self.seen: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        step = self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]
        if isinstance(step, httpx.Response):
            return httpx.Response(step.status_code, headers=step.headers, content=step.content)
        raise step("connection broke")


def limited(seconds: int | str | None = None, **body: Any) -> httpx.Response:
    return httpx.Response(429, headers={} if seconds is None else {"Retry-After": str(seconds)}, json=body)


OK = httpx.Response(200, json={"ok": True})


@pytest.mark.parametrize("call", [get(), post()], ids=["get", "post"])
async def test_a_limit_is_waited_for_and_the_call_sent_again(call: Call) -> None:
    time, told = Time(), list[tuple[float, str]]()
    server = Script(limited(12), limited(retry_after_ms=3000), OK)
    async with client(server, time, waiting=lambda seconds, code: told.append((seconds, code))) as http:
        assert await http.send(call) == {"ok": True}
        assert time.slept == [12, 3]
        assert told == [(12, "http-waiting-limit"), (3, "http-waiting-limit")]
        assert http.requests == 3
        assert http.waits == {call.route: 15}


async def test_a_limit_without_a_time_is_backed_off_from() -> None:
    time = Time()
    async with client(Script(limited(), limited(), limited(), OK), time) as http:
        await http.send(get())
    assert time.slept == [0.5, 1.0, 2.0]


async def test_a_server_that_says_zero_for_ever_is_not_hammered() -> None:
    time = Time()
    server = Script(limited(0))
    async with client(server, time) as http:
        with pytest.raises(WaitTooLong):
            await http.send(get())
    assert len(server.seen) < 20


@pytest.mark.parametrize("call", [get(), post()], ids=["get", "post"])
async def test_a_wait_beyond_the_ceiling_comes_back_at_once(call: Call) -> None:
    time, told = Time(), list[float]()
    async with client(Script(limited(101)), time, waiting=lambda seconds, code: told.append(seconds)) as http:
        with pytest.raises(WaitTooLong) as caught:
            await http.send(call)
    assert (caught.value.seconds, caught.value.wait, caught.value.effect_unknown) == (101, 101, False)
    assert time.slept == [] and told == []
    assert caught.value.params["seconds"] == 101


async def test_waits_of_one_call_add_up() -> None:
    time = Time()
    async with client(Script(limited(60)), time) as http:
        with pytest.raises(WaitTooLong):
            await http.send(get())
    assert time.slept == [60]


async def test_calls_side_by_side_keep_one_pause_and_do_not_hammer() -> None:
    """A server with 5 calls at once and one more every 10 s, and 20 callers: nobody asks while a pause is on."""
    time, told = Time(), list[float]()
    tokens, filled, closed_until = 5.0, time.now, 0.0
    hammered, refused, open_calls = 0, 0, 0

    async def server(request: httpx.Request) -> httpx.Response:
        nonlocal tokens, filled, closed_until, hammered, refused, open_calls
        hammered += time.now < closed_until and open_calls == 0
        open_calls += 1
        tokens, filled = min(5.0, tokens + (time.now - filled) / 10), time.now
        granted = tokens >= 1 - 1e-9
        tokens -= granted
        await anyio.lowlevel.checkpoint()
        open_calls -= 1
        if granted:
            return httpx.Response(200, json={})
        refused += 1
        wait = (1 - tokens) * 10
        closed_until = max(closed_until, time.now + wait)
        return limited(None, retry_after_ms=wait * 1000)

    patience = Patience(max_wait=1000)
    async with client(server, time, patience=patience, waiting=lambda s, code: told.append(s)) as http:
        async with anyio.create_task_group() as tasks:
            for _ in range(20):
                tasks.start_soon(http.send, post())
        assert http.sent == {"POST /things": 20 + refused}
    assert hammered == 0
    # Three of the eight that went out together, then at most one refusal for each of the calls that had to wait.
    assert refused <= 3 + 15
    assert len(told) <= 16
    assert time.now <= 1_000 + 15 * 10 + 1


async def test_after_a_limit_calls_go_one_by_one_until_the_platform_is_calm() -> None:
    now, most, first = 0, list[int](), True

    async def server(request: httpx.Request) -> httpx.Response:
        nonlocal now, first
        if first:
            first = False
            return limited(1)
        now += 1
        most.append(now)
        for _ in range(5):
            await anyio.lowlevel.checkpoint()
        now -= 1
        return httpx.Response(200, json={})

    async with client(server, concurrency=6) as http:
        assert await http.send(get()) == {}
        async with anyio.create_task_group() as tasks:
            for _ in range(12):
                tasks.start_soon(http.send, get())
    # The fourth answer in a row ends the caution, and the queue goes on side by side.
    assert most[:4] == [1, 1, 1, 1]
    assert max(most) == 6


async def test_a_limit_of_one_bucket_does_not_hold_up_another() -> None:
    time = Time()
    release = anyio.Event()
    order: list[str] = []

    async def sleep(seconds: float) -> None:
        await release.wait()
        time.now += seconds

    def server(request: httpx.Request) -> httpx.Response:
        order.append(request.url.path)
        return limited(30) if order == ["/invite"] else OK

    async with client(server, time, sleep=sleep, concurrency=1) as http, anyio.create_task_group() as tasks:
        tasks.start_soon(http.send, get("/invite", bucket="invite"))
        await anyio.wait_all_tasks_blocked()
        assert await http.send(get("/read", bucket="read")) == {"ok": True}
        release.set()
    assert order == ["/invite", "/read", "/invite"]


async def test_no_more_calls_at_once_than_agreed() -> None:
    most = now = 0

    async def server(request: httpx.Request) -> httpx.Response:
        nonlocal most, now
        now += 1
        most = max(most, now)
        for _ in range(5):
            await anyio.lowlevel.checkpoint()
        now -= 1
        return httpx.Response(200, json={})

    async with client(server, concurrency=3) as http, anyio.create_task_group() as tasks:
        for number in range(12):
            tasks.start_soon(http.send, get(bucket=str(number)))
    assert most == 3


@pytest.mark.parametrize(
    "broken", [httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError, httpx.ConnectError, httpx.Response(502)]
)
async def test_a_safe_call_is_repeated(broken: Any) -> None:
    server = Script(broken, broken, OK)
    async with client(server) as http:
        assert await http.send(get()) == {"ok": True}
    assert len(server.seen) == 3


@pytest.mark.parametrize(
    ("broken", "code", "unreachable"),
    [
        (httpx.ReadError, "http-unknown-lost", True),
        (httpx.WriteError, "http-unknown-lost", True),
        (httpx.RemoteProtocolError, "http-unknown-lost", True),
        (httpx.ReadTimeout, "http-unknown-timeout", True),
        (httpx.WriteTimeout, "http-unknown-timeout", True),
        (httpx.Response(500, json={}), "http-unknown-server", False),
        (httpx.Response(502, text="<html>"), "http-unknown-server", False),
        (httpx.Response(200, text="<html>"), "http-unknown-answer", False),
        (httpx.Response(200, content=b'{"room_id": "!abc'), "http-unknown-answer", False),
        (httpx.Response(302, headers={"Location": "https://elsewhere.example/"}), "http-unknown-answer", False),
    ],
)
async def test_a_create_is_never_repeated_when_it_may_have_been_done(broken: Any, code: str, unreachable: bool) -> None:
    server = Script(broken, OK)
    async with client(server) as http:
        with pytest.raises(OutcomeUnknown) as caught:
            await http.send(post())
    assert len(server.seen) == 1
    assert (caught.value.code, caught.value.effect_unknown, caught.value.unreachable) == (code, True, unreachable)


async def test_a_create_that_cannot_have_left_is_repeated() -> None:
    server = Script(httpx.ConnectError, httpx.ConnectError, OK)
    async with client(server) as http:
        assert await http.send(post()) == {"ok": True}
    async with client(Script(httpx.ConnectError)) as http:
        with pytest.raises(Unreachable) as caught:
            await http.send(post())
        assert http.requests == Patience().attempts
    assert not caught.value.effect_unknown and caught.value.unreachable


async def test_an_error_answer_leaves_a_create_unknown_unless_it_is_listed_as_harmless() -> None:
    def classify(answer: Any, now: float) -> HttpError | None:
        return Rejected(Context(status=answer.status, errcode=answer.fields["errcode"]))

    for errcode, unknown in (("TOO_LATE", True), ("BAD_NAME", False)):
        async with client(Script(httpx.Response(400, json={"errcode": errcode})), classify=classify) as http:
            with pytest.raises(Rejected) as caught:
                await http.send(post(harmless=frozenset({"BAD_NAME"})))
            assert caught.value.effect_unknown is unknown
            with pytest.raises(Rejected) as caught:
                await http.send(get())
            assert caught.value.effect_unknown is False
            assert http.requests == 2


async def test_a_success_that_lacks_what_was_asked_for_is_none() -> None:
    server = Script(httpx.Response(200, json={"other": 1}))
    async with client(server) as http:
        with pytest.raises(BadAnswer):
            await http.send(get(valid=lambda data: isinstance(data, dict) and "room_id" in data))
        with pytest.raises(OutcomeUnknown):
            await http.send(post(valid=lambda data: isinstance(data, dict) and "room_id" in data))
    assert len(server.seen) == 2


async def test_attempts_end_and_a_vain_wait_is_repeated_once() -> None:
    for broken, tries, kind in ((httpx.ReadError, 4, Unreachable), (httpx.ReadTimeout, 2, Unreachable)):
        server = Script(broken)
        async with client(server) as http:
            with pytest.raises(kind):
                await http.send(get())
        assert len(server.seen) == tries
    server = Script(httpx.Response(503, headers={"Retry-After": "20"}), OK)
    time = Time()
    async with client(server, time) as http:
        await http.send(get())
    assert time.slept == [20]
    server = Script(httpx.Response(503, headers={"Retry-After": "86400"}))
    async with client(server, time) as http:
        with pytest.raises(ServerError):
            await http.send(get())
    assert len(server.seen) == 1


async def test_no_patience_for_limits_still_repeats_what_was_cut() -> None:
    async with client(Script(httpx.ReadError, OK), patience=Patience(max_wait=0)) as http:
        assert await http.send(get()) == {"ok": True}


async def test_a_redirect_is_not_followed() -> None:
    server = Script(httpx.Response(308, headers={"Location": "https://evil.example/take"}))
    async with client(server) as http:
        with pytest.raises(BadAnswer) as caught:
            await http.send(get())
    assert caught.value.code == "http-redirect"
    assert [each.url.host for each in server.seen] == ["chat.example"]


async def test_an_answer_without_end_is_dropped() -> None:
    async with client(Script(httpx.Response(200, content=b"x" * 5000)), max_bytes=1000) as http:
        with pytest.raises(BadAnswer) as caught:
            await http.send(get())
    assert caught.value.code == "http-too-large"


async def test_the_token_is_in_the_header_and_nowhere_else() -> None:
    server = Script(httpx.Response(401, json={"error": f"bad token {TOKEN}"}))

    def classify(answer: Any, now: float) -> HttpError | None:
        return Unauthorized(Context(status=401, reason=str(answer.fields["error"])))

    async with client(server, classify=classify) as http:
        with pytest.raises(Unauthorized) as caught:
            await http.send(get(f"/bot{TOKEN}/thing"))
        shown = [repr(http), repr(http.__dict__), repr(Bearer(SecretStr(TOKEN)).__dict__)]
    assert server.seen[0].headers["authorization"] == f"Bearer {TOKEN}"
    error = caught.value
    shown += [
        repr(error),
        str(error),
        str(error.params),
        repr(error.context),
        "".join(traceback.format_exception(error)),
    ]
    assert not [each for each in shown if TOKEN in each]
    assert error.params["path"] == "/bot***/thing"
    for broken in (httpx.ReadError, httpx.LocalProtocolError):
        async with client(Script(broken)) as http:
            with pytest.raises(HttpError) as broken_off:
                await http.send(get())
        assert TOKEN not in "".join(traceback.format_exception(broken_off.value))


async def test_a_servers_words_cannot_move_the_terminal() -> None:
    def classify(answer: Any, now: float) -> HttpError | None:
        return Rejected(Context(status=400, reason=str(answer.fields["error"])))

    answer = httpx.Response(400, json={"error": "no\x1b[2J\x07\n\u202egone"})
    async with client(Script(answer), classify=classify) as http:
        with pytest.raises(Rejected) as caught:
            await http.send(get())
    reason = str(caught.value.params["reason"])
    assert reason.isprintable() and reason.startswith("no") and reason.endswith("gone")


async def test_a_wait_without_end_is_still_a_number() -> None:
    async with client(Script(limited("9" * 400)), patience=Patience(max_wait=1e9)) as http:
        with anyio.move_on_after(0):
            await http.send(get())
    async with client(Script(limited("9" * 400))) as http:
        with pytest.raises(WaitTooLong) as caught:
            await http.send(get())
    assert caught.value.params["seconds"] == 31_536_000


def test_a_client_can_be_made_before_any_loop_runs() -> None:
    http = client(Script(limited(1), OK))

    async def run() -> object:
        async with http:
            return await http.send(get())

    assert anyio.run(run) == {"ok": True}


@pytest.mark.parametrize("token", ["", "   ", "a b", "令牌", "abc\ndef", "ａｂｃ", "a\x00b"])
def test_a_token_that_no_header_carries_is_told_without_showing_it(token: str) -> None:
    with pytest.raises(Unauthorized) as caught:
        Bearer(SecretStr(token))
    assert caught.value.code == "http-bad-token"
    assert not token.strip() or token not in repr(caught.value.params)


def test_white_space_around_a_token_is_dropped() -> None:
    assert Bearer(SecretStr("abc\n")).headers() == {"Authorization": "Bearer abc"}


@pytest.mark.parametrize(
    "text",
    [
        *("", "chat.example", "ftp://chat.example", "http://", "http://me:pw@chat.example", "https://chat.example?x=1"),
        *("http://[::1", "https://chat.example:port", "http：//chat.example"),
    ],
)
def test_an_address_that_is_none_is_told(text: str) -> None:
    with pytest.raises(Unreachable) as caught:
        Client(text)
    assert caught.value.code == "http-bad-address"
    assert "pw" not in repr(caught.value.params)


def test_paths_keep_their_percent_signs_and_a_base_path() -> None:
    seen: list[bytes] = []

    def server(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.raw_path)
        return OK

    async def run() -> None:
        async with Client("https://chat.example/behind/", transport=httpx.MockTransport(server)) as http:
            await http.send(get("/rooms/%21a%2Fb%25%3F%23/state/m.room.name/"))

    anyio.run(run)
    assert seen == [b"/behind/rooms/%21a%2Fb%25%3F%23/state/m.room.name/"]


def codes() -> Iterator[str]:
    yield from (each for each in load("en") if each.startswith("http-"))


def test_every_error_has_its_sentence_in_both_languages() -> None:
    raised = {kind.default_code for kind in _kinds(HttpError)} | set(OutcomeUnknown._codes.values())
    raised |= {"http-tls", "http-dns", "http-refused", "http-timeout", "http-lost", "http-proxy", "http-bad-address"}
    raised |= {"http-redirect", "http-proxy-login", "http-too-large", "http-bad-token", "http-bad-proxy"}
    raised |= {"http-waiting-limit", "http-waiting-retry"}
    assert set(codes()) == raised
    params = {**Conflict(error_context()).params, "seconds": 3}
    for lang in LANGUAGES:
        assert {each for each in load(lang) if each.startswith("http-")} == raised
        for code in raised:
            for sentence in (Catalogue(lang).text(code, **params), Catalogue(lang).hint(code, **params) or ""):
                assert "{" not in sentence, (lang, code)


def error_context() -> Any:
    from groupform.http.errors import Context

    return Context("GET", "/x", "/x", "chat.example", 409, "E", "why")


def _kinds(kind: type[HttpError]) -> Iterator[type[HttpError]]:
    yield kind
    for each in kind.__subclasses__():
        yield from _kinds(each)
