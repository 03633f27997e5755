"""Owns the promises a community makes about access: each check holds in what would be there after the plan, or fails.

A cell says what one kind of person may do in one group. A person has the cells of the roles they hold as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from groupform.compile.resource import Cell, Right
from groupform.compile.team import people_of
from groupform.config.project import ResolvedDeployment
from groupform.engine.plan import GuardFinding, Reason
from groupform_schemas import Check

_RIGHTS = {"write": Right.post.value, "join": Right.read.value}


def evaluate(deployment: ResolvedDeployment, access: frozenset[Cell]) -> list[GuardFinding]:
    """A finding for each check that fails (it blocks, and nobody can approve it) or cannot be told (it does not)."""
    findings: list[GuardFinding] = []
    rights = {each.what for each in access}
    for check in deployment.community.model.checks or ():
        deed = str(check.can if check.can is not None else check.cannot)
        right = deed if deed in rights else _RIGHTS.get(deed, deed)
        places = [each.name for each in deployment.groups if str(check.in_) in (each.name, each.group)]
        if not places:
            continue
        if (right not in rights and right not in Right.__members__) or not access:
            findings.append(_finding(check, f"plan-check-unknown-{deed}", str(check.in_), (), blocks=False))
            continue
        for where in places:
            circle = _circle(deployment, check)
            failing = [name for name, who in circle if _may(access, who, where, right) is not _wanted(check)]
            if failing:
                code = f"plan-check-{'must' if _wanted(check) else 'must-not'}-{deed}"
                findings.append(_finding(check, code, where, failing, blocks=True))
    return findings


def _may(access: frozenset[Cell], who: Iterable[str], where: str, right: str) -> bool:
    return any(Cell(each, where, right) in access for each in who)


def _wanted(check: Check) -> bool:
    return check.can is not None


def _circle(deployment: ResolvedDeployment, check: Check) -> list[tuple[str, frozenset[str]]]:
    """Those a check speaks of: what to call each of them, and the cells' names for them."""
    who = check.who
    ladder = [tier.key for tier in deployment.community.model.tiers or ()]
    if who.tier is not None:
        return [(f"tier:{who.tier}", frozenset({f"tier:{who.tier}"}))]
    if who.below is not None:
        below = ladder[: ladder.index(who.below)] if who.below in ladder else ladder
        # Somebody who is no member at all is lower still, but is promised nothing.
        names = [*([] if _wanted(check) else ["stranger"]), *(f"tier:{each}" for each in below)]
        return [(each, frozenset({each})) for each in names]
    roles = deployment.community.model.team.roles
    role = who.role if who.role is not None else who.name
    if role is not None and role in roles and (who.role is not None or role not in deployment.people):
        return [(f"role:{role}", frozenset({f"role:{role}"}))]
    people = people_of(deployment, who.name if who.name is not None else who)
    return [
        (
            f"person:{each}",
            frozenset({f"person:{each}", *(f"role:{key}" for key, held in roles.items() if each in held.people)}),
        )
        for each in people
    ]


def _words(check: Check) -> str:
    """Those the check speaks of, in the file's own words."""
    who = check.who
    if who.name is not None:
        return str(who.name)
    kinds = ("tier", "below", "person", "role", "duty")
    return ", ".join(f"{kind}: {value}" for kind in kinds if (value := getattr(who, kind)) is not None)


def _finding(check: Check, code: str, where: str, failing: Sequence[str], *, blocks: bool) -> GuardFinding:
    params = {"where": where, "who": _words(check), "failing": ", ".join(failing)}
    return GuardFinding(guard="check", reason=Reason(code=code, params=params), blocks=blocks, approvable=False)
