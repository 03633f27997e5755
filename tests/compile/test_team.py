"""Who runs a group, and who could come into one: the same answer for every platform."""

from __future__ import annotations

from pathlib import Path

import pytest

from compile.worlds import community, deployed
from groupform.compile.access import STRANGER, Enforced, cells, declared_access, gated, tiers_from
from groupform.compile.resource import Cell, Right
from groupform.compile.team import owners_of, people_of, powers
from groupform.config.project import GroupInstance, ResolvedDeployment
from groupform_schemas import PersonRef

CLUB = """\
community: club
title: Club
tiers: [{key: member, title: Members}, {key: core, title: Core}, {key: vip, title: Vip}]
team:
  owner: {duty: desk}
  roles:
    boss: {people: [lead], may: [manage]}
    host: {people: [host-sh, lead], may: [announce]}
  duty: {desk: {people: [lead, ops]}}
entry: {door: request}
groups:
  hall: {title: Hall, entry: {door: open}}
  news: {title: News, kind: announcement, owner: host-sh}
  lounge: {title: Lounge, tier: core, entry: {door: link}}
  base: {title: Base, tier: member}
"""


@pytest.fixture
def club(tmp_path: Path) -> ResolvedDeployment:
    community(tmp_path, CLUB, "wechat")
    return deployed(tmp_path)


def group(club: ResolvedDeployment, name: str) -> GroupInstance:
    found = club.community.group(name)
    assert found is not None
    return found


def test_owners_come_first_and_may_do_everything(club: ResolvedDeployment) -> None:
    found = powers(club, group(club, "news"))
    assert list(found) == ["host-sh", "lead"]
    assert found["host-sh"].owner and found["lead"].owner
    assert found["host-sh"].may == {"announce", "moderate", "manage"}
    assert found["host-sh"].account == "zhouzhou"


def test_rights_are_the_union_over_roles_and_stay_in_their_group(club: ResolvedDeployment) -> None:
    found = powers(club, group(club, "hall"))
    assert found["lead"].roles == ("boss", "host")
    assert found["host-sh"].may == {"announce"}
    assert not found["host-sh"].owner
    # The duty owns the community by its first person; the second one only takes turns.
    assert "ops" not in found
    assert owners_of(club) == ("lead",)


@pytest.mark.parametrize(
    ("reference", "people"),
    [
        ("lead", ("lead",)),
        ("host", ("host-sh", "lead")),
        ("desk", ("lead", "ops")),
        ("nobody", ()),
        (PersonRef(role="boss"), ("lead",)),
        (PersonRef(duty="desk"), ("lead", "ops")),
        (PersonRef(person="ops"), ("ops",)),
        (PersonRef(role="desk"), ()),
        (PersonRef(duty="boss"), ()),
    ],
)
def test_names_stand_for_people(club: ResolvedDeployment, reference: str | PersonRef, people: tuple[str, ...]) -> None:
    assert tuple(people_of(club, reference)) == people


def test_a_tier_counts_those_above_it(club: ResolvedDeployment) -> None:
    assert tuple(tiers_from(club, "core")) == ("core", "vip")
    assert tuple(tiers_from(club, None)) == ("member", "core", "vip")
    assert [name for name in ("hall", "news", "lounge", "base") if gated(club, group(club, name))] == ["lounge"]


@pytest.mark.parametrize(
    ("name", "enforced"),
    [
        ("hall", Enforced(listed=True, walk_in=True, tiers=("member", "core", "vip"))),
        ("news", Enforced(listed=True, walk_in=False, tiers=("member", "core", "vip"), quiet=True)),
        ("lounge", Enforced(listed=False, walk_in=False, tiers=("core", "vip"))),
        ("base", Enforced(listed=True, walk_in=False, tiers=("member", "core", "vip"))),
    ],
)
def test_tier_and_door_both_apply(club: ResolvedDeployment, name: str, enforced: Enforced) -> None:
    assert declared_access(club, group(club, name)) == enforced


def test_the_cells_of_a_quiet_group(club: ResolvedDeployment) -> None:
    news = group(club, "news")
    found = set(cells(club, news, declared_access(club, news)))
    assert Cell(STRANGER, "news", Right.see) in found
    assert Cell(STRANGER, "news", Right.read) not in found
    assert Cell("tier:vip", "news", Right.read) in found
    assert Cell("tier:vip", "news", Right.post) not in found
    assert Cell("role:host", "news", Right.post) in found
    assert Cell("role:host", "news", Right.manage) not in found
    assert Cell("person:host-sh", "news", Right.manage) in found
