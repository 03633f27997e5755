"""What a corp holds is counted over all deployments on it; what is only said never stops a plan."""

from __future__ import annotations

from pathlib import Path

import pytest

from compile.worlds import community, loaded
from groupform.config.diagnostics import Refused, Severity
from groupform.config.project import Project
from groupform.messages import LANGUAGES, Catalogue
from groupform.providers.wecom import provider
from groupform.providers.wecom.limits import LIMITS
from providers.wecom.wecom_stage import Stage, stage

FLEET = """\
community: %(key)s
title: %(key)s
segments: {city: {%(cities)s}}
team: {owner: lead}
entry: {door: invite}
groups:
  shop: {each: {from: {segment: city}, as: city}, title: "{city}"}
welcome: {text: "%(welcome)s"}
"""
PROJECT = """\
groupform: 1
communities: [one.yaml, two.yaml]
people:
  lead: {name: 林一, accounts: {wecom: linyi}}
connections:
  here: {platform: wecom, corp_id: ww0123456789abcdef, agent_id: "1000002", secret: "${env:WECOM_SECRET}"}
  also: {platform: wecom, corp_id: ww0123456789abcdef, agent_id: "1000003", secret: "${env:WECOM_SECRET}"}
  else: {platform: wecom, corp_id: wwffffffffffffffff, agent_id: "1000002", secret: "${env:WECOM_SECRET}"}
deployments:
  first: {community: one, connection: here}
  second: {community: two, connection: %(second)s}
"""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def two(folder: Path, count: int, *, second: str, welcome: str = "{member}, this is {group}.") -> Stage:
    for key in ("one", "two"):
        cities = ", ".join(f"{key}{number}: {key}{number}" for number in range(count))
        words = {"key": key, "cities": cities, "welcome": welcome}
        (folder / f"{key}.yaml").write_text(FLEET % words, encoding="utf-8")
    (folder / "groupform.yaml").write_text(PROJECT % {"second": second}, encoding="utf-8")
    return stage(folder, "first")


@pytest.mark.anyio
async def test_two_deployments_that_each_fit_are_too_much_for_one_corp(tmp_path: Path) -> None:
    play = two(tmp_path, 60, second="also")
    with pytest.raises(Refused) as refused:
        await play.plan()
    [found] = refused.value.diagnostics
    assert (found.code, found.severity) == ("wecom-quota-templates", Severity.error)
    assert dict(found.params) | {"source": ""} == {
        "count": 120,
        "limit": 100,
        "source": "",
        "deployments": "first, second",
    }
    assert found.span is not None, "it points at the deployment"
    assert play.rehearsal.seen == [], "nothing was asked before"


@pytest.mark.anyio
@pytest.mark.parametrize("how", ["another corp", "one text"])
async def test_the_same_is_well_in_two_corps_or_with_one_text(tmp_path: Path, how: str) -> None:
    welcome = "{member}, welcome." if how == "one text" else "{member}, this is {group}."
    play = two(tmp_path, 60, second="else" if how == "another corp" else "also", welcome=welcome)
    plan = await play.plan()
    assert not plan.blocked


@pytest.mark.anyio
async def test_a_number_on_which_sources_disagree_only_advises(tmp_path: Path) -> None:
    play = two(tmp_path, 1600, second="also", welcome="{member}, welcome.")
    plan = await play.plan()
    codes = {each.reason.code: each.blocks for each in plan.guards}
    assert codes["wecom-quota-tags-cautious"] is False
    assert not plan.blocked


def project(folder: Path) -> Project:
    community(folder, FLEET % {"key": "club", "cities": "sh: 上海", "welcome": "hi"}, "wecom")
    return loaded(folder)


def test_every_limit_of_a_corp_has_its_sentence_and_its_source(tmp_path: Path) -> None:
    for key, limit in LIMITS.items():
        assert limit.source and limit.most > 0
        if limit.type is not None:
            assert limit.type in provider.types
            for language in LANGUAGES:
                assert Catalogue(language).has(f"wecom-quota-{key}"), key
    [deployment] = project(tmp_path).deployments
    assert provider.over_limits(deployment, []) == []
