"""Owns the checking of request bodies against the published tables: types, what is required, how long, how many.

Lengths count characters or UTF-8 bytes, as the page says. A field that no page names is refused too: what the platform
does with it is not known, and whoever sends it has misread a table.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from groupform.providers.wecom.rehearsal.refusals import BAD_FIELD, EMPTY_FIELD, Refused


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a table: `check(value, name)` returns the value as the platform keeps it."""

    check: Callable[[Any, str], Any]
    required: bool = False
    missing: int = EMPTY_FIELD


def text(
    *,
    req: bool = False,
    chars: int | None = None,
    size: int | None = None,
    cut: int | None = None,
    pattern: str | None = None,
    code: int = BAD_FIELD,
    missing: int = EMPTY_FIELD,
) -> Field:
    """A string of at most `chars` characters or `size` bytes; cut down to `cut` characters where the page says so."""

    def check(value: Any, name: str) -> str:
        if not isinstance(value, str):
            raise Refused(BAD_FIELD, f"{name}: a string is wanted")
        if req and not value:
            raise Refused(missing, f"{name}: empty")
        if chars is not None and len(value) > chars:
            raise Refused(code, f"{name}: {len(value)} characters, at most {chars}")
        if size is not None and len(value.encode()) > size:
            raise Refused(code, f"{name}: {len(value.encode())} bytes, at most {size}")
        if pattern is not None and not re.fullmatch(pattern, value):
            raise Refused(code, f"{name}: does not match {pattern}")
        return value if cut is None else value[:cut]

    return Field(check, req, missing)


def number(
    low: int | None = None,
    high: int | None = None,
    *,
    req: bool = False,
    code: int = BAD_FIELD,
    missing: int = EMPTY_FIELD,
) -> Field:
    """A whole number between `low` and `high`, both included."""

    def check(value: Any, name: str) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise Refused(BAD_FIELD, f"{name}: a whole number is wanted")
        if (low is not None and value < low) or (high is not None and value > high):
            raise Refused(code, f"{name}: {value} is not within {low} to {high}")
        return value

    return Field(check, req, missing)


def one_of(*values: int | str, req: bool = False, code: int = BAD_FIELD, missing: int = EMPTY_FIELD) -> Field:
    """One of these values."""

    def check(value: Any, name: str) -> Any:
        if isinstance(value, bool) or value not in values:
            raise Refused(code, f"{name}: {value!r} is none of {', '.join(map(str, values))}")
        return value

    return Field(check, req, missing)


def flag(*, req: bool = False) -> Field:
    """true or false."""

    def check(value: Any, name: str) -> bool:
        if not isinstance(value, bool):
            raise Refused(BAD_FIELD, f"{name}: true or false is wanted")
        return value

    return Field(check, req)


def many(of: Field, high: int | None = None, *, low: int = 0, req: bool = False, code: int = BAD_FIELD) -> Field:
    """A list of at most `high` and at least `low` elements."""

    def check(value: Any, name: str) -> list[Any]:
        if not isinstance(value, list):
            raise Refused(BAD_FIELD, f"{name}: a list is wanted")
        if req and low and not value:
            raise Refused(EMPTY_FIELD, f"{name}: empty")
        if len(value) < low:
            raise Refused(code, f"{name}: {len(value)} elements, at least {low}")
        if high is not None and len(value) > high:
            raise Refused(code, f"{name}: {len(value)} elements, at most {high}")
        return [of.check(each, f"{name}[{index}]") for index, each in enumerate(value)]

    return Field(check, req)


def obj(fields: Mapping[str, Field], *, req: bool = False) -> Field:
    """An object with these fields and no other."""

    def check(value: Any, name: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise Refused(BAD_FIELD, f"{name}: an object is wanted")
        inside = f"{name}." if name else ""
        for key in value:
            if key not in fields:
                raise Refused(BAD_FIELD, f"{inside}{key}: no page names this field")
        for key, field in fields.items():
            if field.required and key not in value:
                raise Refused(field.missing, f"{inside}{key}: missing")
        return {key: fields[key].check(each, f"{inside}{key}") for key, each in value.items()}

    return Field(check, req)


USERID = text(req=True, size=64)
"""1 to 64 bytes (CPAN:user.pm)."""


def check(fields: Mapping[str, Field], body: Any) -> dict[str, Any]:
    """The body as the platform takes it. Raises Refused, which names the field."""
    found: dict[str, Any] = obj(fields).check(body, "")
    return found
