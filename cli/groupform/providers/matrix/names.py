"""Owns the aliases of rooms: the one that makes a create findable, and the one that people type.

Aliases are case-sensitive, at most 255 bytes with `#` and server, and hold no white space, `:` or NUL
(https://spec.matrix.org/v1.16/appendices/#room-aliases).
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from groupform.compile.address import Address

_UNSAFE = re.compile(r"[^\w.-]+")
_ROOM_FOR_SERVER = 100
_ASIDE = "~aside"


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


def former_aliases(community: str, names: Sequence[str], held: Collection[str], environment: str | None) -> list[str]:
    """The localparts under which a group stood by its former `names`, less those that are `held` by a group now."""
    found = [typed_aliases(community, [name], environment)[name] for name in names]
    return [each for each in dict.fromkeys(found) if each not in held]


def aside(alias: str) -> str:
    """What a room is called while its address is on the way to another room; no key can make such a name."""
    return f"{alias}{_ASIDE}"


def is_aside(alias: str) -> bool:
    return alias.endswith(_ASIDE)


def space_alias(community: str, environment: str | None) -> str:
    return f"{community}-{environment}" if environment else community


def alternative_aliases(content: Mapping[str, Any]) -> list[str]:
    """The `alt_aliases` of a canonical_alias event, whole; whatever else people may have written there is none."""
    found = content.get("alt_aliases")
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []


def alternatives(content: Mapping[str, Any], server: str) -> list[str]:
    """The same without `#`, and without the server's name where it is `server`."""
    found = {each.removeprefix("#").removesuffix(f":{server}") for each in alternative_aliases(content)}
    return sorted(found)


def _slug(text: str) -> str:
    return _UNSAFE.sub("-", text).strip("-") or "x"


def _short(text: str, tail: str) -> str:
    """`text`, cut so that with `tail`, `#` and the server's name it stays within 255 bytes."""
    limit = 255 - _ROOM_FOR_SERVER - len(tail.encode())
    return text.encode()[:limit].decode("utf-8", "ignore")
