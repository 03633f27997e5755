"""Owns the remote ids of what has none on the server: an edge, a pin, an invitation is named by what it joins."""

from __future__ import annotations

_APART = "|"


def joined(*parts: str) -> str:
    return _APART.join(parts)


def parts(remote: str) -> tuple[str, ...]:
    return tuple(remote.split(_APART))


def room_of(remote: str) -> str:
    """The room whose state answers for an object: the space for an edge, itself for a room."""
    return remote.split(_APART, 1)[0]


def is_room(reference: object) -> bool:
    """Whether a reference is a room's id by now, and no address that is still to be made."""
    return isinstance(reference, str) and reference.startswith("!")
