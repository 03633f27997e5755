"""Owns the end of a room for everybody in it: by the server's administration, or person by person without that right.

Nothing of it comes back. The administration erases what was said from our own server; other servers keep the copies
they have. Without that right people are put out and the room is closed and left; what was said stays where it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from groupform.engine.provider import Bound, Done, Failure, Pending, Prospect
from groupform.http import Forbidden, NotFound, Rejected
from groupform.providers.matrix import power
from groupform.providers.matrix.observe import Look
from groupform.providers.matrix.ownership import OWNER, Mark
from groupform.providers.matrix.reading import Reading, known, read_room

_ASK_AGAIN = 1.0
_UNDER_WAY = ("scheduled", "active", "shutting_down", "purging")
_INSIDE = ("join", "invite", "knock")
_ROUNDS = 3
"""Who was already on the way in while the door was being closed is put out in the next round."""


async def prospect(look: Look, bound: Bound) -> Prospect:
    """What a purge would come to; only reads. Raises HttpError."""
    seen = known(await read_room(look.api, look.me, bound.id))
    told = await look.api.administered(bound.id)
    if told:
        # A purge that was interrupted has put us out: the server still counts who is left.
        inside = len(seen.joined - {look.me}) if isinstance(seen, Reading) else int(told["joined_members"])
        return Prospect(inside, "matrix-purge-by-server")
    if not isinstance(seen, Reading):
        return Prospect(None, refusal="matrix-purge-unseen")
    strong = _stronger(look, seen)
    if strong:
        return Prospect(None, refusal="matrix-purge-powerless", params={"who": ", ".join(strong)})
    return Prospect(len(seen.joined - {look.me}), "matrix-purge-by-hand")


async def purge(look: Look, bound: Bound) -> Done | Pending:
    """Ends the room; begun before, it goes on. Raises HttpError, Failure."""
    told = await look.api.administered(bound.id)
    if told == {}:
        return Done(bound.id)
    if told is None:
        await _by_hand(look, bound)
        return Done(bound.id)
    try:
        work = await look.api.delete_room(bound.id)
    except Rejected:
        # The server is at it already: an earlier run began, and was killed before it could note that down.
        begun = [each for each in await look.api.deletions(bound.id) if each.get("status") in _UNDER_WAY]
        if not begun:
            raise
        work = str(begun[-1].get("delete_id"))
    return Pending(f"{bound.id}|{work}", _ASK_AGAIN)


async def poll(look: Look, token: str) -> Done | Pending:
    """How far the server has come. Raises HttpError, Failure."""
    room, _, work = token.partition("|")
    found = await look.api.deletion(work)
    status = found["status"] if found is not None else None
    if status in _UNDER_WAY:
        return Pending(token, _ASK_AGAIN)
    # The server forgets its work when it is restarted, and after a day; the room itself is the proof.
    if await look.api.purged(room):
        return Done(room)
    raise Failure("matrix-purge-failed", room=room, error=str((found or {}).get("error") or status or "?"))


def _stronger(look: Look, seen: Reading) -> list[str]:
    """Those inside whom we cannot put out, and so cannot end the room."""
    if look.me in seen.creators:
        return []
    users, levels = power.to_attributes(seen.content("m.room.power_levels"))
    ordinary = _number(levels.get("users_default"), 0)
    ours = _number(users.get(look.me), ordinary)
    if ours < _number(levels.get("kick"), power.MODERATE):
        return [look.me]
    others = seen.joined - {look.me}
    equals = (each for each in others if each in seen.creators or _number(users.get(each), ordinary) >= ours)
    return sorted(equals)


async def _by_hand(look: Look, bound: Bound) -> None:
    """Unlisted and closed first, so that nobody put out walks in again; the room is left last of all."""
    seen = known(await read_room(look.api, look.me, bound.id))
    if not isinstance(seen, Reading):
        raise Failure("matrix-not-in-room", room=bound.id)
    await look.api.set_visibility(bound.id, "private")
    if seen.content("m.room.join_rules").get("join_rule") != "invite":
        await look.api.put_state(bound.id, "m.room.join_rules", {"join_rule": "invite"})
    for _ in range(_ROUNDS):
        left = _others(look, seen)
        for user in left:
            try:
                await look.api.kick(bound.id, user)
            except (Forbidden, NotFound):
                # Gone in the meantime; who is not is found by the next look.
                continue
        if not left:
            break
        again = known(await read_room(look.api, look.me, bound.id))
        if not isinstance(again, Reading):
            raise Failure("matrix-not-in-room", room=bound.id)
        seen = again
    if _others(look, seen):
        raise Failure("matrix-purge-people-left", room=bound.id, count=len(_others(look, seen)))
    for alias in sorted(await look.api.local_aliases(bound.id)):
        await look.api.delete_alias(alias)
    # Also where somebody took our mark away: without it nothing would tell, after a kill, that we left on purpose.
    mark = seen.mark or Mark(look.context.ownership, str(bound.address))
    if not mark.ended:
        await look.api.put_state(bound.id, OWNER, replace(mark, ended=True).content)
    await look.api.leave(bound.id)


def _others(look: Look, seen: Reading) -> list[str]:
    members: Mapping[str, Mapping[str, object]] = seen.all_of("m.room.member")
    return sorted(user for user in members if user != look.me and seen.membership(user) in _INSIDE)


def _number(value: object, otherwise: int) -> int:
    return value if isinstance(value, int) else otherwise
