"""Projects for tests of compilers: one community, put on one platform, loaded as the command line loads it."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from groupform.config.load import load_project
from groupform.config.project import Connection, Project, ResolvedDeployment

EXAMPLES = Path(__file__).parents[2] / "examples"
STORIES = ("pet-club", "store-coupons", "flash-sale", "write-or-out", "open-garden")
NOW = datetime(2026, 12, 1, 4, 0, tzinfo=UTC)

PROJECT = """\
groupform: 1
communities: [community.yaml]
people:
  lead: {name: 林一, accounts: {wechat: linyi, wecom: linyi, matrix: "@lead:localhost"}}
  host-sh: {name: 周舟, accounts: {wechat: zhouzhou, wecom: zhouzhou, matrix: "@host:localhost"}}
  ops: {name: 运营, accounts: {wechat: ops01, wecom: ops01, matrix: "@ops:localhost"}}
connections:
  here: {platform: %(platform)s%(settings)s}
deployments:
  here: {community: %(community)s, connection: here%(deployment)s}
"""


def story(folder: Path, name: str, platform: str, *, deployment: str = "", settings: str = "") -> Path:
    """A project in `folder` with the community of an example on one platform; the path of its community file."""
    shutil.copytree(EXAMPLES / name / "communities", folder, dirs_exist_ok=True)
    (folder / f"{name}.yaml").rename(folder / "community.yaml")
    return _project(folder, name, platform, deployment, settings)


def everything(folder: Path, platform: str, *, deployment: str = "", settings: str = "") -> Path:
    """The same for the community that uses the language as widely as one file can."""
    shutil.copytree(Path(__file__).parent / "everything", folder, dirs_exist_ok=True)
    return _project(folder, "club", platform, deployment, settings)


def community(folder: Path, text: str, platform: str, *, deployment: str = "", settings: str = "") -> Path:
    """The same for a community that is written in the test; its key is `club`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "community.yaml").write_text(text, encoding="utf-8")
    return _project(folder, "club", platform, deployment, settings)


def _project(folder: Path, key: str, platform: str, deployment: str, settings: str) -> Path:
    words = {"platform": platform, "community": key, "deployment": deployment, "settings": settings}
    (folder / "groupform.yaml").write_text(PROJECT % words, encoding="utf-8")
    return folder / "community.yaml"


def loaded(folder: Path, *, now: datetime = NOW, environ: Mapping[str, str] | None = None) -> Project:
    """The resolved project. Fails the test, naming the codes, where it does not load."""
    found = load_project(folder, environ=environ or {}, now=now)
    assert found.project is not None, [(each.code, dict(each.params)) for each in found.diagnostics]
    return found.project


def deployed(folder: Path, *, now: datetime = NOW) -> ResolvedDeployment:
    """The project's only deployment."""
    return loaded(folder, now=now).deployments[0]


def on(deployment: ResolvedDeployment, connection: Connection) -> ResolvedDeployment:
    """The same deployment, reached another way."""
    return replace(deployment, connection=connection)
