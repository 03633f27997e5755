"""Owns shared collections: of what stands in them only the declared elements are ours (DESIGN §5).

desired = observed - (last applied - declared) + declared. Elements of a list are its distinct values; in an Edit each
of them maps to itself in `put`, and is named in `drop` by its text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from groupform.compile.resource import Json
from groupform.engine.provider import Edit
from groupform.engine.values import canonical_text, same


@dataclass(frozen=True, slots=True)
class Merged:
    """What an Owned collection comes to: the whole value, our edit, and our part of it before and after."""

    value: Json
    edit: Edit
    before: Json
    after: Json

    @property
    def settled(self) -> bool:
        """True when there is nothing for us to change."""
        return not self.edit.put and not self.edit.drop


def merge(observed: Json, applied: Json, declared: Json) -> Merged:
    """Merges what is declared into what is there. All three in canonical form."""
    there, was, wanted = _elements(observed), _elements(applied), _elements(declared)
    listed = isinstance(observed if observed is not None else declared if declared is not None else applied, list)
    ours = was.keys() | wanted.keys()
    drop = tuple(sorted(key for key in was if key not in wanted and key in there))
    put = {key: value for key, value in wanted.items() if key not in there or not same(there[key], value)}
    edit = Edit(put, drop)
    return Merged(
        apply_edit(observed if observed is not None else ([] if listed else {}), edit),
        edit,
        _collection({key: value for key, value in there.items() if key in ours}, listed),
        _collection(wanted, listed),
    )


def ours(value: Json, *owned: Json) -> Json:
    """The part of `value` whose elements stand in one of `owned`."""
    keys = {key for each in owned for key in _elements(each)}
    return _collection({key: found for key, found in _elements(value).items() if key in keys}, isinstance(value, list))


def alike(left: Json, right: Json) -> bool:
    """Whether two collections hold the same elements, in whatever order."""
    one, two = _elements(left), _elements(right)
    return one.keys() == two.keys() and all(same(value, two[key]) for key, value in one.items())


def apply_edit(observed: Json, edit: Edit) -> Json:
    """The whole collection after `edit`: strangers' elements stay as and where they are, new ones come last.

    Where nothing is there yet, elements that map to themselves make a list.
    """
    elements = {key: value for key, value in _elements(observed).items() if key not in edit.drop}
    listed = isinstance(observed, list) or (observed is None and bool(edit.put) and edit.put == _themselves(edit))
    return _collection(elements | dict(edit.put), listed)


def _themselves(edit: Edit) -> Mapping[str, Json]:
    return _elements(list(edit.put.values()))


def _elements(value: Json) -> dict[str, Json]:
    if isinstance(value, dict):
        return value
    if isinstance(value, list):
        return {each if isinstance(each, str) else canonical_text(each): each for each in value}
    return {}


def _collection(elements: Mapping[str, Json], listed: bool) -> Json:
    return list(elements.values()) if listed else dict(elements)
