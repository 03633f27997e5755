"""What is found in a calendar before it is merged."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from calendar_rig import GROUPS, HEAD, NOW, PROJECT, at, project
from groupform.calendar.lint import lint
from groupform.config.diagnostics import Diagnostic, Severity
from groupform.engine.post_limits import PostLimits

HALL = "groups: {lobby: {title: 大厅}}\n"
TWO = PROJECT.replace(
    "  club-chat: {community: club, connection: chat}\n",
    "  club-chat: {community: club, connection: chat}\n  club-too: {community: club, connection: same}\n",
).replace("  chat: {platform: wechat}\n", "  chat: {platform: wechat}\n  same: {platform: wechat, directory: wechat}\n")


def _size(file: Path) -> int | None:
    return file.stat().st_size if file.is_file() else None


def linted(
    folder: Path, calendar: str, limits: Mapping[str, PostLimits] | None = None, *, head: str = HALL, **more: object
) -> list[Diagnostic]:
    return lint(project(folder, HEAD + head + calendar, **more), limits or {}, NOW, size=_size)


def codes(found: list[Diagnostic]) -> list[str]:
    return [each.code for each in found]


def one(when: str, post: str = "{text: 好}") -> str:
    return f"calendar:\n  tip: {{title: 提示, kind: article, when: {when}, to: [lobby], post: {post}}}\n"


@pytest.mark.parametrize(
    ("when", "code"),
    [
        ("{holiday: CN/spring-festivl, at: '9:00'}", "calendar-holiday-unknown-close"),
        ("{holiday: CN/zzzzqqq, at: '9:00'}", "calendar-holiday-unknown"),
        ("{holiday: QQ/new-year, at: '9:00'}", "calendar-country-unknown"),
        ("{daily: yes, at: '9:00', skip: {holidays: QQ}}", "calendar-country-unknown"),
        ("{rrule: FREQ=WEEKLY;BYDAY=XX}", "calendar-rule-broken"),
        ("{rrule: FREQ=DAILY;INTERVAL=0}", "calendar-rule-broken"),
        ("{rrule: FREQ=MINUTELY}", "calendar-rule-too-often"),
        ("{rrule: FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30}", "calendar-rule-never"),
    ],
)
def test_times_that_cannot_be_meant_are_errors_at_their_place(tmp_path: Path, when: str, code: str) -> None:
    (found,) = linted(tmp_path, one(when))
    assert (found.code, found.severity) == (code, Severity.error)
    assert found.span is not None and found.span.line == 9


@pytest.mark.parametrize(
    "when",
    [
        "{dates: [2026-11-01, 2026-11-30], at: '9:00'}",
        "{rrule: FREQ=DAILY;UNTIL=20261101, at: '9:00'}",
    ],
)
def test_what_is_over(tmp_path: Path, when: str) -> None:
    assert codes(linted(tmp_path, one(when))) == ["calendar-over"]


def test_what_comes_again_is_not_over(tmp_path: Path) -> None:
    assert linted(tmp_path, one("{dates: [2026-11-01, 2028-11-30], at: '9:00'}")) == []
    assert linted(tmp_path, one("{lunar: 12-30, at: '9:00'}")) == []


def test_a_run_that_never_comes(tmp_path: Path) -> None:
    past = HALL + "runs: {from: 2026-10-01, until: 2026-10-05, then: archive}\n"
    assert codes(linted(tmp_path, one("{after: run_started, wait: 1h}"), head=past)) == ["calendar-over"]


def test_too_close_once_for_each_pair_and_also_behind_quiet_hours(tmp_path: Path) -> None:
    calendar = """\
calendar:
  a: {title: 甲, kind: article, when: {weekly: [wed], at: "09:00"}, to: [city], post: {text: 甲}}
  b: {title: 乙, kind: article, when: {daily: yes, at: "09:09"}, to: [city, lobby], post: {text: 乙}}
  c: {title: 丙, kind: article, when: {daily: yes, at: "09:19"}, to: [lobby], post: {text: 丙}}
  d: {title: 丁, kind: live, when: {daily: yes, at: "09:19"}, to: [lobby]}
"""
    (found,) = linted(tmp_path, calendar, head=GROUPS)
    assert found.code == "calendar-too-close"
    assert found.params["key"] == "b" and found.params["other"] == "a" and found.params["group"] == "city/sh"
    quiet = """\
calendar:
  a: {title: 甲, kind: article, when: {daily: yes, at: "23:00"}, to: [lobby], post: {text: 甲}}
  b: {title: 乙, kind: article, when: {daily: yes, at: "08:05"}, to: [lobby], post: {text: 乙}}
sending: {quiet_hours: "22:00-08:00"}
"""
    assert codes(linted(tmp_path, quiet)) == ["calendar-too-close", "calendar-in-quiet-hours"]


def test_more_than_the_community_wants(tmp_path: Path) -> None:
    health = "health: [{metric: messages, per: group, within: 1d, below: 3}]\n"
    three = "{rrule: 'FREQ=DAILY;BYHOUR=9,12,15'}"
    assert codes(linted(tmp_path, one(three) + health)) == ["calendar-busy-day"]
    assert linted(tmp_path, one(three) + health.replace("3}", "4}")) == []


def test_a_platforms_quota_for_a_group_and_for_an_account_over_all_its_deployments(tmp_path: Path) -> None:
    limits = PostLimits("somewhere", a_day_in_a_group=1)
    twice = one("{rrule: 'FREQ=DAILY;BYHOUR=9,12'}")
    assert codes(linted(tmp_path, twice, {"chat": limits})) == ["calendar-quota-group"]
    cities = one("{daily: yes, at: '9:00'}").replace("[lobby]", "[city]")
    account = PostLimits("somewhere", a_day_by_an_account=3)
    assert linted(tmp_path, cities, {"chat": account, "same": account}, head=GROUPS) == []
    (found,) = linted(tmp_path, cities, {"chat": account, "same": account}, head=GROUPS, project=TWO)
    assert found.code == "calendar-quota-account" and found.params["count"] == 4
    assert found.params["deployments"] == "club-chat, club-too"


def test_a_group_gets_no_more_in_a_month_than_it_has_days(tmp_path: Path) -> None:
    limits = PostLimits("somewhere", days_of_a_month=True)
    assert linted(tmp_path, one("{daily: yes, at: '9:00'}"), {"chat": limits}) == []
    (found,) = linted(tmp_path, one("{rrule: 'FREQ=DAILY;BYHOUR=9,12'}"), {"chat": limits})
    assert (found.code, found.params["month"], found.params["most"]) == ("calendar-quota-month", "2026-12", 31)


def test_pictures_beside_the_words_are_measured_too(tmp_path: Path) -> None:
    post = "{attach: [a.png, b.pdf], card: {title: T, link: 'https://x.example', picture: c.jpg}}"
    files = {"a.png": b"x" * 100, "b.pdf": b"x" * 100, "c.jpg": b"x" * 101}
    calendar = one("{daily: yes, at: '9:00'}", post)
    found = linted(tmp_path, calendar, {"chat": PostLimits("somewhere", image_bytes=100)}, files=files)
    assert [(each.code, each.params["file"]) for each in found] == [("calendar-picture-large", "c.jpg")]


CARD = PostLimits("somewhere", card_title_bytes=6, card_text_bytes=9, card_link_bytes=20)


def test_a_card_is_measured_in_bytes_each_part_at_its_line(tmp_path: Path) -> None:
    def card(title: str, text: str, link: str) -> str:
        return (
            "calendar:\n  tip:\n    title: 提示\n    kind: article\n    when: {daily: yes, at: '9:00'}\n"
            "    to: [lobby]\n"
            f"    post:\n      card:\n        title: '{title}'\n        text: '{text}'\n        link: '{link}'\n"
        )

    full = card("好好", "**好好好**", "https://x.example/ab")
    assert linted(tmp_path, full, {"chat": CARD}) == [], "as long as may be; marks are not sent"
    found = linted(tmp_path, card("好好a", "好好好a", "https://x.example/abc"), {"chat": CARD})
    assert [(each.code, each.severity, each.params["count"]) for each in found] == [
        ("calendar-card-long-title", Severity.warning, 7),
        ("calendar-card-long-text", Severity.warning, 10),
        ("calendar-card-long-link", Severity.error, 21),
    ]
    lines = [each.span.line for each in found if each.span is not None]
    assert lines == [lines[0], lines[0] + 1, lines[0] + 2] and len(lines) == 3
    assert linted(tmp_path, full.replace("好好'", "好好好好'", 1), {"chat": PostLimits("somewhere")}) == []


def test_a_card_is_as_long_as_in_the_group_where_it_is_longest(tmp_path: Path) -> None:
    post = "{card: {title: T, link: 'https://x.example/?g={group}'}}"
    found = linted(tmp_path, one("{daily: yes, at: '9:00'}", post), {"chat": CARD})
    assert [(each.code, each.params["count"]) for each in found] == [("calendar-card-long-link", 27)]


def test_texts_and_pictures(tmp_path: Path) -> None:
    calendar = one("{daily: yes, at: '9:00'}", "{file: posts/a.md}")
    files = {"posts/a.md": "好" * 40 + "\n\n![](cat.png) ![](https://x.example/y.png)", "posts/cat.png": b"x" * 100}
    limits = PostLimits("somewhere", text_bytes=180, text_characters=90, image_bytes=100)
    assert linted(tmp_path, calendar, {"chat": limits}, files=files) == []
    less = PostLimits("somewhere", text_bytes=100, text_characters=75, image_bytes=99)
    found = linted(tmp_path, calendar, {"chat": less}, files=files)
    assert codes(found) == ["calendar-text-long-bytes", "calendar-text-long-characters", "calendar-picture-large"]


def test_a_picture_that_is_missing_or_is_none_of_ours(tmp_path: Path) -> None:
    calendar = one("{daily: yes, at: '9:00'}", "{text: '![](no.png) ![](../../etc/passwd) ![](file:///etc/passwd)'}")
    found = linted(tmp_path, calendar)
    assert [(each.code, each.severity) for each in found] == [
        ("calendar-picture-missing", Severity.error),
        ("calendar-picture-outside", Severity.error),
    ]


def test_a_year_that_is_not_announced_is_said_and_not_guessed(tmp_path: Path) -> None:
    (found,) = linted(tmp_path, one("{daily: yes, at: '9:00', skip: {holidays: CN}}"))
    assert (found.code, found.severity, found.params["year"]) == ("calendar-not-announced", Severity.note, "2027")
    made = project(tmp_path, HEAD + HALL + one("{daily: yes, at: '9:00', skip: {holidays: CN}}"))
    assert lint(made, {}, at("2026-05-01T00:00"), size=_size) == []


@pytest.mark.parametrize(("sending", "close"), [("", False), ("sending: {apart: 30m}\n", True)])
def test_how_close_is_too_close_is_the_operators_to_say(tmp_path: Path, sending: str, close: bool) -> None:
    two = one("{daily: yes, at: '9:00'}") + (
        "  more: {title: 再来, kind: article, when: {daily: yes, at: '9:20'}, to: [lobby], post: {text: 好}}\n"
    )
    found = [each for each in linted(tmp_path, two + sending) if each.code == "calendar-too-close"]
    assert bool(found) is close and all(each.params["minutes"] == 30 for each in found)


def test_a_poll_that_nothing_ends(tmp_path: Path) -> None:
    poll = "{poll: {question: 哪天？, options: [六, 日], results: at_end}}"
    daily = "{daily: yes, at: '20:00'}"
    (found,) = linted(tmp_path / "open", one(daily, poll))
    assert (found.code, found.severity) == ("calendar-poll-open", Severity.warning) and found.span is not None
    assert not linted(tmp_path / "ended", one(f"{daily}, lasts: 2h", poll))
    assert not linted(tmp_path / "live", one(daily, poll.replace(", results: at_end", "")))
