"""A small chain of shops on WeChat, for the commands that deal with steps."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from commands.line import Said, groupform

PROJECT = """\
groupform: 1
communities: [shops.yaml]
people:
  lead: {name: 林一, accounts: {wechat: linyi}}
  mia: {name: 米娅, accounts: {wechat: mia}}
  zhou: {name: 周舟, backup: mia}
connections:
  chat: {platform: wechat}
deployments:
  shops: {community: shops, connection: chat}
"""

SHOPS = """\
community: shops
title: 福利群
locale: zh-CN
timezone: Asia/Shanghai
positioning: {statement: 领券, category: service, focus: open, audience: 顾客, functions: [交流]}
runs: standing
tiers: [{key: member, title: 成员}]
team: {owner: lead}
entry: {door: link}
groups:
  desk: {title: 总台}
  shop:
    title: "{name}店"
    each: {from: {csv: shops.csv}, key: id}
    owner: "{boss}"
rules: {kind: {title: 友善, text: 对事不对人。}}
notice: {parts: [rules]}
"""

ROWS = """\
id,name,boss
s1,一号,mia
s2,二号,mia
s3,三号,zhou
"""


def shops(folder: Path, project: str = PROJECT, community: str = SHOPS, rows: str = ROWS) -> Path:
    """The project: one group of the lead's, two of Mia's, and one of a man for whom Mia stands in."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (("groupform.yaml", project), ("shops.yaml", community), ("shops.csv", rows)):
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def edit(folder: Path, old: str, new: str, file: str = "shops.yaml") -> None:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times"
    path.write_text(text.replace(old, new), encoding="utf-8")


def steps(folder: Path, *argv: str) -> list[dict[str, Any]]:
    said = groupform(folder, "steps", "list", "--format", "json", *argv)
    assert said.code in (0, 3), said.err
    found: list[dict[str, Any]] = json.loads(said.out)
    return found


def keys(folder: Path, *argv: str) -> list[str]:
    return [each["key"] for each in steps(folder, *argv)]


def well(said: Said) -> Said:
    assert said.code == 0, said.err + said.out
    return said
