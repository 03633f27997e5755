"""Owns the creates whose outcome was never learned: they are looked for until the platform has settled (DESIGN §7)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import anyio

from groupform.engine.plan import Action, Reason
from groupform.engine.provider import Failure, Free, Intent, Ours, Probe, Taken
from groupform.engine.records import described, remembered, retired_address
from groupform.engine.resource_type import ResourceType
from groupform.engine.run import Run
from groupform.engine.words import words
from groupform.engine.world import Failed
from groupform.state.document import Binding, ClosedIntent, Entry, OpenIntent, SetBinding

_FIRST_LOOK = 0.25
_SLOWEST_LOOK = 2.0


@dataclass(frozen=True, slots=True)
class Recovered:
    """What became of one open intent: what to make durable, and what to say."""

    entries: tuple[Entry, ...] = ()
    said: Reason | None = None
    failed: Failed | None = None
    unreachable: bool = False


async def look(run: Run, kind: ResourceType, intent: Intent, known: str | None) -> Probe:
    """Looks for the object of an intent until the platform has settled. Raises Failure where looking fails to the end.

    `known` is the id of an object that bears the same name already (one that is being replaced): it does not count.
    """
    until = run.seconds() + kind.settle
    pause = _FIRST_LOOK
    while True:
        failure: Failure | None = None
        try:
            probe = await run.session.find(intent)
            if isinstance(probe, Ours) and probe.id == known:
                probe = Free()
            if isinstance(probe, Taken) and probe.id in run.ids.values():
                probe = Free()  # one of our own holds the place, and has yet to give it up
            if not isinstance(probe, Free):
                return probe
        except Failure as failed:
            probe, failure = Free(), failed
        left = until - run.seconds()
        if left <= 0:
            if failure is not None:
                raise failure
            return probe
        await run.sleep(min(pause, left))
        pause = min(pause * 2, _SLOWEST_LOOK)


def defect(error: Exception) -> Reason:
    """What is said of an error that a provider should have made a Failure."""
    return Reason(code="apply-provider-defect", params={"error": f"{type(error).__name__}: {error}"})


async def recover(run: Run, making: Mapping[str, Action]) -> list[Recovered]:
    """Settles every intent an earlier apply has left open, all at once, and makes it durable in one write.

    `making` are the addresses at which this plan creates or replaces. Where nothing can tell, this plan was approved by
    a person, who has looked: the create is made again. Raises Refused when the state cannot be written.
    """
    found: dict[str, Recovered] = {}
    open_ = dict(run.document.intents)

    async def one(address: str, intent: OpenIntent) -> None:
        found[address] = await _recover(run, address, intent, making)

    async with anyio.create_task_group() as group:
        for address, intent in open_.items():
            if intent.type in run.types:
                group.start_soon(one, address, intent)
    for address, intent in open_.items():
        run.attempts[address] = intent.attempt
    result = [found[address] for address in open_ if address in found]
    await run.commit([entry for each in result for entry in each.entries])
    return result


async def _recover(run: Run, address: str, intent: OpenIntent, making: Mapping[str, Action]) -> Recovered:
    kind = run.types[intent.type]
    resource = run.desired.get(address)
    label = resource.label if resource is not None else address
    params = {"label": label, "address": address, "sent_at": intent.sent_at}
    if intent.lost or not kind.listable:
        if resource is not None and address not in making:
            return Recovered(said=None if intent.lost else Reason(code="apply-recovered-unknown", params=params))
        code = f"apply-{'lost' if intent.lost else 'recovered'}-taken-on"
        return Recovered((ClosedIntent(address=address),), Reason(code=code, params=params))
    before = run.document.bindings.get(address)
    try:
        probe = await look(run, kind, run.intent(address, intent), before.id if before is not None else None)
    except Failure as failure:
        reason = Reason(code=failure.code, params=words(failure.params))
        return Recovered(failed=Failed(address, label, reason, unknown=True), unreachable=failure.unreachable)
    except Exception as error:  # a provider's defect must not cost the other intents their outcome
        return Recovered(failed=Failed(address, label, defect(error), unknown=True))
    if isinstance(probe, Ours):
        entries = bind_found(run, address, intent, probe, making.get(address))
        if any(isinstance(each, SetBinding) and each.address == address for each in entries):
            run.recovered.add(address)
        return Recovered(entries, Reason(code="apply-recovered-found", params={**params, "id": probe.id}))
    closed = (ClosedIntent(address=address),)
    if isinstance(probe, Free):
        return Recovered(closed, Reason(code="apply-recovered-absent", params=params))
    reason = Reason(code=probe.reason, params=words({"label": label, **probe.params}))
    return Recovered(closed, failed=Failed(address, label, reason))


def bind_found(run: Run, address: str, intent: OpenIntent, found: Ours, action: Action | None) -> tuple[Entry, ...]:
    """The entries that bind a found object, given what the plan does at its address.

    One that it replaces is kept for its removal. One that nobody asks for any more, since the old object is to stay
    after all, is kept for its own.
    """
    resource, kind = run.desired.get(address), run.types[intent.type]
    before = run.document.bindings.get(address)
    binding = Binding(
        type=kind.name,
        id=found.id,
        applied=remembered(kind, intent.attributes),
        private=dict(found.private),
        on_remove="forget" if kind.people_inside else "delete",
    )
    here = SetBinding(address=address, binding=described(binding, resource))
    if before is None or before.id == found.id or action is Action.create:
        return (here,)
    if action is Action.replace:
        return (SetBinding(address=retired_address(address, before.id), binding=run.outlived(before)), here)
    stray = described(binding, resource).model_copy(update={"protect": False, "on_remove": "delete"})
    stray = run.outlived(stray)
    return (SetBinding(address=retired_address(address, found.id), binding=stray), ClosedIntent(address=address))
