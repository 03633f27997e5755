"""Owns the mark that tells whose a room is: a state event set when the room is made, kept through upgrades.

Creation content would be cheaper but cannot be added later, and an upgrade drops it (DESIGN §11).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from groupform.compile.resource import Json
from groupform.engine.provider import Ownership

OWNER = "org.groupform.owner"
INTENT = "org.groupform.intent"
"""In creation content: the nonce of the create, which finds a room that was left half made and has no alias yet."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Whose a room is, which address it has, what hangs on its wall, and whether we have given it up (`ended`).

    `former` are the aliases that it had before and that we keep for it (aliases.py)."""

    ownership: Ownership
    uid: str
    notice: Mapping[str, Json] | None = None
    ended: bool = False
    former: tuple[str, ...] = ()

    def ours(self, ownership: Ownership) -> bool:
        """Whether it is the mark of this state; a deployment that was renamed still finds its rooms."""
        return (self.ownership.lineage, self.ownership.environment) == (ownership.lineage, ownership.environment)

    @property
    def content(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "lineage": self.ownership.lineage,
            "deployment": self.ownership.deployment,
            "environment": self.ownership.environment,
            "uid": self.uid,
        }
        if self.notice is not None:
            found["notice"] = dict(self.notice)
        if self.ended:
            found["ended"] = True
        if self.former:
            found["former"] = list(self.former)
        return found


def read(content: Mapping[str, Any] | None) -> Mark | None:
    """The mark in a state event's content; None where there is none or it is no mark."""
    if not content:
        return None
    words = [content.get(key) for key in ("lineage", "deployment", "environment", "uid")]
    if not all(isinstance(word, str) for word in words):
        return None
    lineage, deployment, environment, uid = map(str, words)
    notice, former = content.get("notice"), content.get("former")
    return Mark(
        Ownership(lineage, deployment, environment),
        uid,
        notice if isinstance(notice, Mapping) else None,
        content.get("ended") is True,
        tuple(each for each in former if isinstance(each, str)) if isinstance(former, list) else (),
    )
