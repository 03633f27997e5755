"""Reading answers: what a status, a header and a body mean, without any network."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groupform.http import BadAnswer, Conflict, Forbidden, HttpError, NotFound, RateLimited, Rejected, ServerError
from groupform.http import Unauthorized as NoEntry
from groupform.http.answers import by_status, parse, retry_after
from groupform.http.patience import Patience

NOON = 1_764_590_400.0  # Mon, 01 Dec 2025 12:00:00 GMT


@pytest.mark.parametrize(
    ("headers", "body", "seconds"),
    [
        ({"Retry-After": "7"}, b'{"retry_after_ms": 99000}', 7.0),
        ({"Retry-After": "1.5"}, b"", 1.5),
        ({"Retry-After": "Mon, 01 Dec 2025 12:00:42 GMT"}, b"", 42.0),
        ({"Retry-After": "Mon, 01 Dec 2025 11:00:00 GMT"}, b"", 0.0),
        # The server's clock is an hour ahead of ours: its own date counts.
        ({"Retry-After": "Mon, 01 Dec 2025 13:00:05 GMT", "Date": "Mon, 01 Dec 2025 13:00:00 GMT"}, b"", 5.0),
        ({"Retry-After": "soon"}, b'{"retry_after_ms": 2500}', 2.5),
        ({"Retry-After": "-3"}, b'{"retry_after": 4}', 4.0),
        ({"Retry-After": "٣"}, b"", None),
        ({}, b'{"retry_after_ms": -1}', None),
        ({}, b'{"retry_after_ms": true}', None),
        ({}, b'{"retry_after_ms": "12"}', None),
        ({}, b'{"retry_after_ms": Infinity}', 31_536_000.0),
        ({}, b'{"retry_after_ms": NaN}', None),
        ({}, b'{"retry_after_ms": ' + b"9" * 400 + b"}", 31_536_000.0),
        ({"Retry-After": "9" * 400}, b"", 31_536_000.0),
        ({"Retry-After": "Fri, 31 Dec 9999 23:59:59 GMT"}, b"", 31_536_000.0),
        ({}, b"<html>slow down</html>", None),
        ({}, b"[1]", None),
    ],
)
def test_how_long_to_wait(headers: dict[str, str], body: bytes, seconds: float | None) -> None:
    assert retry_after(parse(429, headers, body), NOON) == seconds


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Rejected),
        (401, NoEntry),
        (403, Forbidden),
        (404, NotFound),
        (409, Conflict),
        (410, NotFound),
        (418, Rejected),
        (429, RateLimited),
        (500, ServerError),
        (503, ServerError),
        (599, ServerError),
        (301, BadAnswer),
        (407, BadAnswer),
    ],
)
def test_what_a_status_means(status: int, kind: type[HttpError]) -> None:
    assert type(by_status(parse(status, {}, b"{}"), NOON)) is kind


def test_a_page_a_cut_or_nothing_is_no_success() -> None:
    page = by_status(parse(200, {"Content-Type": "text/html; charset=utf-8"}, b"<html>log in</html>"), NOON)
    assert isinstance(page, BadAnswer) and page.context.reason == "text/html"
    assert isinstance(by_status(parse(200, {}, b'{"room_id": "!a'), NOON), BadAnswer)
    assert isinstance(by_status(parse(200, {}, b""), NOON), BadAnswer)
    assert isinstance(by_status(parse(200, {}, b"[" * 200_000), NOON), BadAnswer)
    assert by_status(parse(204, {}, b""), NOON) is None
    assert by_status(parse(200, {"Content-Type": "text/plain"}, b"{}"), NOON) is None


@given(
    st.integers(200, 599), st.dictionaries(st.sampled_from(["Retry-After", "Date", "Location"]), st.text()), st.binary()
)
def test_no_answer_breaks_the_reading(status: int, headers: dict[str, str], body: bytes) -> None:
    answer = parse(status, headers, body)
    meant = by_status(answer, NOON)
    assert (meant is None) <= (200 <= status < 300)
    wait = retry_after(answer, NOON)
    assert wait is None or wait >= 0


@given(st.integers(1, 10_000), st.floats(0, 1, exclude_max=True))
def test_backing_off_grows_and_is_bounded(failures: int, chance: float) -> None:
    patience = Patience(base=0.5, ceiling=30)
    wait = patience.backoff(failures, chance)
    assert 0.5 <= wait <= 45
    assert patience.backoff(failures + 1, 0.0) >= patience.backoff(failures, 0.0)
