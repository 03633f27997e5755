"""What each door becomes, and that no edit of a door or a tier lets anybody in who is meant to be out."""

from __future__ import annotations

import pytest

from groupform.compile.address import Address
from groupform.providers.matrix import doors
from groupform_schemas import Door

TEAM = Address("d", "team", "team")
SPACE = Address("d", "space", "club")
CORE = Address("d", "tier", "core")
VIP = Address("d", "tier", "vip")

CLOSED = (Door.contact, Door.invite, Door.paid)


def room(door: Door | None, tiers: tuple[Address, ...] = (), community: Door = Door.request) -> doors.Entrance:
    return doors.room_entrance(door, space=SPACE, team=TEAM, tiers=tiers, community=community)


@pytest.mark.parametrize(
    ("door", "rule", "listed"),
    [
        (Door.open, "public", True),
        (Door.link, "public", False),
        (Door.request, "knock_restricted", True),
        (Door.contact, "restricted", False),
        (Door.invite, "restricted", False),
        (Door.paid, "restricted", False),
    ],
)
def test_the_communitys_door_sits_on_its_space(door: Door, rule: str, listed: bool) -> None:
    found = doors.community_entrance(door, TEAM)
    assert (found.join_rule, found.listed) == (rule, listed)
    assert found.allow == (() if rule == "public" else (TEAM,))


@pytest.mark.parametrize("community", list(Door))
def test_a_room_without_a_door_is_open_to_whoever_passed_the_communitys(community: Door) -> None:
    found = room(None, community=community)
    assert (found.join_rule, found.allow, found.listed) == ("restricted", (SPACE, TEAM), False)


@pytest.mark.parametrize("door", list(Door))
def test_a_rooms_own_door_overrides(door: Door) -> None:
    own = room(door)
    assert (own.join_rule, own.listed) == (doors.community_entrance(door, TEAM).join_rule, door in doors.LISTED)
    assert SPACE not in own.allow


@pytest.mark.parametrize("door", [None, *Door])
def test_a_tier_holds_whatever_the_door(door: Door | None) -> None:
    found = room(door, (CORE, VIP))
    assert found.join_rule != "public"
    assert SPACE not in found.allow
    assert TEAM in found.allow
    assert set(found.allow) <= {CORE, VIP, TEAM}
    assert not found.members_invite


@pytest.mark.parametrize("door", [Door.request, *CLOSED])
def test_where_a_person_decides_no_member_can_let_others_in(door: Door) -> None:
    assert not room(door).members_invite
    assert not doors.community_entrance(door, TEAM).members_invite
    assert not room(None, community=door).members_invite


def test_the_teams_room_opens_to_invitations_only() -> None:
    assert doors.team_entrance() == doors.Entrance("invite", (), False, False)
