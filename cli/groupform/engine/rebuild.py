"""Owns finding a deployment's objects again when the state that named them is lost: by the marks they bear, or, where
nothing bears one, by what the provider can tell of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC
from typing import Protocol, runtime_checkable
from uuid import uuid4

from groupform.compile.address import Address
from groupform.compile.resource import Compiled, Resource
from groupform.config.diagnostics import Diagnostic, Refused
from groupform.config.project import ResolvedDeployment
from groupform.engine.desired import compile_deployment
from groupform.engine.planning import session_context, unanswered
from groupform.engine.provider import Discovered, Failure, Ours, Ownership, Present, Probe, Provider, Session, Taken
from groupform.engine.records import described, remembered
from groupform.engine.refs import References
from groupform.engine.resource_type import Actor, ResourceType, Verb
from groupform.engine.subjects import join
from groupform.engine.survey import Survey, survey
from groupform.engine.world import World
from groupform.state.document import Binding, Document, OpenIntent

_ROUNDS = 8
"""An object that refers to others is found once those have ids; no platform nests deeper."""


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """The document as the marks tell it. `missing` is declared and was not found, `unlisted` cannot be looked for on
    this platform, `unread` nobody can read back; `undeclared` bears this deployment's mark and is in no file.

    `marked` is False where nothing on the platform bears a mark, and objects were told by what they are. `doubtful`
    may be there, and nobody can tell which one it is; each with the reason. `adopted` is named under `adopt:`: the next
    plan takes it over as the first one did, and keeps what was kept as found, where no mark tells that it is bound.
    """

    document: Document
    missing: tuple[Resource, ...]
    unlisted: tuple[Resource, ...]
    unread: tuple[Resource, ...]
    undeclared: tuple[Discovered, ...]
    marked: bool = True
    doubtful: tuple[tuple[Resource, Taken], ...] = ()
    adopted: tuple[Resource, ...] = ()


@runtime_checkable
class Rediscovers(Protocol):
    """What a session has besides where objects bear no mark that names a history: it knows its own by what they are."""

    async def rediscover(self, desired: Sequence[Resource], *, known: bool) -> Mapping[Address, Probe | None]:
        """Answers for every one of `desired`, with remote ids for references; None where nothing can tell.

        `known` says that the context's history is the one under which the objects were made. Raises Failure.
        """


async def rebuild(deployment: ResolvedDeployment, world: World, *, lineage: str | None = None) -> Rebuilt:
    """Looks for every declared object that bears this deployment's mark; writes nothing.

    `lineage` chooses one state's objects where the marks of several are found. What cannot be looked for stays open, as
    a create does whose answer never came: nothing makes it a second time before somebody has answered. Raises Refused:
    `rebuild-nothing`, `rebuild-which`, the compiler's errors, or what kept the platform from answering.
    """
    provider = world.providers[deployment.connection.platform]
    document = Document(lineage=lineage or "", deployment=deployment.name, environment=deployment.environment)
    compiled = compile_deployment(deployment, document, provider)
    names = {deployment.name, *map(str, deployment.previously)}
    try:
        async with provider.connect(session_context(deployment, document, world)) as session:
            by_sight = isinstance(session, Rediscovers)
            marked = (
                []
                if by_sight
                else [
                    each
                    for each in await session.discover()
                    if each.owner is not None
                    and each.owner.deployment in names
                    and each.owner.environment == deployment.environment
                ]
            )
        # Under `adopt:` the files say which object it is; bound here, it would lose what it keeps as it was found.
        adopted = tuple(each for each in compiled.resources if by_sight and each.adopt is not None)
        others = (each for each in compiled.resources if not by_sight or each.adopt is None)
        sought = replace(compiled, resources=tuple(others))
        chosen = (lineage or uuid4().hex) if by_sight else _chosen(deployment, marked, lineage)
        document = document.model_copy(update={"lineage": chosen})
        # A session knows whose objects are ours by its context: with the lineage known, a new one is opened.
        async with provider.connect(session_context(deployment, document, world)) as session:
            seen = Survey(await session.whoami())
            told: dict[str, Probe | None] = {}
            for _ in range(_ROUNDS):
                seen = await survey(session, document, compiled, provider.types)
                told |= await _told(session, document, compiled, provider, seen, known=lineage is not None)
                found = _found(document, sought, {**seen.probes, **told}, provider)
                if found == document.bindings:
                    break
                document = document.model_copy(update={"bindings": found})
    except Failure as failure:
        raise unanswered(deployment, failure) from failure
    document = _applied(document, compiled, seen, provider.types)
    document = _open(document, sought, provider, told, world)
    ids = {each.id for each in document.bindings.values()}
    absent = [each for each in sought.resources if str(each.address) not in document.bindings]
    doubtful = [(each, probe) for each in absent if isinstance(probe := told.get(str(each.address)), Taken)]
    left = {*document.intents, *(str(each.address) for each, _ in doubtful)}
    return Rebuilt(
        document,
        missing=tuple(each for each in absent if _readable(each, provider) and str(each.address) not in left),
        unlisted=tuple(each for each in absent if str(each.address) in document.intents),
        unread=tuple(each for each in absent if not _readable(each, provider)),
        undeclared=tuple(each for each in marked if each.id not in ids and _of(each.owner, document)),
        marked=not by_sight,
        doubtful=tuple(doubtful),
        adopted=adopted,
    )


def _chosen(deployment: ResolvedDeployment, marked: Sequence[Discovered], lineage: str | None) -> str:
    """The history whose marks are to be believed; a guess could bind the objects of another project of that name."""
    found = Counter(each.owner.lineage for each in marked if each.owner is not None)
    if lineage is not None and lineage in found:
        return lineage
    if not found or lineage is not None:
        raise Refused([Diagnostic("rebuild-nothing", params={"deployment": deployment.name})])
    if len(found) > 1:
        told = ", ".join(f"{name} ({count})" for name, count in sorted(found.items()))
        raise Refused([Diagnostic("rebuild-which", params={"deployment": deployment.name, "found": told})])
    return next(iter(found))


async def _told(
    session: Session, document: Document, compiled: Compiled, provider: Provider, seen: Survey, *, known: bool
) -> dict[str, Probe | None]:
    """What the provider can tell of what is not bound yet, where nothing bears a mark."""
    if not isinstance(session, Rediscovers):
        return {}
    ids = References.of((address, each.type, each.id) for address, each in document.bindings.items())
    asked: list[Resource] = []
    for each in compiled.resources:
        open_ = str(each.address) not in document.bindings and not isinstance(seen.probes.get(str(each.address)), Ours)
        if open_ and _readable(each, provider) and _listable(each, provider):
            attributes, _ = ids.with_ids(provider.types[each.address.type], each.attributes)
            asked.append(replace(each, attributes=attributes))
    answers = await session.rediscover(asked, known=known) if asked else {}
    return {str(address): probe for address, probe in answers.items()}


def _open(
    document: Document, compiled: Compiled, provider: Provider, told: Mapping[str, Probe | None], world: World
) -> Document:
    """The same with a question for each object that the tool makes and nothing can look for."""
    now = world.now().astimezone(UTC).isoformat(timespec="seconds")
    open_: dict[str, OpenIntent] = {}
    for each in compiled.resources:
        address, kind = str(each.address), provider.types[each.address.type]
        blind = not kind.listable or (address in told and told[address] is None)
        ours = _readable(each, provider) and kind.actor(Verb.create) is Actor.api
        if address not in document.bindings and blind and ours:
            attributes = remembered(kind, each.attributes)
            open_[address] = OpenIntent(
                nonce=uuid4().hex, type=kind.name, sent_at=now, plan="", attributes=attributes, lost=True
            )
    return document.model_copy(update={"intents": {**document.intents, **open_}})


def _found(
    document: Document, compiled: Compiled, probes: Mapping[str, object], provider: Provider
) -> dict[str, Binding]:
    """The bindings with what this round has found."""
    bindings = dict(document.bindings)
    for each in compiled.resources:
        address, probe = str(each.address), probes.get(str(each.address))
        if isinstance(probe, Ours) and address not in bindings and _readable(each, provider):
            bare = Binding(type=each.address.type, id=probe.id, applied={}, private=dict(probe.private))
            bindings[address] = described(bare, each)
    return bindings


def _applied(document: Document, compiled: Compiled, seen: Survey, types: Mapping[str, ResourceType]) -> Document:
    """What is there as it is declared counts as written by us; what differs is for the next plan to show."""
    bindings = dict(document.bindings)
    subjects, _ = join(document, compiled, seen, types)
    for each in subjects:
        binding = bindings.get(each.address)
        if binding is None or not isinstance(each.observation, Present):
            continue
        alike = {name: each.desired[name] for name in each.difference.converged if name in each.desired}
        private = each.observation.private
        bindings[each.address] = binding.model_copy(
            update={
                "applied": remembered(each.kind, alike),
                "private": dict(private) if private is not None else binding.private,
            }
        )
    return document.model_copy(update={"bindings": bindings})


def _readable(resource: Resource, provider: Provider) -> bool:
    return provider.types[resource.address.type].actor(Verb.read) is not Actor.nobody


def _listable(resource: Resource, provider: Provider) -> bool:
    return provider.types[resource.address.type].listable


def _of(owner: Ownership | None, document: Document) -> bool:
    return owner is not None and replace(owner, lineage=document.lineage) == owner
