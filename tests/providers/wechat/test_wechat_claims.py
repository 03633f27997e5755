"""Every leaf on WeChat has a claim, and each claim tells the truth about what a change of its leaf does."""

from __future__ import annotations

from pathlib import Path

import pytest

from compile.mutation import mutate
from compile.worlds import STORIES, community, deployed, everything, story
from groupform.compile.coverage import stray, unclaimed, unlisted
from groupform.compile.coverage_page import replaced
from groupform.compile.leaves import leaves, patterns
from groupform.compile.resource import Compiled, Outcome
from groupform.config.project import ResolvedDeployment
from groupform.messages import LANGUAGES, Catalogue
from groupform.providers import wechat
from groupform.providers.wechat import provider
from groupform.providers.wechat.coverage import TABLE
from groupform_schemas import CommunityFile

SMALL = """\
community: club
title: Club
%(more)s
entry: {door: link}
groups:
  hall: {title: Hall, topic: Talk, owner: %(owner)s}
  drop: {each: {from: {run: 2}}, title: "Drop {run}"}
rules: {one: {title: One, text: Be one.}}
"""
TEAM = (
    "team: {owner: %s, roles: {host: {people: [host-sh], may: [moderate]}, aide: {people: [ops], may: [announce]}}, "
    "duty: {desk: {people: [ops]}, tower: {people: [lead, ops]}}}"
)
RUNS = "runs: {every: {%s, at: '18:00'}, lasts: 4h, then: dissolve}\ntimezone: Asia/Shanghai"
FORMS = {
    "a person by name": (TEAM % "{person: lead}", RUNS % "daily: yes", "{person: ops}"),
    "a duty": (TEAM % "{duty: desk}", RUNS % "monthly: [3, -1]", "{duty: desk}"),
    "a role": (TEAM % "host", RUNS % "dates: [2026-12-08, 2026-12-10]", "{role: host}"),
    "a notice from a file": (TEAM % "lead", RUNS % "weekly: [fri]" + "\nnotice: {file: wall.md}", "ops"),
    "a topic alone": (TEAM % "lead", RUNS % "weekly: [mon-wed]" + "\nnotice: {parts: [topic]}", "ops"),
}
"""Ways of writing that stand in none of the stories, as the lines before `entry` and the owner of a group."""
FIXED = {
    # Identity: another word is another thing, or names nothing.
    *("community", "tiers.*.key", "groups.*.each.key", "groups.*.each.as", "groups.*.each.from.segment"),
    # Files that would have to be there under another name, and columns in them.
    *("avatar", "groups.*.avatar", "notice.file", "groups.*.each.from.csv", "metrics.*.from.csv"),
    *("metrics.*.from.member", "calendar.*.post.file", "calendar_from"),
    *("calendar.*.post.attach.*", "calendar.*.post.card.picture", "calendar.*.post.mentions", "calendar.*.approve.duty"),
    *("welcome.attachments.*.link.image", "welcome.variants.*.attachments.*.link.image"),
    # Only one word of its kind is there, or the language leaves no other choice beside its neighbours.
    *("runs", "metrics.*.from", "metrics.*.count", "tiers.*.threshold.metric", "health.*.metric"),
    *("entry.asks.*.answer", "tiers.*.entry.asks.*.answer", "journeys.*.contact.duty", "journeys.*.funnel.*"),
    *("journeys.*.join.by", "journeys.*.join.group", "invitations.*.group", "calendar.*.to.*"),
    *("calendar.*.when.after", "calendar.*.when.lunar.*", "calendar.*.when.rrule", "calendar.*.by.duty"),
    *("compliance.checklists.*.when.daily", "replies.*.hand_to.duty", "welcome.variants.*.when.group.*"),
    *("rules.*.detect.allow_links.*", "rules.*.ladder.*.do", "rules.*.ladder.*.strike", "rules.*.reward.*.do"),
    *("team.owner.duty", "team.owner.person", "runs.every.daily", "groups.*.each.from.run"),
}
"""Leaves of which some stand where no other valid word can."""


SOMETIMES = {"runs.every.at", "runs.lasts", "runs.until"}
"""Which run is the next one depends on them only while one begins or ends."""


def compiled(deployment: ResolvedDeployment) -> Compiled:
    return provider.compile(deployment, refused={})


WORLDS = (*STORIES, "everything", *FORMS)


def write(folder: Path, name: str) -> None:
    if name in FORMS:
        team, more, owner = FORMS[name]
        community(folder, SMALL % {"more": f"{team}\n{more}", "owner": owner}, "wechat")
        (folder / "wall.md").write_text("# Wall\n", encoding="utf-8")
    elif name == "everything":
        everything(folder, "wechat")
    else:
        story(folder, name, "wechat")


@pytest.mark.parametrize("name", WORLDS)
def test_every_leaf_is_claimed_as_the_table_says(tmp_path: Path, name: str) -> None:
    write(tmp_path, name)
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


@pytest.mark.parametrize("name", WORLDS)
def test_a_change_of_a_carried_leaf_changes_desired_and_of_no_other(tmp_path: Path, name: str) -> None:
    write(tmp_path, name)
    findings = mutate(tmp_path, compiled, sometimes=SOMETIMES)
    assert findings.silent == []
    assert findings.loud == []
    assert findings.fixed <= FIXED
    assert findings.tried > 10


def test_what_is_not_deployed_here_is_said_to_be_excluded(tmp_path: Path) -> None:
    story(tmp_path, "pet-club", "wechat", deployment=", only: [lobby]")
    claims = {claim.path: claim for claim in compiled(deployed(tmp_path)).claims}
    assert claims["groups.city/sh.title"].outcome is Outcome.excluded
    assert claims["groups.vip-lounge.protect"].outcome is Outcome.excluded
    assert claims["groups.lobby.title"].outcome is Outcome.attest
    # Only the lounge would have admitted by tier: what is left of the tier's title is a gap.
    assert claims["tiers.vip.title"].outcome is Outcome.gap


def test_every_reason_has_its_sentence() -> None:
    reasons = {row.reason for row in TABLE.rows if row.reason is not None}
    for lang in LANGUAGES:
        catalogue = Catalogue(lang)
        assert [reason for reason in reasons if not catalogue.has(reason)] == []


def test_the_readme_shows_the_table_as_it_is() -> None:
    """To bring the page up to date: write what `replaced` gives back into it."""
    page = Path(wechat.__file__).with_name("README.md").read_text(encoding="utf-8")
    assert replaced(page, TABLE, Catalogue("en").text) == page
