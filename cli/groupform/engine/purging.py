"""Owns the end of groups that the operator names one by one: everybody is put out, and what was said is gone.

It is asked for by exact address, in the plan, and approved by that address as well; a pattern, or a plan's digest, is
no name. Nothing is purged of which nobody can tell whom that would touch, and nothing that is protected.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import replace

from groupform.compile.address import Address, AddressError
from groupform.compile.resource import Compiled
from groupform.config.diagnostics import Diagnostic
from groupform.engine.decide import Decision, lost
from groupform.engine.plan import Action, Change, GuardFinding, Reason
from groupform.engine.provider import Bound, Gone, Observation, Prospect, Purges
from groupform.engine.refs import references
from groupform.engine.resource_type import Actor, ResourceType, Verb
from groupform.engine.survey import moves_of
from groupform.engine.words import words
from groupform.state.document import Document

GUARD = "purge"


def check_purge(
    purge: Iterable[str], deployment: str, document: Document, compiled: Compiled, types: Mapping[str, ResourceType]
) -> list[Diagnostic]:
    """What is wrong with the names given: each must be the exact address of a group that is bound and not declared."""
    known = [
        address
        for address, each in document.bindings.items()
        if each.type in types and types[each.type].people_inside and not each.left
    ]
    # What moves to another address is declared there.
    declared = {str(each.address) for each in compiled.resources} | set(moves_of(document, compiled).values())
    found: list[Diagnostic] = []
    for text in dict.fromkeys(purge):
        params = {"address": text, "deployment": deployment, "known": ", ".join(sorted(known))}
        try:
            Address.parse(text)
        except AddressError:
            found.append(Diagnostic("purge-not-an-address", params=params))
            continue
        binding = document.bindings.get(text)
        if text in declared:
            found.append(Diagnostic("purge-declared", params=params))
        elif binding is None or binding.left:
            near = difflib.get_close_matches(text, known, n=1, cutoff=0.6)
            code = "purge-unknown-near" if near else "purge-unknown"
            found.append(Diagnostic(code, params={**params, "near": near[0] if near else ""}))
        elif text not in known:
            found.append(Diagnostic("purge-not-a-group", params=params))
    return found


async def look_ahead(
    session: object, purge: Iterable[str], document: Document, seen: Mapping[str, Observation]
) -> dict[str, Prospect]:
    """What each purge would come to. Of what is gone already there is nothing to ask. Raises Failure."""
    found: dict[str, Prospect] = {}
    for address in dict.fromkeys(purge):
        binding = document.bindings.get(address)
        if binding is None or isinstance(seen.get(address), Gone):
            continue
        if isinstance(session, Purges):
            bound = Bound(Address.parse(address), binding.id, binding.applied, binding.private)
            found[address] = await session.prospect(bound)
        else:
            found[address] = Prospect(None, refusal="plan-purge-not-possible")
    return found


def purge_named(decisions: Sequence[Decision], prospects: Mapping[str, Prospect]) -> list[Decision]:
    """Decisions in which the groups named are purged; what hangs in one that nobody can read any more goes with it."""
    if not prospects:
        return list(decisions)
    stay = {each.subject.address for each in decisions if each.subject.protected}
    return [_decided(each, prospects, prospects.keys() - stay) for each in decisions]


def guard_purges(changes: Iterable[Change]) -> list[GuardFinding]:
    """Every purge waits for somebody who says its name a second time; the digest of the plan is not enough."""
    return [
        GuardFinding(
            guard=GUARD,
            reason=Reason(code="plan-guard-purge", params={"label": each.label, "count": each.impact or 0}),
            addresses=[each.address],
            named=True,
        )
        for each in changes
        if each.purge and not each.protected
    ]


def _decided(decision: Decision, prospects: Mapping[str, Prospect], going: Set[str]) -> Decision:
    subject, change = decision.subject, decision.change
    if subject.resource is not None or subject.binding is None or decision.conflict is not None or subject.gone:
        return decision
    prospect = prospects.get(subject.address)
    if prospect is not None:
        return _purged(decision, prospect)
    if not references(subject.kind, subject.binding.applied) & going:
        return decision
    if decision.unreadable is not None and decision.unreadable.hidden:
        # A purge that was interrupted has put us out already: there is nothing left to take down.
        gone = Change(
            address=subject.address, type=subject.kind.name, action=Action.forget, label=subject.label, id=subject.id
        )
        return replace(decision, change=gone, unreadable=None)
    ours = subject.present is not None and subject.kind.actor(Verb.delete) is Actor.api
    if change is not None and change.action in (Action.forget, Action.archive) and ours and not subject.protected:
        # What points to the group is taken down with it, whatever would become of it otherwise.
        taken = change.model_copy(update={"action": Action.delete, "attributes": lost(subject)})
        return replace(decision, change=taken)
    return decision


def _purged(decision: Decision, prospect: Prospect) -> Decision:
    subject = decision.subject
    params = {"label": subject.label, "count": prospect.people}
    if prospect.people is None or prospect.refusal is not None:
        code = prospect.refusal or "plan-purge-impact-unknown"
        reason = Reason(code=code, params=words({**params, **prospect.params}))
        finding = GuardFinding(guard=GUARD, reason=reason, addresses=[subject.address], approvable=False)
        return replace(decision, change=None, hand=None, unreadable=None, conflict=finding)
    change = Change(
        address=subject.address,
        type=subject.kind.name,
        action=Action.delete,
        label=subject.label,
        reason=Reason(code="plan-purge"),
        attributes=lost(subject),
        id=subject.id,
        impact=prospect.people,
        protected=subject.protected,
        irreversible=[Reason(code=prospect.lost, params=params)],
        purge=True,
    )
    return replace(decision, change=change, hand=None, unreadable=None)
