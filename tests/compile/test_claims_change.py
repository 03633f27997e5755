"""The claims of every platform tell the truth about what a change of a leaf does, each change loaded once for all."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path

import pytest

from compile.forms import FORMS, WORLDS, write
from compile.mutation import mutate
from groupform.compile.resource import Compiled
from groupform.config.project import ResolvedDeployment
from groupform.engine.provider import Provider
from groupform.providers import matrix, qq, wechat, wecom

PLATFORMS: dict[str, Provider] = {
    "matrix": matrix.provider,
    "wechat": wechat.provider,
    "qq": qq.provider,
    "wecom": wecom.provider,
}
FIXED = {
    # Identity: another word is another thing, or names nothing.
    *("community", "tiers.*.key", "groups.*.each.key", "groups.*.each.as", "groups.*.each.from.segment"),
    # Files that would have to be there under another name, and columns in them.
    *("avatar", "groups.*.avatar", "notice.file", "groups.*.each.from.csv", "metrics.*.from.csv"),
    *("metrics.*.from.member", "calendar.*.post.file", "calendar_from"),
    *(
        "calendar.*.post.attach.*",
        "calendar.*.post.card.picture",
        "calendar.*.post.mentions",
        "calendar.*.approve.duty",
    ),
    *("welcome.attachments.*.link.image", "welcome.variants.*.attachments.*.link.image"),
    # Only one word of its kind is there, or the language leaves no other choice beside its neighbours.
    *("runs", "metrics.*.from", "metrics.*.count", "tiers.*.threshold.metric", "health.*.metric"),
    *("entry.asks.*.answer", "tiers.*.entry.asks.*.answer", "journeys.*.contact.duty", "journeys.*.funnel.*"),
    *("journeys.*.join.by", "journeys.*.join.group", "invitations.*.group", "calendar.*.to.*"),
    *(
        "calendar.*.when.daily",
        "calendar.*.when.after",
        "calendar.*.when.lunar.*",
        "calendar.*.when.rrule",
        "calendar.*.by.duty",
    ),
    *(
        "compliance.checklists.*.when.daily",
        "calendar.*.when.daily",
        "replies.*.hand_to.duty",
        "welcome.variants.*.when.group.*",
    ),
    *("rules.*.detect.allow_links.*", "rules.*.ladder.*.do", "rules.*.ladder.*.strike", "rules.*.reward.*.do"),
    *("team.owner.duty", "team.owner.person", "runs.every.daily", "groups.*.each.from.run"),
}
"""Leaves of which some stand where no other valid word can."""

BY_PEOPLE = ("wechat", "qq", "wecom")
SOMETIMES = {"runs.every.at", "runs.lasts", "runs.until", "calendar.*.when.skip.holidays"}
"""Which run is the next one depends on them only while one begins or ends, and a date only where it is a holiday."""


def compiles(provider: Provider) -> Callable[[ResolvedDeployment], Compiled]:
    return partial(provider.compile, refused={})


def share(folder: Path, platforms: Collection[str]) -> None:
    """The community of the project in `folder` on each of the platforms, by its name."""
    file = folder / "groupform.yaml"
    written = file.read_text(encoding="utf-8")
    head = written.split("connections:")[0]
    (key,) = re.findall(r"\{community: ([\w-]+)", written)
    connections = "".join(f"  {each}: {{platform: {each}}}\n" for each in platforms)
    deployments = "".join(f"  {each}: {{community: {key}, connection: {each}}}\n" for each in platforms)
    file.write_text(f"{head}connections:\n{connections}deployments:\n{deployments}", encoding="utf-8")


@pytest.mark.parametrize("name", WORLDS)
def test_a_change_of_a_carried_leaf_changes_desired_and_of_no_other(tmp_path: Path, name: str) -> None:
    write(tmp_path, name, "matrix")
    # The forms are ways to ask people for something.
    on = {each: compiles(provider) for each, provider in PLATFORMS.items() if name not in FORMS or each != "matrix"}
    share(tmp_path, on)
    for each, found in mutate(tmp_path, on, sometimes=dict.fromkeys(BY_PEOPLE, SOMETIMES)).items():
        assert (each, found.silent) == (each, [])
        assert (each, found.loud) == (each, [])
        assert each not in BY_PEOPLE or found.fixed <= FIXED, each
        assert found.tried > (10 if each in BY_PEOPLE else 30), each
