"""Encryption, servers that may take part and a list of bans on a real homeserver: declared, drifted, guarded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from acceptance.matrix.rig import Desk, told
from groupform.config.diagnostics import Refused
from groupform.engine.plan import DeploymentPlan
from homeserver import Homeserver

pytestmark = [pytest.mark.anyio, pytest.mark.acceptance]

ENCRYPTION, ACL = "m.room.encryption", "m.room.server_acl"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def small(**more: object) -> dict[str, object]:
    return {
        "community": "garden",
        "title": "花园",
        "tiers": [{"key": "member", "title": "成员"}],
        "team": {"owner": "lead", "roles": {"host": {"people": ["host-sh"], "may": ["moderate"]}}},
        "entry": {"door": "link"},
        "groups": {"lobby": {"title": "大厅"}, "desk": {"title": "书桌"}},
        **more,
    }


def desk_of(tmp_path: Path, homeserver: Homeserver, **more: object) -> Desk:
    for person in ("lead", "host", "ops"):
        homeserver.register(person)
    return Desk(tmp_path / "project", homeserver, small(**more))


def verdicts(plan: DeploymentPlan) -> set[tuple[str, str, bool]]:
    return {(each.guard, each.reason.code, each.blocks) for each in plan.guards}


def everything(homeserver: Homeserver) -> dict[str, set[str]]:
    """Every state event of every room there is: what any write at all would change."""
    rooms = homeserver.operator.joined_rooms()
    return {room: {str(each["event_id"]) for each in homeserver.operator.state(room)} for room in rooms}


async def refused(desk: Desk, plan: DeploymentPlan | None = None) -> list[str]:
    """The codes with which an apply is refused, approved as far as anybody can; not one event is written."""
    before = everything(desk.server)
    with pytest.raises(Refused) as told_:
        await desk.apply(plan)
    assert everything(desk.server) == before
    return [each.code for each in told_.value.diagnostics]


def away(desk: Desk) -> None:
    """The team's accounts are on another server: only the plan, which knows our own account, can say what hits it."""
    desk.people = {key: {"name": key, "accounts": {"matrix": f"@{key}:elsewhere.example"}} for key in desk.people}


# Encryption


async def test_a_group_is_encrypted_when_it_is_made(tmp_path: Path, homeserver: Homeserver) -> None:
    desk = desk_of(tmp_path, homeserver, encrypted="yes", notice={"parts": ["rules"]}, rules=RULES)
    desk.community["groups"]["desk"]["encrypted"] = "no"
    plan = await desk.settle()
    made = {each.address.split("/", 1)[1]: each for each in plan.changes}
    assert [each.code for each in made["room.lobby"].irreversible] == ["matrix-irreversible-encryption"]
    assert not made["room.desk"].irreversible
    assert {each.path for each in plan.gaps} >= {"encrypted"}
    lobby = await desk.id("room.lobby")
    content = homeserver.operator.get_state(lobby, ENCRYPTION)
    assert content == {"algorithm": "m.megolm.v1.aes-sha2"}
    assert not has(homeserver, await desk.id("room.desk"), ENCRYPTION)
    # What the tool says it does: the notice hangs there, readable by the server, and is edited as anywhere.
    event = homeserver.operator.call("GET", f"/rooms/{lobby}/event/{(await desk.id('notice.lobby')).split('|')[1]}")
    assert event["type"] == "m.room.message"
    desk.community["rules"]["kind"]["text"] = "对事不对人，也不对花。"
    assert ("update", "notice.lobby", ("text",)) in told(await desk.settle())


RULES = {"kind": {"title": "友善", "text": "对事不对人。"}}


async def test_switching_encryption_on_is_asked_about(tmp_path: Path, homeserver: Homeserver) -> None:
    desk = desk_of(tmp_path, homeserver)
    await desk.settle()
    desk.community["groups"]["lobby"]["encrypted"] = "yes"
    plan = await desk.plan()
    assert verdicts(plan) == {("irreversible", "matrix-irreversible-encryption", True)}
    project, deployment = desk.load()
    from groupform.engine.applying import apply_plan

    before = everything(homeserver)
    with pytest.raises(Refused):
        await apply_plan(plan, deployment, project, desk.world())
    assert everything(homeserver) == before
    assert told(await desk.settle()) == {("update", "room.lobby", ("encrypted",))}
    assert has(homeserver, await desk.id("room.lobby"), ENCRYPTION)


@pytest.mark.parametrize("said", [None, "no"])
async def test_encryption_is_never_taken_back(tmp_path: Path, homeserver: Homeserver, said: str | None) -> None:
    desk = desk_of(tmp_path, homeserver)
    desk.community["groups"]["lobby"]["encrypted"] = "yes"
    await desk.settle()
    group = desk.community["groups"]["lobby"]
    del group["encrypted"]
    if said is not None:
        group["encrypted"] = said
    desk.community["groups"]["desk"]["title"] = "大书桌"
    plan = await desk.plan()
    assert ("one-way", "matrix-encrypted-for-good", True) in verdicts(plan)
    assert told(plan) == {("update", "room.desk", ("name",))}
    assert await refused(desk, plan) == ["apply-not-approvable", "matrix-encrypted-for-good"]
    # A person who agrees in writing goes on; the room stays as it is.
    path = f"{desk.name}/room.lobby!encrypted"
    desk.deployment["accept_gaps"] = [path]
    assert told(await desk.settle()) == {("update", "room.desk", ("name",))}
    assert [each.accepted for each in (await desk.plan()).gaps if each.path == path] == [True]
    assert has(homeserver, await desk.id("room.lobby"), ENCRYPTION)


async def test_encryption_switched_on_by_hand_is_told(tmp_path: Path, homeserver: Homeserver) -> None:
    desk = desk_of(tmp_path, homeserver)
    await desk.settle()
    lobby = await desk.id("room.lobby")
    homeserver.operator.set_state(lobby, ENCRYPTION, {"algorithm": "m.megolm.v1.aes-sha2"})
    plan = await desk.plan()
    assert plan.drift == [f"{desk.name}/room.lobby!encrypted"]
    assert verdicts(plan) == {("one-way", "matrix-encrypted-for-good", False)}
    assert plan.empty and not plan.blocked
    before = everything(homeserver)
    await desk.apply(plan)
    assert everything(homeserver) == before
    desk.community["groups"]["lobby"]["encrypted"] = "yes"
    plan = await desk.plan()
    assert plan.empty and not plan.drift and not plan.guards
    await desk.apply(plan)
    await desk.holds()


# Servers


async def test_rules_about_servers(tmp_path: Path, homeserver: Homeserver) -> None:
    servers = {"deny": ["*.spam.example", "evil.example"], "ip_literals": "no"}
    desk = desk_of(tmp_path, homeserver, moderation={"servers": servers})
    await desk.settle()
    rooms = [await desk.id(each) for each in (f"space.{desk.key}", "room.lobby", "room.desk")]
    for room in rooms:
        assert homeserver.operator.get_state(room, ACL) == {
            "allow": ["*"],
            "deny": ["*.spam.example", "evil.example"],
            "allow_ip_literals": False,
        }
    assert not has(homeserver, await desk.id("team.team"), ACL)
    # A moderator adds one more, and takes one of ours out: theirs stays, ours comes back.
    lobby = rooms[1]
    theirs = {"allow": ["*"], "deny": ["raid.example", "evil.example"], "allow_ip_literals": False}
    homeserver.operator.set_state(lobby, ACL, theirs)
    plan = await desk.plan()
    assert told(plan) == {("update", "room.lobby", ("servers_denied",))} and plan.drift
    await desk.settle()
    assert homeserver.operator.get_state(lobby, ACL)["deny"] == ["raid.example", "evil.example", "*.spam.example"]
    # What is declared no more is open again, but for what others closed.
    desk.community["moderation"] = {"in": ["desk"], "servers": {"deny": ["evil.example"]}}
    await desk.settle()
    assert homeserver.operator.get_state(lobby, ACL) == {
        "allow": ["*"],
        "deny": ["raid.example"],
        "allow_ip_literals": True,
    }
    desk_acl = homeserver.operator.get_state(rooms[2], ACL)
    assert desk_acl == {"allow": ["*"], "deny": ["evil.example"], "allow_ip_literals": True}
    # The server takes all of it: the room goes on working.
    homeserver.operator.send(lobby, "still here")


async def test_what_is_allowed_is_wholly_ours(tmp_path: Path, homeserver: Homeserver) -> None:
    desk = desk_of(tmp_path, homeserver, moderation={"servers": {"allow": ["localhost", "*.good.example"]}})
    await desk.settle()
    lobby = await desk.id("room.lobby")
    homeserver.operator.set_state(lobby, ACL, {"allow": ["*"], "allow_ip_literals": True})
    plan = await desk.plan()
    assert told(plan) == {("update", "room.lobby", ("servers_allowed",))} and plan.drift
    await desk.settle()
    assert homeserver.operator.get_state(lobby, ACL)["allow"] == ["localhost", "*.good.example"]


OUT = [
    ({"allow": ["*.example.org", "elsewhere.example"]}, "matrix-servers-without-us"),
    ({"deny": ["local*"]}, "matrix-servers-without-us"),
    ({"allow": ["*"], "deny": ["?ocalhost"]}, "matrix-servers-without-us"),
]


@pytest.mark.parametrize("made", [True, False], ids=["when made", "when live"])
@pytest.mark.parametrize(("servers", "code"), OUT, ids=str)
async def test_our_own_server_is_never_shut_out(
    tmp_path: Path, homeserver: Homeserver, servers: dict[str, Any], code: str, made: bool
) -> None:
    desk = desk_of(tmp_path, homeserver)
    if not made:
        await desk.settle()
    away(desk)
    desk.community["moderation"] = {"servers": servers}
    plan = await desk.plan()
    assert ("self-lockout", code, True) in verdicts(plan)
    assert all(each.approvable is False for each in plan.guards if each.guard == "self-lockout")
    assert code in await refused(desk, plan)


async def test_the_teams_servers_are_never_shut_out(tmp_path: Path, homeserver: Homeserver) -> None:
    desk = desk_of(tmp_path, homeserver, moderation={"servers": {"deny": ["localhost"]}})
    with pytest.raises(Refused) as told_:
        await desk.plan()
    first = next(iter(told_.value.diagnostics))
    assert first.code == "matrix-servers-without-team"
    assert first.span is not None and first.source_line is not None


# Bans


async def test_a_list_of_bans(tmp_path: Path, homeserver: Homeserver) -> None:
    bans = {
        "spammers": {"person": "@spam*:*", "reason": "垃圾广告"},
        "evil": {"server": "*.evil.example"},
        "raid": {"group": "#raid:evil.example"},
    }
    desk = desk_of(tmp_path, homeserver, moderation={"bans": bans})
    await desk.settle()
    room = await desk.id(f"bans.{desk.key}")
    operator = homeserver.operator
    assert operator.get_state(room, "m.policy.rule.user", "spammers") == {
        "entity": "@spam*:*",
        "recommendation": "m.ban",
        "reason": "垃圾广告",
    }
    assert operator.get_state(room, "m.policy.rule.server", "evil")["entity"] == "*.evil.example"
    assert operator.get_state(room, "m.policy.rule.room", "raid")["entity"] == "#raid:evil.example"
    assert operator.get_state(room, "m.room.join_rules")["join_rule"] == "restricted"
    assert operator.get_state(room, "org.groupform.owner")["uid"] == f"{desk.name}/bans.{desk.key}"
    # A moderator's rule beside ours is theirs; ours, taken out or made milder by hand, comes back.
    operator.set_state(room, "m.policy.rule.user", {"entity": "@x:y", "recommendation": "m.ban"}, "rule:x")
    operator.set_state(room, "m.policy.rule.server", {}, "evil")
    operator.set_state(room, "m.policy.rule.room", {"entity": "#raid:evil.example", "recommendation": "x.warn"}, "raid")
    plan = await desk.plan()
    assert told(plan) == {("update", f"bans.{desk.key}", ("rules",))} and plan.drift
    await desk.settle()
    assert operator.get_state(room, "m.policy.rule.server", "evil")["recommendation"] == "m.ban"
    assert operator.get_state(room, "m.policy.rule.room", "raid")["recommendation"] == "m.ban"
    assert operator.get_state(room, "m.policy.rule.user", "rule:x")["entity"] == "@x:y"
    # Another kind of ban under the same key, and one less.
    del bans["raid"]
    bans["evil"] = {"person": "@*:*.evil.example"}
    desk.community["moderation"] = {"bans": bans}
    await desk.settle()
    assert operator.get_state(room, "m.policy.rule.server", "evil") == {}
    assert operator.get_state(room, "m.policy.rule.room", "raid") == {}
    assert operator.get_state(room, "m.policy.rule.user", "evil")["entity"] == "@*:*.evil.example"
    # Given up: our rules are lifted for whoever goes on watching, a stranger's stays.
    lead = homeserver.person("lead")
    lead.join(await desk.id("team.team"))
    lead.join(room)
    del desk.community["moderation"]
    await desk.settle()
    assert lead.get_state(room, "m.policy.rule.user", "spammers") == {}
    assert lead.get_state(room, "m.policy.rule.user", "rule:x")["entity"] == "@x:y"
    assert room not in operator.joined_rooms()


@pytest.mark.parametrize(
    "ban",
    [{"person": "@operator:*"}, {"person": "*:localhost"}, {"server": "local*"}, {"group": "#*:l*"}, {"group": "!*"}],
    ids=str,
)
async def test_a_ban_that_hits_us_is_refused(tmp_path: Path, homeserver: Homeserver, ban: dict[str, str]) -> None:
    if ban == {"person": "@operator:*"}:
        ban = {"person": homeserver.user_id.partition(":")[0] + ":*"}
    desk = desk_of(tmp_path, homeserver)
    away(desk)
    desk.community["moderation"] = {"bans": {"wide": ban}}
    plan = await desk.plan()
    assert ("own-ban", "matrix-ban-hits-us", True) in verdicts(plan)
    assert "matrix-ban-hits-us" in await refused(desk, plan)


@pytest.mark.parametrize("ban", [{"person": "@le*:localhost"}, {"server": "*host"}, {"group": "#garden-*:local*"}])
async def test_a_ban_that_hits_the_team_is_refused(tmp_path: Path, homeserver: Homeserver, ban: dict[str, str]) -> None:
    desk = desk_of(tmp_path, homeserver, moderation={"bans": {"wide": ban}})
    with pytest.raises(Refused) as told_:
        await desk.plan()
    first = next(iter(told_.value.diagnostics))
    assert first.code == "matrix-ban-hits-team"
    assert first.span is not None and first.source_line is not None


def has(homeserver: Homeserver, room: str, kind: str) -> bool:
    return any(each["type"] == kind for each in homeserver.operator.state(room))
