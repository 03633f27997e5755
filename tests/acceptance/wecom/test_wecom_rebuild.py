"""A lost state on WeCom: what can be told is bound again, what cannot is asked about, and nobody else's is touched."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from acceptance.wecom.corp import Corp

pytestmark = pytest.mark.acceptance
EXAMPLE = Path(__file__).parents[3] / "examples" / "pet-club"
NAME = "pet-club-wecom"


@pytest.fixture
def corp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Corp:
    """The example, applied, with the groups made by their owners."""
    made = Corp(tmp_path / "unused", monkeypatch)
    made.folder = tmp_path / "project"
    shutil.copytree(EXAMPLE, made.folder, ignore=shutil.ignore_patterns(".groupform"))
    for _ in range(2):
        made("apply", "-d", NAME, "--yes", code=3)
        for step in made.plan(NAME)["steps"]:
            if step["what"]["code"] == "wecom-step-group-create":
                made.person.create_group(step["what"]["params"]["owner"], step["what"]["params"]["title"])
    made("apply", "-d", NAME, "--yes", code=None)
    return made


def bindings(corp: Corp) -> dict[str, tuple[str, str]]:
    (file,) = (corp.folder / ".groupform" / "state").glob(f"*/{NAME}/state.json")
    found = json.loads(file.read_text(encoding="utf-8"))
    return {address: (each["type"], each["id"]) for address, each in found["bindings"].items()}


def lineage(corp: Corp) -> str:
    (file,) = (corp.folder / ".groupform" / "state").glob(f"*/{NAME}/state.json")
    return str(json.loads(file.read_text(encoding="utf-8"))["lineage"])


def lose(corp: Corp) -> None:
    shutil.rmtree(corp.folder / ".groupform" / "state")


BLIND = {"join-way", "welcome-template", "calendar", "kf-link"}
"""What no call lists."""


def test_what_can_be_told_is_bound_again_and_nothing_is_made_twice(corp: Corp) -> None:
    before, things = bindings(corp), corp.tables()
    lose(corp)
    said = corp("state", "rebuild", NAME, "--yes")
    assert corp.tables() == things, "looking changes nothing"
    assert "nothing on this platform bears a mark" in said.out.replace("\n  ", " ")
    expected = {a: each for a, each in before.items() if each[0] not in {*BLIND, "team-chat", "schedule"}}
    assert bindings(corp) == expected
    corp("apply", "-d", NAME, "--yes", code=3)
    assert corp.tables() == things, "a second code, a second greeting"
    assert sum(each["type"] in ("join-way", "welcome-template") for each in corp.plan(NAME)["changes"]) == 6
    asked = corp("recover", code=3)
    assert "way to find" in asked.out
    said = " ".join(asked.out.split())
    for address, (kind, _) in before.items():
        if kind in ("join-way", "welcome-template"):
            never, bind = said.index(f"--never {address}"), said.index(f"--bind {address}=")
            assert (never < bind) is (kind == "welcome-template"), "no page shows the id of a greeting; a code has one"


def test_an_id_that_somebody_kept_is_bound_and_the_rest_made_anew_when_approved(corp: Corp) -> None:
    before, things = bindings(corp), corp.tables()
    schedules = len(corp.rehearsal.corp["schedules"])
    lose(corp)
    corp("state", "rebuild", NAME, "--yes")
    ways = [address for address, (kind, _) in before.items() if kind == "join-way"]
    calendar = f"{NAME}/calendar.team"
    bind = [f"--bind={address}={before[address][1]}" for address in (*ways, calendar) if address in before]
    corp("recover", *bind, code=3)
    templates = [address for address, (kind, _) in before.items() if kind == "welcome-template"]
    approve = [f"--approve={address}" for address in (*templates, f"{NAME}/team-chat.team")]
    corp("apply", "-d", NAME, "--yes", *approve, code=None)
    after = bindings(corp)
    assert {a: after[a] for a in ways} == {a: before[a] for a in ways}
    assert all(after[a] != before[a] for a in templates)
    assert len(corp.tables()["templates"]) == len(things["templates"]) + len(templates)
    assert len(corp.rehearsal.corp["schedules"]) == schedules, "they were found in their own calendar"
    corp("apply", "-d", NAME, "--yes", code=None)
    assert not corp.changes(NAME)


def test_with_the_old_lineage_the_marks_are_compared_too(corp: Corp) -> None:
    before, old = bindings(corp), lineage(corp)
    lose(corp)
    corp("state", "rebuild", NAME, "--lineage", old, "--yes")
    after = bindings(corp)
    assert lineage(corp) == old
    for address in (f"{NAME}/team-chat.team", f"{NAME}/contact-way.poster"):
        assert after[address] == before[address]


def test_what_only_bears_the_name_is_a_strangers(corp: Corp) -> None:
    before = bindings(corp)
    tables = corp.rehearsal.corp
    _, tiers = before[f"{NAME}/tag-group.tiers"]
    for tag in tables["tags"].values():
        if tag["group_id"] == tiers if "group_id" in tag else tag.get("group") == tiers:
            tag["name"] = f"别人的{tag['name']}"
    _, rule = before[f"{NAME}/intercept-rule.no-ads"]
    tables["rules"][rule]["word_list" if "word_list" in tables["rules"][rule] else "words"] = ["别的词"]
    lose(corp)
    said = corp("state", "rebuild", NAME, "--yes")
    assert f"{NAME}/tag-group.tiers" not in bindings(corp)
    assert f"{NAME}/intercept-rule.no-ads" not in bindings(corp)
    assert "left alone" in said.out


def test_two_codes_with_one_remark_are_none(corp: Corp) -> None:
    before = bindings(corp)
    _, way = before[f"{NAME}/contact-way.poster"]
    ways = corp.rehearsal.corp["contact_ways"]
    ways["twin"] = {**ways[way], "state": f"gf{'0' * 28}"}
    lose(corp)
    corp("state", "rebuild", NAME, "--yes")
    assert f"{NAME}/contact-way.poster" not in bindings(corp)
