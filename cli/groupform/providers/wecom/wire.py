"""Owns the reading of WeCom's answers: `errcode` decides, never the status; what an errmsg gives away is taken out."""

from __future__ import annotations

import re
from typing import Any

from groupform.engine.provider import Failure
from groupform.http import (
    Answer,
    BadAnswer,
    Conflict,
    Crowded,
    Forbidden,
    HttpError,
    NotFound,
    RateLimited,
    Rejected,
    ServerError,
    Unauthorized,
    WaitTooLong,
    by_status,
)
from groupform.http.errors import Context
from groupform.providers.wecom.errcodes import Kind, meaning

# "..., from ip: 203.0.113.7, more info at ..." (shared/platforms/wecom.md, 1.2)
_ADDRESS = re.compile(
    r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])|(?<![\w:])(?:[0-9a-fA-F]{0,4}:){3,7}[0-9a-fA-F]{0,4}"
)
_TRAILER = re.compile(r",?\s*(?:hint: \[[^\]]*\]|from ip: [^,]*|more info at \S*)")
_HIDDEN = "*.*.*.*"


class AddressNotAllowed(Forbidden):
    """60020: the one error whose sentence names the caller's address, since it is what must be put on the list."""

    def __init__(self, context: Context, address: str) -> None:
        super().__init__(context, code="wecom-error-address-not-allowed")
        self.address = address

    @property
    def params(self) -> dict[str, object]:
        return {**super().params, "address": self.address}


def classify(answer: Answer, now: float) -> HttpError | None:
    """The error that an answer means; None for success.

    A failure is answered with status 200 as far as known; a status that is none is no word of the API, so that a
    gateway's 404 can never pass for "there is no such group".
    """
    context = Context(status=answer.status)
    if not 200 <= answer.status < 300:
        if answer.status in (407, 429) or answer.status >= 500 or answer.status < 400:
            return by_status(answer, now)
        return BadAnswer(Context(status=answer.status, reason=answer.headers.get("content-type", "?")))
    errcode = answer.fields.get("errcode")
    if isinstance(errcode, bool) or not isinstance(errcode, int):
        return by_status(answer, now) or BadAnswer(Context(status=answer.status, reason="no errcode"))
    if errcode == 0:
        return None
    said = answer.fields.get("errmsg")
    words = said if isinstance(said, str) else ""
    context = Context(status=answer.status, errcode=str(errcode), reason=plain(words))
    return _error(errcode, context, words)


def plain(words: str) -> str:
    """An errmsg without the caller's address, the hint's number and the link to more."""
    return _ADDRESS.sub(_HIDDEN, _TRAILER.sub("", words)).strip()


def errcode(error: HttpError) -> int | None:
    """WeCom's own number for an error; None where it was not WeCom that spoke."""
    text = error.context.errcode
    return int(text) if re.fullmatch(r"-?\d+", text) else None


def spent(error: HttpError) -> bool:
    """Whether an error means that the token is used up (D-91039: fetch a new one once, and repeat the call)."""
    code = errcode(error)
    return code is not None and meaning(code).kind is Kind.token


_TYPES: dict[Kind, type[HttpError]] = {
    Kind.stale: Conflict,
    Kind.taken: Conflict,
    Kind.token: Unauthorized,
    Kind.config: Unauthorized,
    Kind.forbidden: Forbidden,
    Kind.absent: NotFound,
    Kind.refused: Rejected,
}


def _error(number: int, context: Context, words: str) -> HttpError:
    means = meaning(number)
    error: HttpError
    match means.kind:
        case Kind.busy:
            error = ServerError(context)
        case Kind.limited:
            error = RateLimited(context, after=means.after)
        case Kind.crowded:
            error = Crowded(context, after=means.after)
        case _ if number == 60020:
            found = _ADDRESS.search(words)
            return AddressNotAllowed(context, found.group() if found else "?")
        case kind:
            error = _TYPES[kind](context)
    error.code = means.code
    return error


def refusal(entry: dict[str, Any], path: str) -> HttpError | None:
    """The error in one entry of a list inside an answer that succeeded as a whole; None where that entry did too."""
    number = entry.get("errcode", 0)
    if not isinstance(number, int) or number == 0:
        return None
    words = str(entry.get("errmsg", ""))
    return _error(number, Context(path=path, status=200, errcode=str(number), reason=plain(words)), words)


def as_failure(error: HttpError) -> Failure:
    """The same in the engine's terms. A gateway with nobody behind it is a platform out of reach."""
    silent = error.context.status in (502, 503, 504) and not error.context.errcode
    number = errcode(error)
    # Patience that ran out is told in the words of the limit that was met.
    waited = isinstance(error, WaitTooLong) and number is not None
    return Failure(
        meaning(number).code if waited and number is not None else error.code,
        effect_unknown=error.effect_unknown,
        unreachable=error.unreachable or silent,
        wait=error.wait,
        **error.params,
    )
