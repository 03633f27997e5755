"""Owns the groups that the platform makes when one is full: they get the same care as the one they follow."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from groupform.compile.address import Address
from groupform.compile.resource import Compiled, Json, Resource
from groupform.http import Forbidden
from groupform.providers.wecom.api_groups import Group
from groupform.providers.wecom.api_people import fold
from groupform.providers.wecom.limits import ROOM_NAME
from groupform.providers.wecom.probe import alike
from groupform.providers.wecom.reading import Look

_PARTS = ("apply-welcome", "invite-confirmation")
"""What people set in each group by itself."""


@dataclass(frozen=True, slots=True)
class Series:
    """A declared group that others follow, and what those are called, less their number."""

    first: Resource
    base: str

    def title(self, number: int) -> str:
        return f"{self.base}{number}"


def with_followers(compiled: Compiled, known: Collection[str]) -> Compiled:
    """The same with the followers that the state knows: `known` are the addresses of its bindings. Pure."""
    numbers: dict[str, list[int]] = {}
    for text in known:
        if "#" in text and "/group." in text:
            address = Address.parse(text)
            numbers.setdefault(str(replace(address, number=None)), []).append(address.number or 0)
    if not numbers:
        return compiled
    made: list[Resource] = []
    parts: dict[str, list[Resource]] = {}
    for each in compiled.resources:
        if each.address.type in _PARTS:
            parts.setdefault(str(each.attributes.get("group")), []).append(each)
    for series in _series(compiled.resources):
        for number in _numbers(series, numbers):
            made.append(_follower(series, number))
            made.extend(_parts(parts.get(str(series.first.address), ()), series, number))
    return replace(compiled, resources=(*compiled.resources, *made)) if made else compiled


async def followers(look: Look, compiled: Compiled, bound: Collection[str]) -> Sequence[Resource]:
    """Groups that were made since, by owner and name, less those that are desired already. Raises HttpError.

    Somebody out of our sight is no reason to know nothing of anybody: what is bound says so itself.
    """
    found: list[Resource] = []
    every = list(_series(compiled.resources))
    owners = {str(each.first.attributes["owner"]) for each in every if each.first.attributes.get("owner")}
    if not owners or not bound:
        return found
    try:
        unclaimed = [each for each in await look.owned(owners) if each not in bound]
    except Forbidden:
        return found
    declared = {alike(str(each.attributes.get("title", ""))) for each in compiled.resources}
    live = [each for each in (await look.groups(unclaimed)).values() if isinstance(each, Group)]
    live.sort(key=lambda each: (each.created, each.chat_id))
    taken = {str(each.address) for each in compiled.resources}
    for series in every:
        for number in _seen(series, live):
            made = _follower(series, number)
            if str(made.address) not in taken and alike(made.label) not in declared:
                taken.add(str(made.address))
                found.append(made)
    return found


def _series(resources: Sequence[Resource]) -> Iterator[Series]:
    by_address = {str(each.address): each for each in resources if each.address.type == "group"}
    done: set[str] = set()
    for each in resources:
        base, groups = each.attributes.get("next_name"), each.attributes.get("groups")
        if each.address.type != "join-way" or not isinstance(base, str) or not isinstance(groups, list):
            continue
        for group in map(str, groups):
            if group in by_address and group not in done and by_address[group].address.number is None:
                done.add(group)
                yield Series(by_address[group], base[:ROOM_NAME])


def _seen(series: Series, live: Iterable[Group]) -> Iterator[int]:
    """The numbers of the live groups that are called like followers of the owner's."""
    owner, form = fold(str(series.first.attributes.get("owner", ""))), re.escape(alike(series.base))
    for group in live:
        said = re.fullmatch(rf"{form}([0-9]{{1,4}})", alike(group.name))
        if said is not None and int(said[1]) > 1 and fold(group.owner) == owner:
            yield int(said[1])


def _numbers(series: Series, known: Mapping[str, Sequence[int]]) -> list[int]:
    """The numbers that the state knows of the group, under its name or an earlier one."""
    names = [series.first.address, *series.first.previously]
    return sorted({number for name in names for number in known.get(str(name), ())})


def _follower(series: Series, number: int) -> Resource:
    first, title = series.first, series.title(number)
    return replace(
        first,
        address=replace(first.address, number=number),
        attributes={**first.attributes, "title": title},
        label=title,
        previously=tuple(replace(each, number=number) for each in first.previously),
    )


def _parts(resources: Iterable[Resource], series: Series, number: int) -> Iterator[Resource]:
    """What people set in the first group, to be set in the one that follows too."""
    group = str(replace(series.first.address, number=number))
    for each in resources:
        attributes: dict[str, Json] = {**each.attributes, "group": group}
        yield replace(
            each,
            address=replace(each.address, number=number),
            attributes=attributes,
            label=series.title(number),
            previously=tuple(replace(former, number=number) for former in each.previously),
        )
