"""Owns the warning about ids that nobody can look up again: of these the state is the only copy (DESIGN §7)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from groupform.engine.plan import Action, Change, GuardFinding, Reason
from groupform.engine.resource_type import Actor, ResourceType, Verb

_MAKES = (Action.create, Action.replace)


def guard_only_copies(
    changes: Sequence[Change], types: Mapping[str, ResourceType], *, fleeting: bool
) -> Iterable[GuardFinding]:
    """A finding where the plan makes what the platform does not list. It blocks where the state is `fleeting`.

    What nothing reads is left out: losing its id costs nothing.
    """
    made = [each for each in changes if each.action in _MAKES and not each.protected and _blind(types[each.type])]
    if not made:
        return
    kinds = list(dict.fromkeys(each.type for each in made))
    code = "plan-guard-only-copy-fleeting" if fleeting else "plan-guard-only-copy"
    reason = Reason(code=code, params={"count": len(made), "types": kinds})
    yield GuardFinding(
        guard="only-copy", reason=reason, addresses=sorted(each.address for each in made), blocks=fleeting
    )


def _blind(kind: ResourceType) -> bool:
    read, make = kind.actor(Verb.read), kind.actor(Verb.create)
    return not kind.listable and read is Actor.api and make is Actor.api
