"""Owns what Matrix's error names mean, and hands a failed request to the engine in the engine's own terms."""

from __future__ import annotations

from collections.abc import Callable

from groupform.engine.provider import Failure
from groupform.http import (
    Answer,
    BadAnswer,
    Conflict,
    Forbidden,
    HttpError,
    NotFound,
    RateLimited,
    Rejected,
    Unauthorized,
    by_status,
)
from groupform.http.answers import retry_after
from groupform.http.errors import Context

# https://spec.matrix.org/latest/client-server-api/#standard-error-response: decide on errcode. What is not listed here,
# M_UNKNOWN above all, is decided on the HTTP status.
_TYPES: dict[str, Callable[[Context], HttpError]] = {
    **dict.fromkeys(("M_UNKNOWN_TOKEN", "M_MISSING_TOKEN", "M_USER_DEACTIVATED"), Unauthorized),
    **dict.fromkeys(("M_FORBIDDEN", "M_GUEST_ACCESS_FORBIDDEN", "M_EXCLUSIVE", "M_INVITE_BLOCKED"), Forbidden),
    **dict.fromkeys(("M_USER_LOCKED", "M_USER_SUSPENDED", "M_RESOURCE_LIMIT_EXCEEDED"), Forbidden),
    "M_USER_LIMIT_EXCEEDED": Forbidden,
    "M_NOT_FOUND": NotFound,
    "M_ROOM_IN_USE": Conflict,
    # The endpoint is unknown, which says nothing about the object: it must never read as "not found".
    "M_UNRECOGNIZED": Rejected,
    **dict.fromkeys(("M_BAD_JSON", "M_NOT_JSON", "M_INVALID_PARAM", "M_MISSING_PARAM", "M_TOO_LARGE"), Rejected),
    **dict.fromkeys(("M_BAD_ALIAS", "M_BAD_STATE", "M_INVALID_ROOM_STATE"), Rejected),
    **dict.fromkeys(("M_UNSUPPORTED_ROOM_VERSION", "M_INCOMPATIBLE_ROOM_VERSION"), Rejected),
}

# Checked by the server before it makes anything. M_FORBIDDEN, M_BAD_JSON, M_INVALID_ROOM_STATE and M_ROOM_IN_USE are
# not here: a createRoom that was answered with a 4xx has been seen to leave a room (DESIGN §7).
REFUSED_BEFORE_EFFECT = frozenset(
    {
        *("M_UNKNOWN_TOKEN", "M_MISSING_TOKEN", "M_USER_DEACTIVATED", "M_USER_LOCKED", "M_USER_SUSPENDED"),
        *("M_LIMIT_EXCEEDED", "M_NOT_JSON", "M_UNRECOGNIZED", "M_UNSUPPORTED_ROOM_VERSION"),
    }
)


def classify(answer: Answer, now: float) -> HttpError | None:
    """The error that an answer means; None for success."""
    if 200 <= answer.status < 400:
        return by_status(answer, now)
    errcode, reason = answer.fields.get("errcode"), answer.fields.get("error")
    words = reason if isinstance(reason, str) else ""
    if not isinstance(errcode, str) or not errcode:
        if answer.status >= 500 or answer.status in (407, 429):
            return by_status(answer, now, reason=words)
        # No homeserver spoke: a proxy's 404 must not pass for "this room is gone".
        return BadAnswer(Context(status=answer.status, reason=answer.headers.get("content-type", "?")))
    context = Context(status=answer.status, errcode=errcode, reason=words)
    if errcode == "M_LIMIT_EXCEEDED":
        return RateLimited(context, after=retry_after(answer, now))
    kind = _TYPES.get(errcode)
    if kind is not None:
        return kind(context)
    return by_status(answer, now, errcode=errcode, reason=words)


# A proxy's answer for a homeserver that is down (RFC 9110, 15.6.3 to 15.6.5).
_NOBODY_BEHIND = frozenset({502, 503, 504})


def as_failure(error: HttpError) -> Failure:
    """The same in the engine's terms. A gateway with nobody behind it is a platform out of reach."""
    silent = error.context.status in _NOBODY_BEHIND and not error.context.errcode
    return Failure(
        error.code,
        effect_unknown=error.effect_unknown,
        unreachable=error.unreachable or silent,
        wait=error.wait,
        **error.params,
    )
