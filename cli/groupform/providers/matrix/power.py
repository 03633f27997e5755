"""Owns power levels: what a role may do as a number, what each act needs, and the event's content as attributes.

Rules: https://spec.matrix.org/v1.16/client-server-api/#mroompower_levels and rooms/v12 (creators stand in no `users`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from groupform.compile.resource import Json

MANAGE = 100
MODERATE = 50
ANNOUNCE = 10
_RIGHTS = {"manage": MANAGE, "moderate": MODERATE, "announce": ANNOUNCE}
_EVENT = "events."
_NOTIFY = "notifications."


def level_of(rights: Iterable[str]) -> int:
    """The power level that stands for these rights; 0 for none."""
    return max((_RIGHTS.get(right, 0) for right in rights), default=0)


def levels(*, announcement: bool, members_invite: bool) -> dict[str, int]:
    """What each act needs in a room, as attributes: `events_default`, `events.m.room.name`, `notifications.room`.

    Where the door is more than an address, an invitation by any member would be a second door: then it takes a
    moderator. Moderators keep names and pins; doors, power and what cannot be undone are for those who manage.
    """
    return {
        "users_default": 0,
        "events_default": ANNOUNCE if announcement else 0,
        "state_default": MODERATE,
        "invite": 0 if members_invite else MODERATE,
        "kick": MODERATE,
        "ban": MODERATE,
        "redact": MODERATE,
        "notifications.room": MODERATE,
        "events.m.room.power_levels": MANAGE,
        "events.m.room.join_rules": MANAGE,
        "events.m.room.history_visibility": MANAGE,
        "events.m.room.guest_access": MANAGE,
        "events.m.room.server_acl": MANAGE,
        "events.m.room.encryption": MANAGE,
        "events.org.groupform.owner": MANAGE,
        # Above state_default by rule of room version 12, and out of every person's reach.
        "events.m.room.tombstone": 150,
    }


def to_attributes(content: Mapping[str, Any]) -> tuple[dict[str, Json], dict[str, Json]]:
    """The content of m.room.power_levels as the attributes (`users`, `levels`)."""
    flat: dict[str, Json] = {}
    for key, value in content.items():
        if key == "events" and isinstance(value, Mapping):
            flat.update({_EVENT + kind: level for kind, level in value.items()})
        elif key == "notifications" and isinstance(value, Mapping):
            flat.update({_NOTIFY + kind: level for kind, level in value.items()})
        elif key != "users" and isinstance(value, int):
            flat[key] = value
    users = content.get("users")
    return dict(users) if isinstance(users, Mapping) else {}, flat


def changed(
    content: Mapping[str, Any],
    *,
    users: Mapping[str, Json] | None = None,
    drop_users: Iterable[str] = (),
    levels: Mapping[str, Json] | None = None,
    drop_levels: Iterable[str] = (),
    creators: frozenset[str] = frozenset(),
) -> dict[str, Any]:
    """`content` with some people's and some acts' levels set or taken out; whatever else it holds is kept."""
    found: dict[str, Any] = {
        key: dict(value) if isinstance(value, Mapping) else value for key, value in content.items()
    }
    people = found.setdefault("users", {})
    for user in drop_users:
        people.pop(user, None)
    people.update(users or {})
    for creator in creators:
        people.pop(creator, None)
    for key in drop_levels:
        group, name = _place(key)
        (found.get(group, {}) if group else found).pop(name, None)
    for key, level in (levels or {}).items():
        group, name = _place(key)
        (found.setdefault(group, {}) if group else found)[name] = level
    return found


def _place(key: str) -> tuple[str | None, str]:
    for prefix in (_EVENT, _NOTIFY):
        if key.startswith(prefix):
            return prefix[:-1], key[len(prefix) :]
    return None, key
