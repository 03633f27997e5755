"""Every sentence: each step of each kind, with no word left open; connections, doctor, mistakes at their line."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from compile.worlds import STORIES, community, deployed, everything, loaded, story
from groupform.config.diagnostics import Refused, Severity
from groupform.engine.plan import Action
from groupform.engine.planning import session_context
from groupform.engine.resource_type import Actor, Verb
from groupform.messages import LANGUAGES, Catalogue
from groupform.providers.wecom import provider
from groupform.providers.wecom.compile import compile_wecom
from groupform.providers.wecom.errcodes import MEANINGS, Kind
from groupform.providers.wecom.types import TYPES
from groupform.state.document import Document
from providers.wecom.wecom_stage import Stage, stage

EXAMPLES = Path(__file__).parents[3] / "examples"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def spoken() -> list[tuple[str, str, str]]:
    """(type, verb or attribute, code) of every step there can be."""
    found: list[tuple[str, str]] = []
    for name, kind in TYPES.items():
        found += [(name, str(verb)) for verb in (Verb.create, Verb.delete) if kind.actor(verb) is Actor.person]
        found += [(name, each) for each in kind.attributes if kind.actor(Verb.update, each) is Actor.person]
    return [(name, what, f"wecom-step-{name}-{what}") for name, what in found]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_step_has_its_sentence_and_says_where(language: str) -> None:
    catalogue = Catalogue(language)
    for _, _, code in spoken():
        assert catalogue.has(code), code
        assert catalogue.hint(code), code


@pytest.mark.parametrize("world", [*STORIES, "everything"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_of_a_step_is_left_open(tmp_path: Path, world: str, language: str) -> None:
    if world == "everything":
        everything(tmp_path, "wecom")
    else:
        story(tmp_path, world, "wecom")
    catalogue = Catalogue(language)
    for resource in compile_wecom(deployed(tmp_path)).resources:
        kind = TYPES[resource.address.type]
        words = {name: str(value) for name, value in resource.attributes.items()}
        words |= {"label": resource.label, "who": resource.who or "", "value": "v", "before": "b", "way_code": "c"}
        for name, what, code in spoken():
            if name != kind.name or (what in kind.attributes and what not in resource.attributes):
                continue
            said = f"{catalogue.text(code, **words)} {catalogue.hint(code, **words)}"
            assert not [each for each in ("{" + word + "}" for word in kind.attributes) if each in said], said
            if kind.actor(Verb.create) is Actor.person:
                assert resource.who, f"somebody has to do {resource.address}"


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"corp_id": "ww0123456789abcdef", "agent_id": "1"}, "wecom-setting-missing"),
        ({"corp_id": "no", "agent_id": "1", "secret": "${env:SECRET}"}, "wecom-setting-corp"),
        ({"corp_id": "ww0123456789abcdef", "agent_id": "one", "secret": "${env:SECRET}"}, "wecom-setting-agent"),
        (
            {"corp_id": "ww0123456789abcdef", "agent_id": "1", "secret": "${env:SECRET}", "proxy": "over there"},
            "wecom-setting-proxy",
        ),
        (
            {"corp_id": "ww0123456789abcdef", "agent_id": "1", "secret": "${env:SECRET}", "corpid": "x"},
            "wecom-setting-unknown",
        ),
        (
            {"corp_id": "ww0123456789abcdef", "agent_id": "1", "secret": "${env:SECRET}", "team_chat": "maybe"},
            "wecom-setting-yes-or-no",
        ),
    ],
)
def test_a_wrong_connection_is_told_at_its_line(tmp_path: Path, settings: dict[str, Any], code: str) -> None:
    words = "".join(f", {key}: '{value}'" for key, value in settings.items())
    community(
        tmp_path,
        "community: club\ntitle: C\nteam: {owner: lead}\nentry: {door: link}\ngroups: {hall: {title: H}}\n",
        "wecom",
        settings=words,
    )
    found = provider.check_connection(loaded(tmp_path, environ={"SECRET": "secret"}).deployments[0].connection)
    assert [each.code for each in found] == [code]
    assert found[0].span is not None
    assert "over there" not in str(dict(found[0].params)), "a proxy's address may hold a password"


def test_an_owner_without_an_account_is_an_error_at_the_line_that_names_them(tmp_path: Path) -> None:
    """Files alone are refused for it before; whoever takes over from somebody who leaves is only known by the day."""
    file = community(
        tmp_path,
        "community: club\ntitle: C\nteam: {owner: lead}\nentry: {door: link}\n"
        "groups:\n  hall: {title: H}\n  desk: {title: D, owner: ops}\n",
        "wecom",
    )
    deployment = replace(deployed(tmp_path), successors={"ops": "heir"})
    found = [each for each in compile_wecom(deployment).diagnostics if each.severity is Severity.error]
    assert [each.code for each in found] == ["wecom-owner-no-account"]
    assert found[0].span is not None and found[0].span.file.endswith(file.name) and found[0].span.line == 7


def test_two_groups_that_nobody_could_tell_apart_are_an_error(tmp_path: Path) -> None:
    community(
        tmp_path,
        "community: club\ntitle: C\nteam: {owner: lead}\nentry: {door: link}\n"
        "groups:\n  hall: {title: 'A  b'}\n  desk: {title: A b}\n",
        "wecom",
    )
    assert "wecom-titles-alike" in {each.code for each in compile_wecom(deployed(tmp_path)).diagnostics}


# doctor


async def doctor(play: Stage) -> dict[str, dict[str, Any]]:
    """What doctor says: code -> params."""
    _, deployment = play.load()
    document = Document(lineage="", deployment=deployment.name, environment=deployment.environment)
    async with play.provider.connect(session_context(deployment, document, play.world())) as session:
        checks = await session.doctor()
    for language in LANGUAGES:
        assert all(Catalogue(language).has(each.code) for each in checks), checks
    return {each.code: {**each.params, "ok": each.ok, "fatal": each.fatal} for each in checks}


@pytest.fixture
def play(tmp_path: Path) -> Stage:
    shutil.copytree(EXAMPLES / "pet-club", tmp_path / "pet-club")
    return stage(tmp_path / "pet-club", "pet-club-wecom")


@pytest.mark.anyio
async def test_doctor_finds_all_well(play: Stage) -> None:
    found = await doctor(play)
    assert all(each["ok"] for each in found.values()), found
    assert "wecom-doctor-rehearsed" in found


@pytest.mark.anyio
async def test_doctor_finds_the_address_that_is_not_allowed_and_says_which(play: Stage) -> None:
    play.rehearsal.person.set_app(addresses=["198.51.100.1"])
    found = await doctor(play)
    assert list(found) == ["wecom-error-address-not-allowed"]
    assert found["wecom-error-address-not-allowed"]["address"] == "203.0.113.7"
    assert found["wecom-error-address-not-allowed"]["fatal"]


@pytest.mark.anyio
async def test_doctor_finds_a_wrong_secret(play: Stage) -> None:
    play.rehearsal.person.set_app(secret="another")
    assert list(await doctor(play)) == ["wecom-error-secret"]


@pytest.mark.anyio
async def test_doctor_finds_the_missing_scope(play: Stage) -> None:
    play.rehearsal.person.set_app(customers=False, service=False)
    found = await doctor(play)
    assert found["wecom-error-permission"]["fatal"] and "wecom-doctor-no-service" in found


@pytest.mark.anyio
async def test_doctor_finds_owners_who_may_not_own_and_those_out_of_sight(play: Stage) -> None:
    play.rehearsal.person.allow_customers("zhouzhou", False)
    play.rehearsal.person.hide("linyi")
    found = await doctor(play)
    assert found["wecom-doctor-no-customer-contact"]["account"] == "zhouzhou"
    assert found["wecom-doctor-unseen"]["account"] == "linyi"


# Errors

SMALL = """\
community: club
title: 宠友
tiers: [{key: member, title: 成员}, {key: vip, title: VIP}]
team: {owner: lead}
entry: {door: contact}
groups:
  lobby: {title: 大厅, topic: 先打个招呼}
"""


@pytest.fixture
async def small(tmp_path: Path) -> Stage:
    """As little as has a tag to make, a group to find, and something that waits for both."""
    settings = ', corp_id: ww0123456789abcdef, agent_id: "1000002", secret: "${env:WECOM_SECRET}"'
    community(tmp_path / "small", SMALL, "wecom", settings=settings)
    return stage(tmp_path / "small", "here")


@pytest.mark.anyio
@pytest.mark.parametrize("code", sorted(MEANINGS))
async def test_each_code_in_a_plan_and_in_an_apply_says_what_to_do(small: Stage, code: int) -> None:
    """Whatever is refused, nothing is said in numbers alone, and nothing is taken for gone that was not proven."""
    small.more = {"max_wait": 1.0}
    small.rehearsal.fail_next("externalcontact/add_corp_tag", code, times=20)
    try:
        report = await small.apply(await small.plan())
        said = [each.reason.code for each in report.failed] or [report.stopped.code if report.stopped else "-"]
    except Refused as refused:
        said = [each.code for each in refused.diagnostics]
    assert "externalcontact/add_corp_tag" in small.asked(0)
    # A token that ends is a new token; everything else is told.
    assert said != ["-"] or MEANINGS[code].kind is Kind.token
    for language in LANGUAGES:
        assert all(Catalogue(language).has(each) for each in said if each != "-"), said
    small.rehearsal._faults.clear()
    await small.clock.sleep(90_000)
    plan = await small.plan()
    assert not [each for each in plan.changes if each.action in (Action.delete, Action.replace)]
