"""Owns what a group's `ignore` leaves to people: set once when the group is made, never compared or written again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeAlias

from groupform.compile.coverage import CARRIED
from groupform.compile.resource import Claim, Compiled, Outcome
from groupform.config.project import GroupInstance

Carriers: TypeAlias = Mapping[tuple[str, str], frozenset[str]]
"""(type of resource, field of a group) -> the attributes that hold this field and nothing else."""

IGNORED = "coverage-ignored"


def ignored(group: GroupInstance, kind: str, carriers: Carriers) -> frozenset[str]:
    """The attributes of a group's resource of this type that its file says to leave alone."""
    found = (carriers.get((kind, str(field)), frozenset[str]()) for field in group.model.ignore)
    return frozenset[str]().union(*found)


def left_alone(compiled: Compiled) -> Compiled:
    """The same, saying of each leaf whose attribute is left alone that it is documentation from then on."""
    alone = {each.address: each.ignore for each in compiled.resources if each.ignore}
    if not alone:
        return compiled

    def told(claim: Claim) -> Claim:
        given_up = claim.address is not None and claim.attribute in alone.get(claim.address, ())
        if not given_up or claim.outcome not in CARRIED:
            return claim
        return replace(claim, outcome=Outcome.informational, reason=IGNORED)

    return replace(compiled, claims=tuple(told(each) for each in compiled.claims))
