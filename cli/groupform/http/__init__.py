"""The one HTTP client every provider uses: who we are, how often, how patiently, and what went wrong in words."""

from groupform.http.answers import Answer, by_status
from groupform.http.client import Client
from groupform.http.credentials import Bearer, Credentials, Nobody, bare
from groupform.http.errors import (
    BadAnswer,
    Conflict,
    Crowded,
    Forbidden,
    HttpError,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    ServerError,
    Unauthorized,
    Unreachable,
    WaitTooLong,
)
from groupform.http.limits import SharedLimits, shared_limits
from groupform.http.patience import Patience
from groupform.http.tokens import Fresh, Token
from groupform.http.wire import Call

__all__ = [
    "Answer",
    "BadAnswer",
    "Bearer",
    "Call",
    "Client",
    "Conflict",
    "Credentials",
    "Crowded",
    "Forbidden",
    "Fresh",
    "HttpError",
    "Nobody",
    "NotFound",
    "OutcomeUnknown",
    "Patience",
    "RateLimited",
    "Rejected",
    "ServerError",
    "SharedLimits",
    "Token",
    "Unauthorized",
    "Unreachable",
    "WaitTooLong",
    "bare",
    "by_status",
    "shared_limits",
]
