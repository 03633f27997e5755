"""Owns the lock that stands written in a shared store: whose it is, since when, and whether its holder is dead."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from groupform.config.diagnostics import Refused
from groupform.state.spelling import refuse
from groupform.state.store import Holder

LEASE = 120.0
"""For how many seconds after its last sign of life a holder counts as alive."""
RENEWAL = 30.0
"""How often a holder gives a sign of life, in seconds."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A lock as its holder wrote it. `machine` tells process ids apart; `seen` is UTC, ISO 8601."""

    id: str
    who: str
    pid: int
    since: str
    command: str
    machine: str
    seen: str

    @classmethod
    def of(cls, lock: str, holder: Holder, now: datetime) -> Self:
        return cls(lock, holder.who, holder.pid, holder.since, holder.command, machine(), seen_at(now))

    @classmethod
    def read(cls, value: object) -> Self | None:
        """The claim in parsed JSON; None where there is none, or where it is not to be made out."""
        if not isinstance(value, Mapping):
            return None
        words = {name: str(value.get(name, "-")) for name in ("id", "who", "since", "command", "machine", "seen")}
        pid = value.get("pid")
        return cls(pid=pid if isinstance(pid, int) else 0, **words)

    def json(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def holder(self) -> Holder:
        return Holder(self.who, self.pid, self.since, self.command)

    def died_here(self, here: str) -> bool:
        """True when the holder ran on this machine and is certainly gone."""
        return self.machine == here and not _alive(self.pid)

    def silent(self, now: datetime, lease: float = LEASE) -> bool:
        """True when its last sign of life is older than a lease, by this machine's clock."""
        try:
            seen = datetime.fromisoformat(self.seen)
        except ValueError:
            return True
        return (now - seen.replace(tzinfo=seen.tzinfo or UTC)).total_seconds() > lease


def locked(deployment: str, claim: Claim) -> Refused:
    """The refusal of a lock that somebody else holds."""
    return refuse("state-locked", deployment=deployment, **asdict(claim.holder))


def lost(deployment: str, claim: Claim | None) -> Refused:
    """The refusal to write under a lock that was taken away."""
    return refuse("state-lock-lost", deployment=deployment, who=claim.who if claim else "-")


def utc_now() -> datetime:
    return datetime.now(UTC)


def machine() -> str:
    """This machine until its next start, and this container on it: a process id means something only there."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot}/{Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return socket.gethostname()


def _alive(pid: int) -> bool:
    if pid <= 0 or os.name != "posix":
        return True  # elsewhere a signal of number 0 is no question; the lease will tell
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def seen_at(now: datetime) -> str:
    """A sign of life, as it is written down."""
    return now.astimezone(UTC).isoformat(timespec="seconds")
