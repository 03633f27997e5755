"""The files of the language's reference, and the examples made from them, are what the models accept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from groupform_schemas import (
    AllOf,
    AnyOf,
    CommunityFile,
    Door,
    Duration,
    FromSegment,
    GroupKind,
    Measured,
    Percent,
    ProjectFile,
    Proof,
    RepeatedRuns,
    StandingRuns,
)

ROOT = Path(__file__).parent.parent.parent
PLACES = [ROOT / "examples", ROOT.parent / "shared" / "reference"]
STORIES = sorted(each.parent for each in (ROOT / "examples").glob("*/groupform.yaml"))


def _files() -> Iterator[Path]:
    for place in PLACES:
        yield from sorted(place.rglob("*.yaml"))


def _named(file: Path) -> str:
    return str(file.relative_to(ROOT.parent))


@pytest.mark.parametrize("file", list(_files()), ids=_named)
def test_every_file_is_accepted_and_its_dump_reads_back(file: Path, read: Callable[[str], Any]) -> None:
    model = ProjectFile if file.name == "groupform.yaml" else CommunityFile
    data = read(file.read_text(encoding="utf-8"))
    made = model.model_validate(data)
    assert model.model_validate(made.model_dump(mode="json", exclude_none=True)) == made


def test_the_pet_club_means_what_it_says(read: Callable[[str], Any]) -> None:
    file = ROOT / "examples/pet-club/communities/pet-club.yaml"
    club = CommunityFile.model_validate(read(file.read_text(encoding="utf-8")))
    assert club.entry.door is Door.request
    assert club.entry.account_age == Duration(7 * 86400)
    assert club.runs is StandingRuns.standing
    assert list(club.groups) == ["lobby", "city", "notices", "vip-lounge"]
    assert club.groups["notices"].kind is GroupKind.announcement
    assert club.groups["notices"].entry is not None and club.groups["notices"].entry.door is Door.open
    each = club.groups["city"].each
    assert each is not None and isinstance(each.from_, FromSegment) and each.from_.segment == "region"
    vip = club.tiers[-1].threshold
    assert isinstance(vip, AnyOf) and isinstance(vip.any[1], Proof)
    both = vip.any[0]
    assert isinstance(both, AllOf) and isinstance(both.all[0], Measured) and both.all[0].at_least == 3
    assert club.health[0].between == (100, 200)
    assert isinstance(club.health[1].below, Percent) and club.health[1].below.fraction == 0.05
    assert club.health[2].below == Duration(15 * 60)
    offset = club.calendar["spring-festival"].when.offset
    assert offset == Duration(-86400)
    journey = club.journeys["poster"]
    assert (journey.join.group, journey.join.by, journey.join.otherwise) == ("city", "region", "lobby")
    assert club.checks[0].who.below == "vip" and club.checks[0].in_ == "vip-lounge"


def test_the_flash_sale_comes_back_every_saturday(read: Callable[[str], Any]) -> None:
    file = ROOT / "examples/flash-sale/communities/flash-sale.yaml"
    runs = CommunityFile.model_validate(read(file.read_text(encoding="utf-8"))).runs
    assert isinstance(runs, RepeatedRuns)
    assert runs.every.weekly == ("sat",) and str(runs.every.at) == "18:00" and runs.lasts == Duration(4 * 3600)


@pytest.mark.parametrize("story", [each.name for each in STORIES])
def test_an_example_points_at_the_schema_that_stands_there(story: str) -> None:
    files = sorted((ROOT / "examples" / story).rglob("*.yaml"))
    assert files, "an example without files"
    for file in files:
        head = file.read_text(encoding="utf-8").splitlines()[0]
        mark, _, path = head.partition("$schema=")
        assert mark == "# yaml-language-server: "
        named = (file.parent / path).resolve()
        kind = "groupform.json" if file.name == "groupform.yaml" else "community.json"
        assert named == ROOT / "schemas" / "json" / kind and named.is_file()


@pytest.mark.parametrize("place", PLACES[1:], ids=str)
def test_the_examples_say_what_the_reference_says(place: Path) -> None:
    if not place.is_dir():
        pytest.skip(f"{place} is not on this machine")
    told = {each.stem for each in (place / "communities").glob("*.yaml")}
    stories = [each for each in sorted((ROOT / "examples").iterdir()) if each.name in told]
    assert {each.name for each in stories} == told, "every story of the reference is an example; others are ours alone"
    for story in stories:
        ours = (story / "communities" / f"{story.name}.yaml").read_text(encoding="utf-8")
        theirs = (place / "communities" / f"{story.name}.yaml").read_text(encoding="utf-8")
        assert ours.partition("\n")[2] == theirs
        project = yaml.load((story / "groupform.yaml").read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
        whole = yaml.load((place / "groupform.yaml").read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
        for part in ("people", "connections", "deployments"):
            assert project[part].items() <= whole[part].items()
