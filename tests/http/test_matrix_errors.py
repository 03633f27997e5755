"""What Matrix's error names mean: on the name first, on the status only where the name says nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from groupform.http import BadAnswer, Conflict, Forbidden, HttpError, NotFound, RateLimited, Rejected, ServerError
from groupform.http import Unauthorized as NoEntry
from groupform.http.answers import parse
from groupform.providers.matrix.api_errors import REFUSED_BEFORE_EFFECT, classify


def meant(status: int, body: Any, **headers: str) -> HttpError | None:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return classify(parse(status, headers, data), 0.0)


@pytest.mark.parametrize(
    ("status", "errcode", "kind"),
    [
        (400, "M_ROOM_IN_USE", Conflict),
        (409, "M_UNKNOWN", Conflict),
        (409, "M_ROOM_IN_USE", Conflict),
        (404, "M_NOT_FOUND", NotFound),
        (400, "M_NOT_FOUND", NotFound),
        (404, "M_UNRECOGNIZED", Rejected),
        (405, "M_UNRECOGNIZED", Rejected),
        (401, "M_UNKNOWN_TOKEN", NoEntry),
        (403, "M_MISSING_TOKEN", NoEntry),
        (403, "M_FORBIDDEN", Forbidden),
        (400, "M_FORBIDDEN", Forbidden),
        (429, "M_LIMIT_EXCEEDED", RateLimited),
        (400, "M_LIMIT_EXCEEDED", RateLimited),
        (500, "M_UNKNOWN", ServerError),
        (403, "M_UNKNOWN", Forbidden),
        (404, "ORG_EXAMPLE_NEW", NotFound),
        (400, "M_BAD_ALIAS", Rejected),
        (403, "M_RESOURCE_LIMIT_EXCEEDED", Forbidden),
    ],
)
def test_an_error_name_decides(status: int, errcode: str, kind: type[HttpError]) -> None:
    error = meant(status, {"errcode": errcode, "error": "why"})
    assert type(error) is kind
    assert (error.context.errcode, error.context.reason) == (errcode, "why")


@pytest.mark.parametrize("body", [b"<html>", b"", {}, [], {"errcode": 5}, {"errcode": ""}, "text"])
@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 410])
def test_what_no_homeserver_said_proves_nothing(status: int, body: Any) -> None:
    assert isinstance(meant(status, body), BadAnswer)


def test_a_proxys_trouble_is_still_read() -> None:
    assert isinstance(meant(502, b"<html>"), ServerError)
    limited = meant(429, b"slow down", **{"Retry-After": "3"})
    assert isinstance(limited, RateLimited) and limited.after == 3
    limited = meant(429, {"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 1500})
    assert isinstance(limited, RateLimited) and limited.after == 1.5


def test_nothing_seen_to_leave_a_room_counts_as_harmless() -> None:
    assert not REFUSED_BEFORE_EFFECT & {
        "M_UNKNOWN",
        "M_ROOM_IN_USE",
        "M_BAD_JSON",
        "M_FORBIDDEN",
        "M_INVALID_ROOM_STATE",
    }
