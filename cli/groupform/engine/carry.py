"""Owns how one change is carried out: which requests are made, and what an answer, or none, means for the state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from groupform.engine.adoption import Releases
from groupform.engine.plan import Action, AttributeChange, Change, Reason, Why
from groupform.engine.provider import CreateRequest, Done, Failure, Gone, Ours, Purges, Taken, UpdateRequest
from groupform.engine.records import created, retired_address, updated
from groupform.engine.recover import look
from groupform.engine.refs import References
from groupform.engine.resource_type import Owned, Unique
from groupform.engine.run import Run
from groupform.engine.swaps import aside
from groupform.engine.tasks import Task
from groupform.engine.values import masked, same
from groupform.engine.words import words
from groupform.engine.world import Failed
from groupform.engine.writes import values_of, writes_of
from groupform.state.document import Binding, ClosedIntent, DropBinding, Entry, SetBinding


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a task: entries to make durable, and how it ended.

    `interrupted` is neither done nor failed: the apply stops, and the next one goes on from here. `stop` asks for that.
    """

    entries: tuple[Entry, ...] = ()
    failed: Failed | None = None
    refused: Mapping[str, str] = field(default_factory=dict)
    unreachable: bool = False
    interrupted: bool = False
    stop: Reason | None = None

    @property
    def done(self) -> bool:
        return self.failed is None and not self.interrupted


async def carry(run: Run, task: Task) -> Outcome:
    """Carries out one task. Never raises for what a platform does."""
    change = task.change
    lost = await run.still_ours()
    if lost is not None:
        return Outcome(interrupted=True, stop=lost)
    try:
        if task.retires:
            return await _retire(run, change)
        match change.action:
            case Action.create | Action.replace if change.address in run.recovered:
                return await _complete(run, change)
            case Action.create:
                return await _create(run, change)
            case Action.replace:
                await _release(run, change)
                return await _create(run, change)
            case Action.update | Action.bind | Action.adopt | Action.move:
                return await _update(run, change, change.attributes)
            case Action.delete | Action.archive:
                return await _remove(run, change, change.address)
            case Action.forget:
                if change.attributes and not _halved(run, change):
                    await _release(run, change)
                return await _forget(run, change)
    except Failure as failure:
        return failed(run, change, failure)


def failed(run: Run, change: Change, failure: Failure, entries: tuple[Entry, ...] = ()) -> Outcome:
    """What a failure means: one that asks for patience stops the apply, any other fails its change."""
    reason = Reason(code=failure.code, params=words(failure.params))
    if failure.wait is not None:
        stop = Reason(code="apply-wait-too-long", params={"seconds": round(failure.wait), "label": change.label})
        return Outcome(entries, interrupted=True, stop=stop)
    problem = Failed(change.address, change.label, reason, unknown=failure.effect_unknown)
    return Outcome(entries, problem, unreachable=failure.unreachable)


async def _create(run: Run, change: Change) -> Outcome:
    address = change.address
    resource, kind, open_ = run.desired[address], run.types[change.type], run.document.intents[address]
    values = values_of(change, resource)
    closed = (ClosedIntent(address=address),)
    attributes, missing = run.remote(kind, values)
    if missing:
        return failed(run, change, _unresolved(missing), closed)
    request = CreateRequest(resource.address, attributes, open_.nonce, resource.label, open_.attempt)
    refused: Failure
    try:
        done = await run.finish(run.session.create(request))
        return _made(run, change, done)
    except Failure as failure:
        refused = failure
    if not refused.effect_unknown:
        return failed(run, change, refused, closed)
    if not kind.listable or refused.wait is not None or run.stop.reason is not None:
        # Nothing can tell, or the platform is still at it: the intent stays, and the next apply starts with it.
        return failed(run, change, refused)
    before = run.document.bindings.get(address)
    try:
        probe = await look(run, kind, run.intent(address, open_), before.id if before is not None else None)
    except Failure as failure:
        return failed(run, change, failure if failure.wait is not None else refused)
    if isinstance(probe, Ours):
        return _made(run, change, Done(probe.id, probe.private))
    if isinstance(probe, Taken):
        reason = Reason(code=probe.reason, params=words({"label": change.label, **probe.params}))
        return Outcome(closed, Failed(change.address, change.label, reason))
    refused.effect_unknown = False  # it was looked for, and is not there
    return failed(run, change, refused, closed)


def _made(run: Run, change: Change, done: Done) -> Outcome:
    resource, kind = run.desired[change.address], run.types[change.type]
    entries: list[Entry] = []
    before = run.document.bindings.get(change.address)
    if change.action is Action.replace and before is not None and before.id != done.id:
        retired = retired_address(change.address, before.id)
        entries.append(SetBinding(address=retired, binding=run.outlived(before)))
    binding = created(resource, kind, values_of(change, resource), done)
    entries.append(SetBinding(address=change.address, binding=binding))
    return Outcome(tuple(entries), refused=done.refused)


async def _complete(run: Run, change: Change) -> Outcome:
    """An object that an earlier apply has made is given what was declared since."""
    resource, kind = run.desired[change.address], run.types[change.type]
    has = run.document.bindings[change.address].applied
    lacking: list[AttributeChange] = []
    for name, value in values_of(change, resource).items():
        attribute = kind.attributes[name]
        if name in has and same(has[name], masked(attribute, value)):
            continue
        put = None
        if attribute.has(Owned):
            put = dict(value) if isinstance(value, dict) else {str(each): each for each in _listed(value)}
        lacking.append(
            AttributeChange(name=name, before=has.get(name), after=value, why=Why.change, put=put, drop=None)
        )
    return await _update(run, change, lacking)


async def _update(run: Run, change: Change, attributes: list[AttributeChange]) -> Outcome:
    address, kind, resource = change.address, run.types[change.type], run.desired.get(change.address)
    binding = run.document.bindings.get(address)
    if binding is None:
        return failed(run, change, Failure("apply-not-bound", address=address))
    if not attributes:
        return Outcome()
    writes = writes_of(attributes, kind, resource, References(run.ids))
    if writes.missing:
        return failed(run, change, _unresolved(writes.missing))
    request = UpdateRequest(run.bound(address, binding), writes.writes, run.nonce(change.key, "update"))
    done = await run.finish(run.session.update(request))
    part = change.model_copy(update={"attributes": attributes})
    after = updated(run.document.bindings[address], part, resource, kind, done)
    return Outcome((SetBinding(address=address, binding=after),), refused=done.refused)


async def _release(run: Run, change: Change) -> None:
    """What only one object may hold is given up by the old one, before anybody else is given it."""
    kind, binding = run.types[change.type], run.document.bindings.get(change.address)
    held: list[AttributeChange] = []
    for each in change.attributes:
        unique: Unique | None = kind.attributes[each.name].get(Unique)
        if unique is not None and each.before is not None:
            value = aside(change, kind, each.name, each.before)
            held.append(AttributeChange(name=each.name, before=each.before, after=value, why=Why.change))
    if binding is None or not held:
        return
    writes = writes_of(held, kind, None, References(run.ids))
    bound = run.bound(change.address, binding)
    await run.finish(run.session.update(UpdateRequest(bound, writes.writes, run.nonce(change.key, "release"))))


def _halved(run: Run, change: Change) -> bool:
    """Whether a change of its own has already made the object give up what only one may hold."""
    return any(each.temporary and each.address == change.address for each in run.plan.changes)


async def _forget(run: Run, change: Change) -> Outcome:
    """The state knows of it no more. What was adopted is given back at the end: our mark would keep others away."""
    binding = run.document.bindings.get(change.address)
    if run.plan.destroy and binding is not None and binding.origin == "adopted" and isinstance(run.session, Releases):
        await run.session.release(run.bound(change.address, binding))
    return Outcome((DropBinding(address=change.address),))


async def _retire(run: Run, change: Change) -> Outcome:
    """The end of a replaced object, as it was declared for its removal."""
    prefix = retired_address(change.address, "").rpartition("-replaced-")[0] + "-replaced-"
    kept = [
        (address, binding)
        for address, binding in run.document.bindings.items()
        if address.startswith(prefix) and address == retired_address(change.address, binding.id)
    ]
    entries: list[Entry] = []
    for address, binding in kept:
        if binding.on_remove == "forget":
            entries.append(DropBinding(address=address))
            continue
        removed = await _remove(run, change, address, archive=binding.on_remove == "archive")
        entries.extend(removed.entries)
        if not removed.done:
            return Outcome(tuple(entries), removed.failed, {}, removed.unreachable, removed.interrupted, removed.stop)
    return Outcome(tuple(entries))


async def _remove(run: Run, change: Change, address: str, *, archive: bool | None = None) -> Outcome:
    binding = run.document.bindings.get(address)
    if binding is None:
        return Outcome()
    if archive is None:
        archive = change.action is Action.archive
    bound = run.bound(address, binding)
    try:
        if change.purge and isinstance(run.session, Purges):
            done = await run.finish(run.session.purge(bound))
        else:
            done = await run.finish(run.session.delete(bound, archive=archive))
    except Failure as failure:
        if not failure.effect_unknown or failure.wait is not None or run.stop.reason is not None:
            return failed(run, change, failure)
        seen = (await run.session.observe([bound])).get(bound.address)
        if not isinstance(seen, Gone):
            return failed(run, change, failure)
        done = Done(binding.id)
    return Outcome((_ended(address, binding, done),))


def _ended(address: str, binding: Binding, done: Done) -> Entry:
    if done.left:
        left = binding.model_copy(update={"left": True, "private": dict(done.private)})
        return SetBinding(address=address, binding=left)
    return DropBinding(address=address)


def _unresolved(missing: frozenset[str]) -> Failure:
    return Failure("apply-reference-missing", addresses=", ".join(sorted(missing)))


def _listed(value: object) -> list[object]:
    return list(value) if isinstance(value, list) else []
