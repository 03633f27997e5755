"""Loading grows with what is loaded and no faster: counted in calls, not on a clock."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from groupform.config.load import load_project

BASE = Path(__file__).resolve().parents[1] / "golden" / "diagnostics" / "base"
NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)


def _calls(work: Callable[[], object]) -> int:
    """How many Python functions and built-ins a piece of work calls."""
    count = 0

    def note(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def _load(folder: Path) -> int:
    loaded = load_project(folder, environ={"TOKEN": "t", "SECRET": "s"}, now=NOW)
    assert loaded.project is not None
    return sum(len(each.groups) for each in loaded.project.communities.values())


def _stores(folder: Path, count: int) -> Path:
    project = Path(shutil.copytree(BASE, folder / f"s{count}"))
    rows = "".join(f"s{number},店{number},ops\n" for number in range(count))
    (project / "communities" / "stores.csv").write_text("id,store,owner\n" + rows, encoding="utf-8")
    return project


def test_ten_thousand_groups_cost_ten_times_a_thousand(tmp_path: Path) -> None:
    small, large = _stores(tmp_path, 1_000), _stores(tmp_path, 10_000)
    assert _load(large) == 10_003
    few, many = _calls(lambda: _load(small)), _calls(lambda: _load(large))
    assert many < 12 * few
    assert many < 10_000 * 300


def test_a_hundred_communities_cost_ten_times_ten(tmp_path: Path) -> None:
    counts = []
    for number in (10, 100):
        project = Path(shutil.copytree(BASE, tmp_path / f"c{number}"))
        text = (project / "communities" / "club.yaml").read_text(encoding="utf-8")
        for each in range(number):
            copy = text.replace("community: club", f"community: club-{each}").replace("大厅", f"大厅{each}")
            (project / "communities" / f"c{each}.yaml").write_text(copy, encoding="utf-8")
        counts.append(_calls(lambda project=project: _load(project)))  # type: ignore[misc]
    assert counts[1] < 11 * counts[0]
