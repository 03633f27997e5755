"""Owns what can go wrong with a request, as types that carry a message code and a context free of secrets."""

# ruff: noqa: N818 - these are outcomes that the engine reports, not crashes

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Context:
    """Where it happened. `path` and `reason` are redacted; `errcode` is the platform's own name for the error."""

    method: str = ""
    route: str = ""
    path: str = ""
    host: str = ""
    status: int | None = None
    errcode: str = ""
    reason: str = ""


class HttpError(Exception):
    """A request that did not succeed.

    `code` names the sentence in messages/http.toml and `params` fill it. `effect_unknown` is True when the platform may
    have done it all the same; `unreachable` when nobody answered; `wait` holds seconds where patience ran out.
    """

    default_code: ClassVar[str] = "http-rejected"
    unreachable: bool = False
    wait: float | None = None

    def __init__(self, context: Context, *, code: str | None = None, effect_unknown: bool = False) -> None:
        self.context = context
        self.code = code or self.default_code
        self.effect_unknown = effect_unknown
        super().__init__(self.code)

    def __str__(self) -> str:
        """For logs of our own and test output; what a user reads is made of `code` and `params`."""
        where = self.context
        return " ".join(
            str(each) for each in (self.code, where.method, where.route, where.status, where.errcode) if each
        )

    @property
    def params(self) -> dict[str, object]:
        """The words of the sentence."""
        where = self.context
        return {
            "method": where.method,
            "path": where.path,
            "host": where.host,
            "status": where.status or 0,
            "errcode": where.errcode or "-",
            "reason": where.reason or where.errcode or f"HTTP {where.status or '-'}",
        }


_MISTAKES = ("http-bad-address", "http-bad-proxy")


class Unreachable(HttpError):
    """Nobody answered: no such name, refused, no TLS, too slow, cut off. `code` says which.

    `repeat` says whether trying again may help. An address that is none is a mistake in a file, which leads nowhere
    but is no platform out of reach.
    """

    default_code = "http-unreachable"
    unreachable = True

    def __init__(
        self, context: Context, *, code: str | None = None, effect_unknown: bool = False, repeat: bool = False
    ) -> None:
        super().__init__(context, code=code, effect_unknown=effect_unknown)
        self.repeat = repeat
        self.unreachable = self.code not in _MISTAKES


class Unauthorized(HttpError):
    """The credentials are not, or no longer, accepted."""

    default_code = "http-unauthorized"


class Forbidden(HttpError):
    """We are known and may not."""

    default_code = "http-forbidden"


class NotFound(HttpError):
    """There is no such thing, or we may not know of it."""

    default_code = "http-not-found"


class Conflict(HttpError):
    """Something else holds the place."""

    default_code = "http-conflict"


class Rejected(HttpError):
    """The request itself is not to the platform's liking."""

    default_code = "http-rejected"


class RateLimited(HttpError):
    """Too many requests: refused before any effect. `after` is what the platform asks us to wait, in seconds."""

    default_code = "http-rate-limited"

    def __init__(self, context: Context, *, after: float | None = None) -> None:
        super().__init__(context)
        self.after = after


class Crowded(RateLimited):
    """Too many requests at the same moment, however few they are in all: refused before any effect."""


class WaitTooLong(RateLimited):
    """The platform asks for more patience than we were given; `seconds` is the wait that was not made."""

    default_code = "http-wait-too-long"

    def __init__(self, context: Context, seconds: float) -> None:
        super().__init__(context, after=seconds)
        self.seconds = seconds
        self.wait = seconds

    @property
    def params(self) -> dict[str, object]:
        return {**super().params, "seconds": round(self.seconds)}


class ServerError(HttpError):
    """The platform failed at a request. `after` is the wait it asks for before a repetition, in seconds."""

    default_code = "http-server-error"

    def __init__(self, context: Context, *, after: float | None = None) -> None:
        super().__init__(context)
        self.after = after


class BadAnswer(HttpError):
    """Something answered, but not the platform's API: a page, a redirect, half a document. `code` says which."""

    default_code = "http-bad-answer"


class OutcomeUnknown(HttpError):
    """The request may have been carried out, and nothing tells: it is looked for, never repeated.

    `cause` is the code of what happened; the sentence's code follows from it.
    """

    default_code = "http-unknown-answer"
    _codes: ClassVar[dict[str, str]] = {
        "http-timeout": "http-unknown-timeout",
        "http-lost": "http-unknown-lost",
        "http-server-error": "http-unknown-server",
    }

    def __init__(self, context: Context, cause: HttpError) -> None:
        super().__init__(context, code=self._codes.get(cause.code), effect_unknown=True)
        self.cause = cause.code
        self.unreachable = cause.unreachable
