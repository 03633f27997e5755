"""Projects with a calendar, resolved from text."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from groupform.config.load import Loaded, load_project
from groupform.config.project import Project, ResolvedDeployment

NOW = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)
PROJECT = """\
groupform: 1
communities: [club.yaml]
people:
  lead: {name: 林一, accounts: {wechat: linyi}}
connections:
  chat: {platform: wechat}
deployments:
  club-chat: {community: club, connection: chat}
"""
HEAD = """\
community: club
title: 宠友之家
locale: zh-CN
timezone: Asia/Shanghai
team: {owner: lead}
entry: {door: open}
"""
GROUPS = """\
groups:
  lobby: {title: 大厅}
  city:
    each: {from: {segment: region}}
    title: 宠友·{region}
segments:
  region: {sh: 上海, bj: 北京}
"""


def write(
    folder: Path, community: str, *, project: str = PROJECT, files: Mapping[str, bytes | str] | None = None
) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "groupform.yaml").write_text(project, encoding="utf-8")
    (folder / "club.yaml").write_text(community, encoding="utf-8")
    for name, data in (files or {}).items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data if isinstance(data, bytes) else data.encode())
    return folder


def load(folder: Path, now: datetime = NOW) -> Loaded:
    return load_project(folder, environ={}, now=now, platforms=())


def project(folder: Path, community: str, *, now: datetime = NOW, **more: object) -> Project:
    loaded = load(write(folder, community, **more), now)  # type: ignore[arg-type]
    assert loaded.project is not None, [(each.code, each.params) for each in loaded.diagnostics]
    return loaded.project


def deployment(folder: Path, community: str, *, now: datetime = NOW, **more: object) -> ResolvedDeployment:
    return project(folder, community, now=now, **more).deployments[0]


def at(text: str) -> datetime:
    """An instant as Shanghai's clocks show it."""
    return datetime.fromisoformat(text + "+08:00")
