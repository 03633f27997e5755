"""Who leaves is followed by whoever stays: a week before, through several backups, and never in a circle."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from groupform.config.leaving import departed, successors
from groupform.config.load import load_project
from groupform_schemas import Person

TODAY = date(2026, 12, 1)


def people(**leaves: tuple[str | None, str | None]) -> dict[str, Person]:
    """(backup, last day) by key."""
    found = {}
    for key, (backup, day) in leaves.items():
        words = {"name": key, "backup": backup, "leaves_on": day}
        found[key] = Person.model_validate({name: value for name, value in words.items() if value is not None})
    return found


@pytest.mark.parametrize(
    ("day", "heirs", "gone"),
    [
        ("2026-12-09", {}, set()),
        ("2026-12-08", {"a": "b"}, set()),
        ("2026-12-01", {"a": "b"}, set()),
        ("2026-11-30", {"a": "b"}, {"a"}),
        (None, {}, set()),
    ],
)
def test_from_a_week_before_until_ever_after(day: str | None, heirs: dict[str, str], gone: set[str]) -> None:
    who = people(a=("b", day), b=(None, None))
    assert successors(who, TODAY) == heirs
    assert departed(who, TODAY) == gone


def test_a_backup_that_leaves_too_is_passed_over() -> None:
    assert successors(people(a=("b", "2026-12-01"), b=("c", "2026-12-02"), c=(None, None)), TODAY) == {
        "a": "c",
        "b": "c",
    }


def test_backups_in_a_circle_that_all_leave_have_nobody() -> None:
    assert successors(people(a=("b", "2026-12-01"), b=("a", "2026-12-01")), TODAY) == {}


@pytest.mark.parametrize("form", ["file", "table"])
def test_nobody_to_take_over_is_said_at_its_line(tmp_path: Path, form: str) -> None:
    written = "{lead: {name: Lead, leaves_on: 2020-01-01}}"
    if form == "table":
        (tmp_path / "people.csv").write_text("id,name,leaves_on\nlead,Lead,2020-01-01\n", encoding="utf-8")
        written = "{csv: people.csv, key: id}"
    (tmp_path / "groupform.yaml").write_text(
        f"groupform: 1\ncommunities: [one.yaml]\npeople: {written}\nconnections: {{here: {{platform: wechat}}}}\n"
        "deployments: {one: {community: one, connection: here}}\n",
        encoding="utf-8",
    )
    (tmp_path / "one.yaml").write_text(
        "community: one\ntitle: One\nteam: {owner: lead}\nentry: {door: link}\ngroups: {hall: {title: Hall}}\n",
        encoding="utf-8",
    )
    found = [each for each in load_project(tmp_path, environ={}).diagnostics if each.code == "person-leaves-nobody"]
    assert len(found) == 1 and found[0].span is not None and found[0].span.line == 3
