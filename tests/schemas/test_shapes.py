"""What is wrong is found at its own key, all of it at once, and in words of the language."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from groupform_schemas import CommunityFile, Finding, ProjectFile, findings


def found(data: Any, model: type[BaseModel] = CommunityFile) -> list[Finding]:
    with pytest.raises(ValidationError) as raised:
        model.model_validate(data)
    return list(findings(raised.value, model))


def places(data: Any, model: type[BaseModel] = CommunityFile) -> list[tuple[str, str]]:
    return [("/".join(map(str, each.loc)), each.code) for each in found(data, model)]


def item(**changes: Any) -> dict[str, Any]:
    """A calendar with one thing on it."""
    shown = {"title": "t", "kind": "article", "when": {"weekly": ["wed"], "at": "20:00"}, "to": ["lobby"]} | changes
    return {"calendar": {"tips": shown}}


def poll(**values: Any) -> dict[str, Any]:
    return item(post={"poll": {"question": "Which?", "options": ["a", "b"], **values}})


WRONG: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
    # when
    (item(when={}), [("calendar/tips/when", "one-of-missing")]),
    (
        item(when={"weekly": ["wed"], "daily": "true", "at": "20:00"}),
        [("calendar/tips/when/daily", "one-of-clash")],
    ),
    (item(when={"weekly": ["wed"]}), [("calendar/tips/when/weekly", "needs-key")]),
    (item(when={"weekly": [], "at": "20:00"}), [("calendar/tips/when/weekly", "list-empty")]),
    (item(when={"weekly": ["wed", "xyz"], "at": "20:00"}), [("calendar/tips/when/weekly/1", "not-a-weekday")]),
    (item(when={"weekly": "wed", "at": "20:00"}), [("calendar/tips/when/weekly", "not-a-list")]),
    (
        item(when={"weekly": ["wed"], "at": "20:00", "wait": "3d", "offset": "-1d"}),
        [("calendar/tips/when/offset", "key-without"), ("calendar/tips/when/wait", "key-without")],
    ),
    (
        item(when={"holiday": "CN/spring-festival", "at": "10:00", "skip": {"holidays": "CN"}}),
        [("calendar/tips/when/skip", "key-without")],
    ),
    (item(when="20:00"), [("calendar/tips/when", "not-a-mapping")]),
    (item(when=None), [("calendar/tips/when", "value-empty")]),
    # post
    (item(post={"text": "a", "file": "b.md"}), [("calendar/tips/post/file", "one-of-clash")]),
    (item(post={}), [("calendar/tips/post", "some-of-missing")]),
    (item(post={"pin": "3d"}), [("calendar/tips/post", "some-of-missing")]),
    (
        item(post={"txt": "a"}),
        [("calendar/tips/post", "some-of-missing"), ("calendar/tips/post/txt", "key-unknown-close")],
    ),
    (item(post={"attach": []}), [("calendar/tips/post/attach", "list-empty")]),
    (item(post={"attach": ["a.png", "a.png"]}), [("calendar/tips/post/attach/1", "attached-twice")]),
    (item(post={"attach": "a.png"}), [("calendar/tips/post/attach", "not-a-list")]),
    (item(post={"text": "a", "pin": "0d"}), [("calendar/tips/post/pin", "pin-no-time")]),
    (item(post={"text": "a", "pin": "soon"}), [("calendar/tips/post/pin", "not-a-duration")]),
    (item(post={"text": "a", "pin": ["3d"]}), [("calendar/tips/post/pin", "shape-unknown")]),
    (item(post={"text": "a", "mentions": "everybody"}), [("calendar/tips/post/mentions", "not-a-choice-close")]),
    (poll(options=["a"]), [("calendar/tips/post/poll/options", "poll-options")]),
    (poll(options=[str(each) for each in range(21)]), [("calendar/tips/post/poll/options", "poll-options")]),
    (poll(options=["a", "b", "a"]), [("calendar/tips/post/poll/options/2", "poll-option-twice")]),
    (poll(choose="3"), [("calendar/tips/post/poll/choose", "poll-choose")]),
    (poll(choose="0"), [("calendar/tips/post/poll/choose", "number-too-small")]),
    (poll(results="never"), [("calendar/tips/post/poll/results", "not-a-choice")]),
    (item(post={"card": {"title": "a"}}), [("calendar/tips/post/card", "key-missing")]),
    (item(post={"card": {"title": "a", "link": "shop"}}), [("calendar/tips/post/card/link", "not-a-url")]),
    # runs
    ({"runs": "stnding"}, [("runs", "not-a-choice-close")]),
    ({"runs": ["standing"]}, [("runs", "shape-unknown")]),
    ({"runs": None}, [("runs", "value-empty")]),
    ({"runs": {"from": "2026-12-05", "then": "dissolve"}}, [("runs", "key-missing")]),
    (
        {"runs": {"from": "2026-12-05", "until": "2026-12-01", "then": "explode"}},
        [("runs/then", "not-a-choice")],
    ),
    (
        {"runs": {"from": "2026-12-05", "until": "2026-12-01", "then": "archive"}},
        [("runs/until", "closes-before-opens")],
    ),
    (
        {"runs": {"every": {"weekly": ["sat"], "at": "18:00"}, "lasts": "long", "then": "dissolve"}},
        [("runs/lasts", "not-a-duration")],
    ),
    (
        {"runs": {"every": {"after": "run_started"}, "lasts": "4h", "then": "dissolve"}},
        [("runs/every/after", "run-after-event")],
    ),
    # notice
    ({"notice": {"parts": ["topic"], "file": "a.md"}}, [("notice/file", "one-of-clash")]),
    ({"notice": {"parts": ["topc"]}}, [("notice/parts/0", "not-a-choice-close")]),
    ({"notice": "hello"}, [("notice", "not-a-mapping")]),
    # thresholds
    (
        {"tiers": [{"key": "a", "title": "A", "threshold": {"any": [{"all": [{"metric": "posts"}]}]}}]},
        [("tiers/0/threshold/any/0/all/0", "one-of-missing")],
    ),
    (
        {"tiers": [{"key": "a", "title": "A", "threshold": {"all": [{"metric": "posts", "at_least": "many"}]}}]},
        [("tiers/0/threshold/all/0/at_least", "not-an-amount")],
    ),
    (
        {"tiers": [{"key": "a", "title": "A", "threshold": {"all": [{"proof": "card"}]}}]},
        [("tiers/0/threshold/all/0", "key-missing")],
    ),
    (
        {"tiers": [{"key": "a", "title": "A", "threshold": {"all": [{"proof": "card", "judge": "host", "x": "y"}]}}]},
        [("tiers/0/threshold/all/0/x", "key-unknown")],
    ),
    ({"tiers": [{"key": "a", "title": "A", "threshold": "90"}]}, [("tiers/0/threshold", "shape-unknown")]),
    ({"tiers": [{"key": "a", "title": "A", "threshold": {"all": []}}]}, [("tiers/0/threshold/all", "list-empty")]),
    (
        {"tiers": [{"key": "a", "title": "A"}, {"key": "a", "title": "B"}]},
        [("tiers/1/key", "tier-key-twice")],
    ),
    ({"tiers": {"key": "a", "title": "A"}}, [("tiers", "not-a-list")]),
    # each
    (
        {"groups": {"store": {"title": "{store}", "each": {"from": {"csv": "s.csv"}}}}},
        [("groups/store/each/from", "needs-key")],
    ),
    (
        {"groups": {"city": {"title": "c", "each": {"from": {"segment": "region"}, "key": "id"}}}},
        [("groups/city/each/key", "key-without")],
    ),
    (
        {"groups": {"city": {"title": "c", "each": {"from": {"sgment": "region"}}}}},
        [("groups/city/each/from", "shape-unknown")],
    ),
    (
        {"groups": {"city": {"title": "c", "each": {"from": {"segment": "region", "csv": "a.csv"}}}}},
        [("groups/city/each/from/csv", "one-of-clash")],
    ),
    # groups
    ({"groups": {}}, [("groups", "list-empty")]),
    ({"groups": {"lobby": None}}, [("groups/lobby", "value-empty")]),
    ({"groups": {"Lobby": {"title": "a"}}}, [("groups/Lobby", "not-a-key")]),
    ({"groups": {"lobby": {"title": "a", "tier": None}}}, [("groups/lobby/tier", "value-empty")]),
    (
        {"groups": {"lobby": {"title": "a", "kind": "froum", "default": "maybe", "capacity": "0"}}},
        [
            ("groups/lobby/kind", "not-a-choice-close"),
            ("groups/lobby/default", "not-yes-or-no"),
            ("groups/lobby/capacity", "number-too-small"),
        ],
    ),
    (
        {"groups": {"lobby": {"title": "a", "capacity": "100", "series": {"next_at": "180", "title": "b"}}}},
        [("groups/lobby/series/next_at", "series-after-capacity")],
    ),
    # people
    ({"team": {"owner": {"role": "a", "duty": "b"}}}, [("team/owner/duty", "one-of-clash")]),
    ({"team": {"owner": {"name": "a"}}}, [("team/owner", "one-of-missing"), ("team/owner/name", "key-unknown")]),
    ({"team": {"owner": "Lin Yi"}}, [("team/owner", "not-a-key")]),
    ({"team": {"owner": ["lead"]}}, [("team/owner", "not-a-scalar")]),
    ({"team": {"owner": None}}, [("team/owner", "value-empty")]),
    (
        {
            "team": {
                "owner": "a",
                "duty": {"desk": {"people": ["a"], "hours": {"mon-fri": "09:00-18:00", "fri": "09:00-12:00"}}},
            }
        },
        [("team/duty/desk/hours/fri", "hours-overlap")],
    ),
    (
        {"team": {"owner": "a", "duty": {"desk": {"people": ["a"], "hours": {"mo-fri": "09:00-18:00"}}}}},
        [("team/duty/desk/hours/mo-fri", "not-a-weekday")],
    ),
    # entry
    ({"entry": {"doors": "open"}}, [("entry", "key-missing"), ("entry/doors", "key-unknown-close")]),
    (
        {"entry": {"door": "request", "asks": {"pet": {"ask": "q", "answer": "choice"}}}},
        [("entry/asks/pet/answer", "needs-key")],
    ),
    (
        {"entry": {"door": "request", "asks": {"pet": {"ask": "q", "answer": "text", "choices": {"segment": "s"}}}}},
        [("entry/asks/pet/choices", "key-without")],
    ),
    # rules
    (
        {
            "rules": {
                "r": {
                    "title": "t",
                    "text": "x",
                    "ladder": [{"strike": "2", "do": "warn"}, {"strike": "1", "do": "remind"}],
                }
            }
        },
        [("rules/r/ladder/1/strike", "ladder-strike-order"), ("rules/r/ladder/1/do", "ladder-goes-down")],
    ),
    (
        {"rules": {"r": {"title": "t", "text": "x", "ladder": [{"strike": "1", "do": "warn", "for": "1d"}]}}},
        [("rules/r/ladder/0/for", "key-without")],
    ),
    (
        {"rules": {"r": {"title": "t", "text": "x", "reward": [{"do": "promote"}, {"do": "pin", "to": "core"}]}}},
        [("rules/r/reward/0/do", "needs-key"), ("rules/r/reward/1/to", "key-without")],
    ),
    # moderation
    ({"moderation": {}}, [("moderation", "one-of-missing")]),
    ({"moderation": {"in": "lobby"}}, [("moderation", "one-of-missing")]),
    ({"moderation": {"servers": {}}}, [("moderation/servers", "one-of-missing")]),
    ({"moderation": {"servers": {"allow": []}}}, [("moderation/servers/allow", "list-empty")]),
    ({"moderation": {"servers": {"deny": ["a.example", "**"]}}}, [("moderation/servers/deny/1", "servers-all-denied")]),
    (
        {"moderation": {"servers": {"allow": ["a.example"], "deny": ["A.example"]}}},
        [("moderation/servers/deny/0", "server-allowed-and-denied")],
    ),
    (
        {"moderation": {"servers": {"deny": ["evil.example:8448", "[::1]:8448", "https://evil.example"]}}},
        [
            ("moderation/servers/deny/0", "server-with-port"),
            ("moderation/servers/deny/1", "server-with-port"),
            ("moderation/servers/deny/2", "not-a-server"),
        ],
    ),
    ({"moderation": {"bans": {"spam": {"reason": "x"}}}}, [("moderation/bans/spam", "one-of-missing")]),
    (
        {"moderation": {"bans": {"spam": {"person": "@a:b", "server": "b"}}}},
        [("moderation/bans/spam/server", "one-of-clash")],
    ),
    ({"moderation": {"bans": {"spam": {"person": "two words"}}}}, [("moderation/bans/spam/person", "not-a-glob")]),
    ({"encrypted": "maybe"}, [("encrypted", "not-yes-or-no")]),
    # texts, numbers, windows, checks
    (
        {"welcome": {"text": "hi", "variants": [{"when": {}, "text": "x"}]}},
        [("welcome/variants/0/when", "one-of-missing")],
    ),
    ({"replies": {"r": {"answer": "yes"}}}, [("replies/r", "asked-never")]),
    (
        {"health": [{"metric": "m", "per": "group", "below": "5%", "at_least": "1%"}]},
        [("health/0/below", "one-of-clash")],
    ),
    ({"health": [{"metric": "m", "per": "group", "between": ["1", "2", "3"]}]}, [("health/0/between", "between-two")]),
    ({"health": [{"metric": "m", "per": "group", "between": ["2", "1"]}]}, [("health/0/between", "between-order")]),
    ({"health": [{"metric": "m", "per": "group", "between": ["2", "1%"]}]}, [("health/0/between", "between-kinds")]),
    (
        {
            "invitations": {
                "i": {"group": "lobby", "source": "s", "valid": {"from": "2026-12-31", "until": "2026-12-01"}}
            }
        },
        [("invitations/i/valid/until", "closes-before-opens")],
    ),
    ({"sending": {"missed": {"within": "soon"}}}, [("sending/missed/within", "not-a-duration")]),
    ({"sending": {"missed": "sned"}}, [("sending/missed", "not-a-choice-close")]),
    (
        {"sending": {"confirm": {"remind_after": "2h", "cancel_after": "10m"}}},
        [("sending/confirm/cancel_after", "confirm-order")],
    ),
    ({"metrics": {"m": {"from": "platfrom"}}}, [("metrics/m/from", "not-a-choice-close")]),
    ({"metrics": {"m": {"from": {"csv": "a.csv"}}}}, [("metrics/m/from", "key-missing")]),
    (
        {"checks": [{"who": {"below": "vip"}, "can": "read", "cannot": "read", "in": "lobby"}]},
        [("checks/0/cannot", "one-of-clash")],
    ),
    ({"\x1b[2J": "x"}, [("\x1b[2J", "control-character")]),
    ({"timezone": "Beijing"}, [("timezone", "not-a-time-zone")]),
]


@pytest.mark.parametrize(("changes", "expected"), WRONG, ids=lambda value: ascii(value)[:60])
def test_each_mistake_lands_on_its_key(
    minimal: dict[str, Any], changes: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert places(minimal | changes) == expected


def test_the_smallest_community_is_enough(minimal: dict[str, Any]) -> None:
    assert CommunityFile.model_validate(minimal).groups["lobby"].title == "Lobby"


def test_times_of_day_need_a_time_zone(minimal: dict[str, Any]) -> None:
    del minimal["timezone"]
    CommunityFile.model_validate(minimal)
    assert places(minimal | item()) == [("calendar", "needs-key")]


def test_all_mistakes_are_reported_at_once() -> None:
    data = {
        "community": "Club",
        "titel": "Club",
        "team": {"owner": "lead", "roles": {"admin": {"may": ["rule"]}}},
        "entry": {"door": "opne"},
        "groups": {"lobby": {"topic": ""}},
        "notice": {},
    }
    assert sorted(places(data)) == [
        ("", "key-missing"),
        ("community", "not-a-key"),
        ("entry/door", "not-a-choice-close"),
        ("groups/lobby", "key-missing"),
        ("groups/lobby/topic", "text-empty"),
        ("notice", "one-of-missing"),
        ("team/roles/admin/may/0", "not-a-choice"),
        ("titel", "key-unknown-close"),
    ]


@pytest.mark.parametrize(
    ("changes", "suggestion"),
    [
        ({"grups": {}}, "groups"),
        ({"tiers": [{"key": "a", "title": "A", "treshold": {}}]}, "threshold"),
        ({"calendar": {"a": {"when": {"wekly": ["wed"]}}}}, "weekly"),
        ({"runs": {"every": {"daily": "yes", "at": "1:00"}, "last": "1h"}}, "lasts"),
        ({"tiers": [{"key": "a", "title": "A", "threshold": {"all": [{"metric": "m", "atleast": "1"}]}}]}, "at_least"),
        ({"groups": {"a": {"title": "a", "each": {"form": {"segment": "s"}}}}}, "from"),
    ],
)
def test_an_unknown_key_gets_a_suggestion(minimal: dict[str, Any], changes: dict[str, Any], suggestion: str) -> None:
    unknown = [each for each in found(minimal | changes) if each.code == "key-unknown-close"]
    assert [each.params["suggestion"] for each in unknown] == [suggestion]
    assert unknown[0].at_key


PROJECT = {"groupform": "1", "communities": ["communities/*.yaml"]}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"groupform": "2"}, [("groupform", "language-version")]),
        ({"communities": []}, [("communities", "list-empty")]),
        ({"communities": "communities/*.yaml"}, [("communities", "not-a-list")]),
        ({"people": {"csv": "people.csv"}}, [("people", "key-missing")]),
        (
            {"people": {"lead": {"nmae": "x"}}},
            [("people/lead", "key-missing"), ("people/lead/nmae", "key-unknown-close")],
        ),
        ({"people": {"lead": "林一"}}, [("people/lead", "not-a-mapping")]),
        ({"people": "people.csv"}, [("people", "shape-unknown")]),
        ({"connections": {"home": {"homeserver": "x"}}}, [("connections/home", "key-missing")]),
        (
            {"connections": {"home": {"platform": "matrix", "token": ["x"]}}},
            [("connections/home/token", "not-a-scalar")],
        ),
        ({"state": {"backend": "loacl"}}, [("state/backend", "not-a-choice-close")]),
        ({"guards": {"members": {"share": "5"}}}, [("guards/members/share", "not-a-percentage")]),
        ({"guards": {"delete": {"groups": "-1"}}}, [("guards/delete/groups", "number-too-small")]),
        (
            {"deployments": {"a": {"community": "c", "connection": "h", "only": []}}},
            [("deployments/a/only", "list-empty")],
        ),
        ({"environments": {"Staging": {}}}, [("environments/Staging", "not-a-key")]),
    ],
    ids=lambda value: ascii(value)[:60],
)
def test_mistakes_in_a_project_land_on_their_keys(changes: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert places(PROJECT | changes, ProjectFile) == expected


def test_a_person_may_be_called_csv() -> None:
    project = ProjectFile.model_validate(PROJECT | {"people": {"csv": {"name": "C. S. V."}}})
    assert isinstance(project.people, dict) and project.people["csv"].name == "C. S. V."


def test_a_project_without_guards_is_guarded() -> None:
    guards = ProjectFile.model_validate(PROJECT).guards
    assert (guards.delete.groups, guards.delete.others, guards.members.count) == (0, 10, 50)
    assert str(guards.members.share) == "5%" and guards.on_gap == "warn"


def test_a_connection_keeps_what_belongs_to_its_platform() -> None:
    data = {"connections": {"home": {"platform": "matrix", "homeserver": "http://x", "proxy": ""}}}
    connection = ProjectFile.model_validate(PROJECT | data).connections["home"]
    assert connection.model_extra == {"homeserver": "http://x", "proxy": ""}


@pytest.mark.parametrize("data", [None, "text", [], [{}], "1"])
def test_a_file_that_is_no_mapping_is_told_so(data: Any) -> None:
    for model in (CommunityFile, ProjectFile):
        (one,) = found(data, model)
        assert one.loc == () and one.code in {"not-a-mapping", "value-empty"}


def test_conditions_may_stand_in_one_another_to_any_readable_depth(minimal: dict[str, Any]) -> None:
    threshold: dict[str, Any] = {"metric": "posts", "at_least": "many"}
    for _ in range(40):
        threshold = {"all": [threshold]}
    tiers = {"tiers": [{"key": "a", "title": "A", "threshold": threshold}]}
    (one,) = found(minimal | tiers)
    assert one.code == "not-an-amount" and one.loc[-1] == "at_least" and one.loc.count("all") == 40


def test_models_cannot_be_changed(minimal: dict[str, Any]) -> None:
    made = CommunityFile.model_validate(minimal)
    with pytest.raises(ValidationError):
        made.title = "other"  # type: ignore[misc]
