"""What QQ makes of a community: the way of joining, the code, who could read what; in the words of both languages."""

from __future__ import annotations

import string
from pathlib import Path

import pytest

from compile.worlds import community, deployed, everything
from groupform.compile.resource import Cell, Compiled, Resource, Right
from groupform.config.diagnostics import Severity
from groupform.engine.resource_type import Actor, Verb
from groupform.messages import LANGUAGES, load
from groupform.providers.qq import provider

CLUB = """\
community: club
title: Club
tiers: [{key: member, title: Members}, {key: core, title: Core}]
team: {owner: lead}
entry: {door: %s%s}
groups:
  hall: {title: Hall, capacity: 900}
  core-room: {title: Core room, tier: core, entry: {door: link}}
invitations: {card: {group: hall, source: Desk}}
"""
ASKS = ', asks: {why: {ask: "Why?", answer: text}}'


def compiled(folder: Path) -> Compiled:
    return provider.compile(deployed(folder), refused={})


def one(result: Compiled, short: str) -> Resource:
    [found] = [each for each in result.resources if each.address.short == short]
    return found


@pytest.mark.parametrize(
    ("door", "asks", "policy", "search"),
    [
        ("open", "", "anyone", "on"),
        ("link", "", "anyone", "off"),
        ("request", "", "review", "on"),
        ("request", ASKS, "question", "on"),
        ("contact", ASKS, "nobody", "off"),
        ("invite", "", "nobody", "off"),
        ("paid", "", "nobody", "off"),
    ],
)
def test_the_door_decides_how_people_come_in(tmp_path: Path, door: str, asks: str, policy: str, search: str) -> None:
    community(tmp_path, CLUB % (door, asks), "qq")
    found = one(compiled(tmp_path), "join.hall").attributes
    assert (found["policy"], found["search"]) == (policy, search)
    assert ("admit" in found) == bool(asks)


def test_a_tier_asks_for_approval_whatever_the_door(tmp_path: Path) -> None:
    community(tmp_path, CLUB % ("link", ""), "qq")
    result = compiled(tmp_path)
    found = one(result, "join.core-room").attributes
    assert (found["policy"], found["search"], found["admit"]) == ("review", "off", "✓ Core")
    assert Cell("stranger", "hall", Right.read) in result.access
    assert Cell("stranger", "core-room", Right.read) not in result.access


def test_a_code_stands_beside_the_way_of_joining_and_never_runs_out(tmp_path: Path) -> None:
    community(tmp_path, CLUB % ("request", ""), "qq")
    assert one(compiled(tmp_path), "qr.hall").attributes == {"places": "Desk"}
    assert provider.types["qr"].valid_for is None


def test_hearsay_advises_and_can_be_corrected(tmp_path: Path) -> None:
    community(tmp_path, CLUB % ("link", ""), "qq")
    (warning,) = compiled(tmp_path).diagnostics
    assert (warning.code, warning.severity) == ("qq-capacity-high", Severity.warning)
    community(tmp_path, CLUB % ("link", ""), "qq", settings=", max_members: 2000")
    assert compiled(tmp_path).diagnostics == ()
    assert [each.people for each in provider.thresholds(deployed(tmp_path).connection)] == [2000]
    community(tmp_path, CLUB % ("link", ""), "qq", settings=", qr_members: 200")
    (wrong,) = provider.check_connection(deployed(tmp_path).connection)
    assert wrong.code == "qq-setting-unknown"


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_step_has_its_sentence_and_its_words(tmp_path: Path, language: str) -> None:
    everything(tmp_path, "qq")
    known = load(language)
    shown = compiled(tmp_path).resources
    for kind in provider.types.values():
        verbs = ["create", *kind.attributes]
        if kind.actor(Verb.delete) is Actor.person:
            verbs.append("delete")
        offered = {"label", "who", "value", "before", *kind.attributes}
        for verb in verbs:
            entry = known[f"qq-step-{kind.name}-{verb}"]
            for sentence in entry.values():
                used = {name for _, name, _, _ in string.Formatter().parse(sentence) if name}
                assert used <= offered, f"{kind.name}-{verb}"
    assert {each.address.type for each in shown} == set(provider.types)
