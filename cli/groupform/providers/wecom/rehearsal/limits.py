"""Owns how often the rehearsal may be asked: the published windows, by a clock that is given (shared facts §1.4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from groupform.providers.wecom.rehearsal.corp import Corp
from groupform.providers.wecom.rehearsal.refusals import Refused

MINUTE, HOUR, DAY, MONTH = 60, 3600, 86_400, 30 * 86_400
_CHINA = 8 * HOUR
EVERY = "*"


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` calls of a path within `seconds`. EVERY path is counted by itself, unless `together`."""

    path: str
    seconds: int
    most: int
    together: bool = False


LIMITS = (
    Limit(EVERY, MINUTE, 10_000),
    Limit(EVERY, HOUR, 150_000),
    Limit(EVERY, MINUTE, 20_000, together=True),
    Limit(EVERY, HOUR, 600_000, together=True),
    Limit("appchat/create", DAY, 1000),
    Limit("appchat/update", HOUR, 1000),
    Limit("media/uploadimg", DAY, 1000),
    Limit("media/uploadimg", MONTH, 3000),
    Limit("webhook/send", MINUTE, 20),
)
WRONG_SECRETS = 2000
"""Failing `gettoken` calls of an address within an hour, after which it is shut out for one (UNCONFIRMED, §1.1)."""


def count(corp: Corp, path: str, now: float, limits: Sequence[Limit] = LIMITS, whose: str = "") -> None:
    """Counts one call. Raises Refused 45009 where a window is full, for as long as that window lasts."""
    for index, limit in enumerate(limits):
        if limit.path not in (EVERY, path):
            continue
        key = f"{index}/{'' if limit.together else path}/{whose}"
        if now < corp["blocks"].get(key, 0):
            raise Refused(45009, "api freq out of limit")
        start, done = corp["counts"].get(key, (_window(now, limit.seconds), 0))
        if start != _window(now, limit.seconds):
            start, done = _window(now, limit.seconds), 0
        if done >= limit.most:
            corp["blocks"][key] = _until(now, limit.seconds)
            raise Refused(45009, "api freq out of limit")
        corp["counts"][key] = [start, done + 1]


def _window(now: float, seconds: int) -> int:
    """The window that a moment lies in; days begin at midnight in China."""
    return int((now + (_CHINA if seconds >= DAY else 0)) // seconds)


def _until(now: float, seconds: int) -> float:
    """A minute for a minute, an hour for an hour, the rest of the day, thirty days (ERR 45009)."""
    return now + (DAY - (now + _CHINA) % DAY if seconds == DAY else seconds)
