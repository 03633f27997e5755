"""Finds the place of a dotted path of the language, such as `groups.city.title` or `groups.city/sh`, when asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from groupform.config.document import Document
from groupform.config.project import GroupInstance, Place
from groupform.config.reader import Node


class Places(Mapping[str, Place]):
    """Every path of one file. A list's elements go by position, or by their `key` where they have one.

    Computed on demand: a project of a thousand files asks for a handful.
    """

    def __init__(self, document: Document, groups: tuple[GroupInstance, ...]) -> None:
        self._document = document
        self._copies = {each.path: each.place for each in groups if each.instance is not None and each.place}

    def __getitem__(self, path: str) -> Place:
        copy = self._copies.get(path)
        if copy is not None:
            return copy
        loc = self._loc(path)
        if loc is None:
            raise KeyError(path)
        return self._document.place(loc)

    def nearest(self, path: str) -> Place | None:
        """The place of a path, or of the closest one above it; None for an empty path."""
        while path:
            if path in self:
                return self[path]
            path = path.rpartition(".")[0]
        return None

    def __contains__(self, path: object) -> bool:
        return isinstance(path, str) and (path in self._copies or self._loc(path) is not None)

    def __iter__(self) -> Iterator[str]:
        yield from _paths("", self._document.root)
        yield from self._copies

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _loc(self, path: str) -> list[str | int] | None:
        loc: list[str | int] = []
        node = self._document.root
        for position, step in enumerate(path.split(".")):
            key = step.partition("/")[0] if position == 1 and loc == ["groups"] else step
            if type(node.value) is dict and key in node.value:
                loc.append(key)
                node = node.value[key]
            elif type(node.value) is list and (at := _position(node.value, key)) is not None:
                loc.append(at)
                node = node.value[at]
            else:
                return None
        return loc


def _position(nodes: list[Node], step: str) -> int | None:
    if step.isascii() and step.isdigit():
        return int(step) if int(step) < len(nodes) else None
    return next((at for at, each in enumerate(nodes) if _key(each) == step), None)


def _key(node: Node) -> str | None:
    named = node.value.get("key") if type(node.value) is dict else None
    return named.value if named is not None and type(named.value) is str else None


def _paths(above: str, node: Node) -> Iterator[str]:
    if type(node.value) is dict:
        below = list(node.value.items())
    elif type(node.value) is list:
        below = [(_key(each) or str(at), each) for at, each in enumerate(node.value)]
    else:
        return
    for step, each in below:
        path = f"{above}.{step}" if above else step
        yield path
        yield from _paths(path, each)
