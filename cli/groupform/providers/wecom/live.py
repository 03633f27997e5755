"""Owns reading a corp back for adoption: whose groups are meant, who stands in them, and what surrounds them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeVar

from groupform.engine.adoption import Live, LiveGroup, Piece
from groupform.engine.keys import sayable
from groupform.engine.provider import Failure, Hidden
from groupform.http import HttpError, NotFound, Unreachable
from groupform.providers.wecom import reverse
from groupform.providers.wecom.api_groups import Group, Heir
from groupform.providers.wecom.api_people import fold
from groupform.providers.wecom.api_words import Rule
from groupform.providers.wecom.reading import Look, side_by_side

T = TypeVar("T")
EVERYTHING = ("all", "全部")
_OWNER = ("manage", "moderate", "announce")
_ADMIN = ("moderate", "announce")


async def read_live(look: Look, target: str | None) -> Live:
    """The groups of the people named by `target` (userids, or ids of groups, between commas), or of everybody.

    What belongs to the whole corp is read where `all` is asked for. Raises HttpError, and Failure for a name that is
    nobody's.
    """
    told: list[Hidden] = []
    unseen: dict[str, Hidden] = {}
    everything = target is not None and target.strip() in EVERYTHING
    if target is None or everything:
        chats = await _everybody(look, told)
    else:
        chats = await _named(look, target)
    groups: list[Group] = []
    for chat_id, group in (await look.groups([*chats], named=True)).items():
        if isinstance(group, Group):
            groups.append(group)
        elif isinstance(group, NotFound):
            continue
        elif isinstance(group, Unreachable):
            raise group
        else:
            unseen[chat_id] = Hidden("wecom-adopt-group-unread", {"id": chat_id, "why": group.code})
    groups.sort(key=lambda each: (each.created, each.chat_id))
    for group in groups:
        if chats[group.chat_id] == Heir.owner_left:
            params = {"title": sayable(group.name) or group.chat_id, "owner": group.owner}
            told.append(Hidden("wecom-adopt-owner-left", params))
    pieces = _walls(groups)
    if everything:
        pieces += await _surroundings(look, told)
    elif target is not None:
        told.append(Hidden("wecom-adopt-groups-only"))
    if target is not None:
        told.append(Hidden("wecom-adopt-unlisted"))
    return Live(
        None,
        tuple(_numbered(groups)),
        unseen,
        _first(groups, chats),
        {each.owner: name for each in groups for who, name in each.called.items() if who == fold(each.owner)}
        | {admin: name for each in groups for admin in each.admins if (name := each.called.get(fold(admin)))},
        tuple(pieces),
        flat=True,
        cased=False,
        told=tuple(told),
    )


async def _everybody(look: Look, told: list[Hidden]) -> dict[str, int]:
    """The groups of all who may own one, and those whose owner has left, by what becomes of them."""
    owners = await look.api.people.with_customer_contact()
    found = {each.chat_id: each.heir for each in (await look.owned(owners)).values()}
    try:
        found |= {each.chat_id: each.heir for each in await look.api.groups.waiting()}
    except Unreachable:
        raise
    except HttpError as error:
        # Above 1000 people in sight the platform wants names (81017), and nobody can name who is gone.
        told.append(Hidden("wecom-adopt-left-unlisted", {"why": error.code}))
    return found


async def _named(look: Look, target: str) -> dict[str, int]:
    words = [each.lstrip("@") for each in re.split(r"[\s,，、;；]+", target.strip()) if each]
    owners = await look.api.people.with_customer_contact()
    known = [each for each in words if fold(each) in owners]
    found = {each.chat_id: each.heir for each in (await look.owned(known)).values()} if known else {}
    for word in words:
        if word in known:
            continue
        group = (await look.groups([word], named=True))[word]
        if isinstance(group, Group):
            lines = await look.owned([group.owner])
            found[word] = lines[word].heir if word in lines else Heir.normal
        elif isinstance(group, NotFound):
            raise Failure("wecom-adopt-target-unknown", target=word)
        else:
            raise group
    return found


def _first(groups: Sequence[Group], chats: Mapping[str, int]) -> str:
    """Who owns most of the groups: the community's owner, where the files have to name one."""
    there = [each.owner for each in groups if chats[each.chat_id] != Heir.owner_left]
    counted = Counter(there or [each.owner for each in groups])
    return min(counted, key=lambda each: (-counted[each], each), default="")


def _numbered(groups: Sequence[Group]) -> list[LiveGroup]:
    """The groups; those that one owner gave one name have a number, which only the files have (`adopting.forms`)."""
    seen: Counter[tuple[str, str]] = Counter()
    taken = {sayable(each.name) for each in groups}
    found: list[LiveGroup] = []
    for each in groups:
        title = sayable(each.name)
        seen[title, fold(each.owner)] += 1
        if title and seen[title, fold(each.owner)] > 1:
            number = seen[title, fold(each.owner)]
            while (numbered := f"{title} ({number})") in taken:
                number += 1
            taken.add(numbered)
            title = numbered
        held = {each.owner: _OWNER} | {admin: _ADMIN for admin in each.admins if fold(admin) != fold(each.owner)}
        found.append(LiveGroup(each.chat_id, title, sayable(each.notice), may=held, people=each.people))
    return found


def _walls(groups: Sequence[Group]) -> list[Piece]:
    """A group's name is all that it is called, and what it says of itself is its notice."""
    pieces = [Piece(("naming",), {"flat": "{group}"})]
    if any("一" <= each <= "鿿" for group in groups for each in group.name):
        pieces.insert(0, Piece(("locale",), "zh-CN"))
    if any(each.notice.strip() for each in groups):
        pieces.append(Piece(("notice",), {"parts": ["topic"]}))
    return pieces


async def _surroundings(look: Look, told: list[Hidden]) -> list[Piece]:
    """What belongs to the whole corp. A part that the application may not read is said, and hinders no other."""
    pieces: list[Piece] = []

    async def part(name: str, read: Callable[[], Awaitable[T]]) -> T | None:
        try:
            return await read()
        except Unreachable:
            raise
        except HttpError as error:
            told.append(Hidden(f"wecom-adopt-unread-{name}", {"why": error.code}))
            return None

    def put(found: reverse.Told) -> None:
        pieces.extend(found[0])
        told.extend(found[1])

    groups = await part("tags", look.tags)
    if groups:
        put(reverse.tags(groups))
    rules = await part("rules", lambda: _rules(look))
    if rules:
        put(reverse.rules(rules))
    accounts = await part("service", look.accounts)
    if accounts is not None:
        known = await part("knowledge", look.knowledge)
        intents = await part("knowledge", look.intents) if known is not None else None
        put(reverse.answers(accounts, known or (), intents or ()))
    ways = await part("ways", look.ways)
    if ways:
        told.append(Hidden("wecom-adopt-ways", {"count": len(ways)}))
    return pieces


async def _rules(look: Look) -> list[Rule]:
    lines = await look.rules()
    found: dict[str, Rule | HttpError] = {}

    async def one(rule: str) -> None:
        try:
            found[rule] = await look.api.intercept.get(rule)
        except HttpError as error:
            found[rule] = error

    await side_by_side([each.id for each in lines], one)
    for each in found.values():
        if isinstance(each, HttpError) and not isinstance(each, NotFound):
            raise each
    return [rule for each in lines if isinstance(rule := found[each.id], Rule)]
