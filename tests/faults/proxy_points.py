"""Which points of which stories are tried, in which order, and what became of them."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from faults.proxy import ENDING, Kind
from faults.proxy_chains import Chain
from faults.proxy_rig import Point, Reference

Points = Mapping[str, list[Point]]
"""What goes wrong in a life, by story."""


@dataclass(frozen=True)
class Trial:
    """A life to be lived: what goes wrong in each of its stories."""

    chain: Chain
    points: Points

    def __str__(self) -> str:
        told = (f"{kind.name}/{at}" for points in self.points.values() for kind, at in points)
        return f"{self.chain.name}: {', '.join(told)}"


@dataclass
class Table:
    """Points planned, tried and survived, by chain, story and kind."""

    planned: Counter[tuple[str, str, Kind]] = field(default_factory=Counter)
    tried: Counter[tuple[str, str, Kind]] = field(default_factory=Counter)
    failed: Counter[tuple[str, str, Kind]] = field(default_factory=Counter)

    def plan(self, trials: Sequence[Trial]) -> None:
        for each in trials:
            self.planned.update(_cells(each.chain, each.points))

    def lines(self) -> Iterator[str]:
        """Rows of kinds, columns of stories: survived/tried of planned."""
        columns = list(dict.fromkeys((chain, story) for chain, story, _ in self.planned))
        heads = [f"{chain}/{story}" for chain, story in columns]
        yield " | ".join((f"{'':39}", *(f"{head:>16}" for head in (*heads, "all"))))
        for kind in Kind:
            yield self._row(str(kind), [[(chain, story, kind)] for chain, story in columns])
        yield self._row("all", [[(chain, story, kind) for kind in Kind] for chain, story in columns])

    def _row(self, head: str, columns: Sequence[Sequence[tuple[str, str, Kind]]]) -> str:
        whole = [cell for column in columns for cell in column]
        return " | ".join((f"{head:39}", *(f"{self._count(cells):>16}" for cells in (*columns, whole))))

    def _count(self, cells: Sequence[tuple[str, str, Kind]]) -> str:
        tried, failed = sum(self.tried[each] for each in cells), sum(self.failed[each] for each in cells)
        return f"{tried - failed}/{tried} of {sum(self.planned[each] for each in cells)}"


def asked(chain: Chain, only: str) -> bool:
    """Whether any of its points may be meant by `only`."""
    return _matches(chain.name, ",".join(each.partition("/")[0] for each in only.split(",")))


def _matches(point: str, only: str) -> bool:
    return any(fnmatchcase(point, each) for each in only.split(","))


def every(chain: Chain, reference: Reference, chance: random.Random, only: str = "*") -> list[Trial]:
    """Lives in which every point of every story comes once; `only` are patterns of `chain/story/kind/number`."""
    dealt = {
        story.name: list(_dealt(_column(chain, story.name, reference, chance, only), story.strikes or chain.strikes))
        for story in chain.stories
    }
    count = max(map(len, dealt.values()))
    return [
        Trial(chain, {name: lives[number] for name, lives in dealt.items() if number < len(lives)})
        for number in range(count)
    ]


def mixed(trials: Mapping[str, Sequence[Trial]], chance: random.Random) -> list[Trial]:
    """All of them in an order in which any beginning holds the same share of each chain."""
    placed = [
        ((number + chance.random()) / len(each), trial) for each in trials.values() for number, trial in enumerate(each)
    ]
    return [trial for _, trial in sorted(placed, key=lambda one: one[0])]


def sample(chain: Chain, reference: Reference, lives: int) -> list[Trial]:
    """A few lives in which every kind comes at least once, well spread over its requests."""
    stories = [story.name for story in chain.stories]
    slots = [(life, story) for life in range(lives) for story in stories]
    by_life: list[dict[str, list[Point]]] = [{story: [] for story in stories} for _ in range(lives)]
    for number, kind in enumerate(Kind):
        life, story = slots[number % len(slots)]
        # Steps of this share of a run never fall twice on the same place. Writes are fewer where many are made at once.
        reach = reference.points(story, kind) * (0.6 if kind is Kind.kill_write else 1.0)
        at = 1 + int(reach * (((number + 1) * 0.618034) % 1.0))
        by_life[life][story].append((kind, at))
    return [Trial(chain, {story: _apart(some) for story, some in each.items() if some}) for each in by_life]


def _column(chain: Chain, story: str, reference: Reference, chance: random.Random, only: str) -> list[Point]:
    """A story's points, of each kind as many in any beginning as it has of all."""
    placed: list[tuple[float, Point]] = []
    for kind in Kind:
        numbers = list(range(1, reference.points(story, kind) + 1))
        chance.shuffle(numbers)
        numbers = numbers[: chain.rounds] if chain.rounds is not None else numbers
        wanted = [at for at in numbers if _matches(f"{chain.name}/{story}/{kind.name}/{at}", only)]
        placed += [((number + chance.random()) / len(wanted), (kind, at)) for number, at in enumerate(wanted)]
    return [point for _, point in sorted(placed, key=lambda one: one[0])]


def _dealt(points: Sequence[Point], share: int) -> Iterator[list[Point]]:
    """So many to each life; of deaths at a write only one, since a process is told of one."""
    left = list(points)
    while left:
        taken: list[Point] = []
        rest: list[Point] = []
        for point in left:
            second = point[0] is Kind.kill_write and any(kind is Kind.kill_write for kind, _ in taken)
            (rest if second or len(taken) == share else taken).append(point)
        yield _apart(taken)
        left = rest


def _apart(points: Sequence[Point]) -> list[Point]:
    """In the order in which they come; those that end a process whatever it is at come last."""
    return sorted(points, key=lambda one: (one[0] in ENDING, one[1]))


def _cells(chain: Chain, points: Points) -> Iterator[tuple[str, str, Kind]]:
    for story, some in points.items():
        for kind, _ in some:
            yield chain.name, story, kind
