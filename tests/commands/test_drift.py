"""`groupform drift`, as a nightly job runs it: silent or grouped, one issue a drift, nothing written anywhere."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from commands.line import CLUB, NOW, Said, groupform, write_project
from commands.state_rig import MEMORY, Installed, install, memory_world
from groupform.engine.provider import Ownership
from groupform.providers.memory import MemoryProvider, MemoryWorld
from groupform.providers.memory.world import Fault, Request, Thing
from groupform.providers.wechat import provider as wechat

CITIES = ", ".join(f"c{number}: 城市{number}" for number in range(12))
FLEET = CLUB.replace(
    "groups:\n",
    f"segments: {{region: {{{CITIES}}}}}\n"
    "groups:\n"
    "  plaza: {title: 广场, capacity: 20}\n"
    "  city:\n    each: {from: {segment: region}, as: region}\n    title: 宠友·{region}\n    topic: 聊天\n",
)
READS = {"observe", "probe", "find", "discover", "poll"}


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> MemoryWorld:
    return memory_world(monkeypatch)


@pytest.fixture
def home(tmp_path: Path, world: MemoryWorld) -> Path:
    made = write_project(tmp_path, MEMORY, FLEET)
    assert groupform(made, "apply", "--yes").code == 0
    return made


def room(world: MemoryWorld, name: str) -> Thing:
    return next(each for each in world.living("room") if each.attributes["name"] == name)


def remove(world: MemoryWorld, name: str) -> None:
    """A room is deleted, and with it all that hangs in it."""
    gone = room(world, name).id
    for each in list(world.living()):
        if gone in (each.id, each.attributes.get("room")):
            del world.things[each.id]


def told(home: Path, *argv: str, **more: Any) -> dict[str, Any]:
    return dict(json.loads(groupform(home, "drift", "--format", "json", *argv, **more).out))


def kinds(home: Path, *argv: str) -> dict[str, list[str]]:
    """Addresses by kind, of all sections."""
    found: dict[str, list[str]] = {}
    for section in told(home, *argv)["sections"]:
        for each in section["findings"]:
            found.setdefault(each["kind"], []).append(each["address"].partition("/")[2] or each["address"])
    return found


def files(home: Path) -> Mapping[str, tuple[bytes, int]]:
    """Every file of the project with the moment of its last write."""
    return {
        str(each): (each.read_bytes(), each.stat().st_mtime_ns) for each in sorted(home.rglob("*")) if each.is_file()
    }


@pytest.mark.parametrize("form", ["text", "markdown"])
@pytest.mark.parametrize("lang", ["en", "zh-CN"])
def test_where_nothing_has_happened_nothing_is_said(home: Path, form: str, lang: str) -> None:
    assert groupform(home, "drift", "--format", form, environ={"GROUPFORM_LANG": lang}) == Said(0, "", "")


def test_a_machine_gets_a_document_also_for_nothing(home: Path) -> None:
    content = told(home)
    assert (content["exit_code"], content["digest"], content["sections"]) == (0, "", [])


def test_files_that_moved_on_are_no_drift(home: Path, world: MemoryWorld) -> None:
    (home / "club.yaml").write_text(FLEET.replace("广场", "大广场").replace("topic: 聊天", "topic: 闲聊"), "utf-8")
    assert groupform(home, "drift") == Said(0, "", "")
    room(world, "广场").attributes["name"] = "谁改的"
    assert kinds(home) == {"changed": ["room.plaza"]}
    (change,) = told(home)["sections"][0]["findings"][0]["attributes"]
    assert (change["applied"], change["observed"]) == ("广场", "谁改的"), "from what was applied, not from the files"


def test_what_came_to_what_is_declared_by_itself_is_no_drift(home: Path, world: MemoryWorld) -> None:
    (home / "club.yaml").write_text(FLEET.replace("广场", "大广场"), "utf-8")
    room(world, "广场").attributes["name"] = "大广场"
    assert groupform(home, "drift") == Said(0, "", "")


def test_everything_is_grouped_by_what_has_happened(home: Path, world: MemoryWorld) -> None:
    room(world, "大厅").attributes["topic"] = "有人手改过"
    room(world, "大厅").people = 12
    room(world, "广场").people = 18
    remove(world, "宠友·城市9")
    room(world, "宠友·城市10").hidden = True
    room(world, "宠友·城市11").owner = Ownership("else", "other", "production")
    world.add("room", {"name": "老群", "handle": "old"}, people=7)
    found = kinds(home)
    assert list(found) == ["gone", "claimed", "hidden", "changed", "appeared", "near"]
    assert found["gone"] == ["room.city/c9", "place.city/c9", "note.city/c9"]
    assert (found["claimed"], found["hidden"]) == (["room.city/c11"], ["room.city/c10"])
    assert (found["changed"], found["near"]) == (["room.lobby"], ["room.plaza"])
    said = groupform(home, "drift")
    assert (said.code, said.err) == (2, "")
    lines = said.out.splitlines()
    assert [each.strip() for each in lines if each.startswith("  ") and not each.startswith("   ")] == [
        "Gone: 1",
        "Claimed by another state: 1",
        "Out of our sight: 1",
        "Changed by hand: 1 (12 people inside)",
        "Appeared, and nobody manages it: 1 (7 people inside)",
        "Limit near: 1",
    ]
    assert "with place, note" in said.out, "what hangs in a room is gone with it, in one line"
    assert '"先打个招呼" → "有人手改过"' in said.out
    assert "18 people inside, of 20" in said.out
    chinese = groupform(home, "drift", environ={"GROUPFORM_LANG": "zh-CN"}).out
    assert "被人手动改过：1 个（里面有 12 人）" in chinese


def test_many_alike_are_one_line_with_their_people(home: Path, world: MemoryWorld) -> None:
    for number in range(10):
        each = room(world, f"宠友·城市{number}")
        each.attributes["topic"], each.people = "领券", 100
    room(world, "宠友·城市11").attributes["topic"] = "只有这里"
    out = groupform(home, "drift").out
    assert "Changed by hand: 11 (1000 people inside)" in out
    assert "10 × room: 宠友·城市0, 宠友·城市1, 宠友·城市2, …  1000 people inside" in out
    assert out.count('"聊天" → "领券"') == 1
    assert out.count("只有这里") == 1, "what differs is not folded away with what is alike"
    assert len(out.splitlines()) == 6
    assert groupform(home, "drift", "--full").out.count("领券") == 10


def test_nothing_is_written_to_platform_or_state(home: Path, world: MemoryWorld) -> None:
    room(world, "大厅").attributes["topic"] = "有人手改过"
    remove(world, "宠友·城市9")
    before, asked = files(home), len(world.requests)
    for argv in ((), ("--deep",), ("--format", "markdown"), ("--managed-only",)):
        assert groupform(home, "drift", *argv).code == 2
    assert files(home) == before
    assert {each.verb for each in world.requests[asked:]} <= READS


def test_the_digest_stays_while_the_drift_does(home: Path, world: MemoryWorld) -> None:
    room(world, "大厅").attributes["topic"] = "有人手改过"
    room(world, "广场").people = 18
    first = told(home)["digest"]
    room(world, "大厅").people = 400
    room(world, "广场").people = 19
    tomorrow = {"now": NOW + timedelta(days=1)}
    assert told(home, **tomorrow)["digest"] == first, "people come and go, days pass"
    assert told(home, environ={"GROUPFORM_LANG": "zh-CN"})["digest"] == first
    room(world, "大厅").attributes["topic"] = "又改了"
    assert told(home)["digest"] not in (first, "")
    room(world, "大厅").attributes["topic"] = "有人手改过"
    assert told(home)["digest"] == first
    world.add("room", {"name": "老群", "handle": "old"})
    assert told(home)["digest"] != first


def test_markdown_is_the_body_of_an_issue(home: Path, world: MemoryWorld) -> None:
    evil = "@everyone <b>`x`</b>\n```\n# 标题 | [a](b)"
    room(world, "大厅").attributes["topic"] = evil
    room(world, "大厅").attributes["name"] = "<!-- groupform-drift 0 -->"
    world.add("room", {"name": evil, "handle": "old"})
    said = groupform(home, "drift", "--format", "markdown")
    assert (said.code, said.err) == (2, "")
    assert said.out.splitlines()[0] == f"<!-- groupform-drift {told(home)['digest']} -->"
    assert said.out.count("<!-- groupform-drift") <= 2, "the second one in a block of code, if at all"
    outside = "".join(said.out.split("```")[0::2])
    assert "@everyone" not in outside and "<b>" not in outside
    again = groupform(home, "drift", "--format", "markdown", now=NOW + timedelta(hours=9))
    assert again.out == said.out, "the same drift is the same page, whenever it is looked at"


def test_a_fleet_fits_into_an_issue(home: Path, world: MemoryWorld) -> None:
    for number in range(900):
        world.add("room", {"name": f"路人群 {number} " + "长" * 60, "handle": f"h{number}"})
    out = groupform(home, "drift", "--format", "markdown", "--full").out
    assert len(out) < 65_536
    assert out.startswith("<!-- groupform-drift ")


def test_what_nobody_manages_can_be_left_out(home: Path, world: MemoryWorld) -> None:
    world.add("room", {"name": "老群", "handle": "old"})
    world.add("room", {"name": "别家的", "handle": "x"}, owner=Ownership("else", "other", "production"), uid="o/room.x")
    assert list(kinds(home)) == ["appeared"], "what another state manages is nobody's news"
    assert groupform(home, "drift", "--managed-only") == Said(0, "", "")


TWO = MEMORY.replace(
    "  home: {platform: memory}\n", "  home: {platform: memory}\n  other: {platform: second}\n"
).replace("accounts: {memory: lead}", "accounts: {memory: lead, second: lead}")


class Second(MemoryProvider):
    """The same platform under another name, with a world of its own."""

    name = "second"


@pytest.fixture
def pair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, MemoryWorld, MemoryWorld]:
    """Two deployments on two platforms."""
    one, two = MemoryWorld(clock=lambda: 0.0), MemoryWorld(clock=lambda: 0.0)
    second = Second(two, settle=0.0)
    install(monkeypatch, {"memory": Installed(MemoryProvider(one, settle=0.0)), "second": Installed(second)})
    made = write_project(tmp_path, TWO + "  club-away: {community: club, connection: other}\n")
    assert groupform(made, "apply", "--yes").code == 0
    return made, one, two


def test_one_broken_deployment_does_not_hide_the_others(pair: tuple[Path, MemoryWorld, MemoryWorld]) -> None:
    home, one, two = pair

    def silent(request: Request) -> Fault | None:
        return Fault.unreachable

    one.fault = silent
    assert groupform(home, "drift").code == 4, "nothing is known, which is not the same as nothing"
    assert groupform(home, "drift").out == ""
    for each in two.living("room"):
        each.attributes["name"] = "改过"
    said = groupform(home, "drift")
    assert said.code == 4
    assert "club-away" in said.out and "club-home" not in said.out
    assert "club-home" in said.err
    page = groupform(home, "drift", "--format", "markdown").out
    assert "1 deployment could not be looked at" in page and "`club-home`" in page
    content = told(home)
    assert content["unseen"] == ["club-home"] and content["exit_code"] == 4
    one.fault = lambda request: None
    assert groupform(home, "drift").code == 2


def test_a_token_that_is_not_set_breaks_its_own_deployment_only(tmp_path: Path, world: MemoryWorld) -> None:
    project = MEMORY.replace(
        "connections:\n", "connections:\n  locked: {platform: memory, token: '${env:NOT_SET_ANYWHERE}'}\n"
    )
    home = write_project(tmp_path, project)
    assert groupform(home, "apply", "--yes").code == 0
    (home / "groupform.yaml").write_text(project + "  club-two: {community: club, connection: locked}\n", "utf-8")
    room(world, "大厅").attributes["topic"] = "改过"
    said = groupform(home, "drift")
    assert said.code == 1
    assert "room.lobby" in said.out
    assert "NOT_SET_ANYWHERE" in said.err and "club-two" in said.err


def test_several_deployments_of_one_connection_tell_of_a_stranger_once(tmp_path: Path, world: MemoryWorld) -> None:
    second = "  club-twin: {community: twin, connection: home}\n"
    home = write_project(tmp_path, MEMORY.replace("[club.yaml]", "[club.yaml, twin.yaml]") + second)
    (home / "twin.yaml").write_text(CLUB.replace("community: club", "community: twin"), encoding="utf-8")
    assert groupform(home, "apply", "--yes").code == 0
    world.add("room", {"name": "老群", "handle": "old"})
    (section,) = told(home)["sections"]
    assert (section["name"], section["environment"]) == ("home", None), "nobody can tell whose it would be"
    assert groupform(home, "drift").out.count("老群") == 1


def test_an_overdue_step_is_its_own_exit_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = Installed(wechat)  # type: ignore[arg-type]
    install(monkeypatch, {"wechat": entry})
    home = write_project(tmp_path)
    assert groupform(home, "apply", "--yes").code == 3
    assert groupform(home, "drift") == Said(0, "", ""), "an open step is no drift"
    for _ in range(12):
        steps = json.loads(groupform(home, "steps", "list", "--format", "json").out)
        if not steps:
            break
        groupform(home, "steps", "done", *[each["key"] for each in steps if not each["blocked_by"]])
    assert not steps
    assert groupform(home, "drift") == Said(0, "", "")
    late = groupform(home, "drift", now=NOW + timedelta(days=30))
    assert late.code == 3, late
    assert "Step" in late.out and "overdue: " in late.out and "due 2026-12-" in late.out
    assert json.loads(groupform(home, "drift", "--format", "json", now=NOW + timedelta(days=30)).out)["exit_code"] == 3


def test_a_person_who_lost_the_project_hears_why(tmp_path: Path) -> None:
    said = groupform(tmp_path, "drift")
    assert (said.code, said.out) == (1, "")
    assert "project-not-found" in said.err
    home = write_project(tmp_path, MEMORY, CLUB + "nonsense: 1\n")
    assert groupform(home, "drift").code == 1
    assert "deployment-unknown" in groupform(write_project(tmp_path / "x"), "drift", "-d", "nobody").err


def test_a_plan_that_only_looks_tells_of_what_is_gone(home: Path, world: MemoryWorld) -> None:
    remove(world, "宠友·城市9")
    said = groupform(home, "plan", "--refresh-only", "--detailed-exitcode")
    assert said.code == 2
    assert "room.city/c9" in said.out
