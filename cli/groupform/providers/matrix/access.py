"""Owns who could do what after an apply, told from the entrances that were compiled and not from the doors declared."""

from __future__ import annotations

from groupform.compile.access import Enforced, tiers_from
from groupform.compile.access import cells as cells_of
from groupform.compile.resource import Cell
from groupform.config.project import GroupInstance, ResolvedDeployment
from groupform.providers.matrix import doors
from groupform.providers.matrix.places import Places
from groupform_schemas import GroupKind


def cells(deployment: ResolvedDeployment, places: Places) -> frozenset[Cell]:
    """The cells of all groups of a deployment."""
    return frozenset(
        cell
        for group in deployment.groups
        for cell in cells_of(deployment, group, _enforced(deployment, places, group))
    )


def _enforced(deployment: ResolvedDeployment, places: Places, group: GroupInstance) -> Enforced:
    space = doors.community_entrance(deployment.community.model.entry.door, places.team)
    room = entrance_of(deployment, places, group)
    through_space = room.join_rule == "restricted" and places.space in room.allow
    return Enforced(
        listed=room.listed or (through_space and space.listed),
        walk_in=room.join_rule == "public" or (through_space and space.join_rule == "public"),
        tiers=tuple(tiers_from(deployment, group.model.tier)),
        quiet=group.model.kind is GroupKind.announcement,
    )


def entrance_of(deployment: ResolvedDeployment, places: Places, group: GroupInstance) -> doors.Entrance:
    """A group's entrance, from its own door and tier and the community's door."""
    return doors.room_entrance(
        group.model.entry.door if group.model.entry else None,
        space=places.space,
        team=places.team,
        tiers=places.tier_and_above(group.model.tier),
        community=deployment.community.model.entry.door,
    )
