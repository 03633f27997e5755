"""Owns which live group is which declared one: by its address, then its title; where there is doubt, none. Pure."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from groupform.config.project import GroupInstance
from groupform.engine.adoption import LiveGroup

_CLOSE = 0.6
_CANDIDATES = 3


@dataclass(frozen=True, slots=True)
class Doubt:
    """A group that no one live group stands for, though some might; best first."""

    group: str
    title: str
    candidates: tuple[LiveGroup, ...]


@dataclass(frozen=True, slots=True)
class Matched:
    """`pairs` are group name -> live group. `missing` are groups that nothing resembles: a plan makes them anew.
    `left` are live groups that no declared one stands for."""

    pairs: Mapping[str, LiveGroup]
    doubts: tuple[Doubt, ...] = ()
    missing: tuple[str, ...] = ()
    left: tuple[LiveGroup, ...] = ()


def match(
    community: str,
    groups: Sequence[GroupInstance],
    live: Sequence[LiveGroup],
    called: Callable[[GroupInstance], str] = lambda group: group.title,
) -> Matched:
    """Pairs declared groups with live ones. Only what answers to exactly one of the other side is a pair.

    `called` is what a group is called where it lives.
    """
    pairs: dict[str, LiveGroup] = {}
    doubted: dict[str, list[LiveGroup]] = defaultdict(list)
    for ours, theirs in (
        (lambda group: _addresses(community, group), lambda each: {plain(name) for name in each.names}),
        (lambda group: {plain(called(group))}, lambda each: {plain(each.title)}),
    ):
        open_ = [each for each in groups if each.name not in pairs and each.name not in doubted]
        taken = {each.id for each in pairs.values()}
        free = [each for each in live if each.id not in taken]
        _round(open_, free, ours, theirs, pairs, doubted)
    taken = {each.id for each in pairs.values()}
    left = [each for each in live if each.id not in taken]
    missing: list[str] = []
    for group in groups:
        if group.name in pairs:
            continue
        candidates = doubted.get(group.name) or _resembling(called(group), left)
        if candidates:
            doubted[group.name] = candidates
        else:
            missing.append(group.name)
    doubts = tuple(
        Doubt(each.name, each.title, tuple(doubted[each.name][:_CANDIDATES]))
        for each in groups
        if doubted.get(each.name)
    )
    return Matched(pairs, doubts, tuple(missing), tuple(left))


def _round(
    groups: Sequence[GroupInstance],
    live: Sequence[LiveGroup],
    ours: Callable[[GroupInstance], Iterable[Hashable]],
    theirs: Callable[[LiveGroup], Iterable[Hashable]],
    pairs: dict[str, LiveGroup],
    doubted: dict[str, list[LiveGroup]],
) -> None:
    answering: dict[Hashable, list[LiveGroup]] = defaultdict(list)
    for one in live:
        for word in theirs(one):
            answering[word].append(one)
    found = {
        group.name: list({each.id: each for word in ours(group) if word for each in answering.get(word, ())}.values())
        for group in groups
    }
    asked: dict[str, list[str]] = defaultdict(list)
    for name, candidates in found.items():
        for each in candidates:
            asked[each.id].append(name)
    for name, candidates in found.items():
        if len(candidates) == 1 and len(asked[candidates[0].id]) == 1:
            pairs[name] = candidates[0]
        elif candidates:
            doubted[name] = candidates


def plain(text: str) -> str:
    """The text as people would say it: letters and digits alone, without case, width, signs or pictures."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return re.sub(r"[\W_]+", "", folded)


def _addresses(community: str, group: GroupInstance) -> set[str]:
    """What an alias of this group may be: its name, alone or behind the community's key."""
    return {plain(group.name), plain(f"{community}-{group.name}")}


def _resembling(said: str, live: Sequence[LiveGroup]) -> list[LiveGroup]:
    title = plain(said)
    scored = [(difflib.SequenceMatcher(None, title, plain(each.title)).ratio(), each) for each in live]
    close = [pair for pair in scored if pair[0] >= _CLOSE or (title and title in plain(pair[1].title))]
    return [each for _, each in sorted(close, key=lambda pair: (-pair[0], pair[1].id))]
