"""Owns the aliases of rooms: the one that makes a create findable, and the one that people type.

Aliases are case-sensitive, at most 255 bytes with `#` and server, and hold no white space, `:` or NUL
(https://spec.matrix.org/v1.16/appendices/#room-aliases).
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Sequence

from groupform.compile.address import Address

_UNSAFE = re.compile(r"[^\w.-]+")
_ROOM_FOR_SERVER = 100


def created_alias(address: Address, attempt: int = 1) -> str:
    """The localpart of the alias given in createRoom: the same for the same address, so that a twin is impossible.

    `attempt` above 1 names the next one, for an address whose former alias another room of ours still holds.
    """
    words = [address.deployment, address.environment, address.type, address.key, address.instance]
    digest = hashlib.sha256(str(address).encode()).hexdigest()[:8]
    tail = f"-{digest}" if attempt == 1 else f"-{digest}-{attempt}"
    return _short("gf-" + "-".join(_slug(word) for word in words if word), tail) + tail


def typed_aliases(community: str, names: Sequence[str], environment: str | None) -> dict[str, str]:
    """The localpart that people type for each group of `names` (`lobby`, `city/sh`): `pet-club-city-sh`.

    Where two would be alike, all of them carry a few letters of their name's digest.
    """
    end = f"-{environment}" if environment else ""
    plain = {name: _slug(f"{community}-{name.replace('/', '-')}") + end for name in names}
    held = Counter(plain.values())
    found = {}
    for name, alias in plain.items():
        digest = "-" + hashlib.sha256(name.encode()).hexdigest()[:6]
        # A letter that had to go may have been all that told two names apart.
        exact = held[alias] == 1 and alias == f"{community}-{name.replace('/', '-')}{end}"
        cut = _short(alias, digest)
        found[name] = alias if exact and cut == alias else cut + digest
    return found


def space_alias(community: str, environment: str | None) -> str:
    return f"{community}-{environment}" if environment else community


def _slug(text: str) -> str:
    return _UNSAFE.sub("-", text).strip("-") or "x"


def _short(text: str, tail: str) -> str:
    """`text`, cut so that with `tail`, `#` and the server's name it stays within 255 bytes."""
    limit = 255 - _ROOM_FOR_SERVER - len(tail.encode())
    return text.encode()[:limit].decode("utf-8", "ignore")
