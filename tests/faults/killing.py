"""How a process dies in a test: at a point of its choosing, and completely; nothing it would still do takes effect."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


class KilledError(BaseException):
    """The process is gone. No `except Exception` and no `finally` may act as if it were not."""


@dataclass
class Reaper:
    """Counts the points of a run and ends it at number `at`; from then on every point ends it again.

    A point is each moment right before and right after a request takes effect, and each durable step of the state.
    """

    at: int | None = None
    names: list[str] = field(default_factory=list)
    dead: bool = False

    def point(self, name: str) -> None:
        if self.dead:
            raise KilledError(name)
        self.names.append(name)
        if self.at is not None and len(self.names) == self.at:
            self.dead = True
            raise KilledError(name)


@contextmanager
def dying() -> Iterator[None]:
    """Swallows a death, alone or with the tasks that died along."""
    try:
        yield
    except KilledError:
        pass
    except BaseExceptionGroup as group:
        rest = group.subgroup(lambda error: not isinstance(error, KilledError | BaseExceptionGroup))
        if rest is not None:
            raise


Hook = Callable[[str], None]
