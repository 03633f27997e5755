"""What a renamed group is found at as well: its former addresses of this deployment, less those in use."""

from __future__ import annotations

from pathlib import Path

import pytest

from compile.worlds import community, loaded
from groupform.compile.resource import Outcome
from groupform.config.project import ResolvedDeployment
from groupform.providers.matrix import provider
from groupform.providers.matrix.aliases import TAKEN

_CLUB = """\
community: club
title: Club
tiers: [{key: member, title: Member}]
team: {owner: lead}
entry: {door: link}
groups:
  hall: {title: Hall, previously: [lobby, foyer]}
  desk: {title: Desk}
"""


@pytest.fixture
def deployments(tmp_path: Path) -> tuple[ResolvedDeployment, ...]:
    community(tmp_path, _CLUB, "matrix")
    project = tmp_path / "groupform.yaml"
    project.write_text(project.read_text(encoding="utf-8") + "  there: {community: club, connection: here}\n")
    return tuple(loaded(tmp_path).deployments)


def test_each_deployment_keeps_its_own_former_addresses(deployments: tuple[ResolvedDeployment, ...]) -> None:
    kept = [
        [
            each.attributes.get("also")
            for each in provider.compile(one, refused={}).resources
            if each.address.type == "alias"
        ]
        for one in deployments
    ]
    assert kept == [[["club-lobby", "club-foyer"], None], [["club-there-lobby", "club-there-foyer"], None]]


def test_what_a_stranger_holds_is_a_gap(deployments: tuple[ResolvedDeployment, ...]) -> None:
    compiled = provider.compile(deployments[0], refused={"here/alias.hall": ["also"]})
    found = {(each.path, each.outcome, each.reason) for each in compiled.claims if "previously" in each.path}
    paths = ("groups.hall.previously.0", "groups.hall.previously.1")
    assert found >= {(path, Outcome.gap, TAKEN) for path in paths}
    assert all("also" not in each.attributes for each in compiled.resources)
