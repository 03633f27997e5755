"""The command line in this process, on streams and an environment of a test's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from groupform.commands.app import command_line
from groupform.commands.ending import end_with
from groupform.commands.run import Run
from render.samples import Stream

NOW = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Said:
    """What a command said, and how it ended."""

    code: int
    out: str
    err: str


class Answering(Stream):
    """A terminal at which somebody types."""

    def __init__(self, text: str) -> None:
        super().__init__(tty=True)
        self.write(text)
        self.seek(0)


def groupform(
    folder: Path,
    *argv: str,
    environ: Mapping[str, str] | None = None,
    typed: str | None = None,
    now: datetime = NOW,
) -> Said:
    """Runs one command in `folder`. With `typed`, it has a terminal, and that is typed into it."""
    out, err = Stream(tty=typed is not None), Stream(tty=typed is not None)
    frame = Run(
        environ={"GROUPFORM_LANG": "en", "COLUMNS": "100", "TERM": "dumb", **(environ or {})},
        folder=lambda: folder,
        stdin=Answering(typed) if typed is not None else None,
        stdout=out,
        stderr=err,
        now=lambda: now,
    )
    try:
        code = command_line(argv, frame)
    except Exception as error:
        code = end_with(error, frame, argv)
    return Said(code, out.getvalue(), err.getvalue())


WECHAT = """\
groupform: 1
communities: [club.yaml]
people:
  lead: {name: 林一, accounts: {wechat: linyi}}
connections:
  chat: {platform: wechat}
deployments:
  club-chat: {community: club, connection: chat}
"""

CLUB = """\
community: club
title: 宠友之家
locale: zh-CN
timezone: Asia/Shanghai
positioning:
  statement: 城市养宠人互助
  category: interest
  focus: open
  audience: 养宠人
  functions: [交流]
runs: standing
tiers:
  - {key: member, title: 成员}
team:
  owner: lead
  roles:
    admin: {people: [lead], may: [manage, moderate, announce]}
entry: {door: link}
groups:
  lobby: {title: 大厅, topic: 先打个招呼, default: true}
rules:
  be-kind: {title: 友善, text: 对事不对人。}
notice: {parts: [topic, rules]}
"""


def write_project(folder: Path, project: str = WECHAT, community: str = CLUB) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "groupform.yaml").write_text(project, encoding="utf-8")
    (folder / "club.yaml").write_text(community, encoding="utf-8")
    return folder
