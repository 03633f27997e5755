"""People are written to on a real homeserver: in the team's room, by a mention, with their page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from commands.matrix_desk import Desk
from homeserver import Homeserver, Person

pytestmark = pytest.mark.acceptance


class Shop(Desk):
    """A club on a homeserver whose WeChat group is kept by hand; the homeserver tells people."""

    def __init__(self, folder: Path, server: Homeserver) -> None:
        super().__init__(folder, server)
        file = self.home / "groupform.yaml"
        text = file.read_text(encoding="utf-8")
        own = f"  chat: {{platform: wechat}}\ndeployments:\n  by-hand: {{community: {self.key}, connection: chat}}\n"
        text = text.replace("deployments:\n", own)
        file.write_text(text + "notify: {connection: home}\n", encoding="utf-8")


def messages(person: Person, room: str) -> list[dict[str, Any]]:
    found = person.call("GET", f"/rooms/{room}/messages", dir="b", limit="50")
    return [each for each in found["chunk"] if each["type"] == "m.room.message"]


def test_a_person_is_told_in_the_teams_room_once_they_are_in_it(tmp_path: Path, homeserver: Homeserver) -> None:
    shop = Shop(tmp_path, homeserver)
    none = shop.run("steps", "notify")
    assert none.code == 1 and "matrix-notify-no-team" in none.err
    done = shop.run("apply", "-d", shop.name, "--yes")
    assert done.code in (0, 3), done.err
    absent = shop.run("steps", "notify")
    assert absent.code == 1 and "matrix-notify-not-in-team" in absent.err
    lead = homeserver.person("lead")
    bindings = shop.state()["bindings"]
    room = next(each["id"] for address, each in bindings.items() if "/team." in address)
    lead.join(room)
    told = shop.run("steps", "notify")
    assert told.code == 0, told.err
    text, page = list(reversed(messages(lead, room)))
    assert text["content"]["m.mentions"] == {"user_ids": [lead.user_id]}
    assert "matrix.to" in text["content"]["formatted_body"]
    assert (page["content"]["msgtype"], page["content"]["body"]) == ("m.file", "lead.html")
    again = shop.run("steps", "notify")
    assert again.code == 0 and len(messages(lead, room)) == 2
