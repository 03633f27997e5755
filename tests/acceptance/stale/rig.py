"""A community on a real homeserver with a saved plan in hand, and everything that may happen before it is applied."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from acceptance.stale.recorder import Recorder, kept
from commands.line import Said
from groupform.commands.app import command_line
from groupform.commands.ending import end_with
from groupform.commands.run import Run
from groupform.commands.saved import read_plan
from groupform.engine.digest import plan_digest
from groupform.engine.plan import DeploymentPlan, digest_of
from groupform.messages import load
from homeserver import Homeserver
from render.samples import Stream

PROJECT = """\
groupform: 1
communities: [club.yaml]
people:
  lead: {name: 林一, accounts: {matrix: "@lead:localhost"}}
connections:
  home:
    platform: matrix
    homeserver: ${env:MATRIX_HOMESERVER}
    access_token: ${env:MATRIX_ACCESS_TOKEN}
deployments:
  NAME: {community: NAME, connection: home}
environments:
  production: {default: true}
  staging: {title_suffix: "（测试）"}
guards:
  delete: {groups: 5, others: 50}
  members: {count: 50, share: 5%}
"""

BEFORE = """\
community: NAME
title: 宠友之家
locale: zh-CN
timezone: Asia/Shanghai
tiers: [{key: member, title: 成员}]
team: {owner: lead, roles: {admin: {people: [lead], may: [manage, moderate, announce]}}}
entry: {door: link}
groups:
  lobby: {title: 大厅, topic: 先打个招呼}
  plaza: {title: 广场, topic: 随便聊聊}
  attic: {title: 阁楼, topic: 旧物, on_remove: delete}
rules:
  be-kind: {title: 友善, text: 对事不对人。}
notice: {parts: [topic, rules]}
"""

AFTER = (
    BEFORE.replace("topic: 随便聊聊", "topic: 周末集市")
    .replace("text: 对事不对人。", "text: 先求证，再转发。")
    .replace("  attic: {title: 阁楼, topic: 旧物, on_remove: delete}\n", "  garden: {title: 花园, topic: 晒太阳}\n")
)
"""A topic and two notices to change, a room to make, one to take away."""

PLAN = "plan.json"


@dataclass
class Desk:
    """One deployment whose every request passes by a recorder."""

    folder: Path
    server: Homeserver
    recorder: Recorder
    name: str = field(default_factory=lambda: f"club-{uuid.uuid4().hex[:6]}")
    environ: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.environ:
            self.server.person("lead")
            self.environ = {
                "MATRIX_HOMESERVER": self.recorder.base_url,
                "MATRIX_ACCESS_TOKEN": self.server.token,
            }

    def write(self, community: str, project: str = PROJECT) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "groupform.yaml").write_text(project.replace("NAME", self.name), encoding="utf-8")
        (self.folder / "club.yaml").write_text(community.replace("NAME", self.name), encoding="utf-8")

    def run(self, *argv: str, **environ: str) -> Said:
        """One command in this process, on a clock that goes on: who looks for a lost create waits by it."""
        out, err = Stream(), Stream()
        frame = Run(
            environ={"GROUPFORM_LANG": "en", "COLUMNS": "100", "TERM": "dumb", **self.environ, **environ},
            folder=lambda: self.folder,
            stdin=None,
            stdout=out,
            stderr=err,
        )
        try:
            code = command_line(argv, frame)
        except Exception as error:
            code = end_with(error, frame, argv)
        return Said(code, out.getvalue(), err.getvalue())

    def planned(self) -> Desk:
        """Applied once, edited since, and the plan of that saved."""
        self.write(BEFORE)
        done = self.run("apply", "--yes")
        assert done.code in (0, 3), done.err
        self.write(AFTER)
        return self.saved()

    def saved(self) -> Desk:
        """With a plan of the files as they stand."""
        made = self.run("plan", "--out", PLAN)
        assert made.code == 0, made.err
        return self

    def copied(self, folder: Path) -> Desk:
        """A colleague's desk: the same files, the same state, the same plan, the same rooms."""
        shutil.copytree(self.folder, folder)
        return Desk(folder, self.server, self.recorder, self.name, dict(self.environ))

    @property
    def state(self) -> Path:
        return self.folder / ".groupform" / "state" / "production" / self.name / "state.json"

    def document(self) -> dict[str, Any]:
        return dict(json.loads(self.run("state", "pull", self.name).out))

    def id(self, short: str) -> str:
        return str(self.document()["bindings"][f"{self.name}/{short}"]["id"])

    def read_label(self, short: str) -> str:
        """What a room is called."""
        return str(self.document()["bindings"][f"{self.name}/{short}"]["applied"]["name"])

    def replace_state(self, content: dict[str, Any]) -> None:
        """Somebody puts another file in the place of the state, by hand."""
        self.state.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
        for each in self.state.parent.iterdir():
            if each.is_file() and each != self.state:
                each.unlink()

    def read_plan(self) -> DeploymentPlan:
        (found,) = read_plan(self.folder / PLAN).deployments
        return found

    def edit_plan(self, change: Callable[[dict[str, Any]], None], *, digested: bool = True) -> None:
        """Somebody writes into the plan file; with `digested`, as carefully as a program would."""
        file = self.folder / PLAN
        content = json.loads(file.read_text(encoding="utf-8"))
        change(content["deployments"][0])
        if digested:
            parts = [DeploymentPlan.model_validate(each) for each in content["deployments"]]
            for each, part in zip(content["deployments"], parts, strict=True):
                each["digest"] = plan_digest(part)
            content["digest"] = digest_of([each["digest"] for each in content["deployments"]])
        file.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")

    def refused(self, *codes: str, argv: tuple[str, ...] = ("apply", PLAN, "--yes"), **environ: str) -> Said:
        """Refuses, in both languages, with these reasons among others and with nothing written anywhere.

        Counted twice: by who stands in the way, and by the server's own database. Returns what was said in English.
        """
        at_first, state = kept(self.server.folder), self._durable()
        self.recorder.clear()
        english = self.run(*argv, **environ)
        chinese = self.run(*argv, **environ, GROUPFORM_LANG="zh-CN")
        assert (english.code, chinese.code) == (1, 1), (english, chinese)
        assert self.recorder.writes == [], self.recorder.writes
        assert kept(self.server.folder) == at_first
        assert self._durable() == state, "a refused apply leaves the state as it is"
        for said, lang in ((english, "en"), (chinese, "zh-CN")):
            words = load(lang)
            for code in codes:
                assert code in said.err, (code, said.err)
                missing = [each for each in _parts(words[code]["message"]) if each not in _squeezed(said.err)]
                assert not missing, (code, missing, said.err)
            assert "Traceback" not in said.err and " bug" not in said.err, said.err
        return english

    def _durable(self) -> str:
        """What the state says, in however many files; nothing where there is none."""
        said = self.run("state", "pull", self.name)
        return said.out if said.code == 0 else said.err

    def kill_after(self, write: int) -> int:
        """Applies the saved plan in a process of its own, which dies once its n-th write has taken effect."""
        command = [sys.executable, "-m", "groupform", "apply", PLAN, "--yes"]
        self.recorder.clear()
        process = subprocess.Popen(
            command,
            cwd=self.folder,
            env={**os.environ, **self.environ, "GROUPFORM_LANG": "en"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self.recorder.kill_at, self.recorder.kill = write, process.kill
        try:
            process.communicate(timeout=60)
        finally:
            self.recorder.kill_at = None
        return process.returncode

    def settled(self) -> None:
        """Nothing is left to do."""
        after = self.run("plan", "--detailed-exitcode")
        assert after.code == 0, after.out
        document = self.document()
        assert document["progress"] is None and not document["intents"]


def _parts(sentence: str) -> list[str]:
    """What of a sentence stands between its placeholders, without the white space at which it may be wrapped."""
    return [_squeezed(each) for each in re.split(r"\{\w+\}", sentence)]


def _squeezed(text: str) -> str:
    return "".join(text.split())
