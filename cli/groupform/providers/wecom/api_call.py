"""Owns how one request to WeCom is made: its body, what a success must hold, pages, and codes that mean "not there"."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from groupform.http import BadAnswer, Call, Client, HttpError, NotFound, Rejected
from groupform.http.answers import Json
from groupform.http.errors import Context
from groupform.providers.wecom.errcodes import REFUSED_BEFORE_EFFECT
from groupform.providers.wecom.wire import errcode, refusal

Content: TypeAlias = dict[str, Any]
"""A JSON object as WeCom sent it."""

MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0
_CHINA = 8 * HOUR
_GONE, _VAGUE = "wecom-error-gone", ("wecom-error-field", "wecom-error-unknown")


@dataclass(frozen=True, slots=True)
class Part:
    """What became of one part of a request that succeeded as a whole. `error` is None where the part did too."""

    id: str
    error: HttpError | None


class Caller:
    """Sends to `/cgi-bin/<path>`. Every method raises HttpError."""

    def __init__(self, client: Client, now: Callable[[], float]) -> None:
        self.client = client
        self.now = now

    async def get(self, path: str, query: Mapping[str, str] | None = None, **more: Any) -> Content:
        return await self._send("GET", path, query=query, repeat=True, **more)

    async def read(self, path: str, body: Mapping[str, Any], **more: Any) -> Content:
        """A POST that only reads, or writes the same however often it is sent."""
        return await self._send("POST", path, body=body, repeat=True, **more)

    async def make(self, path: str, body: Mapping[str, Any], **more: Any) -> Content:
        """A POST that makes something: never sent twice."""
        return await self._send("POST", path, body=body, repeat=False, **more)

    async def upload(self, path: str, **more: Any) -> Content:
        """A POST of bytes: `content` and its `content_type`. Sent again where an answer is lost."""
        return await self._send("POST", path, repeat=True, **more)

    async def remove(self, path: str, body: Mapping[str, Any], absent: Collection[int] = (), **more: Any) -> bool:
        """Deletes; False where there was nothing to delete."""
        try:
            await self.read(path, body, absent=absent, **more)
        except NotFound:
            return False
        return True

    async def pages(self, path: str, body: Mapping[str, Any], key: str, **more: Any) -> AsyncIterator[Any]:
        """What stands under `key`, page after page. `next_cursor` is empty or left out on the last one."""
        cursor, seen = "", set[str]()
        while True:
            page = await self.read(path, {**body, **({"cursor": cursor} if cursor else {})}, has={key: list}, **more)
            for each in page[key]:
                yield each
            cursor = page.get("next_cursor") or ""
            if not cursor or page.get("has_more") == 0:
                return
            if not isinstance(cursor, str) or cursor in seen:
                # A list that goes round in a circle is no list: taking what came for all would make things look gone.
                raise BadAnswer(Context(status=200, route=path, path=path, reason="pages go round"))
            seen.add(cursor)

    async def _send(
        self,
        method: str,
        path: str,
        *,
        repeat: bool,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, str] | None = None,
        has: Mapping[str, type] | None = None,
        absent: Collection[int] = (),
        gone: str | None = None,
        windows: tuple[float, ...] = (MINUTE, HOUR),
        content: bytes | None = None,
        content_type: str = "application/octet-stream",
        anonymous: bool = False,
    ) -> Content:
        call = Call(
            method,
            f"/cgi-bin/{path}",
            f"/{path}",
            idempotent=repeat,
            query=query or {},
            body=body,
            content=content,
            content_type=content_type,
            harmless=REFUSED_BEFORE_EFFECT,
            # 45009 does not say for how long; it lasts as long as the window: first the shortest is waited for (§1.4).
            windows=windows,
            valid=_has(has or {}),
            anonymous=anonymous,
        )
        try:
            found = await self.client.send(call)
        except NotFound as error:
            # One number stands for several kinds of things: the sentence is about the one that was asked for.
            if gone is not None and errcode(error) in absent:
                error.code = gone
            raise
        except Rejected as error:
            if errcode(error) in absent:
                # A code that says something else, or nothing known, is told as what it means at this call.
                code = gone or (_GONE if error.code in _VAGUE else error.code)
                raise NotFound(error.context, code=code) from None
            raise
        return found if isinstance(found, dict) else {}

    def rest_of_day(self) -> float:
        """Seconds to midnight in China: what a day's limit lasts (ERR 45009)."""
        return DAY - (self.now() + _CHINA) % DAY


def parts(answer: Content, key: str, path: str, *names: str) -> list[Part]:
    """The entries of a list in which each tells its own success, named by the first of `names` that they carry."""
    return [
        Part(str(next((each[name] for name in names if name in each), "?")), refusal(each, path))
        for each in answer.get(key) or []
        if isinstance(each, dict)
    ]


def given(**fields: Any) -> Content:
    """The fields that are not None: what is left out stays as it is, or takes the platform's default."""
    return {name: value for name, value in fields.items() if value is not None}


def _has(fields: Mapping[str, type]) -> Callable[[Json], bool]:
    def valid(data: Json) -> bool:
        return isinstance(data, dict) and all(isinstance(data.get(name), kind) for name, kind in fields.items())

    return valid
