"""A post is tried out on a real homeserver: on one person, in the team's room, and on a group."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from commands.matrix_desk import Desk
from homeserver import Homeserver, Person

pytestmark = pytest.mark.acceptance

CALENDAR = """\
calendar:
  tips: {title: 干货, kind: article, when: {daily: yes, at: "20:00"}, to: [plaza], post: {text: "**{group}** 好"}}
"""


def messages(person: Person, room: str) -> list[dict[str, Any]]:
    found = person.call("GET", f"/rooms/{room}/messages", dir="b", limit="50")
    return [each["content"] for each in found["chunk"] if each["type"] == "m.room.message"]


def test_a_post_is_tried_out_on_one_person_and_on_a_group(tmp_path: Path, homeserver: Homeserver) -> None:
    desk = Desk(tmp_path, homeserver)
    file = desk.home / "club.yaml"
    file.write_text(file.read_text(encoding="utf-8") + CALENDAR, encoding="utf-8")
    desk.applied()
    rooms = {address.partition("/")[2]: each["id"] for address, each in desk.state()["bindings"].items()}
    team = next(room for address, room in rooms.items() if address.startswith("team."))
    lead = homeserver.person("lead")

    absent = desk.run("post", "preview", "tips", "--to", "lead")
    assert absent.code == 1 and "matrix-notify-not-in-team" in absent.err
    lead.join(team)
    before = len(messages(lead, team))
    tried = desk.run("post", "preview", "tips", "--to", "lead")
    assert tried.code == 0, tried.err
    first, *others = messages(lead, team)
    assert len(others) == before and first["body"] == "广场 好" and "<strong>广场</strong>" in first["formatted_body"]
    assert first["m.mentions"] == {"user_ids": [lead.user_id]}, "they are told, and nobody else"
    said = [each["body"] for each in messages(homeserver.operator, rooms["room.plaza"])]
    assert "广场 好" not in said, "members have not seen it"

    assert desk.run("post", "preview", "tips", "--to", "plaza").code == 0
    shown = messages(homeserver.operator, rooms["room.plaza"])[0]
    assert shown["body"] == "广场 好" and shown["m.mentions"] == {}

    poll = "poll: {question: 来吗？, options: [来, 不来]}"
    whole = f'{{text: "**{{group}}** 好", attach: [menu.txt], {poll}, pin: 3d, mentions: everyone}}'
    (desk.home / "menu.txt").write_text("茶", encoding="utf-8")
    file.write_text(file.read_text(encoding="utf-8").replace('{text: "**{group}** 好"}', whole), encoding="utf-8")
    pinned = homeserver.operator.get_state(rooms["room.plaza"], "m.room.pinned_events")
    assert desk.run("post", "preview", "tips", "--to", "plaza").code == 0
    page = homeserver.operator.call("GET", f"/rooms/{rooms['room.plaza']}/messages", dir="b", limit="3")["chunk"]
    vote, menu, words = (each["content"] for each in page)
    assert (words["body"], menu["filename"], "org.matrix.msc3381.poll.start" in vote) == ("广场 好", "menu.txt", True)
    assert {str(each["m.mentions"]) for each in (vote, menu, words)} == {"{}"}, "it is tried out: nobody is called"
    assert homeserver.operator.get_state(rooms["room.plaza"], "m.room.pinned_events") == pinned, "and nothing pinned"
    assert desk.run("post", "preview", "tips", "--to", "lead").code == 0
    page = lead.call("GET", f"/rooms/{team}/messages", dir="b", limit="3")["chunk"]
    vote, menu, words = (each["content"] for each in page)
    assert (words["body"], menu["filename"], "org.matrix.msc3381.poll.start" in vote) == ("广场 好", "menu.txt", True)
    told = [each["m.mentions"] for each in (words, menu, vote)]
    assert told == [{"user_ids": [lead.user_id]}, {}, {}], "all of it, and they are told of it once"
    nobody = desk.run("post", "preview", "tips", "--to", "nobody")
    assert nobody.code == 1 and "plaza" in nobody.err and "lead" in nobody.err
