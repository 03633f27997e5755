"""Owns tokens that a platform hands out for a while: fetched when needed, kept in memory only, renewed when spent."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import anyio
from pydantic import SecretStr

from groupform.http.answers import Json
from groupform.http.errors import HttpError, RateLimited, ServerError, Unreachable
from groupform.http.wire import Call

Send: TypeAlias = Callable[[Call], Awaitable[Json]]

# A request that was written with one token may be answered after the next two were fetched.
_REMEMBERED = 3
# So many tokens in a row that were refused at their first use: it is not the token. More than one or two, since a
# platform that ends tokens at any moment may well end a new one before anybody has used it.
_FRUITLESS = 4


@dataclass(frozen=True, slots=True)
class Fresh:
    """A token as the platform gave it. `seconds` is how long it says that it lasts; None where it does not say."""

    text: SecretStr
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Carried:
    """What one request carries to say who we are, and which token of the run that was (0 for none)."""

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    turn: int = 0


class Token:
    """Credentials that are fetched: `fetch(send)` makes the request (an anonymous call) that hands out a token.

    It goes into the query under `query`, or into the header `header` behind `prefix`. `spent(error)` says whether an
    error means that the token is used up: it is then renewed and the call sent again. `secrets` are those that the
    fetching itself needs. What the platform answered to a fetch in plain words (a wrong secret), and what it says of
    new tokens again and again, stands for the whole run: platforms block callers that ask on.
    """

    def __init__(
        self,
        fetch: Callable[[Send], Awaitable[Fresh]],
        *,
        spent: Callable[[HttpError], bool],
        query: str | None = None,
        header: str = "Authorization",
        prefix: str = "Bearer ",
        secrets: Iterable[SecretStr] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fetch, self.spent, self._clock = fetch, spent, clock
        self._query, self._header, self._prefix = query, header, prefix
        self._own = tuple(secrets)
        self._given: deque[SecretStr] = deque(maxlen=_REMEMBERED)
        self._lock = anyio.Lock()
        self._until: float | None = None
        self._turn = 0
        self._worked = 0
        self._fruitless = 0
        self._current = False
        self._refusal: HttpError | None = None

    def headers(self) -> Mapping[str, str]:
        return self._carried().headers

    def secrets(self) -> Iterable[str]:
        return (*(each.get_secret_value() for each in self._given), *self.own)

    @property
    def own(self) -> tuple[str, ...]:
        """The secrets that stay while tokens come and go."""
        return tuple(each.get_secret_value() for each in self._own)

    async def carry(self, send: Send) -> Carried:
        """What the next request carries; fetches a token where there is none. Raises the HttpError of the fetch."""
        async with self._lock:
            if not self._current or (self._until is not None and self._clock() >= self._until):
                await self._renew(send)
            return self._carried()

    def worked(self, carried: Carried) -> None:
        """The platform took a request that carried this."""
        if carried.turn:
            self._worked = max(self._worked, carried.turn)
            self._fruitless = 0

    def renewable(self, carried: Carried, error: HttpError) -> bool:
        """Whether the call that met `error` is to be sent again with a newer token."""
        if not self.spent(error):
            return False
        if carried.turn == self._turn and self._current:
            self._current = False
            self._fruitless += self._worked < carried.turn
            if self._fruitless >= _FRUITLESS:
                self._refusal = error
        return self._refusal is None

    async def _renew(self, send: Send) -> None:
        if self._refusal is not None:
            raise _again(self._refusal)
        try:
            fresh = await self._fetch(send)
        except (Unreachable, ServerError, RateLimited):
            raise
        except HttpError as error:
            self._refusal = error
            raise
        self._given.append(fresh.text)
        self._until = None if fresh.seconds is None else self._clock() + fresh.seconds
        self._turn += 1
        self._current = True

    def _carried(self) -> Carried:
        if not self._turn:
            return Carried()
        text = self._given[-1].get_secret_value()
        if self._query is not None:
            return Carried(query={self._query: text}, turn=self._turn)
        return Carried(headers={self._header: f"{self._prefix}{text}"}, turn=self._turn)


def _again(error: HttpError) -> HttpError:
    """The same refusal for another call, which was never sent; raised twice, one would gather both calls' traces."""
    # Not `copy`: that makes a new one from `args`, which an error with more to tell was not made of.
    again = type(error).__new__(type(error), *error.args)
    again.__dict__.update(error.__dict__)
    again.effect_unknown = False
    return again
