"""Knows what people call a group, a tier, a person or a community, where its key should be written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from groupform.config.document import Document
from groupform.config.reader import Node

_NAMED = ("groups", "tiers", "people", "rules", "segments")


def titles_of(documents: Iterable[Document]) -> dict[str, str]:
    """By what members see, the key of what is called so; left out where two keys are called the same."""
    found: dict[str, set[str]] = {}
    for document in documents:
        for title, key in _titles(document.root):
            found.setdefault(title, set()).add(key)
    return {title: next(iter(keys)) for title, keys in found.items() if len(keys) == 1}


def _titles(root: Node) -> Iterator[tuple[str, str]]:
    if type(root.value) is not dict:
        return
    yield from _pair(root.value.get("title"), root.value.get("community"))
    for section in _NAMED:
        below = root.value.get(section)
        if below is None:
            continue
        if type(below.value) is list:
            for each in below.value:
                if type(each.value) is dict:
                    yield from _pair(each.value.get("title"), each.value.get("key"))
        elif type(below.value) is dict:
            for key, each in below.value.items():
                if type(each.value) is dict:
                    named = each.value.get("title") or each.value.get("name")
                    yield from ([(named.value, key)] if named and type(named.value) is str else [])


def _pair(title: Node | None, key: Node | None) -> Iterator[tuple[str, str]]:
    if title is not None and key is not None and type(title.value) is str and type(key.value) is str:
        yield title.value, key.value
