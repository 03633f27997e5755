"""What becomes of the calendar's posts on WeCom: scheduled, with what a mass message cannot be told beforehand."""

from __future__ import annotations

from pathlib import Path

import pytest

from calendar_mass_rig import CLUB, PROJECT
from calendar_rig import write
from groupform.compile.resource import Compiled, Outcome
from groupform.config.diagnostics import Severity
from groupform.config.load import load_project
from groupform.providers.wecom import provider


def compiled(folder: Path, community: str = CLUB, **files: str) -> Compiled:
    write(folder, community, project=PROJECT, files=files)
    loaded = load_project(folder, environ={"SECRET": "x"}, platforms=("wecom",))
    assert loaded.project is not None, [(each.code, dict(each.params)) for each in loaded.diagnostics]
    return provider.compile(loaded.project.deployments[0], refused={})


def outcomes(found: Compiled, path: str) -> dict[Outcome, str | None]:
    return {each.outcome: each.reason for each in found.claims if each.path == path}


def test_a_post_is_scheduled_and_says_who_confirms(tmp_path: Path) -> None:
    found = compiled(tmp_path)
    for path in ("calendar.tips.post.text", "calendar.tips.when.daily", "calendar.tips.when.at", "calendar.tips.title"):
        assert outcomes(found, path)[Outcome.scheduled] == "wecom-scheduled", path
        assert Outcome.gap not in outcomes(found, path), path
    assert outcomes(found, "sending.confirm.remind_after") == {Outcome.scheduled: "wecom-scheduled"}
    assert not [each for each in found.diagnostics if each.code.startswith("wecom-post")]


@pytest.mark.parametrize(
    ("by", "to", "reason"),
    [
        ("lead", "lobby, north", "wecom-scheduled"),
        ("host", "south", "wecom-scheduled"),
        ("host", "lobby, south", "wecom-gap-by"),
        ("{person: lead}", "south", "wecom-gap-by"),
    ],
)
def test_only_the_owner_of_a_group_sends_there(tmp_path: Path, by: str, to: str, reason: str) -> None:
    found = compiled(tmp_path, CLUB.replace("to: [lobby, north, south],", f"to: [{to}], by: {by},"))
    path = "calendar.tips.by.person" if "{" in by else "calendar.tips.by"
    assert reason in outcomes(found, path).values()
    if reason == "wecom-gap-by":
        [claim] = [each for each in found.claims if each.reason == reason]
        assert claim.params["groups"] == ("宠友之家·城南" if by.startswith("{") else "宠友之家·大厅")


def test_what_a_mass_message_is_not(tmp_path: Path) -> None:
    names = ", ".join(f"f{number}.txt" for number in range(10))
    more = f"attach: [{names}], pin: 1d, mentions: everyone, poll: " + "{question: 哪天, options: [六, 日]}}"
    files = {f"f{number}.txt": "x" for number in range(10)}
    found = compiled(tmp_path, CLUB.replace('"**晚上好**"}', '"好", ' + more), **files)
    assert outcomes(found, "calendar.tips.post.pin") == {Outcome.gap: "wecom-gap-pin"}
    assert outcomes(found, "calendar.tips.post.mentions") == {Outcome.gap: "wecom-gap-pin"}
    assert outcomes(found, "calendar.tips.post.poll.question") == {Outcome.scheduled: "wecom-scheduled"}
    [told] = [each for each in found.diagnostics if each.code == "wecom-post-attachments"]
    assert (told.params["count"], told.params["limit"]) == (10, 9)


@pytest.mark.parametrize(("text", "count"), [("{group} 好", 2), ("{community} 好", None), ("好", None)])
def test_words_that_differ_from_group_to_group_cost_confirmations(tmp_path: Path, text: str, count: int | None) -> None:
    found = compiled(tmp_path, CLUB.replace("**晚上好**", text))
    told = [each for each in found.diagnostics if each.code == "wecom-post-many-messages"]
    assert [(each.params["owner"], each.params["count"], each.severity) for each in told] == (
        [("林一", count, Severity.note)] if count else []
    )
