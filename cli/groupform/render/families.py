"""Owns which changes are shown together: what comes along with another, and what is alike."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from groupform.compile.address import Address, AddressError
from groupform.engine.plan import Action, AttributeChange, Change, digest_of

# As many alike changes as a reviewer reads before believing the rest.
SHOWN_ALIKE = 3
_REMOVALS = (Action.delete, Action.archive, Action.forget)
# Additions first, removals last: the order in which they are carried out, more or less, and the order of alarm.
_ORDER = (Action.bind, Action.adopt, Action.move, Action.create, Action.update, Action.replace, *_REMOVALS)


@dataclass(frozen=True, slots=True)
class Bundle:
    """A change with those that only come along with it: a room's alias, its notice, its place in a list."""

    change: Change
    along: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Family:
    """Bundles that are alike: some are shown, the others are counted.

    `detailed` of the shown ones have their attributes said; with `same` all have the very same change, said once.
    """

    shown: tuple[Bundle, ...]
    detailed: int
    hidden: int = 0
    hidden_people: int = 0
    same: bool = False


def families(changes: Sequence[Change], *, full: bool = False) -> list[Family]:
    """Changes in showing order, alike ones together; with `full` each by itself.

    A change that people should look at one by one is never folded away: one that is protected or irreversible, a
    replace, and a removal of something that people are in.
    """
    if full:
        return [Family((Bundle(each),), 1) for each in sorted(changes, key=_rank)]
    ranked = sorted(bundles(changes), key=lambda each: _rank(each.change))
    deltas = [_delta(each.change) for each in ranked]
    often = {each for each, count in Counter(deltas).items() if each and count > 1}
    together: dict[str, list[Bundle]] = {}
    for index, (each, delta) in enumerate(zip(ranked, deltas, strict=True)):
        key = f"alone {index}" if _stands_alone(each.change) else delta if delta in often else _kind(each)
        together.setdefault(key, []).append(each)
    return [_family(each, same=key in often) for key, each in together.items()]


def bundles(changes: Sequence[Change]) -> list[Bundle]:
    """Each change with those of the same name that come along: made, or removed, because it is."""
    by_name: dict[tuple[str, Action], list[Change]] = {}
    for each in changes:
        by_name.setdefault((_name(each.address), each.action), []).append(each)
    led: dict[int, Change] = {}
    for group in by_name.values():
        for each in group:
            among = group[:1] if each.action is Action.move else group
            leader = next((other for other in among if other is not each and _leads(other, each)), None)
            if leader is not None and not _stands_alone(each):
                led[id(each)] = leader
    following: dict[int, list[Change]] = {}
    for each in changes:
        leader = _leader(each, led)
        if leader is not None:
            following.setdefault(id(leader), []).append(each)
    return [Bundle(each, tuple(following.get(id(each), ()))) for each in changes if id(each) not in led]


def told(change: Change) -> list[AttributeChange]:
    """The attributes of a change that say more than its heading: its own new address is said there."""
    renamed = (change.previous, change.address) if change.previous else None
    return [each for each in change.attributes if (each.before, each.after) != renamed]


def _leader(change: Change, led: dict[int, Change]) -> Change | None:
    """The change at the head of the line, or None for one that follows nobody."""
    found = led.get(id(change))
    seen = {id(change)}
    while found is not None and id(found) in led and id(found) not in seen:
        seen.add(id(found))
        found = led[id(found)]
    return found


def _leads(leader: Change, other: Change) -> bool:
    if leader.action is Action.create:
        return any(each.after == leader.address for each in other.attributes) and not any(
            each.after == other.address for each in leader.attributes
        )
    if leader.action is Action.move:
        # What is renamed with its group, and nothing else about it, is said with the group.
        return not told(other) and not other.reason and other.type != leader.type
    if leader.action in _REMOVALS:
        return other.key in leader.after and leader.key not in other.after
    return False


def _rank(change: Change) -> int:
    return _ORDER.index(change.action)


def _stands_alone(change: Change) -> bool:
    removal_of_people = change.action in _REMOVALS and bool(change.impact)
    return bool(
        change.protected
        or change.irreversible
        or change.temporary
        or change.action is Action.replace
        or removal_of_people
    )


def _kind(bundle: Bundle) -> str:
    change = bundle.change
    reason = change.reason.code if change.reason else ""
    attributes = [(each.name, each.why) for each in change.attributes]
    along = [each.type for each in bundle.along]
    return f"{change.action} {change.type} {_without_instance(change.address)} {reason} {attributes} {along}"


def _delta(change: Change) -> str:
    """What an update does, in words that are equal for equal edits of different texts; nothing for other actions."""
    if change.action is not Action.update or _stands_alone(change):
        return ""
    said = [(each.name, each.why, each.put, each.drop, _edited(each)) for each in change.attributes]
    reason = change.reason.model_dump() if change.reason else None
    return digest_of([change.type, reason, bool(change.previous), said])


def _edited(change: AttributeChange) -> object:
    if change.put is not None or change.drop is not None:
        return None
    before, after = change.before, change.after
    if isinstance(before, str) and isinstance(after, str) and "\n" in before + after:
        lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=1)
        return [each for each in lines if each[0] in "+-" and not each.startswith(("---", "+++"))]
    return [before, after]


def _family(members: list[Bundle], *, same: bool) -> Family:
    changes = [each.change for each in members]
    # Made objects differ in what they are called, which the heading says; edits may differ in what matters.
    few = same or changes[0].action is Action.create
    if len(members) <= SHOWN_ALIKE + 1:
        # Folding a single change away saves nobody a line.
        return Family(tuple(members), 1 if few else len(members), same=same)
    detailed = 1 if few else SHOWN_ALIKE
    people = sum(each.impact or 0 for each in changes[SHOWN_ALIKE:])
    return Family(tuple(members[:SHOWN_ALIKE]), detailed, len(members) - SHOWN_ALIKE, people, same)


def _name(address: str) -> str:
    try:
        return Address.parse(address).name
    except AddressError:
        return address


def _without_instance(address: str) -> str:
    try:
        parsed = Address.parse(address)
    except AddressError:
        return address
    return f"{parsed.deployment}/{parsed.type}.{parsed.key}"
