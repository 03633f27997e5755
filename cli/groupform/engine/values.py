"""Owns in which form two attribute values are compared, and what of a secret a plan or a state may carry."""

from __future__ import annotations

import json

from groupform.compile.resource import Json
from groupform.engine.plan import digest_of
from groupform.engine.resource_type import Attribute, Canonical, Sensitive, Unordered

_MASK = "sha256:"


def canonical_text(value: Json) -> str:
    """A value as one text that is equal for equal values: a key for sorting and for sets."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def same(left: Json, right: Json) -> bool:
    """Equality of JSON: `true` is not 1, and 1 is 1.0 (a platform may answer either)."""
    if isinstance(left, str) or left is None:
        return left == right
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(value, right[key]) for key, value in left.items())
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    return left == right


def masked(attribute: Attribute, value: Json) -> Json:
    """What a plan and a state hold of `value`: the value, or its digest where the attribute is sensitive."""
    if value is None or not attribute.has(Sensitive) or _is_mask(value):
        return value
    return _MASK + digest_of(value)


def normal(attribute: Attribute, value: Json) -> Json:
    """The form in which values of this attribute are compared: canonical, sorted where order means nothing, masked."""
    if attribute.has(Sensitive) and _is_mask(value):
        return value
    canonical: Canonical | None = attribute.get(Canonical)
    if canonical is not None and value is not None:
        value = canonical.form(value)
    if attribute.has(Unordered) and isinstance(value, list):
        value = sorted(value, key=canonical_text)
    return masked(attribute, value)


def _is_mask(value: Json) -> bool:
    return isinstance(value, str) and value.startswith(_MASK) and len(value) == len(_MASK) + 64
