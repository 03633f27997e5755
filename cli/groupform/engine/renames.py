"""Owns the suspicion that a removal and a creation are one object under a new key: a hint, never an action."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher

from groupform.compile.address import Address
from groupform.engine.plan import Action, Change, Reason
from groupform.engine.resource_type import ResourceType

_ALIKE = 0.6
_FEW = 60
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_REMOVES = (Action.delete, Action.archive, Action.forget)


def hint_renames(changes: Sequence[Change], types: Mapping[str, ResourceType]) -> list[Change]:
    """Gives both halves of what looks like a rename without `previously` the reason that says so.

    Only objects that people sit in are named by `previously`, so only those are looked at.
    """
    removed = _of(changes, types, _REMOVES)
    created = _of(changes, types, (Action.create,))
    hints: dict[str, Reason] = {}
    for old, new in _pairs(removed, created):
        names = {"old": Address.parse(old.address).name, "new": Address.parse(new.address).name}
        hints[old.address] = hints[new.address] = Reason(code="plan-maybe-renamed", params=names)
    return [
        each.model_copy(update={"reason": hints[each.address]}) if each.address in hints else each for each in changes
    ]


def _of(changes: Sequence[Change], types: Mapping[str, ResourceType], actions: tuple[Action, ...]) -> list[Change]:
    return [
        each
        for each in changes
        if each.action in actions and types[each.type].people_inside and each.reason is None and not each.temporary
    ]


def _pairs(removed: Sequence[Change], created: Sequence[Change]) -> list[tuple[Change, Change]]:
    """Each object at most once: equal labels first, then the most alike ones."""
    scored = [(1.0, old, new) for old in removed for new in created if old.type == new.type and old.label == new.label]
    if len(removed) * len(created) <= _FEW * _FEW:
        scored += [
            (likeness, old, new)
            for old in removed
            for new in created
            if old.type == new.type and (likeness := _likeness(old.label, new.label)) >= _ALIKE
        ]
    scored.sort(key=lambda each: (-each[0], each[1].address, each[2].address))
    taken: set[str] = set()
    pairs: list[tuple[Change, Change]] = []
    for _, old, new in scored:
        if not taken & {old.address, new.address} and not _days_apart(old.address, new.address):
            taken |= {old.address, new.address}
            pairs.append((old, new))
    return pairs


def _days_apart(old: str, new: str) -> bool:
    """Whether these are one group's copies for two days: the next run's takes the place of the last one's, under a name
    that is as good as the same."""
    one, other = Address.parse(old), Address.parse(new)
    return one.key == other.key and _is_day(one.instance) and _is_day(other.instance)


def _is_day(instance: str | None) -> bool:
    return instance is not None and _DAY.fullmatch(instance) is not None


def _likeness(left: str, right: str) -> float:
    return SequenceMatcher(None, left, right, autojunk=False).ratio()
