"""What cannot go well with runs is said before they begin."""

from __future__ import annotations

from pathlib import Path

import pytest

from calendar_rig import HEAD, NOW, project
from groupform.calendar.lint import lint

RUNS = 'runs: {every: {weekly: [sat], at: "18:00"}, from: 2026-12-05, lasts: LASTS, then: dissolve}\n'
GROUPS = 'groups: {lobby: {title: 大厅}, sale: {title: "闪购 {run}"}}\n'
POST = (
    "calendar: {go: {title: 开抢, kind: activity, when: {after: run_started, wait: WAIT}, to: [TO], "
    "post: {text: 抢}}}\n"
)
QUIET = 'sending: {quiet_hours: "21:00-08:00"}\n'


def codes(
    tmp_path: Path, lasts: str = "4h", wait: str = "2h", to: str = "sale", more: str = "", each: str = ""
) -> list[str]:
    groups = GROUPS.replace('{run}"', '{run}"' + each)
    text = HEAD + RUNS.replace("LASTS", lasts) + groups + POST.replace("WAIT", wait).replace("TO", to) + more
    return [found.code for found in lint(project(tmp_path, text), {}, NOW, size=lambda file: 1) if "run" in found.code]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, []),
        ({"wait": "3h59m"}, []),
        ({"wait": "4h"}, ["run-post-after-end"]),
        ({"lasts": "1h"}, ["run-post-after-end"]),
        ({"wait": "5h", "to": "lobby"}, []),
        ({"wait": "3h30m", "more": QUIET}, ["run-post-held-past-end"]),
        ({"wait": "2h", "more": QUIET}, []),
        ({"lasts": "7d"}, []),
        ({"lasts": "8d"}, ["runs-overlap"]),
        ({"lasts": "8d", "each": ", each: {from: {run: 2}}"}, []),
        ({"lasts": "15d", "each": ", each: {from: {run: 2}}"}, ["runs-overlap"]),
    ],
)
def test_what_is_said(tmp_path: Path, given: dict[str, str], said: list[str]) -> None:
    assert codes(tmp_path, **given) == said
