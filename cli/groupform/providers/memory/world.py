"""Owns the platform that lives in memory: its objects, the strangers in it, and the faults it is told to have."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import count
from typing import Any, TypeVar

from groupform.engine.provider import Failure, Ownership

T = TypeVar("T")


class Fault(StrEnum):
    """What may happen to one request."""

    lost = "lost"
    """It never arrives, and the client cannot know."""
    dropped = "dropped"
    """It takes effect, and the answer never arrives."""
    late = "late"
    """The client gives up; it takes effect a little later all the same."""
    refused = "refused"
    """The platform says no, before any effect."""
    impatient = "impatient"
    """The platform asks for more patience than there is."""
    unreachable = "unreachable"
    """Nobody answers, and nothing was sent."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request: its number from 1, the verb, the type of object, and what it is about (an address or an id)."""

    number: int
    verb: str
    type: str
    about: str


@dataclass
class Thing:
    """One object. `attributes` hold remote ids where references are. `uid` is the address in its ownership mark."""

    id: str
    type: str
    attributes: dict[str, Any]
    owner: Ownership | None = None
    uid: str | None = None
    hidden: bool = False
    archived: bool = False
    purging: bool = False
    people: int = 0
    number: int = 0


LATE = 3.0
"""Seconds after which a late request takes effect: what a real server was seen to do."""


@dataclass
class MemoryWorld:
    """All that is on the platform. `fault` decides what befalls each request; `around` is told right before and right
    after each one takes effect, and may raise what ends a process. `deny` names `type.attribute`s that are never
    taken, `slow` types whose creation must be polled for. `clock` gives seconds."""

    clock: Callable[[], float]
    things: dict[str, Thing] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    deny: set[str] = field(default_factory=set)
    slow: set[str] = field(default_factory=set)
    fault: Callable[[Request], Fault | None] = lambda request: None
    around: Callable[[Request, str], None] = lambda request, moment: None
    sent: set[str] = field(default_factory=set)
    late: list[tuple[float, Callable[[], object]]] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def send(self, verb: str, kind: str, about: str, effect: Callable[[], T]) -> T:
        """Carries out one request, or lets happen to it what `fault` says. Raises Failure."""
        self._catch_up()
        request = Request(len(self.requests) + 1, verb, kind, about)
        self.requests.append(request)
        self.around(request, "before")
        match self.fault(request):
            case Fault.lost:
                raise Failure("memory-no-answer", effect_unknown=True, about=about)
            case Fault.late:
                self.late.append((self.clock() + LATE, effect))
                raise Failure("memory-no-answer", effect_unknown=True, about=about)
            case Fault.refused:
                raise Failure("memory-refused", about=about)
            case Fault.impatient:
                raise Failure("memory-wait", wait=3600.0, about=about)
            case Fault.unreachable:
                raise Failure("memory-unreachable", unreachable=True)
            case Fault.dropped:
                effect()
                raise Failure("memory-no-answer", effect_unknown=True, about=about)
            case _:
                answer = effect()
                self.around(request, "after")
                return answer

    def add(self, kind: str, attributes: dict[str, Any], **more: Any) -> Thing:
        """Puts an object there, as a request or a stranger does. Raises Failure when a unique handle is taken."""
        handle = attributes.get("handle")
        if handle is not None and self.holder(handle) is not None:
            raise Failure("memory-handle-taken", handle=handle)
        number = next(self.numbers)
        thing = Thing(f"{kind}-{number}", kind, dict(attributes), number=number, **more)
        self.things[thing.id] = thing
        return thing

    def holder(self, handle: str) -> Thing | None:
        """The object that holds a unique handle."""
        return next((each for each in self.living() if each.attributes.get("handle") == handle), None)

    def living(self, kind: str | None = None) -> Iterator[Thing]:
        """Objects that are neither removed nor archived, oldest first."""
        self._catch_up()
        for each in list(self.things.values()):
            if not each.archived and kind in (None, each.type):
                yield each

    def marked(self, owner: Ownership, uid: str) -> Thing | None:
        """The newest object with this ownership mark: while one replaces another, both bear it."""
        found = [each for each in self.living() if each.owner == owner and each.uid == uid]
        return found[-1] if found else None

    def _catch_up(self) -> None:
        due = [each for each in self.late if each[0] <= self.clock()]
        self.late = [each for each in self.late if each[0] > self.clock()]
        for _, effect in due:
            try:
                effect()
            except Failure:
                continue  # the platform refuses late what it would have refused in time; nobody is there to hear it
