"""Lists of bans: rules as events, read back whatever others wrote, and none that hits our own."""

from __future__ import annotations

from typing import Any

import pytest

from groupform.providers.matrix import bans
from groupform_schemas import Ban

US = "@tool:chat.example.org"


def declared(**each: dict[str, str]) -> dict[str, Any]:
    return bans.rules_of({key: Ban.model_validate(value) for key, value in each.items()})


def test_rules_there_and_back() -> None:
    rules = declared(
        spam={"person": "@spam*:*", "reason": "垃圾广告"},
        evil={"server": "*.evil.example"},
        raid={"group": "#raid:x.example"},
    )
    assert rules == {
        "user/spam": {"entity": "@spam*:*", "reason": "垃圾广告"},
        "server/evil": {"entity": "*.evil.example"},
        "room/raid": {"entity": "#raid:x.example"},
    }
    events = {}
    for name, rule in rules.items():
        kind, key, content = bans.event_of(name, rule)
        assert content["recommendation"] == "m.ban"
        events[kind, key] = {"content": content}
    assert bans.to_attribute(events) == rules


def test_a_rule_that_is_taken_out_is_an_empty_event() -> None:
    assert bans.event_of("user/spam", None) == ("m.policy.rule.user", "spam", {})
    assert bans.to_attribute({("m.policy.rule.user", "spam"): {"content": {}}}) == {}


def test_what_others_write_is_read_as_it_is() -> None:
    found = bans.to_attribute(
        {
            ("m.policy.rule.user", "rule:@x:y"): {
                "content": {"entity": "@x:y", "recommendation": "m.ban", "reason": 7}
            },
            ("m.policy.rule.server", "z"): {"content": {"entity": "z", "recommendation": "org.example.warn"}},
            ("m.policy.rule.room", "odd"): {"content": {"entity": ["x"]}},
            ("m.room.name", ""): {"content": {"entity": "x"}},
            ("m.policy.rule.user", "none"): {},
        }
    )
    assert found == {
        "user/rule:@x:y": {"entity": "@x:y", "reason": "7"},
        "server/z": {"entity": "z", "recommendation": "org.example.warn"},
    }


@pytest.mark.parametrize(
    ("ban", "hits"),
    [
        ({"person": "@tool:chat.example.org"}, True),
        ({"person": "@t??l:*"}, True),
        ({"person": "*"}, True),
        ({"person": "@other:chat.example.org"}, False),
        ({"server": "*.example.org"}, True),
        ({"server": "*"}, True),
        ({"server": "example.org"}, False),
        ({"group": "#*:chat.example.org"}, True),
        ({"group": "!*"}, True),
        ({"group": "#raid:chat.example.org"}, False),
        ({"group": "#*:evil.example"}, False),
    ],
    ids=str,
)
def test_none_that_hits_us(ban: dict[str, str], hits: bool) -> None:
    assert (bans.guard_rules(None, declared(one=ban), US) is not None) is hits


def test_what_others_wrote_before_is_not_ours_to_judge() -> None:
    theirs = {"user/theirs": {"entity": "*"}}
    assert bans.guard_rules(theirs, {**theirs, **declared(spam={"person": "@spam:x"})}, US) is None
    assert bans.guard_rules({}, theirs, US) == bans.OWN


def test_whom_of_the_team_a_ban_hits() -> None:
    team = ["@lead:a.example", "@host:b.example"]
    assert list(bans.hit("person", "@*:b.example", team)) == ["@host:b.example"]
    assert list(bans.hit("server", "?.example", team)) == ["a.example", "b.example"]
    assert list(bans.hit("group", "#club-*:a.*", team, ["club-lobby"])) == ["#club-lobby:a.example"]
    assert list(bans.hit("group", "#other:*", team, ["club-lobby"])) == []
