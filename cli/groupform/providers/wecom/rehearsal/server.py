"""Owns the rehearsal itself: a corp behind an in-process transport, with faults that can be asked for."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import anyio.lowlevel
import httpx

from groupform.providers.wecom.rehearsal import access, limits, media, robots
from groupform.providers.wecom.rehearsal.corp import Corp, Desk, Record, fold
from groupform.providers.wecom.rehearsal.fields import check
from groupform.providers.wecom.rehearsal.person import Person
from groupform.providers.wecom.rehearsal.refusals import BAD_FIELD, Refused, Undocumented
from groupform.providers.wecom.rehearsal.routes import ELSEWHERE, ROUTES, UPLOADS
from groupform.providers.wecom.rehearsal.unconfirmed import Unconfirmed

HERE = "203.0.113.7"
"""The address that requests come from, as the platform sees it (RFC 5737: nobody's)."""
_BASE = "/cgi-bin/"
_TURNS = 8
_ESCAPED = re.compile(rb"(?<!\\)(?:\\\\)*\\u[0-9a-fA-F]{4}")
_OK = {"errcode": 0, "errmsg": "ok"}


@dataclass(frozen=True, slots=True)
class Seen:
    """A request that was answered: its path, its body (a GET's query), and the errcode of the answer."""

    method: str
    path: str
    body: Record
    errcode: int


@dataclass(slots=True)
class Fault:
    """What is to go wrong at the next `times` requests to a path ("*" for any)."""

    path: str
    times: int
    errcode: int | None = None
    status: int | None = None
    broken: str | None = None


class Rehearsal:
    """One corp that behaves as the published facts say; nothing of it was ever compared with the real platform.

    `now` gives seconds since 1970 and is all the time there is. `lag` is for how many seconds after a change a group
    still reads as it was. `concurrent` is how many requests to one path may be under way (45033). `state` is what
    `dump` gave. `objections` names every request that no page allows: a provider that keeps to the facts has none.
    """

    def __init__(
        self,
        corp_id: str = "wwrehearsal",
        *,
        now: Callable[[], float],
        unconfirmed: Unconfirmed | None = None,
        limit: Sequence[limits.Limit] = limits.LIMITS,
        concurrent: int | None = None,
        lag: float = 0.0,
        address: str = HERE,
        state: Record | None = None,
    ) -> None:
        self.now, self.unconfirmed, self.limit, self.lag = now, unconfirmed or Unconfirmed(), limit, lag
        self.concurrent, self.address = concurrent, address
        self.corp = Corp(corp_id, state)
        self.person = Person(self.corp, now, self.unconfirmed, lambda: self.lag)
        self.seen: list[Seen] = []
        self.objections: list[str] = []
        self.before: Callable[[str, Record], None] = lambda path, body: None
        """Called with each request before it has any effect; what it raises is raised to the caller."""
        self.after: Callable[[str, Record], None] = lambda path, body: None
        """The same when it has had its effect, before it is answered."""
        self._faults: list[Fault] = []
        self._under_way: Counter[str] = Counter()
        self._expire_every: int | None = None
        self._since = 0

    # Making the corp

    def app(self, agent: str = "1000002", secret: str = "rehearsal-secret", **more: Any) -> None:
        """Adds a self-built application. `visible` None is the whole corp; `addresses` None lets every address in."""
        plain = {"enabled": True, "visible": None, "addresses": None, "withdrawn": False}
        asked = {
            name: [fold(each) for each in value] if name == "visible" and value else value
            for name, value in more.items()
        }
        self.corp["apps"][agent] = {**plain, "customers": True, "service": True, **asked, "secret": secret}

    def member(self, userid: str, name: str = "", **more: Any) -> None:
        """Adds somebody: activated, verified, with 客户联系, in department 1, unless told otherwise."""
        plain = {"active": True, "verified": True, "customer_contact": True, "department": [1], "left": None}
        told = {"userid": userid, "name": name or userid, "handed_over": []}
        self.corp["members"][fold(userid)] = {**plain, **told, **more}
        self.corp["departments"].setdefault("1", {"parentid": 0, "order": 1})

    def dump(self) -> Record:
        """The whole world as plain JSON."""
        return self.corp.dump()

    # Faults

    def fail_next(self, path: str, errcode: int, times: int = 1) -> None:
        """The next requests are refused with `errcode`, before any effect."""
        self._faults.append(Fault(path, times, errcode=errcode))

    def status_next(self, path: str, status: int, times: int = 1) -> None:
        """Something in between answers with a status and a page, before any effect."""
        self._faults.append(Fault(path, times, status=status))

    def drop_next(self, path: str, times: int = 1, *, after_effect: bool = True) -> None:
        """The next requests are never answered, though (or before) they have their effect."""
        self._faults.append(Fault(path, times, broken="after" if after_effect else "before"))

    def clear_faults(self) -> None:
        """What was asked to go wrong and has not yet does not any more."""
        self._faults.clear()

    def expire_now(self, *, forgotten: bool = False) -> None:
        """Every token ends at this moment: 42001, or 40014 where it is `forgotten`."""
        access.end_tokens(self.corp, forgotten=forgotten)

    def expire_every(self, requests: int | None) -> None:
        """From now on every token ends after so many requests; never by itself with None."""
        self._expire_every, self._since = requests, 0

    # What was asked

    @property
    def counts(self) -> Mapping[str, int]:
        """How often each path was asked, sorted by path."""
        return dict(sorted(Counter(each.path for each in self.seen).items()))

    def transport(self) -> httpx.AsyncBaseTransport:
        """What an httpx client is given in place of the network."""
        return _Transport(self)

    async def answer(self, request: httpx.Request) -> httpx.Response:
        """One request. Raises httpx errors where a fault asks for that."""
        path = request.url.path.removeprefix(_BASE)
        self._under_way[path] += 1
        try:
            # So that requests sent side by side are under way side by side.
            for _ in range(_TURNS):
                await anyio.lowlevel.checkpoint()
            return self._answer(request, path, await request.aread())
        finally:
            self._under_way[path] -= 1

    def _answer(self, request: httpx.Request, path: str, content: bytes) -> httpx.Response:
        query = dict(parse_qsl(request.url.query.decode(), keep_blank_values=True))
        shown = {name: value for name, value in query.items() if name not in ("access_token", "corpsecret", "key")}
        shown |= _readable(content)
        fault = self._fault(path)
        self.before(path, shown)
        if fault is not None and fault.broken == "before":
            raise httpx.ConnectError("the rehearsal let nobody in", request=request)
        if fault is not None and fault.status is not None:
            return httpx.Response(fault.status, text="<html>not the API</html>", request=request)
        try:
            if fault is not None and fault.errcode is not None:
                raise Refused(fault.errcode, "provoked")
            body = self._body(request, path, content)
            answer = {**_OK, **self._called(request.method, path, query, body, content, request)}
        except Refused as refused:
            answer = {"errcode": refused.errcode, "errmsg": self._words(refused)}
        except Undocumented as strange:
            self.objections.append(f"{request.method} {path}: {strange}")
            return httpx.Response(404, text="404 page not found", request=request)
        self.seen.append(Seen(request.method, path, shown, int(answer["errcode"])))
        self.after(path, shown)
        if fault is not None and fault.broken == "after":
            raise httpx.ReadError("the rehearsal hung up", request=request)
        text = json.dumps(answer, ensure_ascii=False)
        return httpx.Response(
            200, content=text.encode(), headers={"content-type": "application/json; charset=UTF-8"}, request=request
        )

    def _words(self, refused: Refused) -> str:
        """As the platform writes them: with a hint, the caller's address and a link, all of which are to be hidden."""
        more = f"https://open.work.weixin.qq.com/devtool/query?e={refused.errcode}"
        hint = f"{int(self.now())}_{len(self.seen)}_rehearsal"
        return f"{refused.why}, hint: [{hint}], from ip: {self.address}, more info at {more}"

    def _fault(self, path: str) -> Fault | None:
        for fault in self._faults:
            if fault.path in ("*", path) and fault.times > 0:
                fault.times -= 1
                return fault
        return None

    def _called(
        self, method: str, path: str, query: Record, body: Record, content: bytes, request: httpx.Request
    ) -> Record:
        if path == "gettoken":
            if method != "GET":
                raise Undocumented("GET is what the page says")
            limits.count(self.corp, path, self.now(), self.limit)
            return access.gettoken(self.corp, query, self.now(), self.unconfirmed)
        if path == "webhook/send":
            limits.count(self.corp, path, self.now(), self.limit, whose=query.get("key", ""))
            return robots.send(self.corp, query, body, self.now())
        route, upload = ROUTES.get(path), UPLOADS.get(path)
        if route is None and upload is None:
            raise Undocumented("documented, but not rehearsed" if path in ELSEWHERE else "no page names this path")
        agent = access.admit(self.corp, query, self.now(), self.address)
        self._age()
        access.allow(self.corp, agent, route.area if route is not None else "open")
        limits.count(self.corp, path, self.now(), self.limit)
        if self.concurrent is not None and self._under_way[path] > self.concurrent:
            raise Refused(45033, "too many at once")
        desk = Desk(self.corp, agent, self.now, self.unconfirmed)
        rest = {name: value for name, value in query.items() if name != "access_token"}
        if upload is not None:
            asked = self._checked(path, upload.fields, rest)
            return upload.answer(desk, asked, media.part(request.headers.get("content-type", ""), content))
        assert route is not None
        if method != route.method:
            self.objections.append(f"{path}: {route.method} is what the page says")
            raise Refused(BAD_FIELD, f"{route.method} is wanted")
        if route.method == "POST" and rest:
            self.objections.append(f"{path}: fields in the query")
            raise Refused(BAD_FIELD, "fields belong into the body")
        return route.answer(desk, self._checked(path, route.fields, rest if route.method == "GET" else body))

    def _checked(self, path: str, fields: Any, asked: Record) -> Record:
        try:
            return check(fields, asked)
        except Refused as refused:
            self.objections.append(f"{path}: {refused}")
            raise

    def _age(self) -> None:
        """Ends the token after the request that is under way, where that was asked for."""
        self._since += 1
        if self._expire_every is not None and self._since >= self._expire_every:
            self._since = 0
            self.expire_now()

    def _body(self, request: httpx.Request, path: str, content: bytes) -> Record:
        if request.method == "GET" or path in UPLOADS or not content:
            return {}
        if _ESCAPED.search(content):
            # Escapes of the kind \u4e2d may be refused (ERR 40033): here they are.
            self.objections.append(f"{path}: escaped characters")
            raise Refused(40033, "invalid request characters")
        try:
            body = json.loads(content.decode("utf-8"))
        except ValueError:
            self.objections.append(f"{path}: no JSON in UTF-8")
            raise Refused(BAD_FIELD, "no JSON in UTF-8") from None
        if not isinstance(body, dict):
            self.objections.append(f"{path}: no object")
            raise Refused(BAD_FIELD, "an object is wanted")
        return body


def _readable(content: bytes) -> Record:
    """A body for whoever looks on; a file is none."""
    try:
        body = json.loads(content)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


class _Transport(httpx.AsyncBaseTransport):
    def __init__(self, rehearsal: Rehearsal) -> None:
        self._rehearsal = rehearsal

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self._rehearsal.answer(request)
