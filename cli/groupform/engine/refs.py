"""Owns the translation between addresses, which files, plans and states speak, and ids, which platforms speak.

An attribute with `RefTo` holds one reference, a list of them, or a mapping whose keys are references. An observed id
that no binding names reads `external:ID`, and is sent as ID.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from groupform.compile.resource import Attributes, Json
from groupform.engine.provider import Edit
from groupform.engine.resource_type import Attribute, RefTo, ResourceType

EXTERNAL = "external:"


@dataclass(frozen=True)
class References:
    """Which address has which id. `ids` is by address, `addresses` by (type, id)."""

    ids: Mapping[str, str]
    addresses: Mapping[tuple[str, str], str] = field(default_factory=dict)

    @staticmethod
    def of(bound: Iterable[tuple[str, str, str]]) -> References:
        """From (address, type, id). Of two addresses with one id the first in order of text is named."""
        rows = sorted(bound)
        return References(
            {address: id_ for address, _, id_ in rows},
            {(type_, id_): address for address, type_, id_ in reversed(rows)},
        )

    def with_ids(self, kind: ResourceType, attributes: Attributes) -> tuple[dict[str, Json], frozenset[str]]:
        """Attributes as a platform takes them, and the addresses that have no id yet (their text stays)."""
        missing: set[str] = set()

        def to_id(text: str, _: RefTo) -> str:
            if text.startswith(EXTERNAL):
                return text[len(EXTERNAL) :]
            found = self.ids.get(text)
            if found is None:
                missing.add(text)
                return text
            return found

        return _translate(kind, attributes, to_id), frozenset(missing)

    def edit_with_ids(self, attribute: Attribute, edit: Edit) -> tuple[Edit, frozenset[str]]:
        """An edit of an Owned collection as a platform takes it, and the addresses that have no id yet."""
        to = attribute.get(RefTo)
        if to is None:
            return edit, frozenset()
        missing = {each for each in (*edit.put, *edit.drop) if not each.startswith(EXTERNAL) and each not in self.ids}

        def to_id(text: str) -> str:
            return text[len(EXTERNAL) :] if text.startswith(EXTERNAL) else self.ids.get(text, text)

        put = {to_id(key): to_id(key) if value == key else value for key, value in edit.put.items()}
        return Edit(put, tuple(to_id(each) for each in edit.drop)), frozenset(missing)

    def with_addresses(self, kind: ResourceType, attributes: Attributes) -> dict[str, Json]:
        """Attributes as files and plans speak of them."""

        def to_address(text: str, to: RefTo) -> str:
            for each in to.types:
                if (each, text) in self.addresses:
                    return self.addresses[each, text]
            return text if text in self.ids else EXTERNAL + text

        return _translate(kind, attributes, to_address)


def references(kind: ResourceType, attributes: Attributes) -> frozenset[str]:
    """The addresses that `attributes` refer to; external ones are left out."""
    return frozenset(
        text
        for name, value in attributes.items()
        if name in kind.attributes
        for text in referred(kind.attributes[name], value)
    )


def referred(attribute: Attribute, value: Json) -> frozenset[str]:
    """The addresses that one attribute's value refers to; external ones are left out."""
    found: set[str] = set()

    def note(text: str, _: RefTo) -> str:
        if text and not text.startswith(EXTERNAL):
            found.add(text)
        return text

    to = attribute.get(RefTo)
    if to is not None:
        _each(value, to, note)
    return frozenset(found)


def renamed(kind: ResourceType, attributes: Attributes, names: Mapping[str, str]) -> dict[str, Json]:
    """`attributes` with the addresses in `names` replaced by their new ones."""
    return _translate(kind, attributes, lambda text, _: names.get(text, text))


def _translate(kind: ResourceType, attributes: Attributes, word: Callable[[str, RefTo], str]) -> dict[str, Json]:
    translated: dict[str, Json] = {}
    for name, value in attributes.items():
        attribute = kind.attributes.get(name)
        to = attribute.get(RefTo) if attribute is not None else None
        translated[name] = value if to is None else _each(value, to, word)
    return translated


def _each(value: Json, to: RefTo, word: Callable[[str, RefTo], str]) -> Json:
    if isinstance(value, str):
        return word(value, to)
    if isinstance(value, list):
        return [word(each, to) if isinstance(each, str) else each for each in value]
    if isinstance(value, Mapping):
        return {word(key, to): each for key, each in value.items()}
    return value
