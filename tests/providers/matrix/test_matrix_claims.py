"""Every leaf on Matrix has a claim; tests/compile/test_claims_change.py changes each of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from compile.worlds import STORIES, deployed, everything, story
from groupform.compile.coverage import stray, unclaimed, unlisted
from groupform.compile.coverage_page import replaced
from groupform.compile.leaves import leaves, patterns
from groupform.compile.resource import Compiled, Outcome
from groupform.config.project import ResolvedDeployment
from groupform.messages import Catalogue
from groupform.providers import matrix
from groupform.providers.matrix import provider
from groupform.providers.matrix.coverage import TABLE
from groupform.providers.matrix.types import TYPES
from groupform_schemas import CommunityFile

ALL = (*STORIES, "everything")


def compiled(deployment: ResolvedDeployment) -> Compiled:
    return provider.compile(deployment, refused={})


def world(folder: Path, name: str) -> ResolvedDeployment:
    if name == "everything":
        everything(folder, "matrix")
    else:
        story(folder, name, "matrix")
    return deployed(folder)


@pytest.mark.parametrize("name", ALL)
def test_every_leaf_is_claimed_as_the_table_says(tmp_path: Path, name: str) -> None:
    deployment = world(tmp_path, name)
    found, claims = leaves(deployment), compiled(deployment).claims
    assert not unclaimed(found, claims)
    assert not stray(found, claims)
    assert not unlisted(found, claims, TABLE)


@pytest.mark.parametrize("name", ALL)
def test_a_native_claim_names_an_attribute_that_is_there(tmp_path: Path, name: str) -> None:
    result = compiled(world(tmp_path, name))
    resources = {each.address: each for each in result.resources}
    for claim in result.claims:
        if claim.outcome is Outcome.native:
            assert claim.address in resources, claim
            assert claim.attribute is None or claim.attribute in resources[claim.address].attributes, claim


@pytest.mark.parametrize("name", ALL)
def test_what_is_compiled_is_what_the_types_allow(tmp_path: Path, name: str) -> None:
    result = compiled(world(tmp_path, name))
    addresses = [str(each.address) for each in result.resources]
    assert len(addresses) == len(set(addresses))
    for each in result.resources:
        TYPES[each.address.type].adapter.validate_python(dict(each.attributes))
        assert set(each.attributes) <= set(TYPES[each.address.type].attributes)


def test_every_leaf_of_the_language_is_decided_and_no_row_is_left_over() -> None:
    language = set(patterns(CommunityFile))
    rows = {row.pattern for row in TABLE.rows}
    assert language - rows == set()
    assert rows - language == set()


@pytest.mark.parametrize("lang", ["en", "zh-CN"])
def test_every_reason_has_a_sentence(lang: str) -> None:
    words = Catalogue(lang)
    assert [row.reason for row in TABLE.rows if row.reason is not None and not words.has(row.reason)] == []


def test_the_readme_shows_the_table_as_it_is() -> None:
    """To bring the page up to date: write what `replaced` gives back into it."""
    page = Path(matrix.__file__).with_name("README.md").read_text(encoding="utf-8")
    assert replaced(page, TABLE, Catalogue("en").text) == page
