"""The one HTTP client every provider uses: who we are, how often, how patiently, and what went wrong in words."""

from groupform.http.answers import Answer, by_status
from groupform.http.client import Client
from groupform.http.credentials import Bearer, Credentials, Nobody
from groupform.http.errors import (
    BadAnswer,
    Conflict,
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
from groupform.http.patience import Patience
from groupform.http.wire import Call

__all__ = [
    "Answer",
    "BadAnswer",
    "Bearer",
    "Call",
    "Client",
    "Conflict",
    "Credentials",
    "Forbidden",
    "HttpError",
    "Nobody",
    "NotFound",
    "OutcomeUnknown",
    "Patience",
    "RateLimited",
    "Rejected",
    "ServerError",
    "Unauthorized",
    "Unreachable",
    "WaitTooLong",
    "by_status",
]
