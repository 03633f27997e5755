"""The two stories that faults are put into: everything is made, and then everything is edited at once."""

from __future__ import annotations

import copy
from typing import Any

from conformance.story import community


def first() -> dict[str, Any]:
    return community()


def second() -> dict[str, Any]:
    """An edit of everything at once: renames, texts, order, a swap, an addition, a replace, removals, powers."""
    edited = copy.deepcopy(community())
    groups = edited["groups"]
    edited["groups"] = {
        "table": groups["desk"] | {"title": "大书桌", "previously": ["desk"]},
        "vault": groups["vault"] | {"kind": "announcement"},
        "corner": {"title": "角落", "topic": "新开的", "tier": "core"},
        "city": groups["city"] | {"entry": {"door": "invite"}},
    }
    edited["tiers"].append({"key": "core", "title": "核心"})
    edited["rules"]["kind"]["text"] = "先求证再转发。"
    edited["team"]["owner"] = {"person": "host"}
    return edited


FORGOTTEN = frozenset({"room 大厅"})
"""What the second story merely forgets, and rightly leaves alive."""
