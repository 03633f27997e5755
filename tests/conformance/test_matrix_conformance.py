"""Matrix walks the conformance list, on a real homeserver."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from conformance.platform import Can, Live, Platform
from conformance.story import STEPS
from conformance.walking import walk
from groupform.config.project import ResolvedDeployment
from groupform.engine.plan import DeploymentPlan
from groupform.providers.matrix import MatrixProvider
from homeserver import Homeserver

pytestmark = [pytest.mark.anyio, pytest.mark.acceptance]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class MatrixPlatform(Platform):
    """A homeserver of its own. `lead` looks at everything from inside, as a member with every right would."""

    name = "matrix"
    group_type = "room"
    can = frozenset({Can.drift, Can.vanish, Can.hide, Can.delete, Can.read_notice, Can.adopt})

    def __init__(self, server: Homeserver) -> None:
        self.server = server
        self.provider = MatrixProvider()
        self.lead = server.person("lead")
        server.register("host")

    def connection(self) -> Mapping[str, str]:
        return {"platform": "matrix", "homeserver": self.server.base_url, "access_token": "${env:TOKEN}"}

    def environ(self) -> Mapping[str, str]:
        return {"TOKEN": self.server.token}

    def accounts(self) -> Mapping[str, str]:
        return {"lead": "@lead:localhost", "host": "@host:localhost"}

    async def groups(self) -> list[Live]:
        """Rooms the lead is in or can walk into, found by what the tool's account has marked and not given up."""
        bot = self.server.operator
        found = []
        for room in bot.joined_rooms():
            state = {(each["type"], each["state_key"]): each["content"] for each in bot.state(room)}
            if ".room." in state.get(("org.groupform.owner", ""), {}).get("uid", "").replace("/", "."):
                found.append(self._live(room, state))
        # A room that we were thrown out of goes on: the lead still sees it.
        inside = {each.id for each in found}
        for room in self.lead.joined_rooms():
            state = {(each["type"], each["state_key"]): each["content"] for each in self.lead.state(room)}
            mark = state.get(("org.groupform.owner", ""), {})
            if room not in inside and "/room." in mark.get("uid", "") and not mark.get("ended"):
                found.append(self._live(room, state))
        return found

    def _live(self, room: str, state: Mapping[tuple[str, str], Mapping[str, str]]) -> Live:
        pinned = state.get(("m.room.pinned_events", ""), {}).get("pinned") or []
        notice = None
        for event in pinned:
            found = self.server.operator.call("GET", f"/rooms/{room}/event/{event}")
            newest = found.get("unsigned", {}).get("m.relations", {}).get("m.replace")
            content = newest["content"]["m.new_content"] if newest else found["content"]
            notice = content.get("body")
        return Live(
            room,
            state.get(("m.room.name", ""), {}).get("name", ""),
            state.get(("m.room.topic", ""), {}).get("topic"),
            notice,
        )

    async def rename_by_hand(self, live: Live, title: str) -> None:
        self._inside(live)
        self.lead.set_state(live.id, "m.room.name", {"name": title})

    async def vanish(self, live: Live) -> None:
        """The server's administration deletes the room. Nobody else can."""
        path = f"/_synapse/admin/v1/rooms/{live.id}"
        self.server.operator.call("DELETE", path, {"purge": True, "force_purge": True})

    async def hide(self, live: Live) -> None:
        """Nobody outranks the creator of a room of version 12; it can only be made to go."""
        self._inside(live)
        self.server.operator.leave(live.id)

    async def show(self, live: Live) -> None:
        self.lead.invite(live.id, self.server.user_id)
        self.server.operator.join(live.id)

    async def make_by_hand(self, title: str) -> Live:
        """The lead's room of an older version, in which the tool's account was made an equal."""
        bot = self.server.user_id
        powers = {"users": {self.lead.user_id: 100, bot: 100, "@stranger:localhost": 60}}
        room = self.lead.create_room(
            name=title, preset="private_chat", room_version="11", power_level_content_override=powers
        )
        self.lead.invite(room, bot)
        self.server.operator.join(room)
        return Live(room, title)

    async def act(self, plan: DeploymentPlan, deployment: ResolvedDeployment) -> None:
        raise AssertionError(f"nothing here is left to people: {[each.key for each in plan.steps]}")

    def _inside(self, live: Live) -> None:
        for room in self.server.operator.joined_rooms():
            if self.server.operator.members(room).get(self.lead.user_id) == "invite":
                self.lead.join(room)
        self.lead.join(live.id)


async def test_conformance(tmp_path: Path, fresh_homeserver: Homeserver) -> None:
    platform = MatrixPlatform(fresh_homeserver)
    walked = await walk(platform, tmp_path / "project")
    assert walked == [each.name for each in STEPS if each.needs is None or each.needs in platform.can]
