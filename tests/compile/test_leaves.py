"""Leaves: what is declared, copy by copy, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pytest
from pydantic import BaseModel

from compile.worlds import STORIES, community, deployed, everything, story
from groupform.compile.leaves import leaves, patterns
from groupform_schemas import CommunityFile

SMALL = """\
community: club
title: Club
segments: {area: {n: North, s: South}}
tiers:
  - {key: member, title: Members}
  - key: vip
    title: Vip
    threshold: {any: [{all: [{metric: posts, at_least: 9}, {proof: a card, judge: host}]}, {metric: posts, below: 3}]}
metrics: {posts: {from: platform}}
team: {owner: lead, roles: {host: {people: [host-sh], may: [moderate, announce]}}}
entry: {door: link}
groups:
  hall: {title: Hall, topic: Talk, owner: {role: host}}
  part:
    each: {from: {segment: area}, as: where}
    title: "Part {where}"
"""


def paths(folder: Path) -> dict[str, object]:
    return {leaf.path: leaf.value for leaf in leaves(deployed(folder))}


def test_paths_say_where_a_value_stands(tmp_path: Path) -> None:
    community(tmp_path, SMALL, "wechat")
    found = paths(tmp_path)
    assert found["groups.hall.title"] == "Hall"
    assert found["tiers.vip.title"] == "Vip"
    assert found["team.owner"] == "lead"
    assert found["team.roles.host.may.1"] == "announce"
    assert found["tiers.vip.threshold.any.0.all.1.proof"] == "a card"
    assert "timezone" not in found
    assert not [path for path in found if path.startswith("groups.hall.kind")]


def test_copies_have_leaves_of_their_own_and_their_declaration_has_one(tmp_path: Path) -> None:
    community(tmp_path, SMALL, "wechat")
    found = paths(tmp_path)
    assert found["groups.part/n.title"] == "Part North"
    assert found["groups.part/s.title"] == "Part South"
    assert "groups.part.title" not in found
    assert found["groups.part.each.from.segment"] == "area"
    assert not [path for path in found if path.startswith("groups.part/n.each")]
    # Whoever `{role: host}` is has been looked up by then.
    assert found["groups.hall.owner"] == "host-sh"


def test_excluded_groups_keep_their_leaves(tmp_path: Path) -> None:
    community(tmp_path, SMALL, "wechat", deployment=", only: [hall]")
    found = leaves(deployed(tmp_path))
    assert {leaf.path for leaf in found if leaf.excluded} == {
        "groups.part.each.from.segment",
        "groups.part.each.as",
        "groups.part/n.title",
        "groups.part/s.title",
    }


def test_a_model_in_itself_adds_nothing_to_the_pattern(tmp_path: Path) -> None:
    community(tmp_path, SMALL, "wechat")
    found = leaves(deployed(tmp_path))
    assert [leaf.path for leaf in found if leaf.pattern == "tiers.*.threshold.metric"] == [
        "tiers.vip.threshold.any.0.all.0.metric",
        "tiers.vip.threshold.any.1.metric",
    ]


@pytest.mark.parametrize("name", [*STORIES, "everything"])
def test_every_leaf_has_a_pattern_of_the_language_and_a_path_of_its_own(tmp_path: Path, name: str) -> None:
    everything(tmp_path, "wechat") if name == "everything" else story(tmp_path, name, "wechat")
    found = leaves(deployed(tmp_path))
    language = set(patterns(CommunityFile))
    assert [leaf for leaf in found if leaf.pattern not in language] == []
    assert len({leaf.path for leaf in found}) == len(found)
    assert [(leaf.path, leaf.value) for leaf in found] == [
        (leaf.path, leaf.value) for leaf in leaves(deployed(tmp_path))
    ]


def test_a_new_field_of_the_language_is_a_new_pattern() -> None:
    class Inner(BaseModel):
        said: str
        nested: list[Inner] = []

    class Outer(BaseModel):
        one: Annotated[int, "a mark"] | None = None
        many: dict[str, tuple[Inner, ...]] = {}

    Inner.model_rebuild(_types_namespace={"Inner": Inner})
    assert patterns(Outer) == ("one", "many.*.*.said")


def test_leaves_grow_as_groups_do(tmp_path: Path) -> None:
    counts = []
    for size in (500, 1000):
        folder = tmp_path / str(size)
        community(folder, SMALL.replace("{segment: area}, as: where", "{csv: t.csv}, key: id"), "wechat")
        rows = "".join(f"k{number},P{number}\n" for number in range(size))
        (folder / "t.csv").write_text("id,where\n" + rows, encoding="utf-8")
        counts.append(len(leaves(deployed(folder))))
    assert counts[1] - counts[0] == 500
