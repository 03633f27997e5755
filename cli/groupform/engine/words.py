"""Owns the words of a reason as a plan can hold them: plain JSON, whatever a provider put there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def words(params: Mapping[str, object]) -> dict[str, Any]:
    """Params with each value as JSON; what is not JSON becomes its text."""
    return {str(key): _plain(value) for key, value in params.items()}


def _plain(value: object) -> Any:
    if value is None or type(value) in (bool, int, float, str):
        return value
    if isinstance(value, Mapping):
        return words(value)
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, set | frozenset):
        return sorted(map(str, value))
    return str(value)
