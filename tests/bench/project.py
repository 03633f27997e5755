"""Owns the projects that benchmarks are run on: fleets of stores from a table, and many community files."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from groupform.config.load import load_project
from groupform.config.project import Project, ResolvedDeployment

EXAMPLES = Path(__file__).parents[2] / "examples"
ENVIRON = {"MATRIX_HOMESERVER": "http://127.0.0.1:9", "MATRIX_ACCESS_TOKEN": "bench"}

# A community as in examples/store-coupons: a group a store, each with its alias, its notice, its pin and its place.
_FLEET = """\
community: NAME
title: 门店福利群
locale: zh-CN
timezone: Asia/Shanghai
positioning: {statement: 每家门店一个群，只发本店优惠券, category: service, focus: single, audience: 到店下过单的顾客}
runs: standing
segments:
  city: {sh: 上海, bj: 北京, gz: 广州}
tiers:
  - {key: member, title: 顾客}
team:
  owner: ops
  roles:
    admin: {people: [ops], may: [manage, moderate, announce]}
entry: {door: link}
groups:
  store:
    each: {from: {csv: NAME.csv}, key: id}
    title: "{store}福利群"
    topic: 领券、查活动、找店员
    segments: {city: "{city}"}
rules:
  on-topic:
    title: 只谈福利
    text: 群里只发券，其他问题找客服。
notice: {parts: [topic, rules]}
"""
_PROJECT = """\
groupform: 1
communities: [communities/*.yaml]
people:
  lead: {name: 林一, accounts: {matrix: "@lead:localhost"}}
  host-sh: {name: 周舟, accounts: {matrix: "@host:localhost"}}
  ops: {name: 运营, accounts: {matrix: "@ops:localhost"}}
connections:
  home: {platform: matrix, homeserver: "${env:MATRIX_HOMESERVER}", access_token: "${env:MATRIX_ACCESS_TOKEN}"}
guards: {delete: {groups: 0, others: 10}, members: {count: 50, share: 5%}, on_gap: ignore}
deployments:
"""


def write_fleets(root: Path, stores: Mapping[str, int]) -> None:
    """A project with one community and one deployment of so many stores under each name."""
    folder = root / "communities"
    folder.mkdir(parents=True, exist_ok=True)
    for name, count in stores.items():
        rows = [f"s{each:05},第{each}店,{('sh', 'bj', 'gz')[each % 3]}" for each in range(count)]
        (folder / f"{name}.csv").write_text("\n".join(["id,store,city", *rows, ""]), encoding="utf-8")
        (folder / f"{name}.yaml").write_text(_FLEET.replace("NAME", name), encoding="utf-8")
    _write_project(root, list(stores))


def write_files(root: Path, count: int) -> int:
    """A project with so many community files, the examples' in turn, each under a key of its own; returns its bytes."""
    folder = root / "communities"
    folder.mkdir(parents=True)
    sources = sorted(EXAMPLES.glob("*/communities/*.yaml"))
    for source in sources:
        for each in source.parent.iterdir():
            if each.is_dir():
                shutil.copytree(each, folder / each.name, dirs_exist_ok=True)
            elif each.suffix == ".csv":
                shutil.copy(each, folder)
    size = 0
    for number in range(count):
        source = sources[number % len(sources)]
        name = f"c{number:05}"
        text = source.read_text(encoding="utf-8").replace(f"community: {source.stem}\n", f"community: {name}\n")
        size += (folder / f"{name}.yaml").write_bytes(text.encode())
    _write_project(root, [f"c{number:05}" for number in range(count)])
    return size


def load(root: Path, environ: Mapping[str, str] = ENVIRON) -> Project:
    """The project; a finding that fails it ends the benchmark, which would else measure something else."""
    loaded = load_project(root, environ=environ, platforms=("matrix",))
    if loaded.project is None:
        raise SystemExit("\n".join(f"{each.code} {each.span} {dict(each.params)}" for each in loaded.diagnostics))
    return loaded.project


def deployment(project: Project, name: str) -> ResolvedDeployment:
    found = project.deployment(name)
    assert found is not None, name
    return found


def _write_project(root: Path, names: list[str]) -> None:
    lines = [f"  {name}: {{community: {name}, connection: home}}\n" for name in names]
    (root / "groupform.yaml").write_text(_PROJECT + "".join(lines), encoding="utf-8")
