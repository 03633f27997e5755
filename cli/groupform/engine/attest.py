"""Owns what a person's word changes: a step is done or open again, and the state knows what stands there now."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime

from groupform.compile.resource import Resource
from groupform.config.diagnostics import Diagnostic, Refused
from groupform.engine.plan import DeploymentPlan, Step
from groupform.engine.records import described, remembered
from groupform.engine.resource_type import ResourceType
from groupform.engine.values import masked
from groupform.state.document import (
    Attestation,
    Binding,
    Document,
    DropBinding,
    Entry,
    SetAttestation,
    SetBinding,
    SetReopened,
)
from groupform.state.store import Writer

ATTESTED = "attested"
"""The id of an object that only a person can see."""


async def steps_done(
    writer: Writer,
    plan: DeploymentPlan,
    keys: Collection[str],
    *,
    resources: Sequence[Resource],
    types: Mapping[str, ResourceType],
    who: str,
    note: str,
    now: datetime,
) -> None:
    """Closes attested steps of `plan`, for exactly the values that it shows, in one durable write.

    `resources` are the ones the plan was made from. Raises Refused: `step-unknown`, or `step-is-observed` for one that
    closes by itself once it is read.
    """
    open_ = {each.key: each for each in plan.steps}
    desired = {str(each.address): each for each in resources}
    entries: list[Entry] = []
    for key in keys:
        step = open_.get(key)
        if step is None:
            raise Refused([Diagnostic("step-unknown", params={"key": key})])
        if step.proof == "observed":
            raise Refused([Diagnostic("step-is-observed", params={"key": key})])
        when = now.astimezone(UTC).isoformat()
        word = Attestation(who=who, when=when, digest=step.digest, note=note, ticket=step.ticket)
        entries += attested(step, desired.get(step.address), types, writer.document, word)
    await writer.commit(entries)


async def steps_reopen(writer: Writer, keys: Collection[str], *, now: datetime | None = None) -> None:
    """Takes back what was said of steps, in one durable write. Raises Refused `step-not-done`."""
    entries: list[Entry] = []
    for key in keys:
        if key not in writer.document.attestations:
            raise Refused([Diagnostic("step-not-done", params={"key": key})])
        entries += reopened(key, writer.document, now)
    await writer.commit(entries)


def attested(
    step: Step,
    resource: Resource | None,
    types: Mapping[str, ResourceType],
    document: Document,
    word: Attestation,
) -> list[Entry]:
    """What becomes durable when a step is attested: the word, and what stands there from now on. Pure."""
    attribute = step.key.partition("!")[2]
    bound = document.bindings.get(step.address)
    if resource is None:
        # It was to be removed: the word ends what the state knew of it, and every other word about it.
        said = [each for each in document.attestations if each.partition("!")[0] == step.address]
        gone: list[Entry] = [SetAttestation(step=each, attestation=None) for each in said]
        return [*gone, DropBinding(address=step.address)]
    kind = types[resource.address.type]
    if attribute and bound is not None:
        applied = dict(bound.applied)
        if attribute in resource.attributes:
            applied[attribute] = masked(kind.attributes[attribute], resource.attributes[attribute])
        else:
            applied.pop(attribute, None)
        after = bound.model_copy(update={"applied": applied})
    else:
        after = Binding(type=kind.name, id=ATTESTED, applied=remembered(kind, resource.attributes))
    return [
        SetBinding(address=step.address, binding=described(after, resource)),
        SetAttestation(step=step.key, attestation=word),
    ]


def reopened(key: str, document: Document, now: datetime | None = None) -> list[Entry]:
    """What becomes durable when a word is taken back; with `now`, also that lists from before it say nothing. Pure.

    Of a whole object the binding goes too, which stood on that word alone; of an attribute its value goes.
    """
    entries: list[Entry] = [SetAttestation(step=key, attestation=None)]
    if now is not None:
        entries.append(SetReopened(step=key, when=now.astimezone(UTC).isoformat(timespec="seconds")))
    address, _, attribute = key.partition("!")
    bound = document.bindings.get(address)
    if bound is None:
        return entries
    if attribute:
        applied = {name: value for name, value in bound.applied.items() if name != attribute}
        entries.append(SetBinding(address=address, binding=bound.model_copy(update={"applied": applied})))
    elif bound.id == ATTESTED:
        entries.append(DropBinding(address=address))
    return entries
