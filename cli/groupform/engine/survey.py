"""Owns looking: one round of reading for everything a plan must know, in as few requests as the platform allows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from groupform.compile.address import Address
from groupform.compile.resource import Compiled, Resource
from groupform.engine.provider import (
    Bound,
    Discovered,
    Failed,
    Failure,
    Free,
    Gone,
    Hidden,
    Identity,
    Intent,
    Observation,
    Ours,
    Present,
    Probe,
    Prospect,
    Recognises,
    Session,
    Taken,
)
from groupform.engine.refs import References, renamed
from groupform.engine.refs import references as referred_to
from groupform.engine.resource_type import Actor, ResourceType, Verb
from groupform.state.document import Binding, Document, OpenIntent


@dataclass(frozen=True, slots=True)
class Survey:
    """What was seen, by the text of an address; observed references are addresses.

    `bindings` are the state's, under the addresses that they have after this plan's renames (`moves`: new -> former).
    `found` answers for open intents (a Failure where looking failed), `probes` for other unbound resources. `ids` is
    every id known now, with objects that were found and objects that live on under a new id. `purges` tell what the end
    of each group that is named for it would come to.
    """

    identity: Identity
    bindings: Mapping[str, Binding] = field(default_factory=dict)
    moves: Mapping[str, str] = field(default_factory=dict)
    observations: Mapping[str, Observation] = field(default_factory=dict)
    probes: Mapping[str, Probe] = field(default_factory=dict)
    found: Mapping[str, Probe | Failure] = field(default_factory=dict)
    ids: Mapping[str, str] = field(default_factory=dict)
    discovered: tuple[Discovered, ...] | None = None
    requests: int = 0
    purges: Mapping[str, Prospect] = field(default_factory=dict)


async def survey(
    session: Session,
    document: Document,
    compiled: Compiled,
    types: Mapping[str, ResourceType],
    *,
    deep: bool = False,
    discover: bool = False,
    former: Mapping[str, tuple[Binding, Observation]] | None = None,
) -> Survey:
    """Observes all bindings at once, looks for open intents, probes the unbound. Raises Failure if nobody answers.

    `former` are objects that the state does not name any more, as they were just seen, by the address they are to have.
    """
    identity = await session.whoami()
    moves = moves_of(document, compiled)
    bindings = _moved(document, moves, types)
    desired = {str(each.address): each for each in compiled.resources}
    named = {
        address: each.adopt
        for address, each in desired.items()
        if each.adopt is not None and address not in bindings and address not in document.intents
    }
    back, former = former is not None, former or {}
    returning = {address: each for address, (each, there) in former.items() if isinstance(there, Present)}
    references = References.of(
        [
            *((address, each.type, each.id) for address, each in bindings.items()),
            *((address, each.type, each.id) for address, each in returning.items()),
            *((address, desired[address].address.type, id_) for address, id_ in named.items()),
        ]
    )
    live = {address: each for address, each in bindings.items() if address in desired or not each.left}

    seen: dict[str, Observation] = {address: there for address, (_, there) in former.items()}
    for address, each in live.items():
        if each.type not in types:
            seen[address] = Failed(Failure("plan-type-unknown", type=each.type))
        elif types[each.type].actor(Verb.read) is Actor.nobody:
            seen[address] = Present(each.applied)
    asked = [_bound(address, each, references, types) for address, each in live.items() if address not in seen]
    seen.update(await _observe(session, asked, deep))

    found: dict[str, Probe | Failure] = {}
    for address, intent in document.intents.items():
        if intent.type in types:
            found[address] = await _find(session, address, intent, references, types)
    probes = await _probe(session, desired, seen, {*found, *named}, references, types)
    probes |= {address: await recognised(session, desired[address], id_) for address, id_ in named.items()}
    probes |= {address: Ours(each.id, each.private) for address, each in returning.items()}
    probes |= await _probe_within(session, desired, probes, found, references, types)
    giving = {each.id for address, each in bindings.items() if address in desired or each.on_remove != "forget"}
    if back:
        # An undo has whatever it lets go give up its names first (undo_changes).
        giving |= {each.id for each in (*bindings.values(), *returning.values())}
    probes = {address: Free() if _given_by(probe, giving) else probe for address, probe in probes.items()}
    found = {address: Free() if _given_by(probe, giving) else probe for address, probe in found.items()}

    new = {
        address: (desired[address].address.type if address in desired else document.intents[address].type, probe)
        for address, probe in {**probes, **found}.items()
        if isinstance(probe, Ours) and not isinstance(seen.get(address), Present | Hidden | Failed)
    }
    ids = {address: each.id for address, each in bindings.items()}
    ids |= {address: each.id for address, each in returning.items()}
    ids |= {address: probe.id for address, (_, probe) in new.items()}
    asked = [
        Bound(Address.parse(address), probe.id, {}, probe.private)
        for address, (type_, probe) in new.items()
        if types[type_].actor(Verb.read) is not Actor.nobody
    ]
    seen.update(await _observe(session, asked, deep))
    ids |= {address: each.moved_to for address, each in seen.items() if isinstance(each, Present) and each.moved_to}

    kinds = {address: each.type for address, each in bindings.items()} | {a: type_ for a, (type_, _) in new.items()}
    kinds |= {address: each.type for address, (each, _) in former.items()}
    return Survey(
        identity,
        bindings,
        moves,
        _speaking(seen, ids, kinds, types),
        probes,
        found,
        ids,
        tuple(await session.discover()) if discover else None,
        session.requests,
    )


async def recognised(session: Session, resource: Resource, id_: str) -> Ours:
    """The live object that the operator names for a resource, with what has to be remembered of it."""
    return Ours(id_, await session.recognise(resource, id_) if isinstance(session, Recognises) else {})


def moves_of(document: Document, compiled: Compiled) -> dict[str, str]:
    """Renames by `previously` that are still to be made: new address -> former one."""
    moves: dict[str, str] = {}
    wanted = {str(each.address) for each in compiled.resources}
    for each in compiled.resources:
        address = str(each.address)
        if address in document.bindings:
            continue
        for former in map(str, each.previously):
            if former in document.bindings and former not in wanted and former not in moves.values():
                moves[address] = former
                break
    return moves


def _moved(document: Document, moves: Mapping[str, str], types: Mapping[str, ResourceType]) -> dict[str, Binding]:
    """Bindings under their addresses to be; what was applied speaks of those addresses too."""
    names = {former: new for new, former in moves.items()}
    bindings: dict[str, Binding] = {}
    for address, each in document.bindings.items():
        if names and each.type in types:
            each = each.model_copy(update={"applied": renamed(types[each.type], each.applied, names)})
        bindings[names.get(address, address)] = each
    return bindings


def _bound(address: str, each: Binding, references: References, types: Mapping[str, ResourceType]) -> Bound:
    applied, _ = references.with_ids(types[each.type], each.applied)
    return Bound(Address.parse(address), each.id, applied, each.private)


async def _observe(session: Session, asked: list[Bound], deep: bool) -> dict[str, Observation]:
    if not asked:
        return {}
    answered = await session.observe(asked, deep=deep)
    # An address that was left out is not known to be anything: least of all gone.
    silent = Failed(Failure("plan-not-answered"))
    return {str(each.address): answered.get(each.address, silent) for each in asked}


async def _find(
    session: Session, address: str, intent: OpenIntent, references: References, types: Mapping[str, ResourceType]
) -> Probe | Failure:
    attributes, _ = references.with_ids(types[intent.type], intent.attributes)
    try:
        return await session.find(
            Intent(Address.parse(address), intent.nonce, intent.attempt, intent.sent_at, attributes)
        )
    except Failure as failure:
        if failure.unreachable:
            raise
        return failure


async def _probe(
    session: Session,
    desired: Mapping[str, Resource],
    seen: Mapping[str, Observation],
    found: Iterable[str],
    references: References,
    types: Mapping[str, ResourceType],
) -> dict[str, Probe]:
    """Probes what is to be created: the unbound, and what is proven to be gone."""
    open_ = set(found)
    asked: list[Resource] = []
    for address, each in desired.items():
        kind = types[each.address.type]
        if address in open_ or kind.actor(Verb.read) is Actor.nobody:
            continue
        if address not in seen or isinstance(seen[address], Gone):
            attributes, _ = references.with_ids(kind, each.attributes)
            asked.append(replace(each, attributes=attributes))
    if not asked:
        return {}
    return {str(address): probe for address, probe in (await session.probe(asked)).items()}


async def _probe_within(
    session: Session,
    desired: Mapping[str, Resource],
    probes: Mapping[str, Probe],
    found: Mapping[str, Probe | Failure],
    references: References,
    types: Mapping[str, ResourceType],
) -> dict[str, Probe]:
    """Probes again what refers to an object that was only just found: what hangs in it can be looked for only now."""
    again: dict[str, Probe] = {}
    news = {address: each.id for address, each in {**probes, **found}.items() if isinstance(each, Ours)}
    known = dict(references.ids)
    while news := {address: id_ for address, id_ in news.items() if known.get(address) != id_}:
        known |= news
        asked: list[Resource] = []
        for address, each in desired.items():
            kind = types[each.address.type]
            lost = isinstance(again.get(address, probes.get(address)), Free)
            if lost and not referred_to(kind, each.attributes).isdisjoint(news):
                attributes, _ = References(known).with_ids(kind, each.attributes)
                asked.append(replace(each, attributes=attributes))
        answers = await session.probe(asked) if asked else {}
        again |= {str(address): each for address, each in answers.items()}
        news = {str(address): each.id for address, each in answers.items() if isinstance(each, Ours)}
    return again


def _given_by(probe: Probe | Failure, giving: Collection[str]) -> bool:
    """A place that one of our own objects holds is no stranger's: the order of changes sees to it."""
    return isinstance(probe, Taken) and probe.id in giving


def _speaking(
    seen: Mapping[str, Observation],
    ids: Mapping[str, str],
    kinds: Mapping[str, str],
    types: Mapping[str, ResourceType],
) -> dict[str, Observation]:
    """Observations with addresses in place of ids."""
    references = References.of((address, kinds[address], id_) for address, id_ in ids.items())
    speaking: dict[str, Observation] = {}
    for address, each in seen.items():
        kind = types.get(kinds[address])
        if isinstance(each, Present) and kind is not None and kind.actor(Verb.read) is not Actor.nobody:
            each = replace(each, attributes=references.with_addresses(kind, each.attributes))
        speaking[address] = each
    return speaking
