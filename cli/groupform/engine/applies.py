"""Owns the record of applies that changed something: each names the copy of the state from before it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC

from groupform.engine.plan import DeploymentPlan, Step
from groupform.engine.world import World
from groupform.state.document import Applied, Document

FAILURES = "apply-failures"
"""How an apply ends that did all it could, and could not do everything."""
WITHHELD = "apply-withheld"
"""How one ends that did everything but what waits for somebody's answer."""
_KEPT = 10


def recorded(document: Document, saved: DeploymentPlan, world: World) -> tuple[Applied, ...]:
    """The applies on record once this plan has been begun on this document.

    One that takes up what was broken off counts as one with it: to undo it is to go back to before both. An undo takes
    up nothing but itself.
    """
    last = document.applies[-1] if document.applies else None
    under_way = document.progress
    broken_off = last is not None and under_way is not None and last.plan == under_way.plan
    if last is not None and broken_off and last.plan == saved.digest:
        return document.applies
    mine = Applied(
        plan=saved.digest,
        serial=document.serial,
        when=world.now().astimezone(UTC).isoformat(timespec="seconds"),
        who=world.who,
        run=world.run,
        commit=world.revision.commit if world.revision is not None else None,
        dirty=world.revision is not None and world.revision.dirty,
        undo=saved.undo,
    )
    ended = under_way is not None and under_way.stopped in (FAILURES, WITHHELD)
    goes_on = not ended if saved.undo is None else last is not None and last.undo == saved.undo
    if last is not None and broken_off and goes_on:
        return (*document.applies[:-1], mine.model_copy(update={"serial": last.serial}))
    return (*document.applies, mine)[-_KEPT:]


def gives_out(steps: Iterable[Step], document: Document) -> bool:
    """Whether people are given something to do that they were not given before."""
    return any(each.key not in document.steps or document.steps[each.key].digest != each.digest for each in steps)
