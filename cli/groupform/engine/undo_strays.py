"""Owns the end of objects that a broken-off apply had made in another one's place, and that its undo has no use for."""

from __future__ import annotations

from groupform.engine.carry import carry
from groupform.engine.plan import Action, AttributeChange, Change, Why
from groupform.engine.report import Tally
from groupform.engine.resource_type import Unique
from groupform.engine.run import Run
from groupform.engine.tasks import Task
from groupform.state.document import Binding


async def end_strays(run: Run, tally: Tally) -> None:
    """Ends what recovery has found beside an object that stays: let go where people may sit in it, removed otherwise.

    It gives up its names first: the object that it was to replace is to have them back. Raises Refused when the state
    cannot be written.
    """
    assert run.goal is not None
    known = {*run.goal.document.bindings, *run.desired, *(each.address for each in run.plan.changes)}
    for address in sorted(run.document.bindings.keys() - known):
        binding = run.document.bindings[address]
        if binding.type not in run.types:
            continue
        task = _end(run, address, binding)
        outcome = await carry(run, task)
        await run.commit(outcome.entries)
        tally.conclude(task, outcome)


def _end(run: Run, address: str, binding: Binding) -> Task:
    kind = run.types[binding.type]
    names = [
        AttributeChange(name=name, before=value, why=Why.change)
        for name, value in binding.applied.items()
        if name in kind.attributes and kind.attributes[name].has(Unique) and value is not None
    ]
    change = Change(
        address=address,
        type=binding.type,
        action=Action.forget if binding.on_remove == "forget" else Action.delete,
        label=binding.label or address,
        attributes=names,
        id=binding.id,
    )
    return Task(change.key, change)
