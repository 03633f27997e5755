"""Owns what an apply does before its first write to a platform: all that only the state has to learn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from groupform.engine.plan import Action, Change, Reason
from groupform.engine.provider import Failure, Ours, Probe
from groupform.engine.records import described, moved, remembered
from groupform.engine.refs import References
from groupform.engine.report import Tally
from groupform.engine.resource_type import Actor, Verb
from groupform.engine.run import Run
from groupform.engine.survey import recognised
from groupform.engine.undo import own_binding
from groupform.engine.values import masked
from groupform.engine.words import words
from groupform.engine.world import Failed
from groupform.state.document import Binding, Entry, SetBinding


async def opening(run: Run, changes: Sequence[Change], tally: Tally, seen: Mapping[str, Probe]) -> None:
    """Renames, binds what is ours already, and takes over what converged by itself: three durable writes at most.

    `seen` are the answers of the plan that was made under the lock. What turns out not to be ours any more is counted
    as failed. Raises Refused when the state cannot be written.
    """
    moves = {each.address: each.previous for each in changes if each.action is Action.move and each.previous}
    if moves:
        await run.commit(moved(run.document, moves, run.types))
        run.ids.clear()
        run.ids.update({address: each.id for address, each in run.document.bindings.items()})
    binding = [each for each in changes if each.action in (Action.bind, Action.adopt)]
    await run.commit(await _bind(run, binding, tally, seen))
    await run.commit(_converged(run))


async def _bind(run: Run, changes: Sequence[Change], tally: Tally, seen: Mapping[str, Probe]) -> list[Entry]:
    entries: list[Entry] = []
    known = [each for each in changes if each.address not in run.recovered]
    named = [each for each in known if each.action is Action.adopt and run.desired[each.address].adopt == each.id]
    # What an undo finds again was looked at by its id, under the lock.
    again = {each.address: found for each in known if (found := own_binding(run.goal, each.address)) is not None}
    # What people make bears no mark of ours that could have gone: to look again a moment later tells nothing new, and
    # costs a request for each group of a fleet.
    by_hand = [
        (each, seen[each.address])
        for each in known
        if each.action is Action.bind and each.address not in again and each.address in seen
        if run.types[each.type].actor(Verb.create) is Actor.person
    ]
    apart = {each.address for each, _ in by_hand}
    others = [each for each in known if each not in named and each.address not in again and each.address not in apart]
    returned = [(each, Ours(each.id or "", again[each.address].private)) for each in known if each.address in again]
    answers = [
        *[(each, await _named(run, each)) for each in named],
        *returned,
        *by_hand,
        *await _probe(run, others, [*named, *(each for each, _ in (*returned, *by_hand))]),
    ]
    for each, probe in answers:
        binding = run.document.bindings.get(each.address)
        if isinstance(probe, Ours) and probe.id == each.id:
            entries.append(SetBinding(address=each.address, binding=_found(run, each, probe)))
        elif binding is not None and each.id is not None:
            # The object lives on under a new id; all that was applied to it holds.
            entries.append(SetBinding(address=each.address, binding=binding.model_copy(update={"id": each.id})))
        else:
            tally.failed[each.address] = Failed(each.address, each.label, _lost(each, probe))
            tally.unreachable |= isinstance(probe, Failure) and probe.unreachable
    return entries


async def _named(run: Run, change: Change) -> Probe | Failure:
    try:
        return await recognised(run.session, run.desired[change.address], change.id or "")
    except Failure as failure:
        return failure


def _lost(change: Change, probe: Probe | Failure | None) -> Reason:
    if isinstance(probe, Failure):
        return Reason(code=probe.code, params=words(probe.params))
    return Reason(code="apply-not-ours", params={"label": change.label})


async def _probe(
    run: Run, changes: Sequence[Change], named: Sequence[Change]
) -> list[tuple[Change, Probe | Failure | None]]:
    """Looks once more at what was found when the plan was made: a binding is for ever.

    What is found may hang in something that is found, or named by the operator, in this very plan.
    """
    asked = []
    ids = References({**run.ids, **{each.address: each.id for each in (*changes, *named) if each.id is not None}})
    for each in changes:
        resource = run.desired[each.address]
        attributes, _ = ids.with_ids(run.types[each.type], resource.attributes)
        asked.append(replace(resource, attributes=attributes))
    if not asked:
        return []
    try:
        answered = await run.session.probe(asked)
    except Failure as failure:
        return [(each, failure) for each in changes]
    return [(each, answered.get(run.desired[each.address].address)) for each in changes]


def _found(run: Run, change: Change, probe: Ours) -> Binding:
    """The binding of an object that is there already: it holds all that is declared, but for what the plan changes
    and what a person still has to."""
    resource, kind = run.desired[change.address], run.types[change.type]
    lacking = {each.name for each in change.attributes}
    lacking |= {each.key.partition("!")[2] for each in run.plan.steps if each.address == change.address}
    values = {name: value for name, value in resource.attributes.items() if name not in lacking}
    former = own_binding(run.goal, change.address)
    adopted = change.action is Action.adopt or (former is not None and former.origin == "adopted")
    binding = Binding(
        type=kind.name,
        id=probe.id,
        applied=remembered(kind, values),
        private=dict(probe.private),
        refused=former.refused if former is not None else {},
        origin="adopted" if adopted else "created",
    )
    return described(binding, resource)


def _converged(run: Run) -> list[Entry]:
    """Attributes whose declaration moved to what was there already: nothing is sent, the state follows."""
    after: dict[str, Binding] = {}
    for key in run.plan.converged:
        address, _, name = key.partition("!")
        binding = after.get(address) or run.document.bindings.get(address)
        resource = run.desired.get(address)
        if binding is None:
            continue
        applied = dict(binding.applied)
        if resource is not None and name in resource.attributes:
            applied[name] = masked(run.types[binding.type].attributes[name], resource.attributes[name])
        else:
            applied.pop(name, None)
        after[address] = binding.model_copy(update={"applied": applied})
    return [SetBinding(address=address, binding=each) for address, each in after.items()]
