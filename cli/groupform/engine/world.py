"""Owns what the engine is given of the world, and what it tells back while and after it works."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from groupform.engine.plan import Reason, Step
from groupform.engine.provider import Provider
from groupform.engine.together import Together
from groupform.state.store import Store


class Observer(Protocol):
    """Told about progress, to show it. Every method may be called from any task; none may raise."""

    def planned(self, deployment: str, total: int) -> None: ...

    def started(self, address: str, label: str) -> None: ...

    def finished(self, address: str, label: str, failed: Reason | None) -> None: ...

    def waiting(self, seconds: float, code: str) -> None: ...

    def note(self, reason: Reason) -> None: ...


class Silent:
    """An observer that shows nothing."""

    def planned(self, deployment: str, total: int) -> None:
        pass

    def started(self, address: str, label: str) -> None:
        pass

    def finished(self, address: str, label: str, failed: Reason | None) -> None:
        pass

    def waiting(self, seconds: float, code: str) -> None:
        pass

    def note(self, reason: Reason) -> None:
        pass


@dataclass(frozen=True, slots=True)
class Revision:
    """The commit that the project's folder is at, and whether its files differ from it."""

    commit: str
    dirty: bool = False


@dataclass(frozen=True)
class World:
    """Clock, sleep, store, platforms: all that is not a pure function. `max_wait` is in seconds.

    `cache` is a folder that providers may keep what is disposable in; None where nothing is to be kept. `together` is
    what its deployments share.
    """

    store: Store
    providers: Mapping[str, Provider]
    now: Callable[[], datetime]
    sleep: Callable[[float], Awaitable[None]]
    who: str
    command: str
    version: str
    max_wait: float = 900.0
    observer: Observer = field(default_factory=Silent)
    cache: Path | None = None
    run: str = ""
    """One word for all deployments that one command applies."""
    revision: Revision | None = None
    """Where the files stand that are applied; None where they are in no work tree, or where nobody asked."""
    together: Together = field(default_factory=Together)
    fleeting: bool = False
    """The state lives on a machine that is thrown away after this command: a job's, with a local backend."""


@dataclass(frozen=True, slots=True)
class Failed:
    """A change that did not succeed. `unknown` is True when its outcome is not known."""

    address: str
    label: str
    reason: Reason
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class ApplyReport:
    """What an apply did. `stopped` says why it ended early (a long limit, Ctrl-C); the same command resumes it.

    `withheld` waits, with what depends on it, for an answer that only a person has (`groupform recover`).
    """

    deployment: str
    done: tuple[str, ...] = ()
    failed: tuple[Failed, ...] = ()
    blocked: tuple[str, ...] = ()
    protected: tuple[str, ...] = ()
    withheld: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    recovered: tuple[Reason, ...] = ()
    refused: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    stopped: Reason | None = None
    unreachable: bool = False
    requests: int = 0
    seconds: float = 0.0
