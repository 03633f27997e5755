"""Owns removing: a room is closed, handed to a person and left; what hangs in a room is taken down.

Matrix has no delete for ordinary accounts. Nobody inside is put out, and the history stays with them (DESIGN §11).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from groupform.engine.provider import Bound, Done, Failure
from groupform.http import Forbidden, NotFound
from groupform.providers.matrix import aliases, bans, ids, order, power, update
from groupform.providers.matrix.observe import Look
from groupform.providers.matrix.ownership import OWNER
from groupform.providers.matrix.reading import Reading, known, read_room
from groupform.providers.matrix.types import ROOM_TYPES


async def remove(look: Look, bound: Bound, *, archive: bool) -> Done:
    """Removes one object; done again after a kill, it goes on where it was. Raises HttpError, Failure."""
    if bound.address.type in ROOM_TYPES:
        await _room(look, bound, archive=archive)
        return Done(bound.id)
    room = ids.room_of(bound.id)
    match bound.address.type:
        case "place":
            await look.api.put_state(room, order.CHILD, {}, ids.parts(bound.id)[1])
        case "alias" | "space-alias":
            await aliases.free(look, room, str(bound.applied.get("alias", "")))
        case "notice":
            event = ids.parts(bound.id)[1]
            await look.api.redact(room, event, f"gf-redact-{event[1:33]}")
        case "pin":
            await update.pin(look, room, drop=ids.parts(bound.id)[2])
        case "invite":
            await _invite(look, bound)
    return Done(bound.id)


async def release(look: Look, bound: Bound) -> None:
    """Gives a room back that was adopted: its mark ends and its findable alias goes, nothing else. Raises HttpError,
    Failure."""
    if bound.address.type not in ROOM_TYPES:
        return
    seen = known(await read_room(look.api, look.me, bound.id))
    if not isinstance(seen, Reading):
        return  # we were put out: there is nothing that we could take along
    if seen.mark is not None and seen.mark.ours(look.context.ownership) and not seen.mark.ended:
        await look.api.put_state(bound.id, OWNER, replace(seen.mark, ended=True).content)
    await aliases.free_findable(look, bound.id, bound.address, attempts=2)


async def _room(look: Look, bound: Bound, *, archive: bool) -> None:
    seen = known(await read_room(look.api, look.me, bound.id))
    if not isinstance(seen, Reading):
        raise Failure("matrix-not-in-room", room=bound.id)
    await look.api.set_visibility(bound.id, "private")
    if bound.address.type == "bans" and not archive:
        await _lift(look, bound, seen)
    before = dict(seen.content("m.room.power_levels"))
    heir = None if archive else heir_of(seen, look.me, look.context.team)
    after: dict[str, Any] = power.changed(
        before,
        # Nobody posts any more; whoever manages the room may open it again.
        levels={"events_default": power.MANAGE},
        users={heir: power.MANAGE} if heir is not None else {},
        creators=seen.creators,
    )
    if after != before:
        await look.api.put_state(bound.id, update.POWER, after)
    if archive:
        return
    if seen.mark is not None and not seen.mark.ended:
        await look.api.put_state(bound.id, OWNER, replace(seen.mark, ended=True).content)
    await aliases.free_findable(look, bound.id, bound.address, attempts=2)
    await look.api.leave(bound.id)


async def _lift(look: Look, bound: Bound, seen: Reading) -> None:
    """Our rules are taken out of a list that is given up: whoever watches it would go on banning for nobody."""
    there, ours = bans.to_attribute(seen.events), bound.applied.get("rules")
    for name in sorted(set(ours if isinstance(ours, dict) else ()) & there.keys()):
        kind, key, content = bans.event_of(name, None)
        await look.api.put_state(bound.id, kind, content, key)


def heir_of(seen: Reading, me: str, team: Collection[str]) -> str | None:
    """A person inside to hand the room to: of the team where one is there; None where somebody can manage it already.

    A stranger is raised only where there is nobody else: not past a manager who has yet to come in, and nobody who
    was put below the others.
    """
    users, others = power.to_attributes(seen.content("m.room.power_levels"))
    levels = {user: level for user, level in users.items() if isinstance(level, int)}
    managers = {user for user, level in levels.items() if level >= power.MANAGE and user != me}
    inside = seen.joined - {me}
    if not inside or inside & managers:
        return None
    default = others.get("users_default", 0)
    ordinary = default if isinstance(default, int) else 0
    heirs = inside & set(team)
    if not heirs and any(seen.membership(user) != "ban" for user in managers):
        return None
    if not heirs:
        heirs = frozenset(user for user in inside if levels.get(user, ordinary) >= ordinary)
    return min(heirs, key=lambda user: (-levels.get(user, ordinary), user), default=None)


async def _invite(look: Look, bound: Bound) -> None:
    """An invitation nobody has taken is taken back. The team's room opens all others, so its door closes too; in any
    other room people stay, without their power."""
    room, user = ids.parts(bound.id)
    seen = known(await read_room(look.api, look.me, room))
    if not isinstance(seen, Reading):
        raise Failure("matrix-not-in-room", room=room)
    membership = seen.membership(user)
    of_team = bound.address.instance is None
    if membership == "invite" or (membership == "join" and of_team and user != look.me):
        try:
            await look.api.kick(room, user)
        except (Forbidden, NotFound):
            # Gone in the meantime.
            after = known(await read_room(look.api, look.me, room))
            if isinstance(after, Reading) and after.membership(user) in ("invite", "join"):
                raise
