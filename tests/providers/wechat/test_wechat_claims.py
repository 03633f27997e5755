"""Every leaf on WeChat has a claim, and each claim tells the truth about what a change of its leaf does."""

from __future__ import annotations

from pathlib import Path

import pytest

from compile.mutation import mutate
from compile.worlds import STORIES, deployed, story
from groupform.compile.coverage import stray, unclaimed, unlisted
from groupform.compile.leaves import leaves, patterns
from groupform.compile.resource import Compiled
from groupform.config.project import ResolvedDeployment
from groupform.providers.wechat import provider
from groupform.providers.wechat.coverage import TABLE
from groupform_schemas import CommunityFile


def compiled(deployment: ResolvedDeployment) -> Compiled:
    return provider.compile(deployment, refused={})


@pytest.mark.parametrize("name", STORIES)
def test_every_leaf_is_claimed_as_the_table_says(tmp_path: Path, name: str) -> None:
    story(tmp_path, name, "wechat")
    deployment = deployed(tmp_path)
    found, claims = leaves(deployment), compiled(deployment).claims
    assert not unclaimed(found, claims)
    assert not stray(found, claims)
    assert not unlisted(found, claims, TABLE)


def test_every_leaf_of_the_language_is_decided_and_no_row_is_left_over() -> None:
    language = set(patterns(CommunityFile))
    rows = {row.pattern for row in TABLE.rows}
    assert language - rows == set()
    assert rows - language == set()


@pytest.mark.parametrize("name", STORIES)
def test_a_change_of_a_carried_leaf_changes_desired_and_of_no_other(tmp_path: Path, name: str) -> None:
    story(tmp_path, name, "wechat")
    findings = mutate(tmp_path, compiled)
    assert findings.silent == []
    assert findings.loud == []
    assert findings.fixed <= FIXED
    assert findings.tried > 30


FIXED: set[str] = set()
"""Leaves that no other valid word can stand for."""
