"""Every leaf on WeCom has a claim; tests/compile/test_claims_change.py changes each of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from compile.forms import WORLDS, write
from compile.worlds import deployed, story
from groupform.compile.coverage import stray, unclaimed, unlisted
from groupform.compile.coverage_page import replaced
from groupform.compile.leaves import leaves, patterns
from groupform.compile.resource import Compiled, Outcome
from groupform.config.project import ResolvedDeployment
from groupform.messages import LANGUAGES, Catalogue
from groupform.providers import wecom
from groupform.providers.wecom import provider
from groupform.providers.wecom.coverage import TABLE
from groupform_schemas import CommunityFile


def compiled(deployment: ResolvedDeployment) -> Compiled:
    return provider.compile(deployment, refused={})


@pytest.mark.parametrize("name", WORLDS)
def test_every_leaf_is_claimed_as_the_table_says(tmp_path: Path, name: str) -> None:
    write(tmp_path, name, "wecom")
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


def test_what_is_not_deployed_here_is_said_to_be_excluded(tmp_path: Path) -> None:
    story(tmp_path, "pet-club", "wecom", deployment=", only: [lobby]")
    claims = {claim.path: claim for claim in compiled(deployed(tmp_path)).claims}
    assert claims["groups.city/sh.title"].outcome is Outcome.excluded
    assert claims["groups.vip-lounge.protect"].outcome is Outcome.excluded
    assert claims["groups.lobby.title"].outcome is Outcome.hand_over
    assert claims["groups.lobby.title"].attribute == "title"
    assert claims["team.owner"].outcome is Outcome.native
    # The notice is read back, the questions at the door are not, the tag is written.
    assert claims["groups.lobby.topic"].outcome is Outcome.hand_over
    assert claims["entry.asks.pet.ask"].outcome is Outcome.attest
    assert claims["tiers.vip.title"].outcome is Outcome.native


def test_every_reason_has_its_sentence() -> None:
    reasons = {row.reason for row in TABLE.rows if row.reason is not None}
    for lang in LANGUAGES:
        catalogue = Catalogue(lang)
        assert [reason for reason in reasons if not catalogue.has(reason)] == []


def test_the_readme_shows_the_table_as_it_is() -> None:
    """To bring the page up to date: write what `replaced` gives back into it."""
    page = Path(wecom.__file__).with_name("README.md").read_text(encoding="utf-8")
    assert replaced(page, TABLE, Catalogue("en").text) == page
