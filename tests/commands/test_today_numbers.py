"""Numbers outside the bounds of `health`, in the morning: counted where a platform counts, and never guessed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from acceptance.wecom.corp import CORP, Corp
from commands.line import NOW
from commands.matrix_desk import Desk
from homeserver import Homeserver

DAY = 86_400
PROJECT = f"""\
groupform: 1
communities: [communities/*.yaml]
people:
  boss: {{name: 林一, accounts: {{wecom: LinYi}}}}
  host: {{name: 周舟, accounts: {{wecom: zhouzhou}}}}
connections:
  wecom: {{platform: wecom, corp_id: {CORP}, agent_id: "1000002", secret: "${{env:WECOM_SECRET}}", team_chat: no}}
deployments:
  here: {{community: club, connection: wecom}}
"""
CLUB = """\
community: club
title: 宠友
timezone: Asia/Shanghai
team: {owner: boss}
entry: {door: link}
groups:
  one: {title: 独一群, owner: {person: host}}
  two: {title: 第二群, owner: {person: boss}}
  three: {title: 第三群, owner: {person: boss}}
"""
HEALTH = """\
health:
  - {metric: messages, per: group, within: 1d, between: [100, 200]}
  - {metric: leave_rate, per: group, within: 30d, below: 5%}
  - {metric: joins, per: community, within: 7d, at_least: 50}
  - {metric: members, per: group, below: 30}
  - {metric: response_time, per: group, below: 15m}
  - {metric: messages, per: group, within: 6h, at_least: 1}
"""
STATISTIC = "externalcontact/groupchat/statistic"


def morning(corp: Corp, *argv: str) -> dict[str, Any]:
    (found,) = json.loads(corp("today", "--format", "json", *argv).out)
    return dict(found)


def rig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, health: str = HEALTH) -> tuple[Corp, dict[str, str]]:
    """Three groups since forty days ago: one of 周舟 alone, in which 40 are and 10 left; two of 林一."""
    corp = Corp(tmp_path, monkeypatch)
    corp.write("groupform.yaml", PROJECT)
    (tmp_path / "communities/seed.yaml").unlink()
    corp.write("communities/club.yaml", CLUB + health)
    corp.seconds = NOW.timestamp() - 40 * DAY
    ids = {
        title: corp.person.create_group(owner, f"宠友·{title}", guests=guests)
        for title, owner, guests in (("独一群", "zhouzhou", 49), ("第二群", "linyi", 5), ("第三群", "linyi", 5))
    }
    corp.seconds = NOW.timestamp() - 20 * DAY
    corp.person.leave(ids["独一群"], 10)
    corp.seconds = NOW.timestamp() - DAY
    corp.person.write(ids["独一群"], 99)
    corp.person.join(ids["第三群"], 7)
    corp.seconds = NOW.timestamp()
    corp.person.write(ids["独一群"], 50)  # today is not over: it does not count yet
    corp("apply", "--yes", code=None)
    return corp, ids


def test_what_wecom_counts_and_what_it_does_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corp, _ = rig(tmp_path, monkeypatch)
    found = morning(corp)
    assert {(each["code"], each["who"]) for each in found["numbers"]} == {
        ("number-not-between", "host"),
        ("number-too-high", "host"),
        ("number-too-low", "boss"),
    }
    messages = [each["message"] for each in found["numbers"]]
    assert "“宠友·独一群”: messages 99, 100 to 200 is the aim (11-30 00:00 – 12-01 00:00)" in messages
    assert "“宠友·独一群”: leave_rate 20.0%, below 5% is the aim (11-01 00:00 – 12-01 00:00)" in messages
    assert "“宠友·独一群”: members 39, below 30 is the aim (12-01 16:00 – 12-01 16:00)" in messages
    assert "“宠友”: joins 7, at least 50 is the aim (11-24 00:00 – 12-01 00:00)" in messages
    assert len(messages) == 4
    unknown = {(each["metric"], each["label"], each["code"]) for each in found["unknown"]}
    assert {("messages", label, "wecom-number-several-groups") for label in ("宠友·第二群", "宠友·第三群")} <= unknown
    assert ("response_time", None, "number-not-counted") in unknown
    assert ("messages", "宠友·独一群", "wecom-number-by-day") in unknown
    assert all("第二群" not in each and "第三群" not in each for each in messages)


def test_each_is_told_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corp, _ = rig(tmp_path, monkeypatch)
    assert {each["who"] for each in morning(corp, "--who", "host")["numbers"]} == {"host"}
    assert {each["code"] for each in morning(corp, "--who", "boss")["numbers"]} == {"number-too-low"}
    chinese = corp("today", GROUPFORM_LANG="zh-CN").out
    assert "超出范围的数据" in chinese
    assert "「宠友·独一群」：messages 为 99，目标是 100 到 200" in chinese


def test_another_group_of_the_owner_makes_a_number_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corp, _ = rig(tmp_path, monkeypatch)
    corp.seconds = NOW.timestamp() - 2 * DAY
    corp.person.create_group("zhouzhou", "私下的群")
    corp.seconds = NOW.timestamp()
    found = morning(corp)
    assert {each["code"] for each in found["numbers"]} == {"number-too-high"}  # its size is read from itself
    assert ("joins", "wecom-number-other-groups") in {(each["metric"], each["code"]) for each in found["unknown"]}


def test_nothing_is_asked_that_no_bound_is_about(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corp, _ = rig(tmp_path, monkeypatch, "")
    assert morning(corp)["numbers"] == []
    assert not [each for each in corp.rehearsal.seen if STATISTIC in str(each)]
    corp.change(
        "communities/club.yaml", "groups:", "health: [{metric: messages, per: group, within: 1d, below: 50}]\ngroups:"
    )
    before = len(corp.rehearsal.seen)
    assert [each["code"] for each in morning(corp)["numbers"]] == ["number-too-high"]
    asked = [each for each in list(corp.rehearsal.seen)[before:] if STATISTIC in str(each)]
    assert len(asked) == 2, "the eve and the day, for all owners at once"
    corp("plan", code=None)
    assert len([each for each in corp.rehearsal.seen if STATISTIC in str(each)]) == 2, "only today asks"


@pytest.mark.acceptance
def test_what_happens_in_rooms_is_counted(tmp_path: Path, homeserver: Homeserver) -> None:
    desk = Desk(tmp_path / "desk", homeserver)
    file = desk.home / "club.yaml"
    bounds = """\
health:
  - {metric: messages, per: group, within: 30d, between: [2, 3]}
  - {metric: leave_rate, per: group, within: 30d, below: 40%}
  - {metric: joins, per: group, within: 30d, at_least: 2}
  - {metric: response_time, per: group, below: 15m}
"""
    file.write_text(file.read_text(encoding="utf-8") + bounds, encoding="utf-8")
    desk.applied()
    rooms = {short: each["id"] for short, each in desk.state()["bindings"].items() if "/room." in short}
    lobby = next(room for short, room in rooms.items() if short.endswith("room.lobby"))
    one, two = homeserver.person("counted-one"), homeserver.person("counted-two")
    for each in (one, two):
        homeserver.operator.invite(lobby, each.user_id)
        each.join(lobby)
    for text in ("早", "今天去公园吗", "去", "好"):
        first = one.send(lobby, text)
    relation = {"rel_type": "m.replace", "event_id": first}
    edit = {"msgtype": "m.text", "body": "* 好的", "m.new_content": {"msgtype": "m.text", "body": "好的"}}
    one.call("PUT", f"/rooms/{lobby}/send/m.room.message/edit", {**edit, "m.relates_to": relation})
    two.leave(lobby)
    said = desk.run("today", "--format", "json")
    assert said.code == 0, said.err
    (found,) = json.loads(said.out)
    told = [each["message"].partition(" (")[0] for each in found["numbers"]]
    lobby_told = sorted(each for each in told if "大厅" in each)
    assert [each.partition(": ")[2] for each in lobby_told] == [
        "leave_rate 50.0%, below 40% is the aim",
        "messages 4, 2 to 3 is the aim",
    ]
    others = [each.partition(": ")[2] for each in told if "大厅" not in each]
    assert set(others) == {"messages 0, 2 to 3 is the aim", "joins 0, at least 2 is the aim"}
    assert ("response_time", "number-not-counted") in {(each["metric"], each["code"]) for each in found["unknown"]}
