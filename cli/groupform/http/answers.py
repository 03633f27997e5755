"""Owns the reading of an answer: status, headers and bytes in, data or a typed error out; no input or output here."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TypeAlias

from groupform.http.errors import (
    BadAnswer,
    Conflict,
    Context,
    Forbidden,
    HttpError,
    NotFound,
    RateLimited,
    Rejected,
    ServerError,
    Unauthorized,
)

Json: TypeAlias = bool | int | float | str | list["Json"] | dict[str, "Json"] | None


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer. `headers` have lower-case names. `data` is the parsed body; None where it is empty or not JSON."""

    status: int
    headers: Mapping[str, str]
    data: Json
    is_json: bool
    empty: bool

    @property
    def fields(self) -> Mapping[str, Json]:
        """The body where it is an object, else nothing."""
        return self.data if isinstance(self.data, dict) else {}


# A year: a server that asks for more, or for ever, asks for this.
_LONGEST = 365 * 86_400.0

Classify: TypeAlias = Callable[[Answer, float], HttpError | None]
"""(answer, now as seconds since 1970) -> the error it means, or None for success."""


def parse(status: int, headers: Mapping[str, str], body: bytes) -> Answer:
    """Reads a body as JSON, whatever the content type claims; never raises."""
    lower = {name.lower(): value for name, value in headers.items()}
    if not body.strip():
        return Answer(status, lower, None, is_json=False, empty=True)
    try:
        return Answer(status, lower, json.loads(body), is_json=True, empty=False)
    except (ValueError, RecursionError):
        return Answer(status, lower, None, is_json=False, empty=False)


def by_status(answer: Answer, now: float, *, errcode: str = "", reason: str = "") -> HttpError | None:
    """What a status means where the platform says nothing better (RFC 9110 §15)."""
    context = Context(status=answer.status, errcode=errcode, reason=reason)
    match answer.status:
        case 429:
            return RateLimited(context, after=retry_after(answer, now))
        case status if 300 <= status < 400:
            where = answer.headers.get("location", "")
            return BadAnswer(Context(status=status, reason=where), code="http-redirect")
        case status if 200 <= status < 300:
            # A cut or a captive portal's page is no success, whatever its status.
            return None if answer.is_json or (answer.empty and status in (204, 205)) else _not_json(answer)
        case 401:
            return Unauthorized(context)
        case 403:
            return Forbidden(context)
        case 404 | 410:
            return NotFound(context)
        case 409:
            return Conflict(context)
        case 407:
            return BadAnswer(context, code="http-proxy-login")
        case status if status >= 500:
            return ServerError(context, after=retry_after(answer, now))
    return Rejected(context)


def retry_after(answer: Answer, now: float) -> float | None:
    """Seconds to wait: the Retry-After header, else `retry_after_ms` or `retry_after` in the body, else None.

    The header holds seconds or a date (RFC 9110 §10.2.3); the date is taken against the server's own clock where it
    tells it. What makes no sense is ignored: the caller then backs off by itself.
    """
    text = answer.headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d+(\.\d+)?", text, re.ASCII):
        return min(float(text), _LONGEST)
    until = _date(text)
    if until is not None:
        sent = _date(answer.headers.get("date", ""))
        return min(max(0.0, until - (now if sent is None else sent)), _LONGEST)
    for name, unit in (("retry_after_ms", 1000.0), ("retry_after", 1.0)):
        value = answer.fields.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0:
            return min(value, _LONGEST * unit) / unit
    return None


def _date(text: str) -> float | None:
    try:
        return parsedate_to_datetime(text).timestamp() if text else None
    except (ValueError, OverflowError, TypeError):
        return None


def _not_json(answer: Answer) -> BadAnswer:
    kind = answer.headers.get("content-type", "").partition(";")[0].strip() or "?"
    return BadAnswer(Context(status=answer.status, reason=kind))
