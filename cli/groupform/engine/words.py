"""Owns the words of a reason as a plan can hold them: plain JSON, whatever a provider put there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def words(params: Mapping[str, object]) -> dict[str, Any]:
    """Params with each value as JSON; what is not JSON becomes its text."""
    return {str(key): _plain(value) for key, value in params.items()}


def known_by(value: object, accounts: Mapping[str, str]) -> str:
    """One account or several as people know whose they are: `林一 (linyi)`. `accounts` are names by account."""
    every = [str(each) for each in value] if isinstance(value, list) else [str(value)] if value else []
    known = ((accounts.get(each.casefold()), each) for each in every)
    return ", ".join(f"{name} ({each})" if name else each for name, each in known)


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
