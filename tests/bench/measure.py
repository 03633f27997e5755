"""Owns what a measurement is: ours against its floor, taken turn about, summed up by the median."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. `ratio` is what the target speaks of; `met` is None where there is nothing to meet."""

    what: str
    ours: str
    floor: str = ""
    ratio: str = ""
    target: str = ""
    met: bool | None = None
    requests: str = ""


@dataclass
class Turns:
    """Seconds of several contenders that ran turn about, so that what slows the machine down slows all of them."""

    seconds: dict[str, list[float]] = field(default_factory=dict)

    def note(self, name: str, seconds: float) -> None:
        self.seconds.setdefault(name, []).append(seconds)

    def of(self, name: str) -> float:
        """The median of one contender's runs."""
        return median(self.seconds[name])

    def ratio(self, name: str, floor: str) -> float:
        """The median of the ratios of neighbouring runs: a slow minute weighs on both sides of each."""
        pairs = zip(self.seconds[name], self.seconds[floor], strict=True)
        return median(ours / theirs for ours, theirs in pairs)

    def spread(self, name: str, floor: str) -> str:
        """The lowest and the highest ratio of neighbouring runs: how far a single one is to be trusted."""
        ratios = [ours / theirs for ours, theirs in zip(self.seconds[name], self.seconds[floor], strict=True)]
        return f" ({min(ratios):.2f}–{max(ratios):.2f})" if len(ratios) > 1 else ""

    def totals(self) -> Turns:
        """The same as one run: for runs that are parts of one piece of work."""
        return Turns({name: [sum(each)] for name, each in self.seconds.items()})


def take_turns(contenders: dict[str, Callable[[], object]], rounds: int, clock: Clock = time.perf_counter) -> Turns:
    """Runs every contender once a round; the one that begins changes from round to round."""
    turns = Turns()
    for number in range(rounds):
        for name in _order(list(contenders), number):
            began = clock()
            contenders[name]()
            turns.note(name, clock() - began)
    return turns


async def take_turns_async(
    contenders: dict[str, Callable[[], Awaitable[Any]]], rounds: int, clock: Clock = time.perf_counter
) -> Turns:
    """The same for work that waits on a server."""
    turns = Turns()
    for number in range(rounds):
        for name in _order(list(contenders), number):
            began = clock()
            await contenders[name]()
            turns.note(name, clock() - began)
    return turns


def seconds(value: float) -> str:
    """`842 ms`, `3.21 s`."""
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.2f} s"


def against(
    what: str, turns: Turns, name: str, floor: str, at_most: float | None, requests: str = "", *, parts: bool = False
) -> Row:
    """The line of one contender against its floor; `at_most` is the target for their ratio.

    With `parts` the runs add up to one piece of work, and their sums are compared; otherwise each is a whole run.
    """
    spread = turns.spread(name, floor)
    turns = turns.totals() if parts else turns
    ratio = turns.ratio(name, floor)
    return Row(
        what,
        seconds(turns.of(name)),
        seconds(turns.of(floor)),
        f"{ratio:.2f}{spread}",
        "" if at_most is None else f"≤ {at_most}",
        None if at_most is None else ratio <= at_most,
        requests,
    )


def _order(names: Sequence[str], number: int) -> list[str]:
    return list(names) if number % 2 == 0 else list(reversed(names))
