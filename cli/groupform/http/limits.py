"""Owns what calls keep to together: how many at once and which pauses, for all clients of one account.

Several deployments on one connection are one client to the platform: it counts the account's requests, and whoever is
refused is refused for all. So their clients share slots and buckets, and N of them never have more under way than one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable, Iterable, Mapping
from pathlib import Path
from typing import Protocol, TypeVar

from groupform.http.patience import Bucket, Slots
from groupform.http.pauses import Pauses

T = TypeVar("T")
_SPREAD = 0.4
"""Seconds. Processes that wait for the same moment come back spread over so long: whoever is first takes what there
is, meets the next limit, and the others hear of it before they ask."""


class Limits:
    """The slots and buckets of one connection; `pauses`, where processes tell each other of theirs."""

    def __init__(self, concurrency: int, clock: Callable[[], float]) -> None:
        self.slots = Slots(concurrency)
        self.pauses: Pauses | None = None
        self._clock = clock
        self._buckets: dict[str, Bucket] = {}
        self._company = set[str]()

    def bucket(self, name: str) -> Bucket:
        if name not in self._buckets:
            self._buckets[name] = Bucket(self._clock)
        return self._buckets[name]

    def hear(self, now: float, chance: Callable[[], float]) -> float:
        """Closes the buckets for which another process was told to wait; the longest pause that is news, or 0."""
        return self._closed(self.pauses.news(now), chance) if self.pauses is not None else 0.0

    def met(self, name: str, seconds: float, now: float, chance: Callable[[], float]) -> bool:
        """The platform asks for a pause that begins now: whether that is news. Other processes are let know of it."""
        company = name in self._company
        if not self.bucket(name).close(seconds + _SPREAD * chance() if company else seconds):
            return False
        if self.pauses is not None:
            self._closed(self.pauses.tell(name, seconds, now), chance)
        return True

    @property
    def waits(self) -> Mapping[str, float]:
        return {name: bucket.closed_for for name, bucket in sorted(self._buckets.items()) if bucket.closed_for}

    def _closed(self, pauses: Mapping[str, float], chance: Callable[[], float]) -> float:
        longest = 0.0
        for name, left in pauses.items():
            self._company.add(name)
            seconds = left + _SPREAD * chance() if left > 0 else 0.0
            if self.bucket(name).close(seconds):
                longest = max(longest, seconds)
        return longest


class SharedLimits:
    """The limits of every connection that one command speaks over. `folder` is disposable, for other processes too."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._by_words: dict[tuple[str, ...], Limits] = {}

    def at(self, address: str, secrets: Iterable[str], make: Callable[[], Limits]) -> Limits:
        """The limits of whoever has these secrets at this address, while nobody knows yet who that is."""
        key = (address, "secret", *(hashlib.sha256(each.encode()).hexdigest() for each in secrets))
        if key not in self._by_words:
            self._by_words[key] = make()
        return self._by_words[key]

    def of(self, address: str, account: str, limits: Limits) -> Limits:
        """The limits of an account, which are `limits` where it is heard of for the first time."""
        found = self._by_words.setdefault((address, "account", account), limits)
        if found.pauses is None and self._folder is not None:
            digest = hashlib.sha256(f"{address}\0{account}".encode()).hexdigest()
            found.pauses = Pauses(self._folder / f"limits-{digest[:24]}.json")
        return found


class Keeps(Protocol):
    """Whoever keeps what the sessions of one command share."""

    @property
    def folder(self) -> Path | None: ...

    def once(self, key: Hashable, make: Callable[[], T]) -> T: ...


def shared_limits(kept: Keeps) -> SharedLimits:
    """The limits that all sessions of one command share: what a provider gives to its client."""
    return kept.once(SharedLimits, lambda: SharedLimits(kept.folder))
