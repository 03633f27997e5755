"""Owns the rules of doors: which join rule, which allow list and which listing each declared door becomes. Rules only.

A door says what is found and who is admitted (DESIGN §3). The community's door sits on its space; rooms are restricted
to the space, so that one door serves all. A room or a tier with a door of its own overrides it.
Join rules: https://spec.matrix.org/v1.16/client-server-api/#mroomjoin_rules
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from groupform.compile.address import Address
from groupform_schemas import Door

UNATTENDED = frozenset({Door.open, Door.link})
"""Doors that let anyone in; all others end with a person who decides."""
LISTED = frozenset({Door.open, Door.request})
"""Doors that can be found in the directory."""


@dataclass(frozen=True, slots=True)
class Entrance:
    """What a door becomes on one room. `allow` are rooms whose members walk in; `members_invite` lets any member ask
    others in, which is no wider than the door itself."""

    join_rule: str
    allow: tuple[Address, ...]
    listed: bool
    members_invite: bool


def community_entrance(door: Door, team: Address) -> Entrance:
    """The community's own space. The team always walks in."""
    return _own(door, (team,))


def room_entrance(
    door: Door | None, *, space: Address, team: Address, tiers: Sequence[Address], community: Door
) -> Entrance:
    """A room. `door` is its own one, or None; `tiers` are the spaces of its tier and those above, none if open to all.

    A tier and a door both apply: an address of its own, or a listing, never lets in who is below the tier.
    """
    if not tiers:
        if door is None:
            return Entrance("restricted", (space, team), False, community in UNATTENDED)
        return _own(door, (team,))
    if door is None or door in UNATTENDED:
        return Entrance("restricted", (*tiers, team), door in LISTED, False)
    if door is Door.request:
        return Entrance("knock_restricted", (team,), True, False)
    return Entrance("restricted", (team,), False, False)


def tier_entrance(door: Door | None, team: Address) -> Entrance:
    """A tier's space. A host puts people in; a door of the tier's own may let them ask for it."""
    return _own(door, (team,)) if door is Door.request else Entrance("restricted", (team,), False, False)


def team_entrance() -> Entrance:
    """The team's room: by invitation, found by nobody."""
    return Entrance("invite", (), False, False)


def _own(door: Door, allow: tuple[Address, ...]) -> Entrance:
    if door in UNATTENDED:
        return Entrance("public", (), door in LISTED, True)
    if door is Door.request:
        return Entrance("knock_restricted", allow, True, False)
    # contact, invite, paid: a person lets people in by inviting them; the team needs no invitation.
    return Entrance("restricted", allow, False, False)
