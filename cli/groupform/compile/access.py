"""Owns the access that a compiled group would grant, as cells (who, where, what), from what a platform enforces."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from groupform.compile.resource import Cell, Right
from groupform.compile.team import powers
from groupform.config.project import GroupInstance, ResolvedDeployment
from groupform_schemas import Door, GroupKind

STRANGER = "stranger"


@dataclass(frozen=True, slots=True)
class Enforced:
    """How one group stands on a platform, as far as it is enforced there.

    `listed`: a stranger can find it. `walk_in`: whoever finds it, or has its link, may read. `tiers`: keys of the tiers
    whose members may come in. `quiet`: only the team posts.
    """

    listed: bool
    walk_in: bool
    tiers: tuple[str, ...]
    quiet: bool = False


def door_of(deployment: ResolvedDeployment, group: GroupInstance) -> Door:
    """The door that holds for a group: its own, else the community's."""
    own = group.model.entry
    if own is not None and own.door is not None:
        return own.door
    return deployment.community.model.entry.door


def tiers_from(deployment: ResolvedDeployment, lowest: str | None) -> Sequence[str]:
    """Keys of the tiers at or above `lowest`, lowest first; every tier where it is None."""
    keys = [tier.key for tier in deployment.community.model.tiers]
    return tuple(keys[keys.index(lowest) :] if lowest in keys else keys)


def gated(deployment: ResolvedDeployment, group: GroupInstance) -> bool:
    """Whether the group's tier keeps some members out: a group for the lowest tier is open to all of them."""
    return len(tiers_from(deployment, group.model.tier)) < len(deployment.community.model.tiers)


def declared_access(deployment: ResolvedDeployment, group: GroupInstance) -> Enforced:
    """What the declaration asks for, for a platform that enforces all of it."""
    door, closed = door_of(deployment, group), gated(deployment, group)
    return Enforced(
        listed=door in (Door.open, Door.request),
        walk_in=door in (Door.open, Door.link) and not closed,
        tiers=tuple(tiers_from(deployment, group.model.tier)),
        quiet=group.model.kind is GroupKind.announcement,
    )


def cells(deployment: ResolvedDeployment, group: GroupInstance, enforced: Enforced) -> Iterator[Cell]:
    """The cells of one group: strangers, tiers, roles and the people of the team."""
    where = group.name
    if enforced.listed:
        yield Cell(STRANGER, where, Right.see)
    if enforced.walk_in:
        yield Cell(STRANGER, where, Right.read)
    for tier in enforced.tiers:
        yield from _inside(f"tier:{tier}", where, posts=not enforced.quiet)
    for key, role in deployment.community.model.team.roles.items():
        may = {str(right) for right in role.may}
        yield from _inside(f"role:{key}", where, posts=not enforced.quiet or bool(may), manages="manage" in may)
    for person, power in powers(deployment, group).items():
        posts = not enforced.quiet or bool(power.may)
        yield from _inside(f"person:{person}", where, posts=posts, manages="manage" in power.may)


def _inside(who: str, where: str, *, posts: bool, manages: bool = False) -> Iterator[Cell]:
    yield Cell(who, where, Right.see)
    yield Cell(who, where, Right.read)
    if posts:
        yield Cell(who, where, Right.post)
    if manages:
        yield Cell(who, where, Right.manage)
