"""Owns what sets one platform that is run by hand apart from another: the table that each of them is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from groupform.compile.access import Enforced
from groupform.compile.coverage import Table
from groupform.compile.resource import Resource
from groupform.config.project import GroupInstance, ResolvedDeployment
from groupform.engine.resource_type import ResourceType
from groupform.providers.byhand.limits import Limits

if TYPE_CHECKING:
    from groupform.providers.byhand.place import Place

Admission = Callable[["Place"], Iterator[Resource]]
"""How people come into a group: what a person sets for its door."""


@dataclass(frozen=True)
class Kind:
    """One platform. Its sentences begin with `name`; `limits` are hearsay that a connection may correct.

    `enforced` says what the door really keeps out; `pinned_topic` and the like need no word here: what a platform
    lacks is a row of its `table`.
    """

    name: str
    limits: Limits
    types: Mapping[str, ResourceType]
    table: Table
    admission: Admission
    enforced: Callable[[ResolvedDeployment, GroupInstance], Enforced]

    def code(self, rest: str) -> str:
        """The code of a sentence of this platform: `wechat-gap-tags`."""
        return f"{self.name}-{rest}"
