"""Owns the addresses people type: the one a room shows, those that it had before, and which of them are ours to free.

A former address goes on leading to its room, as an alternative one: it hangs on posters and in old messages, and
whoever took it next would get the visitors. The room's mark records which alternatives are ours; others are never
touched.
https://spec.matrix.org/v1.16/client-server-api/#mroomcanonical_alias
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from groupform.compile.address import Address
from groupform.http import Conflict, Forbidden
from groupform.providers.matrix import names, ownership
from groupform.providers.matrix.observe import Look
from groupform.providers.matrix.ownership import OWNER, Mark

CANONICAL = "m.room.canonical_alias"
TAKEN = "matrix-former-alias-taken"


async def give(look: Look, room: str, local: str, former: str | None, also: Iterable[str] = ()) -> dict[str, str]:
    """Makes `local` the address of a room, beside `also` and whatever it had; the attributes that were refused.

    `former` is the address that we gave it before. Raises Conflict where `local` stands for another room.
    """
    alias = _whole(look, local)
    await look.api.put_alias(alias, room)
    kept, taken = await _put(look, room, also)
    content = dict(await look.api.get_state(room, CANONICAL) or {})
    ours = {_whole(look, former)} if former is not None else set()
    shown = content.get("alias")
    leaving = (ours | ({shown} if isinstance(shown, str) and shown else set())) - {alias}
    freed: set[str] = set()
    for each in sorted(leaving):
        if names.is_aside(local) or names.is_aside(_local(each)):
            # Between two rooms that exchange their addresses nothing is kept: each is shown by the other one next.
            freed |= {each} & ours
        elif await look.api.resolve(each) == room:
            kept.add(each)
    # First the record: what is kept and unknown to us would never be freed.
    await _record(look, room, put=kept & (ours | {_whole(look, each) for each in also}), drop=freed)
    others = [each for each in names.alternative_aliases(content) if each != alias and each not in freed]
    content["alt_aliases"] = [*others, *sorted(kept - {*others, alias})]
    if not content["alt_aliases"]:
        del content["alt_aliases"]
    # What is given up for another room goes while it is shown: a run that was cut off would not find it again.
    await _delete(look, room, freed)
    await look.api.put_state(room, CANONICAL, {**content, "alias": alias})
    return {"also": TAKEN} if taken else {}


async def free(look: Look, room: str, local: str) -> None:
    """Frees the address of a room and the former ones that we kept; those that people added stay.

    What the room shows goes last: as long as it is shown, a run that was cut off is gone on with by the next one. An
    address that nothing shows any more, but that still leads here, would be nobody's to free.
    """
    alias = _whole(look, local)
    mark = await _mark(look, room)
    former = set(mark.former) - {alias} if mark is not None else set()
    await _delete(look, room, former)
    await _delete(look, room, {alias})
    ours = {alias, *former}
    before = dict(await look.api.get_state(room, CANONICAL) or {})
    after = {key: value for key, value in before.items() if key != "alias" or value not in ours}
    if "alt_aliases" in before:
        after["alt_aliases"] = [each for each in names.alternative_aliases(before) if each not in ours]
    if after != before:
        await look.api.put_state(room, CANONICAL, after)
    await _record(look, room, drop=ours)


async def keeper(look: Look, local: str) -> str | None:
    """The room of ours that an address leads to only because it had it once; None where it is in use."""
    alias = _whole(look, local)
    found = await look.api.resolve(alias)
    if found is None:
        return None
    try:
        mark = await _mark(look, found)
        content = await look.api.get_state(found, CANONICAL) or {}
    except Forbidden:
        return None
    return found if mark is not None and alias in mark.former and content.get("alias") != alias else None


async def let_go(look: Look, room: str, local: str) -> None:
    """Gives up a former address, for another room of ours that is declared under it now."""
    alias = _whole(look, local)
    content = dict(await look.api.get_state(room, CANONICAL) or {})
    if alias in names.alternative_aliases(content):
        content["alt_aliases"] = [each for each in names.alternative_aliases(content) if each != alias]
        await look.api.put_state(room, CANONICAL, content)
    await _delete(look, room, [alias])
    await _record(look, room, drop={alias})


async def _put(look: Look, room: str, also: Iterable[str]) -> tuple[set[str], bool]:
    """The former addresses that lead here now, and whether one leads to somebody else's room."""
    kept: set[str] = set()
    taken = False
    for each in also:
        alias = _whole(look, each)
        try:
            await look.api.put_alias(alias, room)
        except Conflict:
            taken = True
        else:
            kept.add(alias)
    return kept, taken


async def _record(look: Look, room: str, *, put: Collection[str] = (), drop: Collection[str] = ()) -> None:
    if not put and not drop:
        return
    mark = await _mark(look, room)
    if mark is None:
        return
    former = tuple(sorted({*mark.former, *put}.difference(drop)))
    if former != mark.former:
        await look.api.put_state(room, OWNER, replace(mark, former=former).content)


async def _mark(look: Look, room: str) -> Mark | None:
    """A room's mark, if it is ours."""
    mark = ownership.read(await look.api.get_state(room, OWNER))
    return mark if mark is not None and mark.ours(look.context.ownership) else None


async def _delete(look: Look, room: str, aliases: Iterable[str]) -> None:
    for each in sorted(aliases):
        if await look.api.resolve(each) == room:
            await look.api.delete_alias(each)


def _whole(look: Look, local: str) -> str:
    return f"#{local}:{look.server}"


def _local(alias: str) -> str:
    return alias.removeprefix("#").partition(":")[0]


async def free_findable(look: Look, room: str, address: Address, *, attempts: int = 1) -> None:
    """The address by which a room is found again is free for another room that may be declared under it."""
    for attempt in range(1, attempts + 1):
        alias = f"#{names.created_alias(address, attempt)}:{look.server}"
        if await look.api.resolve(alias) == room:
            await look.api.delete_alias(alias)
