"""The points of a whole run: each of them once, in any beginning of it a fair share of all, chosen by patterns."""

from __future__ import annotations

import random
from collections import Counter

from faults.proxy import Kind
from faults.proxy_chains import CHAINS, FLEET, SMALL, Chain
from faults.proxy_points import Table, Trial, asked, every, mixed
from faults.proxy_rig import Reference


def reference(chain: Chain) -> Reference:
    numbers = {story.name: 7 + 3 * number for number, story in enumerate(chain.stories)}
    return Reference(requests=numbers, writes={name: number * 3 for name, number in numbers.items()})


def points(trials: list[Trial]) -> Counter[tuple[str, Kind, int]]:
    return Counter((story, kind, at) for each in trials for story, some in each.points.items() for kind, at in some)


def test_every_point_comes_once() -> None:
    without = reference(SMALL)
    found = points(every(SMALL, without, random.Random(1)))
    wanted = {
        (story.name, kind, at)
        for story in SMALL.stories
        for kind in Kind
        for at in range(1, without.points(story.name, kind) + 1)
    }
    assert found == Counter(wanted)


def test_a_large_community_meets_each_kind_so_often_in_each_story() -> None:
    trials = every(FLEET, reference(FLEET), random.Random(1))
    counted = Counter((story, kind) for story, kind, _ in points(trials).elements())
    assert counted == Counter({(story.name, kind): 1 for story in FLEET.stories for kind in Kind})
    assert max(len(some) for each in trials for some in each.points.values()) > 4


def test_one_point_is_tried_again_by_its_name() -> None:
    assert [str(each) for each in every(SMALL, reference(SMALL), random.Random(1), "small/edit/cut/3,fleet/*")] == [
        "small: cut/3"
    ]
    assert [chain.name for chain in CHAINS if asked(chain, "small/edit/cut/3,fleet/*")] == ["small", "fleet"]


def test_any_beginning_holds_a_share_of_each_community() -> None:
    trials = {chain.name: every(chain, reference(chain), random.Random(1)) for chain in (SMALL, FLEET)}
    order = mixed(trials, random.Random(1))
    assert Counter(map(str, order)) == Counter(str(each) for some in trials.values() for each in some)
    half = Counter(each.chain.name for each in order[: len(order) // 2])
    for name, some in trials.items():
        assert abs(half[name] - len(some) / 2) <= 2


def test_the_table_tells_what_was_survived() -> None:
    table = Table()
    table.plan([Trial(SMALL, {"edit": [(Kind.cut, 3), (Kind.late, 4)]})])
    table.tried.update([("small", "edit", Kind.cut), ("small", "edit", Kind.late)])
    table.failed.update([("small", "edit", Kind.late)])
    lines = {line.partition("|")[0].strip(): line.split("|")[-1].strip() for line in table.lines()}
    assert (lines[Kind.cut], lines[Kind.late], lines["all"]) == ("1/1 of 1", "0/1 of 1", "1/2 of 2")
