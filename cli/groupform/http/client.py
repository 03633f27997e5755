"""Owns sending: limits kept, failures typed, nothing repeated that must not be.

The loop is our own. tenacity and stamina repeat a function by its exception; here the decision needs to know whether
the request may have left, a pause belongs to all calls of a bucket and not to the one that met it, and a limit beyond
the given patience must come back at once as a value on which the engine can stop.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from types import TracebackType
from typing import Self
from urllib.parse import unquote

import anyio
import httpx
from pydantic import SecretStr

from groupform.http import answers
from groupform.http.answers import Classify, Json
from groupform.http.credentials import Credentials, Nobody, hide, redact
from groupform.http.errors import (
    BadAnswer,
    Context,
    Crowded,
    HttpError,
    OutcomeUnknown,
    RateLimited,
    ServerError,
    Unreachable,
    WaitTooLong,
)
from groupform.http.limits import Limits, SharedLimits
from groupform.http.patience import Bucket, Budget, Patience
from groupform.http.tokens import Carried, Token
from groupform.http.wire import Call, Wire, address, way

_MEBIBYTE = 1024 * 1024


def _silent(seconds: float, code: str) -> None:
    """Tells nobody."""


async def _always() -> None:
    """Whoever only looks may always send."""


class Client:
    """One connection to one platform; an async context manager. Nothing in it shows the credentials.

    `waiting(seconds, code)` is told of every pause before it begins, once for all calls that keep it. `permit` is asked
    right before anything but a GET leaves; what it raises is raised to the caller. `clock` only goes
    forward, `now` is seconds since 1970, `chance` lies in [0, 1). `transport` is the seam for tests. With `limits` it
    keeps to the same slots and pauses as every other client for the same account.
    """

    def __init__(
        self,
        base_url: str,
        credentials: Credentials | None = None,
        *,
        classify: Classify = answers.by_status,
        patience: Patience | None = None,
        concurrency: int = 8,
        limits: SharedLimits | None = None,
        waiting: Callable[[float, str], None] = _silent,
        permit: Callable[[], Awaitable[None]] = _always,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
        chance: Callable[[], float] = random.random,
        transport: httpx.AsyncBaseTransport | None = None,
        proxy: str | None = None,
        max_bytes: int = 512 * _MEBIBYTE,
    ) -> None:
        """Raises Unreachable `http-bad-address` or `http-bad-proxy` for an address that is none."""
        url = address(base_url)
        through, password = way(proxy) if proxy else (None, None)
        self._login = () if password is None else (SecretStr(password),)
        self._host = url.netloc.decode("ascii")
        self._credentials = credentials or Nobody()
        self._classify = classify
        self._patience = patience or Patience()
        self._waiting, self._sleep, self._clock, self._now, self._chance = waiting, sleep, clock, now, chance
        self._permit = permit
        self._address = str(url)
        self._shared = limits or SharedLimits()
        # A token comes and goes; what it is fetched with stays.
        given = self._credentials
        secrets = tuple(given.own if isinstance(given, Token) else given.secrets())
        self._limits = self._shared.at(self._address, secrets, lambda: Limits(concurrency, clock))
        self._wire = Wire(url, connections=concurrency, transport=transport, size=max_bytes, proxy=through)
        self.sent: Counter[str] = Counter()

    async def __aenter__(self) -> Self:
        await self._wire.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._wire.__aexit__(kind, error, trace)

    def __repr__(self) -> str:
        return f"Client({self._host!r}, requests={self.requests})"

    @property
    def requests(self) -> int:
        """How many requests were sent, repeated ones included; `sent` counts them by "METHOD route"."""
        return self.sent.total()

    @property
    def waits(self) -> Mapping[str, float]:
        """Seconds for which the platform closed each bucket so far: what predictions are corrected by."""
        return self._limits.waits

    def known_as(self, account: str) -> None:
        """Who the credentials belong to, once that is known: by whatever token, an account's limits are the same."""
        self._limits = self._shared.of(self._address, account, self._limits)

    async def send(self, call: Call) -> Json:
        """The parsed answer, None where there is none to be had (204). Raises the HttpError that says what happened.

        A rate limit is waited for within the patience given, and the call sent again: it was refused before any effect.
        A call that failed otherwise is repeated only if it is idempotent or cannot have left this machine. One that
        was refused because its token is used up is sent again with a new one.
        """
        limits, name = self._limits, call.bucket or call.route
        budget = Budget(self._patience.max_wait)
        failed = limited = 0
        refused: Context | None = None
        while True:
            # Before the queue: the request for a token stands in a queue of its own.
            carried = await self._carried(call)
            try:
                return await self._in_turn(call, carried, limits, limits.bucket(name), budget)
            except WaitTooLong as error:
                # What the platform said when it refused, where it was this very call that it refused.
                error.context = refused or error.context
                raise self._final(call, error) from None
            except RateLimited as error:
                limited += 1
                refused = error.context
                self._pause(call, limits, name, budget, error, limited)
            except HttpError as error:
                if self._renewable(call, carried, error):
                    continue
                failed += 1
                seconds = self._before_next(call, error, failed, budget)
                if seconds is None:
                    raise self._final(call, error) from None
                self._waiting(seconds, "http-waiting-retry")
                await self._sleep(seconds)

    async def _carried(self, call: Call) -> Carried:
        if call.anonymous:
            return Carried()
        if isinstance(self._credentials, Token):
            return await self._credentials.carry(self.send)
        return Carried(self._credentials.headers())

    def _renewable(self, call: Call, carried: Carried, error: HttpError) -> bool:
        token = self._credentials
        return isinstance(token, Token) and not call.anonymous and token.renewable(carried, error)

    async def _in_turn(self, call: Call, carried: Carried, limits: Limits, bucket: Bucket, budget: Budget) -> Json:
        while True:
            self._hear(limits, budget)
            async with bucket.turn(budget, self._sleep), limits.slots:
                # Another call, or another process, may have been told to wait while this one stood in the queue.
                self._hear(limits, budget)
                if not bucket.closed:
                    answer = await self._attempt(call, carried)
                    bucket.taken()
                    return answer

    def _hear(self, limits: Limits, budget: Budget) -> None:
        heard = limits.hear(self._now(), self._chance)
        if 0 < heard <= budget.left:
            self._waiting(heard, "http-waiting-limit")

    async def _attempt(self, call: Call, carried: Carried) -> Json:
        if call.method != "GET":
            await self._permit()
        self.sent[f"{call.method} {call.route}"] += 1
        status, told, body = await self._wire.exchange(call, carried.headers, carried.query)
        secrets = () if call.anonymous else tuple(self._credentials.secrets())
        heads = {name: hide(value.encode(), secrets).decode() for name, value in told.items()}
        answer = answers.parse(status, heads, hide(body, secrets))
        meant = self._classify(answer, self._now())
        if isinstance(self._credentials, Token) and (meant is None or not self._credentials.spent(meant)):
            self._credentials.worked(carried)
        if meant is None:
            if not call.valid(answer.data):
                raise BadAnswer(Context(status=answer.status, reason="unexpected JSON"), effect_unknown=True)
            return answer.data
        meant.effect_unknown = not isinstance(meant, RateLimited) and meant.context.errcode not in call.harmless
        raise meant

    def _pause(self, call: Call, limits: Limits, name: str, budget: Budget, error: RateLimited, times: int) -> None:
        """Closes the bucket for as long as the platform asks; the turn that follows waits, or has not the patience."""
        bucket = limits.bucket(name)
        times = max(times, bucket.refuse())
        own = self._patience.backoff(times, self._chance())
        if isinstance(error, Crowded):
            limits.slots.narrow()
        elif error.after is None and call.windows:
            own = call.windows[min(times, len(call.windows)) - 1]
        # A server that says "no need to wait" and refuses again must not be asked in a tight loop.
        seconds = own if error.after is None else max(error.after, own if times > 1 and error.after < own / 10 else 0.0)
        if limits.met(name, seconds, self._now(), self._chance) and seconds <= budget.left:
            self._waiting(seconds, "http-waiting-limit")

    def _before_next(self, call: Call, error: HttpError, failed: int, budget: Budget) -> float | None:
        """Seconds to wait before the call is repeated; None where it must not or need not be."""
        if failed >= self._patience.attempts or (error.effect_unknown and not call.idempotent):
            return None
        seconds = self._patience.backoff(failed, self._chance())
        if isinstance(error, Unreachable):
            # A server that lets us wait in vain is asked once more, not again and again.
            return seconds if error.repeat and (error.code != "http-timeout" or failed < 2) else None
        if isinstance(error, ServerError) and error.context.errcode not in call.harmless:
            seconds = max(seconds, error.after or 0.0)
            return seconds if seconds <= max(budget.left, self._patience.ceiling) else None
        return None

    def _final(self, call: Call, error: HttpError) -> HttpError:
        """The error with its place, redacted; one whose effect nobody knows becomes OutcomeUnknown."""
        secrets = (*self._credentials.secrets(), *(each.get_secret_value() for each in self._login))
        error.context = replace(
            error.context,
            method=call.method,
            route=call.route,
            path=redact(unquote(call.path), secrets),
            host=self._host,
            reason=redact(error.context.reason, secrets),
        )
        broken = isinstance(error, Unreachable | ServerError | BadAnswer)
        if call.idempotent:
            # Repeating it is harmless, so only a write that may have been done needs a word.
            error.effect_unknown = error.effect_unknown and broken and call.method != "GET"
        elif error.effect_unknown and broken:
            return OutcomeUnknown(error.context, error)
        return error
