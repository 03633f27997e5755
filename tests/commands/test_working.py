"""Plan, apply, steps, state: the verbs over a platform in memory, and over one where people do everything."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from commands.line import CLUB, WECHAT, groupform, write_project
from groupform.commands.platforms import Platforms
from groupform.engine.provider import Failure
from groupform.providers.memory import MemoryProvider, MemoryWorld
from groupform.providers.memory.world import Fault, Request

MEMORY = """\
groupform: 1
communities: [club.yaml]
people:
  lead: {name: 林一, accounts: {memory: lead}}
connections:
  home: {platform: memory}
  second: {platform: memory}
deployments:
  club-home: {community: club, connection: home}
  club-second: {community: club, connection: second}
"""


class Installed:
    """An entry point whose provider is at hand."""

    def __init__(self, provider: MemoryProvider) -> None:
        self.name = provider.name
        self.value = "memory"
        self._provider = provider

    def load(self) -> MemoryProvider:
        return self._provider


def install(monkeypatch: pytest.MonkeyPatch, entries: Mapping[str, Installed]) -> None:
    """Makes these the only platforms there are."""
    # The place they all have it from comes last: a module that is only now imported must find the real one there.
    for user in ("claims", "examination", "platforms"):
        monkeypatch.setattr(f"groupform.commands.{user}.installed_platforms", lambda: Platforms(entries))  # type: ignore[arg-type]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> MemoryWorld:
    """The memory platform, installed as any other."""
    made = MemoryWorld(clock=lambda: 0.0)
    install(monkeypatch, {"memory": Installed(MemoryProvider(made, settle=0.0))})
    return made


@pytest.fixture
def home(tmp_path: Path, world: MemoryWorld) -> Path:
    return write_project(tmp_path, MEMORY)


ONE = ("-d", "club-home")


def test_a_plan_changes_nothing_and_says_by_its_code_whether_it_would(home: Path, world: MemoryWorld) -> None:
    assert groupform(home, "plan", *ONE).code == 0
    assert groupform(home, "plan", *ONE, "--detailed-exitcode").code == 2
    assert world.things == {}
    assert not (home / ".groupform").exists()


def test_apply_then_plan_is_empty(home: Path, world: MemoryWorld) -> None:
    done = groupform(home, "apply", *ONE, "--yes")
    assert done.code == 0, done.err
    assert world.things
    again = groupform(home, "plan", *ONE, "--detailed-exitcode")
    assert again.code == 0
    assert "No changes" in again.out


def test_a_plan_that_only_looks_says_what_drifted(home: Path, world: MemoryWorld) -> None:
    groupform(home, "apply", *ONE, "--yes")
    looking = ("plan", *ONE, "--refresh-only", "--detailed-exitcode")
    assert groupform(home, *looking).code == 0
    room = next(each for each in world.things.values() if each.uid == "club-home/room.lobby")
    room.attributes["name"] = "有人手改过"
    said = groupform(home, *looking)
    assert said.code == 2
    assert "1 object was changed on the platform" in said.out
    assert "room.lobby!name" in said.out
    assert "changed on the platform" in groupform(home, "plan", *ONE).out
    assert groupform(home, "apply", *ONE, "--yes").code == 0
    assert room.attributes["name"] == "大厅"


def test_nobody_to_ask_means_nothing_is_done(home: Path, world: MemoryWorld) -> None:
    said = groupform(home, "apply", *ONE)
    assert said.code == 1
    assert "ask-nobody" in said.err
    assert world.things == {}


@pytest.mark.parametrize("answer", ["\n", "n\n", "", "yess\n", "no\n"])
def test_anything_but_yes_is_no(home: Path, world: MemoryWorld, answer: str) -> None:
    said = groupform(home, "apply", *ONE, typed=answer)
    assert said.code == 1
    assert world.things == {}


@pytest.mark.parametrize(("answer", "language"), [("yes\n", "en"), ("Y\n", "en"), ("是\n", "zh-CN"), ("y\n", "zh-CN")])
def test_yes_is_yes_in_both_languages(home: Path, world: MemoryWorld, answer: str, language: str) -> None:
    assert groupform(home, "apply", *ONE, typed=answer, environ={"GROUPFORM_LANG": language}).code == 0
    assert world.things


def test_a_saved_plan_is_carried_out_without_a_question_and_refused_when_it_is_stale(
    home: Path, world: MemoryWorld
) -> None:
    assert groupform(home, "plan", *ONE, "--out", "p.json").code == 0
    assert groupform(home, "apply", "p.json").code == 0
    count = len(world.things)
    (home / "club.yaml").write_text(CLUB.replace("title: 大厅", "title: 前厅"), encoding="utf-8")
    stale = groupform(home, "apply", "p.json")
    assert stale.code == 1
    assert "apply-stale" in stale.err
    assert len(world.things) == count


def test_one_deployment_that_is_out_of_reach_hides_none_of_the_others(
    tmp_path: Path, world: MemoryWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    dark = MemoryWorld(clock=lambda: 0.0)
    dark.fault = lambda request: Fault.unreachable
    entries = {"memory": Installed(MemoryProvider(world)), "dark": Installed(MemoryProvider(dark, name="dark"))}
    install(monkeypatch, entries)
    project = MEMORY.replace("second: {platform: memory}", "second: {platform: dark, directory: memory}")
    home = write_project(tmp_path, project)
    said = groupform(home, "plan", "--out", "p.json", "--detailed-exitcode")
    assert said.code == 4
    assert "club-home" in said.out
    assert "club-second could not be worked on" in said.err
    assert "does not answer" in said.err
    assert not (home / "p.json").exists()
    done = groupform(home, "apply", "--yes")
    assert done.code == 4
    assert world.things


def test_a_failure_is_told_with_the_way_on_and_the_next_run_finishes(home: Path, world: MemoryWorld) -> None:
    failing = {"left": 1}

    def once(request: Request) -> Fault | None:
        if request.verb == "create" and request.type == "room" and failing["left"]:
            failing["left"] -= 1
            return Fault.refused
        return None

    world.fault = once
    said = groupform(home, "apply", *ONE, "--yes")
    assert said.code == 1
    assert "1 failed" in said.out
    assert "groupform apply -d club-home --yes" in said.out
    assert groupform(home, "apply", *ONE, "--yes").code == 0


def test_a_protected_object_is_left_and_the_code_says_so(home: Path, world: MemoryWorld) -> None:
    protected = CLUB.replace("default: true}", "default: true}\n  den: {title: 密室, protect: true}")
    (home / "club.yaml").write_text(protected, encoding="utf-8")
    assert groupform(home, "apply", *ONE, "--yes").code == 0
    (home / "club.yaml").write_text(CLUB, encoding="utf-8")
    said = groupform(home, "apply", *ONE, "--yes")
    assert said.code == 3, said.out + said.err
    assert "protected" in said.out
    assert "club-home/room.den" in {each.uid for each in world.things.values()}


def test_a_guard_holds_a_plan_back_before_anybody_is_asked(home: Path, world: MemoryWorld) -> None:
    groupform(home, "apply", *ONE, "--yes")
    count = len(world.things)
    said = groupform(home, "destroy", *ONE, typed="yes\n")
    assert said.code == 1
    assert "apply-not-approved" in said.err
    assert "y/N" not in said.err
    assert len(world.things) == count
    planned = json.loads(groupform(home, "plan", *ONE, "--destroy", "--format", "json").out)
    approved = groupform(home, "destroy", *ONE, "--yes", "--approve", planned["digest"])
    assert approved.code == 0, approved.out + approved.err
    assert len([each for each in world.things.values() if not each.archived]) < count


def test_what_is_bound_can_be_listed_and_shown(home: Path, world: MemoryWorld) -> None:
    assert "Nothing is bound" in groupform(home, "state", "list").out
    groupform(home, "apply", *ONE, "--yes")
    listed = groupform(home, "state", "list").out
    assert "room.lobby" in listed
    assert groupform(home, "show", "club-home").out == listed
    shown = groupform(home, "state", "show", "room.lobby")
    assert shown.code == 0
    assert "club-home/room.lobby" in shown.out
    full = groupform(home, "state", "show", "club-home/room.lobby", "--format", "json")
    assert json.loads(full.out)["type"] == "room"
    assert groupform(home, "state", "show", "room.lobb").code == 1
    assert json.loads(groupform(home, "state", "list", "--format", "json").out)[0]["deployment"] == "club-home"


def test_coverage_is_the_worst_first_and_needs_no_platform(home: Path, world: MemoryWorld) -> None:
    said = groupform(home, "coverage", *ONE)
    assert said.code == 0
    assert world.requests == []
    claims = json.loads(groupform(home, "coverage", *ONE, "--format", "json").out)[0]["claims"]
    outcomes = [each["outcome"] for each in claims]
    assert outcomes.index("native") > 0 or set(outcomes) == {"native"}
    assert all(each["message"] for each in claims if each["reason"])
    assert groupform(home, "coverage", "-d", "nope").code == 1


def test_doctor_answers_for_each_connection(home: Path, world: MemoryWorld) -> None:
    said = groupform(home, "doctor")
    assert said.code == 0
    assert "home" in said.out
    assert "second" in said.out
    assert groupform(home, "doctor", "-c", "nowhere").code == 1


def test_doctor_says_who_cannot_be_reached(home: Path, world: MemoryWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    async def nobody(self: object) -> None:
        raise Failure("memory-unreachable", unreachable=True)

    monkeypatch.setattr("groupform.providers.memory.session.MemorySession.doctor", nobody)
    said = groupform(home, "doctor")
    assert said.code == 4
    assert "does not answer" in said.out


def test_steps_are_issued_attested_and_taken_back(tmp_path: Path) -> None:
    project = write_project(tmp_path, WECHAT)
    first = groupform(project, "apply", "--yes")
    assert first.code == 3
    assert groupform(project, "apply", "--yes").code == 0
    steps = json.loads(groupform(project, "steps", "list", "--format", "json").out)
    key = next(each["key"] for each in steps if each["key"].endswith("/group.lobby"))
    text = groupform(project, "steps", "text", "notice.lobby")
    assert "对事不对人。" in text.out
    done = groupform(project, "steps", "done", "group.lobby", "--by", "林一")
    assert (done.code, key in done.out) == (0, True), done.err
    left = [each["key"] for each in json.loads(groupform(project, "steps", "list", "--format", "json").out)]
    assert key not in left
    assert len(left) == len(steps) - 1
    assert groupform(project, "steps", "done", key).code == 1
    assert groupform(project, "steps", "reopen", "group.lobby").code == 0
    back = [each["key"] for each in json.loads(groupform(project, "steps", "list", "--format", "json").out)]
    assert key in back
    assert groupform(project, "steps", "reopen", "group.lobby").code == 1


def test_every_step_can_be_done_one_after_the_other(tmp_path: Path) -> None:
    project = write_project(tmp_path, WECHAT)
    groupform(project, "apply", "--yes")
    for _ in range(50):
        steps = json.loads(groupform(project, "steps", "list", "--format", "json").out)
        if not steps:
            break
        said = groupform(project, "steps", "done", steps[0]["key"])
        assert said.code == 0, said.err
    assert steps == []
    assert groupform(project, "plan", "--detailed-exitcode").code == 0


def test_a_changed_text_reopens_its_step_and_only_that(tmp_path: Path) -> None:
    project = write_project(tmp_path, WECHAT)
    groupform(project, "apply", "--yes")
    for each in json.loads(groupform(project, "steps", "list", "--format", "json").out):
        assert groupform(project, "steps", "done", each["key"]).code == 0
    (project / "club.yaml").write_text(CLUB.replace("对事不对人。", "好好说话。"), encoding="utf-8")
    opened = json.loads(groupform(project, "steps", "list", "--format", "json").out)
    assert opened
    assert all("notice" in each["key"] for each in opened)
    assert groupform(project, "apply", "--yes").code == 3


def test_who_keeps_the_steps_of_one_platform_needs_no_token_of_another(tmp_path: Path) -> None:
    home = "{platform: matrix, homeserver: http://127.0.0.1:9, access_token: '${env:MATRIX_ACCESS_TOKEN}'}"
    project = WECHAT.replace("connections:\n", f"connections:\n  home: {home}\n")
    project = project.replace("deployments:\n", "deployments:\n  club-home: {community: club, connection: home}\n")
    project = project.replace("{wechat: linyi}", "{wechat: linyi, matrix: '@lead:localhost'}")
    folder = write_project(tmp_path, project)
    assert groupform(folder, "plan").code == 1
    listed = groupform(folder, "steps", "list")
    assert listed.code == 0, listed.err
    assert "group.lobby" in listed.out
    assert groupform(folder, "steps", "done", "group.lobby").code == 0
    looked = groupform(folder, "doctor")
    assert looked.code == 1
    assert "MATRIX_ACCESS_TOKEN" in looked.out
    reached = groupform(folder, "plan", environ={"MATRIX_ACCESS_TOKEN": "syt_secret_token"})
    assert reached.code == 4
    assert "club-chat" in reached.out
    assert "club-home could not be worked on" in reached.err
    assert "syt_secret_token" not in reached.out + reached.err
