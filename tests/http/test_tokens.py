"""Tokens that a platform hands out for a while: when they are fetched, renewed, given up, and never shown."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import anyio
import httpx
import pytest
from pydantic import SecretStr

from groupform.http import (
    Answer,
    Call,
    Client,
    Crowded,
    Fresh,
    HttpError,
    Patience,
    Token,
    Unauthorized,
    Unreachable,
    WaitTooLong,
    by_status,
)
from groupform.http.errors import Context
from groupform.http.tokens import Send
from http_rig import Time, get, post

pytestmark = pytest.mark.anyio

SECRET = "corp-secret-9"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Platform:
    """Hands out tokens t1, t2, ... of which the newest `good` ones are taken; answers with what it was asked."""

    def __init__(self, time: Time) -> None:
        self.time = time
        self.fetched = 0
        self.living: set[str] = set()
        self.seen: list[httpx.Request] = []
        self.life: int | None = None
        self.secret = SECRET
        self.worth: Callable[[str], bool] = lambda text: text in self.living
        self.served = 0

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        await anyio.lowlevel.checkpoint()
        self.seen.append(request)
        if request.url.path == "/token":
            if request.url.params.get("secret") != self.secret:
                return httpx.Response(401, json={"error": f"wrong secret {request.url.params.get('secret')}"})
            self.fetched += 1
            self.living.add(f"token-{self.fetched}")
            return httpx.Response(200, json={"token": f"token-{self.fetched}", "seconds": self.life})
        text = request.url.params.get("access_token") or request.headers.get("authorization", "").removeprefix("Bot ")
        if not self.worth(text):
            return httpx.Response(401, json={"error": f"expired {text}"})
        self.served += 1
        return httpx.Response(200, json={"you": text})

    def expire(self) -> None:
        self.living.clear()

    def token(self, **options: Any) -> Token:
        async def fetch(send: Send) -> Fresh:
            call = Call("GET", "/token", "/token", idempotent=True, query={"secret": SECRET}, anonymous=True)
            found = await send(call)
            assert isinstance(found, dict)
            return Fresh(SecretStr(str(found["token"])), found["seconds"])  # type: ignore[arg-type]

        given: dict[str, Any] = {"query": "access_token", "secrets": [SecretStr(SECRET)], "clock": self.time.clock}
        return Token(fetch, spent=lambda error: isinstance(error, Unauthorized), **{**given, **options})

    def client(self, token: Token | None = None, **options: Any) -> Client:
        given: dict[str, Any] = {"sleep": self.time.sleep, "clock": self.time.clock, "chance": lambda: 0.0}
        given.setdefault("patience", Patience(max_wait=100.0))
        given["transport"] = httpx.MockTransport(self)
        return Client("https://chat.example", token or self.token(), **{**given, **options})


async def test_a_token_is_fetched_when_it_is_first_needed_and_only_then() -> None:
    platform = Platform(Time())
    async with platform.client() as http:
        assert platform.fetched == 0
        assert await http.send(get(query={"a": "b"})) == {"you": "***"}, "what a server gives back is hidden"
        await http.send(get())
    assert platform.fetched == 1
    assert dict(platform.seen[1].url.params) == {"a": "b", "access_token": "token-1"}
    assert "authorization" not in platform.seen[1].headers


async def test_a_token_may_stand_in_a_header() -> None:
    platform = Platform(Time())
    async with platform.client(platform.token(query=None, prefix="Bot ")) as http:
        await http.send(get())
    assert platform.seen[1].headers["authorization"] == "Bot token-1"
    assert not platform.seen[1].url.params


@pytest.mark.parametrize("call", [get(), post()], ids=["get", "post"])
async def test_a_token_that_is_used_up_is_renewed_and_the_call_sent_again(call: Call) -> None:
    platform = Platform(Time())
    async with platform.client() as http:
        await http.send(call)
        platform.expire()
        await http.send(call)
    assert (platform.fetched, platform.served) == (2, 2)
    assert http.requests == 5


async def test_many_calls_that_meet_the_end_of_a_token_fetch_one() -> None:
    platform = Platform(Time())
    async with platform.client() as http:
        await http.send(get())
        platform.expire()
        async with anyio.create_task_group() as tasks:
            for _ in range(20):
                tasks.start_soon(http.send, get())
    assert (platform.fetched, platform.served) == (2, 21)


async def test_a_token_that_never_works_is_given_up() -> None:
    platform = Platform(Time())
    platform.worth = lambda text: False
    async with platform.client() as http:
        with pytest.raises(HttpError):
            await http.send(post())
        with pytest.raises(HttpError) as later:
            await http.send(post())
    assert not later.value.effect_unknown, "it was never sent"
    assert platform.fetched == 4, "a few: then it is not the token, for nobody"
    assert http.requests == 8


async def test_a_token_that_ends_before_its_first_use_is_renewed_once_more() -> None:
    platform = Platform(Time())
    refused: list[str] = []

    def worth(text: str) -> bool:
        refused.append(text)
        return (text == "token-1" and len(refused) == 1) or text == "token-3"

    platform.worth = worth
    async with platform.client() as http:
        await http.send(get())
        await http.send(get())
    assert refused == ["token-1", "token-1", "token-2", "token-3"]


@pytest.mark.parametrize("uses", [1, 2, 3])
async def test_tokens_that_last_for_a_few_requests_only_are_enough(uses: int) -> None:
    platform = Platform(Time())
    left: dict[str, int] = {}

    def worth(text: str) -> bool:
        left[text] = left.get(text, uses) - 1
        return left[text] >= 0

    platform.worth = worth
    async with platform.client(concurrency=4) as http, anyio.create_task_group() as tasks:
        for _ in range(30):
            tasks.start_soon(http.send, get())
    assert platform.served == 30


async def test_a_token_is_not_used_past_the_life_that_the_platform_names() -> None:
    platform = Platform(Time())
    platform.life = 50
    async with platform.client() as http:
        await http.send(get())
        platform.time.now += 49
        await http.send(get())
        platform.time.now += 1
        await http.send(get())
    assert platform.fetched == 2
    assert http.requests == 5, "no request was wasted on a token that had ended"


async def test_a_wrong_secret_is_tried_once_however_many_calls_there_are() -> None:
    platform = Platform(Time())
    platform.secret = "another"
    caught: list[HttpError] = []
    async with platform.client() as http:

        async def one() -> None:
            try:
                await http.send(get())
            except HttpError as error:
                caught.append(error)

        async with anyio.create_task_group() as tasks:
            for _ in range(10):
                tasks.start_soon(one)
    assert len(platform.seen) == 1
    assert {type(each) for each in caught} == {Unauthorized} and len(caught) == 10
    for error in caught:
        assert SECRET not in repr((error, error.params, error.context, error.__dict__))
        assert not error.effect_unknown


async def test_what_keeps_a_token_from_being_fetched_for_a_moment_does_not_last() -> None:
    platform = Platform(Time())
    broken = True

    async def server(request: httpx.Request) -> httpx.Response:
        if broken:
            raise httpx.ConnectError("down", request=request)
        return await platform(request)

    async with platform.client(transport=httpx.MockTransport(server)) as http:
        with pytest.raises(Unreachable) as caught:
            await http.send(post())
        assert not caught.value.effect_unknown, "the call itself was never sent"
        broken = False
        await http.send(post())


async def test_one_token_serves_two_clients() -> None:
    platform = Platform(Time())
    token = platform.token()
    async with platform.client(token) as one, platform.client(token) as other:
        await one.send(get())
        await other.send(get())
        platform.expire()
        await one.send(get())
        await other.send(get())
    assert platform.fetched == 2


async def test_no_token_and_no_secret_is_ever_shown() -> None:
    platform = Platform(Time())

    async def server(request: httpx.Request) -> httpx.Response:
        found = await platform(request)
        if request.url.path == "/token":
            return found
        return httpx.Response(403, json={"error": f"no, {request.url} {SECRET}"}, headers={"x": str(request.url)})

    def classify(answer: Answer, now: float) -> HttpError | None:
        return by_status(answer, now, reason=str(answer.fields.get("error", "")) + answer.headers.get("x", ""))

    async with platform.client(transport=httpx.MockTransport(server), classify=classify) as http:
        with pytest.raises(HttpError) as caught:
            await http.send(get())
        shown = repr((caught.value, caught.value.params, caught.value.context, http, http.sent, http.__dict__))
    for secret in ("token-1", SECRET):
        assert secret not in shown


async def test_a_log_that_somebody_turned_up_shows_neither_token_nor_secret(caplog: pytest.LogCaptureFixture) -> None:
    platform = Platform(Time())
    async with platform.client() as http:
        for each in ("", "httpx", "httpcore"):
            caplog.set_level(logging.DEBUG, logger=each)
        await http.send(get(query={"a": "b"}))
    assert "HTTP Request: GET https://chat.example/thing" in caplog.text, "the library's own log, and it is on"
    assert not any(secret in caplog.text for secret in ("token-1", SECRET))


async def test_a_broken_connection_leaves_no_request_behind_in_its_error() -> None:
    platform = Platform(Time())

    async def server(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/token":
            return await platform(request)
        raise httpx.ReadError("cut", request=request)

    async with platform.client(transport=httpx.MockTransport(server), patience=Patience(attempts=1)) as http:
        with pytest.raises(HttpError) as caught:
            await http.send(get())
    chain: list[BaseException | None] = [caught.value]
    while chain[-1] is not None:
        chain.append(chain[-1].__cause__ or chain[-1].__context__)
    assert all(isinstance(each, HttpError) for each in chain[:-1])


async def test_too_many_at_once_lowers_how_many_are_under_way() -> None:
    time = Time()
    at_once, most, refused = 0, 0, 0

    async def server(request: httpx.Request) -> httpx.Response:
        nonlocal at_once, most, refused
        at_once += 1
        try:
            for _ in range(3):
                await anyio.lowlevel.checkpoint()
            if at_once > 2:
                refused += 1
                return httpx.Response(429, json={"crowded": True})
            most = max(most, at_once)
            return httpx.Response(200, json={})
        finally:
            at_once -= 1

    def classify(answer: Answer, now: float) -> HttpError | None:
        if answer.fields.get("crowded"):
            return Crowded(Context(status=429), after=1.0)
        return by_status(answer, now)

    transport = httpx.MockTransport(server)
    given: dict[str, Any] = {"sleep": time.sleep, "clock": time.clock, "chance": lambda: 0.0}
    http = Client("https://chat.example", classify=classify, concurrency=8, transport=transport, **given)
    async with http, anyio.create_task_group() as tasks:
        for number in range(40):
            # Each by a route of its own: the slots are those of the whole connection.
            tasks.start_soon(http.send, Call("GET", "/x", f"/{number}", idempotent=True))
    assert most == 2
    assert refused <= 8 + 6, "each refusal takes a slot away until they are few enough"


async def test_a_limit_of_unknown_length_is_taken_for_the_shortest_window_first() -> None:
    time, slept = Time(), list[float]()
    answers = [429, 429, 200]

    async def server(request: httpx.Request) -> httpx.Response:
        return httpx.Response(answers.pop(0), json={})

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        await time.sleep(seconds)

    transport = httpx.MockTransport(server)
    patience = Patience(max_wait=4000.0)
    given: dict[str, Any] = {"sleep": sleep, "clock": time.clock, "chance": lambda: 0.0, "patience": patience}
    async with Client("https://chat.example", transport=transport, **given) as http:
        await http.send(get(windows=(60.0, 3600.0)))
    assert slept == [60.0, 3600.0]
    answers = [429, 429]
    async with Client(
        "https://chat.example", transport=transport, **{**given, "patience": Patience(max_wait=90.0)}
    ) as http:
        with pytest.raises(WaitTooLong) as caught:
            await http.send(get(windows=(60.0, 3600.0)))
    assert caught.value.wait == 3600.0
    assert caught.value.context.status == 429, "in the words of the limit that was met"


@pytest.mark.parametrize("text", ["", "proxy", "ftp://a", "http://", "http://a?b=c", "http://[", "http://a#b"])
def test_what_is_no_proxy_is_refused(text: str) -> None:
    if not text:
        Client("https://chat.example", proxy=text)
        return
    with pytest.raises(Unreachable) as caught:
        Client("https://chat.example", proxy=text)
    assert caught.value.code == "http-bad-proxy"


@pytest.mark.parametrize("host", ["127.0.0.1:9", "nobody.invalid:8080"])
async def test_a_proxy_that_is_not_there_is_what_is_complained_of(host: str) -> None:
    async with Client(
        "https://chat.example", proxy=f"http://me:pass-word-9@{host}", patience=Patience(attempts=1)
    ) as http:
        with pytest.raises(Unreachable) as caught:
            await http.send(get())
    assert caught.value.code == "http-proxy" and not caught.value.effect_unknown
    assert "pass-word-9" not in repr((caught.value.params, caught.value.context, http))
    assert "127.0.0.1" not in repr(caught.value.params)


async def test_requests_go_through_the_proxy_and_its_password_is_not_shown() -> None:
    heard = b""

    async def serve(stream: anyio.abc.SocketStream) -> None:
        nonlocal heard
        async with stream:
            heard = await stream.receive()
            await stream.send(b"HTTP/1.1 502 Bad pass-word-9\r\nContent-Length: 0\r\n\r\n")

    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    port = listener.extra(anyio.abc.SocketAttribute.local_port)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, serve)
        proxy = f"http://me:pass-word-9@127.0.0.1:{port}"
        async with Client("https://chat.example", proxy=proxy, patience=Patience(attempts=1)) as http:
            with pytest.raises(Unreachable) as caught:
                await http.send(get())
        tasks.cancel_scope.cancel()
    assert heard.startswith(b"CONNECT chat.example:443")
    assert "pass-word-9" not in repr((caught.value.params, caught.value.context, http.__dict__, http))
