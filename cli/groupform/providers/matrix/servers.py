"""Owns the servers whose people may take part in a room: m.room.server_acl as attributes, and whom it shuts out.

Rules: https://spec.matrix.org/v1.16/client-server-api/#mroomserver_acl. What is denied outranks what is allowed, ports
do not count, and a room without the event is open to every server.

`deny` is shared: moderators and their bots add to it all day, and whoever took their entries out would let in again
whom they have put out; one more entry never admits anybody. `allow` is wholly ours where it is declared: one more entry
there, `*` above all, would open what is declared closed.
"""

from __future__ import annotations

import ipaddress
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from groupform.compile.globs import any_matches
from groupform.compile.resource import Json
from groupform.engine.provider import Edit, Write

ACL = "m.room.server_acl"
ATTRIBUTES = ("servers_allowed", "servers_denied", "ip_servers")
"""Attributes that live in the one event."""
EVERYBODY = "*"
OWN = "matrix-servers-without-us"
EMPTY = "matrix-servers-allow-nobody"


def host_of(server: str) -> str:
    """A server's name without its port."""
    return re.sub(r":[0-9]+$", "", server)


def server_of(account: str) -> str:
    """The server of a Matrix id; empty where it has none."""
    return account.partition(":")[2]


def to_attributes(content: Mapping[str, Any]) -> dict[str, Json]:
    """The event's content; empty where it was never set, and then every server takes part."""
    if not content:
        return {"servers_allowed": [EVERYBODY], "servers_denied": [], "ip_servers": True}
    return {
        "servers_allowed": _texts(content.get("allow")),
        "servers_denied": _texts(content.get("deny")),
        # Absent or no boolean means true, by the specification.
        "ip_servers": content.get("allow_ip_literals") is not False,
    }


def content_of(attributes: Mapping[str, object]) -> dict[str, Any]:
    """The event of a new room: what is not declared lets everybody in. Nothing where nothing is declared."""
    if not any(name in attributes for name in ATTRIBUTES):
        return {}
    return {
        "allow": _texts(attributes.get("servers_allowed", [EVERYBODY])),
        "deny": _texts(attributes.get("servers_denied")),
        "allow_ip_literals": attributes.get("ip_servers") is not False,
    }


def changed(content: Mapping[str, Any], writes: Mapping[str, Write]) -> dict[str, Any]:
    """`content`, as it was read right before, with our writes in it; entries of others under `deny` are kept."""
    before = to_attributes(content)
    allow = writes["servers_allowed"].after if "servers_allowed" in writes else before["servers_allowed"]
    literals = writes["ip_servers"].after if "ip_servers" in writes else before["ip_servers"]
    deny = _texts(before["servers_denied"])
    if "servers_denied" in writes:
        edit = writes["servers_denied"].edit or Edit(dict.fromkeys(_texts(writes["servers_denied"].after)))
        deny = [each for each in deny if each not in edit.drop]
        deny += [each for each in edit.put if each not in deny]
    return {**content, "allow": _texts(allow), "deny": deny, "allow_ip_literals": literals is not False}


def admits(attributes: Mapping[str, Json], server: str) -> bool:
    """Whether a server's people may take part."""
    host = host_of(server)
    if attributes.get("ip_servers") is False and _is_literal(host):
        return False
    if any_matches(_texts(attributes.get("servers_denied")), host):
        return False
    allowed = attributes.get("servers_allowed")
    return allowed is None or any_matches(_texts(allowed), host)


def shuts_out(before: Mapping[str, Json], after: Mapping[str, Json]) -> dict[str, int]:
    """The servers whose people are inside and could not take part any more, with how many there are."""
    inside = after.get("inside")
    counts = inside if isinstance(inside, Mapping) else {}
    return {
        server: count
        for server, count in counts.items()
        if isinstance(count, int) and admits(before, server) and not admits(after, server)
    }


def count_inside(people: Iterable[str]) -> dict[str, Json]:
    """How many of these accounts each server has."""
    return dict(sorted(Counter(server_of(each) for each in people).items()))


def guard_allowed(before: Json, after: Json, account: str) -> str | None:
    """Why a list of allowed servers is never written: it names nobody, or not our own server."""
    if not isinstance(after, list) or not after:
        return EMPTY
    return None if any_matches(after, host_of(server_of(account))) else OWN


def guard_denied(before: Json, after: Json, account: str) -> str | None:
    """Why a list of denied servers is never written: our own server is among them."""
    return OWN if any_matches(_texts(after), host_of(server_of(account))) else None


def guard_literals(before: Json, after: Json, account: str) -> str | None:
    """A server that is itself a bare address is not shut out by its own rule."""
    return OWN if after is False and _is_literal(host_of(server_of(account))) else None


def _is_literal(host: str) -> bool:
    try:
        ipaddress.ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return True


def _texts(value: object) -> list[Any]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []
